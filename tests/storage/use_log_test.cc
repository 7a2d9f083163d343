#include "storage/use_log.h"

#include <gtest/gtest.h>

#include <map>

namespace tapps::storage {
namespace {

std::map<uint64_t, uint32_t> TakeAll(UseLog& log) {
  std::map<uint64_t, uint32_t> uses;
  for (const UseLog::Use& use : log.Take(SIZE_MAX)) uses[use.hash] = use.count;
  return uses;
}

TEST(UseLogTest, CountsUsesUntilTheyAreTaken) {
  UseLog log;
  EXPECT_FALSE(log.any());
  log.Note(1);
  log.Note(1);
  log.Note(2);
  EXPECT_TRUE(log.any());
  EXPECT_EQ(TakeAll(log), (std::map<uint64_t, uint32_t>{{1, 2}, {2, 1}}));
  EXPECT_TRUE(TakeAll(log).empty());
  EXPECT_FALSE(log.any());
}

TEST(UseLogTest, TakesInSlices) {
  UseLog log;
  for (uint64_t hash = 1; hash <= 100; ++hash) log.Note(hash);
  EXPECT_EQ(log.Take(60).size(), 60u);
  EXPECT_TRUE(log.any());
  EXPECT_EQ(log.Take(60).size(), 40u);
}

TEST(UseLogTest, WhatIsUsedMostStaysAmongMany) {
  UseLog log;
  for (uint64_t hash = 1; hash <= 20000; ++hash) {
    log.Note(hash);
    log.Note(7);
    log.Note(7);
  }
  EXPECT_EQ(TakeAll(log).count(7), 1u);
}

}  // namespace
}  // namespace tapps::storage
