#include "base/per_process.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/mutex.h"
#include "support/process.h"

namespace tapps {
namespace {

struct Counter {
  Mutex mu;
  int count GUARDED_BY(mu) = 0;

  int Add() {
    MutexLock lock(mu);
    return ++count;
  }
};

constinit PerProcess<Counter> counters;

TEST(PerProcessTest, AChildOfForkHasOneOfItsOwnThoughTheParentsIsLocked) {
  Counter& own = counters.Get();
  EXPECT_EQ(&own, &counters.Get());
  EXPECT_EQ(own.Add(), 1);
  own.mu.Lock();
  test::Process child([&] {
    if (&counters.Get() == &own || &counters.Get() != &counters.Get()) return 1;
    return counters.Get().Add() == 1 ? 0 : 2;
  });
  own.mu.Unlock();
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_EQ(own.Add(), 2);
}

TEST(PerProcessTest, ThreadsShareOne) {
  static constinit PerProcess<Counter> shared;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([] { shared.Get().Add(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared.Get().Add(), 9);
}

}  // namespace
}  // namespace tapps
