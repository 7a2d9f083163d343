// What users of an earlier, file-based cache went through, as it should have been. Several
// processes are forked before this one opens anything.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "cache/cache.h"
#include "storage/sqlite.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tapps {
namespace {

using test::Pipe;
using test::Process;

constexpr PutOptions kSync = {.durability = TAPPS_DURABILITY_SYNC};

std::string Text(const Result<ValueRef>& value) {
  return value.ok() ? std::string((*value)->bytes()) : CodeName(value.code());
}

class Scars : public ::testing::Test {
 protected:
  std::shared_ptr<Cache> Open(const CacheOptions& options = {}) {
    Result<std::shared_ptr<Cache>> cache = Cache::Open(path_, options);
    EXPECT_TRUE(cache.ok()) << cache.status().message();
    return cache.ok() ? *std::move(cache) : nullptr;
  }
  std::string Get(Cache& cache, std::string_view key) { return Text(cache.Get({"", key}, {})); }
  // Runs `body` in as many processes at once, which all begin at the same time.
  void InProcesses(int count, const std::function<int(Cache& cache, int process)>& body) {
    Pipe start;
    std::vector<Process> processes;
    for (int i = 0; i < count; ++i) {
      processes.emplace_back([&, i] {
        start.CloseSendingEnd();
        start.Receive();
        const std::shared_ptr<Cache> cache = Open();
        if (!cache) return 100;
        if (const int failed = body(*cache, i)) return failed;
        return cache->Close(60 * kSecond).ok() ? 0 : 101;
      });
    }
    start.CloseSendingEnd();
    for (Process& process : processes) ASSERT_EQ(process.Wait(), 0);
  }

