#include "base/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <latch>

#include "support/failing_allocations.h"

namespace tapps {
namespace {

bool IsBlocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

TEST(ThreadTest, ItRunsWithAllSignalsBlockedAndItsName) {
  bool blocked = false;
  char name[16] = {};
  std::latch named(1);  // a thread that has ended has no name
  auto thread = StartThread("with a very long name", [&] {
    blocked = IsBlocked(SIGUSR1);
    named.wait();
  });
  ASSERT_TRUE(thread.ok());
  pthread_getname_np(thread->native_handle(), name, sizeof name);
  named.count_down();
  (*thread).join();
  EXPECT_TRUE(blocked);
  EXPECT_STREQ(name, "tapps-with a ve");
  EXPECT_FALSE(IsBlocked(SIGUSR1));
}

TEST(ThreadTest, WithoutMemoryForItTheCallersSignalsStayAsTheyAre) {
  int failures = 0;
  for (int64_t i = 0; i < 5; ++i) {
    std::function<void()> body = [] {};
    bool failed = false;
    test::FailAllocationAfter(i);
    try {
      auto thread = StartThread("test", std::move(body));
      test::FailNoAllocation();
      failed = !thread.ok();
      if (thread.ok()) (*thread).join();
      EXPECT_TRUE(thread.ok() || thread.code() == TAPPS_E_NOMEM);
    } catch (const std::bad_alloc&) {
      test::FailNoAllocation();
      failed = true;
    }
    if (failed) ++failures;
    EXPECT_FALSE(IsBlocked(SIGUSR1)) << i;
  }
  EXPECT_GT(failures, 0);
}

}  // namespace
}  // namespace tapps
