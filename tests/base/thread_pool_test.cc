#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/clock.h"

namespace tapps {
namespace {

TEST(ThreadPoolTest, EveryAcceptedJobRunsOnceBeforeStopReturns) {
  ThreadPool pool("test", 4);
  std::atomic<int> runs{0};
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.Submit([&] { ++runs; }).ok());
  ASSERT_TRUE(pool.Stop(30 * kSecond));
  EXPECT_EQ(runs, 1000);
}

TEST(ThreadPoolTest, JobsRunSideBySideUpToTheLimit) {
  ThreadPool pool("test", 3);
  Mutex mu;
  CondVar cv;
  int here = 0;
  // Each job waits for the two others: this ends only when three run at once.
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.Submit([&] {
                      MutexLock lock(mu);
                      ++here;
                      cv.NotifyAll();
                      while (here < 3) cv.Wait(mu);
                    })
                    .ok());
  }
  EXPECT_TRUE(pool.Stop(30 * kSecond));
}

TEST(ThreadPoolTest, AfterStopNothingIsAccepted) {
  ThreadPool pool("test", 1);
  EXPECT_TRUE(pool.Stop(0));
  EXPECT_EQ(pool.Submit([] {}).code(), TAPPS_E_CLOSED);
}

}  // namespace
}  // namespace tapps
