// Counts allocations of this program's threads, to show that a breaker makes none on its hot paths.
#include <gtest/gtest.h>

#include "resilience/breaker.h"
#include "support/failing_allocations.h"

namespace tapps {
namespace {

TEST(BreakerAllocationTest, PermitsReportsAndRejectionsAllocateNothing) {
  FakeClock clock;
  Breaker breaker({}, clock, 1, [](const BreakerTransition&) {});
  const int64_t before = test::allocations;
  for (int i = 0; i < 100; ++i) breaker.Report(breaker.Acquire().permit, CallResult::kSuccess);
  for (int i = 0; i < 10; ++i) breaker.Acquire();  // the last five are busy
  clock.Advance(kMinute);
  breaker.Acquire();  // reclaims the expired ones
  breaker.Snapshot();
  EXPECT_EQ(test::allocations, before);

  for (int i = 0; i < 5; ++i) breaker.Report(breaker.Acquire().permit, CallResult::kFailure);
  EXPECT_GT(test::allocations, before) << "a transition is told, so the counter counts";
  const int64_t open = test::allocations;
  EXPECT_EQ(breaker.Acquire().code, TAPPS_E_OPEN_CIRCUIT);
  EXPECT_EQ(test::allocations, open);
}

}  // namespace
}  // namespace tapps
