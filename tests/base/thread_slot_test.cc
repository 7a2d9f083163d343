#include "base/thread_slot.h"

#include <gtest/gtest.h>

#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "base/counter.h"

namespace tapps {
namespace {

TEST(ThreadSlotTest, LivingThreadsHaveDifferentNumbersAndTheDeadGiveTheirsBack) {
  const uint32_t mine = ThreadSlot();
  EXPECT_EQ(ThreadSlot(), mine);
  constexpr size_t kThreads = 20;
  std::vector<uint32_t> slots(kThreads);
  std::latch all(kThreads);
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        slots[t] = ThreadSlot();
        all.arrive_and_wait();
      });
    }
  }
  std::set<uint32_t> distinct(slots.begin(), slots.end());
  EXPECT_EQ(distinct.size(), kThreads);
  EXPECT_FALSE(distinct.contains(mine));
  uint32_t later = kThreadSlots;
  std::jthread([&] { later = ThreadSlot(); }).join();
  EXPECT_EQ(later, *distinct.begin());
}

TEST(ThreadSlotTest, ACounterLosesNothingWithMoreThreadsThanNumbers) {
  Counter counter;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 40; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) counter.Add();
      });
    }
  }
  EXPECT_EQ(counter.Read(), 40'000);
}

}  // namespace
}  // namespace tapps
