// Counts allocations of this program's threads, to show that a breaker makes none on its hot paths.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#include "resilience/breaker.h"

namespace {
thread_local int64_t allocations = 0;
}

// g++ sees free() behind the sanitizers' own operator new and takes it for a mistake.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size != 0 ? size : 1)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace tapps {
namespace {

TEST(BreakerAllocationTest, PermitsReportsAndRejectionsAllocateNothing) {
  FakeClock clock;
  Breaker breaker({}, clock, 1, [](const BreakerTransition&) {});
  const int64_t before = allocations;
  for (int i = 0; i < 100; ++i) breaker.Report(breaker.Acquire().permit, CallResult::kSuccess);
  for (int i = 0; i < 10; ++i) breaker.Acquire();  // the last five are busy
  clock.Advance(kMinute);
  breaker.Acquire();  // reclaims the expired ones
  breaker.Snapshot();
  EXPECT_EQ(allocations, before);

  for (int i = 0; i < 5; ++i) breaker.Report(breaker.Acquire().permit, CallResult::kFailure);
  EXPECT_GT(allocations, before) << "a transition is told, so the counter counts";
  const int64_t open = allocations;
  EXPECT_EQ(breaker.Acquire().code, TAPPS_E_OPEN_CIRCUIT);
  EXPECT_EQ(allocations, open);
}

}  // namespace
}  // namespace tapps
