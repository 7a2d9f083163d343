#include "memory/history.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

namespace tapps {
namespace {

uint64_t Hash(uint64_t i) { return (i + 1) * 0x9E3779B97F4A7C15u; }

TEST(HistoryTest, ForgetsWhatItRememberedFirst) {
  History history;
  for (uint32_t i = 0; i < 10; ++i) history.Add(Hash(i), i + 1, 4, 0);
  EXPECT_EQ(history.size(), 4u);
  EXPECT_FALSE(history.Take(Hash(5)));
  EXPECT_EQ(history.Take(Hash(6)), 7u);
  EXPECT_FALSE(history.Take(Hash(6)));
  EXPECT_EQ(history.Take(Hash(9)), 10u);
}

TEST(HistoryTest, AgreesWithAQueue) {
  History history;
  std::deque<uint64_t> queue;
  std::map<uint64_t, uint32_t> stamps;
  std::mt19937 random(4);
  constexpr size_t kMost = 100;
  for (uint32_t i = 1; i < 50'000; ++i) {
    const uint64_t key = random() % 250;
    std::optional<uint32_t> expected;
    if (const auto known = stamps.find(key); known != stamps.end()) {
      expected = known->second;
      stamps.erase(known);
      std::erase(queue, key);
    }
    ASSERT_EQ(history.Take(Hash(key)), expected);
    if (random() % 4 == 0) continue;
    if (queue.size() == kMost) {
      stamps.erase(queue.front());
      queue.pop_front();
    }
    queue.push_back(key);
    stamps[key] = i;
    history.Add(Hash(key), i, kMost, 0);
    ASSERT_EQ(history.size(), queue.size());
  }
  EXPECT_LE(history.footprint(), kMost * 20 + 500);
}

TEST(HistoryTest, WhatIsBelowTheFloorMakesRoom) {
  History history;
  for (uint32_t i = 1; i <= 100; ++i) history.Add(Hash(i), i, 100, 0);
  history.Add(Hash(101), 101, 100, 90);
  EXPECT_FALSE(history.Take(Hash(50)));
  EXPECT_TRUE(history.Take(Hash(95)));
}

}  // namespace
}  // namespace tapps
