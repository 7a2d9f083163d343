#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>

namespace tapps {
namespace {

TEST(MutexTest, TheLongestTimeoutIsNotOverBeforeItHasBegun) {
  for (const int64_t timeout : {INT64_MAX, INT64_MAX / 4, int64_t{10'000'000'000'000'000}}) {
    Mutex mu;
    CondVar cv;
    bool in_time = false;
    bool done = false;
    std::thread waiter([&] {
      MutexLock lock(mu);
      in_time = cv.WaitFor(mu, timeout);
      done = true;
    });
    for (bool ended = false; !ended;) {
      MutexLock lock(mu);
      cv.NotifyAll();
      ended = done;
    }
    waiter.join();
    EXPECT_TRUE(in_time) << timeout;
  }
}

TEST(MutexTest, ATimeoutThatHasPassedIsOverAtOnce) {
  Mutex mu;
  CondVar cv;
  MutexLock lock(mu);
  for (const int64_t timeout : {int64_t{0}, int64_t{-1}, INT64_MIN}) {
    EXPECT_FALSE(cv.WaitFor(mu, timeout)) << timeout;
  }
}

}  // namespace
}  // namespace tapps