  test::TempDir dir_;
  std::string path_ = dir_.File("cache-1.db");
};

TEST_F(Scars, ScarS1WhatADeadProcessHeldHoldsNobodyUp) {
  Pipe holds;
  Process holder([&] {
    const std::shared_ptr<Cache> cache = Open();
    if (!cache->Put({"", "key"}, "1", kSync).ok()) return 1;
    if (!cache->Load({"", "loading"}, {}).ok()) return 2;
    auto connection = storage::Connection::Open(path_, storage::Connection::Mode::kReadWrite);
    if (!connection.ok()) return 3;
    connection->SetBusyHandler([] { return true; });  // upkeep may have the lock
    if (connection->Exec("BEGIN IMMEDIATE") != 0) return 4;
    holds.Send(1);
    pause();
    return 0;
  });
  ASSERT_EQ(holds.Receive(), 1);
  holder.Kill();
  ASSERT_EQ(holder.Wait(), -SIGKILL);
  const std::shared_ptr<Cache> cache = Open();
  const PutOptions hurried = {.durability = TAPPS_DURABILITY_SYNC, .timeout_us = 2 * kSecond};
  EXPECT_TRUE(cache->Put({"", "key"}, "2", hurried).ok());
  const Result<Cache::Loaded> loaded = cache->Load({"", "loading"}, {.timeout_us = 2 * kSecond});
  ASSERT_TRUE(loaded.ok());
  EXPECT_GT(loaded->lease, 0);
  for (const auto& entry : std::filesystem::directory_iterator(dir_.File("."))) {
    EXPECT_EQ(entry.path().filename().string().find("lock"), std::string::npos) << entry.path();
  }
}

TEST_F(Scars, ScarS2WhatWasPutBeforeTheEndIsThere) {
  InProcesses(8, [](Cache& cache, int process) {
    for (int i = 0; i < 3; ++i) {
      const std::string key = std::to_string(process) + "/" + std::to_string(i);
      if (!cache.Put({"", key}, key, {}).ok()) return 1;
    }
    return 0;
  });
  const std::shared_ptr<Cache> cache = Open();
  for (int process = 0; process < 8; ++process) {
    for (int i = 0; i < 3; ++i) {
      const std::string key = std::to_string(process) + "/" + std::to_string(i);
      EXPECT_EQ(Get(*cache, key), key);
    }
  }
}

TEST_F(Scars, ScarS3ReadersDoNotDisturbEachOther) {
  EXPECT_EQ(Process([&] {
              const std::shared_ptr<Cache> cache = Open();
              return cache->Put({"", "key"}, "value", kSync).ok() && cache->Close(0).ok() ? 0 : 1;
            }).Wait(),
            0);
  InProcesses(8, [](Cache& cache, int) {
    for (int i = 0; i < 500; ++i) {
      if (Text(cache.Get({"", "key"}, {})) != "value") return 1;
    }
    return 0;
  });
}

TEST_F(Scars, ScarS4ManyStoringAtOnceLoseNothing) {
  InProcesses(8, [](Cache& cache, int process) {
    for (int i = 0; i < 25; ++i) {
      const std::string key = std::to_string(process) + "/" + std::to_string(i);
      if (!cache.Put({"", key}, key, kSync).ok()) return 1;
    }
    return 0;
  });
  const Result<storage::Reader::Count> count = Open()->CountEntries({});
  ASSERT_TRUE(count.ok());
  EXPECT_EQ(count->entries, 200);
}

TEST_F(Scars, ScarS5AReadIsNotAWrite) {
  ASSERT_TRUE(Open()->Put({"", "key"}, "value", kSync).ok());
  const std::shared_ptr<Cache> cache = Open();
  ASSERT_EQ(Get(*cache, "key"), "value");
  const int64_t commits = cache->Stats()["disk"].value("commits", int64_t{0});
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(Get(*cache, "key"), "value");
  const Json stats = cache->Stats();
  // The first flush of uses, on its timer, is the most that may happen meanwhile.
  EXPECT_LE(stats["disk"].value("commits", int64_t{0}), commits + 1);
  EXPECT_EQ(stats["writes"], 0);
}

TEST_F(Scars, ScarS6ADamagedValueIsAMissAndNeverServed) {
  const std::string value(3000, 'v');
  {
    const std::shared_ptr<Cache> cache = Open();
    ASSERT_TRUE(cache->Put({"", "key"}, value, kSync).ok());
    ASSERT_TRUE(cache->Put({"", "other"}, "fine", kSync).ok());
    ASSERT_TRUE(cache->Close(0).ok());
  }
  {
    auto connection = storage::Connection::Open(path_, storage::Connection::Mode::kReadWrite);
    ASSERT_TRUE(connection.ok());
    ASSERT_EQ(connection->Exec("UPDATE entries SET checksum = checksum + 1 "
                               "WHERE key = CAST('key' AS BLOB)"),
              0);
  }
  const std::shared_ptr<Cache> cache = Open();
  EXPECT_EQ(Get(*cache, "key"), "NOT_FOUND");
  EXPECT_EQ(Get(*cache, "other"), "fine");
  // It can be stored anew.
  ASSERT_TRUE(cache->Put({"", "key"}, "new", kSync).ok());
  EXPECT_EQ(Get(*cache, "key"), "new");
}

TEST_F(Scars, ScarS7LifetimesEndAlsoAfterARestart) {
  FakeClock clock;
  CacheOptions options;
  options.clock = &clock;
  std::shared_ptr<Cache> cache = Open(options);
  ASSERT_TRUE(cache->Put({"", "key"}, "value", {.ttl_us = kMinute}).ok());
  ASSERT_TRUE(cache->Close(0).ok());
  cache = Open(options);
  clock.Advance(30 * kSecond);
  const Result<ValueRef> value = cache->Get({"", "key"}, {});
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(clock.WallNow() - (*value)->info().created_us, 30 * kSecond);
  clock.Advance(31 * kSecond);
  EXPECT_EQ(Get(*cache, "key"), "NOT_FOUND");
  ASSERT_TRUE(cache->Close(0).ok());  // before its clock goes
}

TEST_F(Scars, ScarS18MakingRoomSparesWhatWasJustStored) {
  CacheOptions options;
  options.disk_bytes = 4 << 20;
  const std::shared_ptr<Cache> cache = Open(options);
  std::mt19937 random(18);
  std::string value(20'000, '\0');
  for (char& byte : value) byte = static_cast<char>(random());  // which no compression shortens
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(cache->Put({"", "key" + std::to_string(i)}, value, kSync).ok());
  }
  ASSERT_TRUE(cache->Flush(0).ok());
  const Result<storage::Reader::Count> count = cache->CountEntries({});
  ASSERT_TRUE(count.ok());
  EXPECT_GT(count->entries, 20);
  EXPECT_LT(count->entries, 250);
  ASSERT_TRUE(cache->Close(0).ok());
  // From the file, not from memory.
  const std::shared_ptr<Cache> again = Open(options);
  EXPECT_EQ(Get(*again, "key599"), value);
  EXPECT_EQ(Get(*again, "key598"), value);
}

TEST_F(Scars, ScarS22DeletedEntriesStayAwayAndKeysAreNotMixedUp) {
  const std::vector<std::pair<std::string, std::string>> keys = {
      {"s", "a/b"}, {"s", "a_b"}, {"a", "b::c"}, {"a::b", "c"}, {"s", std::string("a\0b", 3)},
      {"s", "a"},   {"s", "A"}};
  {
    const std::shared_ptr<Cache> cache = Open();
    for (const auto& [space, key] : keys) {
      ASSERT_TRUE(cache->Put({space, key}, space + "|" + key, {}).ok());
    }
    ASSERT_TRUE(cache->Delete({"s", "a/b"}, TAPPS_DURABILITY_ASYNC).ok());
    ASSERT_TRUE(cache->Close(0).ok());
  }
  const std::shared_ptr<Cache> cache = Open();
  EXPECT_EQ(Text(cache->Get({"s", "a/b"}, {})), "NOT_FOUND");
  for (size_t i = 1; i < keys.size(); ++i) {
    const auto& [space, key] = keys[i];
    EXPECT_EQ(Text(cache->Get({space, key}, {})), space + "|" + key);
  }
}

TEST_F(Scars, ScarS25NumbersSayWhatHappened) {
  const std::shared_ptr<Cache> cache = Open();
  ASSERT_TRUE(cache->Put({"", "key"}, "value", kSync).ok());
  ASSERT_TRUE(cache->Put({"", "gone"}, "", {.negative = true}).ok());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Get(*cache, "key"), "value");
  EXPECT_EQ(Get(*cache, "none"), "NOT_FOUND");
  EXPECT_EQ(Get(*cache, "gone"), "NOT_FOUND");
  ASSERT_TRUE(cache->Get({"", "key"}, {.peek = true}).ok());  // counts as nothing
  const Json stats = cache->Stats();
  EXPECT_EQ(stats["hits"]["memory"], 3);
  EXPECT_EQ(stats["hits"]["disk"], 0);
  EXPECT_EQ(stats["hits"]["negative"], 1);
  EXPECT_EQ(stats["misses"], 1);
  EXPECT_DOUBLE_EQ(stats["hit_rate"].get<double>(), 0.8);
  EXPECT_EQ(stats["writes"], 2);
  EXPECT_EQ(stats["memory"]["entries"], 2);
  EXPECT_GT(stats["memory"]["bytes"], 5);
}

