#include "base/clock.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

TEST(ClockTest, CoarseTimeNeverGoesBackAndLagsByATickAtMost) {
  const Clock& clock = Clock::Real();
  int64_t last = 0;
  for (int i = 0; i < 1000; ++i) {
    const int64_t before = clock.MonotonicNow();
    const int64_t coarse = clock.MonotonicCoarse();
    EXPECT_GE(coarse, last);
    EXPECT_GE(coarse, before - 10 * kMillisecond);
    EXPECT_LE(coarse, clock.MonotonicNow());
    last = coarse;
  }
}

TEST(ClockTest, AFakeClockMovesAllItsTimesTogetherAndStepsOnlyTheWall) {
  FakeClock clock(5 * kSecond);
  const int64_t monotonic = clock.MonotonicNow();
  clock.Advance(kSecond);
  clock.StepWall(-kSecond);
  EXPECT_EQ(clock.WallNow(), 5 * kSecond);
  EXPECT_EQ(clock.MonotonicNow(), monotonic + kSecond);
  EXPECT_EQ(clock.MonotonicCoarse(), monotonic + kSecond);
}

}  // namespace
}  // namespace tapps
