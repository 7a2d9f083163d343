#include "resilience/outcome_window.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace tapps {
namespace {

TEST(OutcomeWindowTest, ByCountKeepsTheLatestCalls) {
  OutcomeWindow window(4, 0);
  for (int i = 0; i < 4; ++i) window.Add(1, 0, true, false);
  EXPECT_EQ(window.Count(1, 0).failed, 4);
  EXPECT_TRUE(window.AddGood(1, 0));
  window.Add(1, 0, false, true);
  const OutcomeWindow::Sum sum = window.Count(1, 0);
  EXPECT_EQ(sum.calls, 4);
  EXPECT_EQ(sum.failed, 2);
  EXPECT_EQ(sum.slow, 1);
}

TEST(OutcomeWindowTest, AnEarlierGenerationDoesNotCount) {
  OutcomeWindow by_count(10, 0);
  OutcomeWindow by_time(0, 10 * kSecond);
  for (OutcomeWindow* window : {&by_count, &by_time}) {
    window->Add(1, kHour, true, false);
    window->Add(2, kHour, false, false);
    EXPECT_EQ(window->Count(2, kHour).calls, 1);
    EXPECT_EQ(window->Count(2, kHour).failed, 0);
  }
}

TEST(OutcomeWindowTest, ByTimeForgetsATenthAtATime) {
  OutcomeWindow window(0, 10 * kSecond);
  for (int64_t second = 0; second < 10; ++second) {
    window.Add(1, kHour + second * kSecond, true, second % 2 == 0);
  }
  EXPECT_EQ(window.Count(1, kHour + 9 * kSecond).failed, 10);
  EXPECT_EQ(window.Count(1, kHour + 9 * kSecond).slow, 5);
  EXPECT_EQ(window.Count(1, kHour + 12 * kSecond).failed, 7);
  EXPECT_EQ(window.Count(1, kHour + 19 * kSecond).failed, 0);
}

TEST(OutcomeWindowTest, ByTimeAGoodCallNeedsTheLockOnceForEachTenth) {
  OutcomeWindow window(0, 10 * kSecond);
  EXPECT_FALSE(window.AddGood(1, kHour));
  window.Add(1, kHour, false, false);
  for (int i = 0; i < 99; ++i) EXPECT_TRUE(window.AddGood(1, kHour));
  EXPECT_EQ(window.Count(1, kHour).calls, 100);
  EXPECT_FALSE(window.AddGood(1, kHour + kSecond));
  EXPECT_FALSE(window.AddGood(2, kHour)) << "another generation";
}

TEST(OutcomeWindowTest, OffItKeepsNothing) {
  OutcomeWindow window(0, 0);
  EXPECT_TRUE(window.AddGood(1, kHour));
  window.Add(1, kHour, true, true);
  EXPECT_EQ(window.Count(1, kHour).calls, 0);
}

}  // namespace
}  // namespace tapps
