// Processes put and get the same keys and record what they saw; the record is checked afterwards.
#include "stress/history.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <fstream>

#include "stress/crew.h"

namespace tapps::stress {
namespace {

constexpr int kProcesses = 5;
constexpr int kHotKeys = 4;
constexpr int64_t kReport = 1000;

std::string HistoryPath(const std::string& folder, int worker) {
  return folder + "/history." + std::to_string(worker);
}

// The value got, 0 for none, -1 for a failure.
int64_t GetNumber(tapps_cache* cache, int32_t key) {
  tapps_value* value = nullptr;
  const void* data = nullptr;
  size_t size = 0;
  const int32_t code =
      tapps_cache_get(cache, "hot", &key, sizeof key, nullptr, &value, &data, &size, nullptr);
  if (code == TAPPS_E_NOT_FOUND) return 0;
  int64_t number = -1;
  if (code == TAPPS_OK && size == sizeof number) std::memcpy(&number, data, size);
  tapps_value_release(value);
  return number;
}

int RecordHistory(const Job& job) {
  tapps_cache* cache = nullptr;
  if (tapps_cache_open(job.cache_path().c_str(), nullptr, &cache, nullptr) != TAPPS_OK) return 10;
  std::ofstream file(HistoryPath(job.folder, job.worker), std::ios::binary);
  std::mt19937_64 random(job.seed);
  tapps_put_options sync{};
  sync.struct_size = sizeof sync;
  sync.durability = TAPPS_DURABILITY_SYNC;
  sync.timeout_us = 60'000'000;
  WaitForGo(*job.board);
  int64_t puts = 0;
  int64_t operations = 0;
  while (job.board->stop == 0) {
    Operation operation{};
    operation.key = static_cast<int32_t>(random() % kHotKeys);
    operation.is_put = random() % 20 == 0 ? 1 : 0;
    operation.began = Nanoseconds();
    if (operation.is_put != 0) {
      operation.value = (static_cast<int64_t>(job.worker + 1) << 40) + ++puts;
      if (tapps_cache_put(cache, "hot", &operation.key, sizeof operation.key, &operation.value,
                          sizeof operation.value, &sync, nullptr) != TAPPS_OK) {
        return 11;
      }
    } else {
      operation.value = GetNumber(cache, operation.key);
      if (operation.value < 0) return 12;
    }
    operation.ended = Nanoseconds();
    file.write(reinterpret_cast<const char*>(&operation), sizeof operation);
    if (++operations % kReport == 0) job.board->done += kReport;
  }
  tapps_cache_close(cache, 0, nullptr);
  tapps_cache_release(cache);
  return file.flush() ? 0 : 13;
}

const Register kRecord("record-history", RecordHistory);

TEST(HistoryStress, WhatProcessesSawFitsOneOrder) {
  Crew crew;
  for (int worker = 0; worker < kProcesses; ++worker) crew.Start("record-history", worker);
  ASSERT_EQ(crew.Work(Budget()), "");
  std::vector<Operation> history;
  for (int worker = 0; worker < kProcesses; ++worker) {
    std::ifstream file(HistoryPath(crew.folder(), worker), std::ios::binary);
    Operation operation;
    while (file.read(reinterpret_cast<char*>(&operation), sizeof operation)) {
      history.push_back(operation);
    }
  }
  Report("operations", static_cast<int64_t>(history.size()));
  EXPECT_GT(history.size(), 100U);
  EXPECT_EQ(CheckHistory(history), "");
}

// Short histories of key 1: {began, ended, value, key, is_put}.
TEST(HistoryCheck, AcceptsWhatOverlaps) {
  EXPECT_EQ(CheckHistory({{10, 20, 5, 1, 1}, {12, 14, 0, 1, 0}, {13, 15, 5, 1, 0}}), "");
  EXPECT_EQ(CheckHistory({{10, 20, 5, 1, 1}, {11, 30, 6, 1, 1}, {31, 32, 5, 1, 0}}), "");
}

TEST(HistoryCheck, FindsAGetOfWhatWasReplaced) {
  EXPECT_NE(CheckHistory({{10, 20, 5, 1, 1}, {21, 22, 6, 1, 1}, {23, 24, 5, 1, 0}}), "");
  EXPECT_NE(CheckHistory({{10, 20, 5, 1, 1}, {21, 22, 0, 1, 0}}), "");
}

TEST(HistoryCheck, FindsAGetThatGoesBackInTime) {
  // Both puts are under way: either may be last, but two gets in a row must not disagree with a
  // third.
  EXPECT_NE(CheckHistory({{10, 90, 5, 1, 1},
                          {10, 90, 6, 1, 1},
                          {20, 21, 5, 1, 0},
                          {22, 23, 6, 1, 0},
                          {24, 25, 5, 1, 0}}),
            "");
}

TEST(HistoryCheck, FindsAValueThatNobodyPut) {
  EXPECT_NE(CheckHistory({{10, 20, 5, 1, 0}}), "");
  EXPECT_NE(CheckHistory({{10, 20, 5, 1, 0}, {21, 22, 5, 1, 1}}), "");
}

}  // namespace
}  // namespace tapps::stress