TEST_F(Scars, ScarS27AFileOfAnOlderReleaseIsReadAndWritten) {
  ASSERT_TRUE(Open()->Put({"", "old"}, "value", kSync).ok());
  ASSERT_TRUE(Open()->Close(0).ok());
  {
    // As the first release of the format made it.
    auto connection = storage::Connection::Open(path_, storage::Connection::Mode::kReadWrite);
    ASSERT_TRUE(connection.ok());
    connection->SetBusyHandler([] { return true; });  // the writer may not have ended yet
    for (const char* table : {"leases", "totals", "chunks"}) {
      connection->Exec((std::string("DROP TABLE IF EXISTS ") + table).c_str());
    }
    ASSERT_EQ(connection->Exec("PRAGMA user_version=1000"), 0);
  }
  const std::shared_ptr<Cache> cache = Open();
  EXPECT_EQ(Get(*cache, "old"), "value");
  EXPECT_TRUE(cache->Put({"", "new"}, "value", kSync).ok());
  const Result<Cache::Loaded> loaded = cache->Load({"", "loaded"}, {});
  ASSERT_TRUE(loaded.ok());
  EXPECT_TRUE(cache->FinishLoad(loaded->lease, "value", kSync).ok());
  EXPECT_EQ(Get(*cache, "loaded"), "value");
}

}  // namespace
}  // namespace tapps
