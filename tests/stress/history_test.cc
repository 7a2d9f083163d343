// Processes put and get the same keys and record what they saw; the record is checked afterwards.
#include "stress/history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <thread>

#include "stress/crew.h"

namespace tapps::stress {
namespace {

constexpr int kThreads = 3;  // at most, of one process
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

// Puts and gets keys of all processes by turns; one get in twenty is a put. The exit code.
int Record(const Job& job, tapps_cache* cache, int thread, int puts_in_20) {
  const int number = job.worker * kThreads + thread;
  std::ofstream file(HistoryPath(job.folder, number), std::ios::binary);
  std::mt19937_64 random(job.seed + static_cast<uint64_t>(thread));
  tapps_put_options sync{};
  sync.struct_size = sizeof sync;
  sync.durability = TAPPS_DURABILITY_SYNC;
  sync.timeout_us = 60'000'000;
  int64_t puts = 0;
  int64_t operations = 0;
  while (job.board->stop == 0) {
    Operation operation{};
    operation.key = static_cast<int32_t>(random() % kHotKeys);
    operation.is_put = static_cast<int>(random() % 20) < puts_in_20 ? 1 : 0;
    operation.began = Nanoseconds();
    if (operation.is_put != 0) {
      operation.value = (static_cast<int64_t>(number + 1) << 40) + ++puts;
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
  return file.flush() ? 0 : 13;
}

int RecordHistory(const Job& job) {
  tapps_cache* cache = nullptr;
  if (tapps_cache_open(job.cache_path().c_str(), nullptr, &cache, nullptr) != TAPPS_OK) return 10;
  WaitForGo(*job.board);
  const int code = Record(job, cache, 0, 1);
  tapps_cache_close(cache, 0, nullptr);
  tapps_cache_release(cache);
  return code;
}

// With room for one entry in memory, so that gets come upon what is pending and what is in the
// file.
int RecordThreads(const Job& job) {
  tapps_open_options options{};
  options.struct_size = sizeof options;
  options.memory_entries = 1;
  tapps_cache* cache = nullptr;
  if (tapps_cache_open(job.cache_path().c_str(), &options, &cache, nullptr) != TAPPS_OK) return 10;
  WaitForGo(*job.board);
  std::array<int, kThreads> codes{};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { codes[i] = Record(job, cache, i, i == 0 ? 20 : 0); });
  }
  for (std::thread& thread : threads) thread.join();
  tapps_cache_close(cache, 0, nullptr);
  tapps_cache_release(cache);
  return *std::max_element(codes.begin(), codes.end());
}

const Register kRecord("record-history", RecordHistory);
const Register kRecordThreads("record-threads", RecordThreads);

// Runs `processes` workers; what they recorded.
std::vector<Operation> RunAndCollect(const std::string& worker, int processes) {
  Crew crew;
  for (int i = 0; i < processes; ++i) crew.Start(worker, i);
  EXPECT_EQ(crew.Work(), "");
  std::vector<Operation> history;
  for (int i = 0; i < processes * kThreads; ++i) {
    std::ifstream file(HistoryPath(crew.folder(), i), std::ios::binary);
    Operation operation;
    while (file.read(reinterpret_cast<char*>(&operation), sizeof operation)) {
      history.push_back(operation);
    }
  }
  Report("operations", static_cast<int64_t>(history.size()));
  EXPECT_GT(history.size(), 100U);
  return history;
}

TEST(HistoryStress, WhatProcessesSawFitsOneOrder) {
  EXPECT_EQ(CheckHistory(RunAndCollect("record-history", 5)), "");
}

TEST(HistoryStress, NoThreadOfAWritingProcessSeesWhatAnotherProcessHasReplaced) {
  EXPECT_EQ(CheckNothingStale(RunAndCollect("record-threads", 3)), "");
}

TEST(HistoryCheck, FindsWhatIsStaleThoughPutsShowEarly) {
  EXPECT_EQ(CheckNothingStale({{10, 20, 5, 1, 1}, {12, 13, 5, 1, 0}, {14, 15, 0, 1, 0}}), "");
  EXPECT_EQ(CheckNothingStale({{10, 20, 5, 1, 1}, {15, 30, 6, 1, 1}, {31, 32, 5, 1, 0}}), "");
  EXPECT_NE(CheckNothingStale({{10, 20, 5, 1, 1}, {21, 30, 6, 1, 1}, {31, 32, 5, 1, 0}}), "");
  EXPECT_NE(CheckNothingStale({{10, 20, 5, 1, 1}, {21, 30, 0, 1, 0}}), "");
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
