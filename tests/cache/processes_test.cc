// Several processes on one file. Children are forked before the parent opens anything.

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>
#include <vector>

#include "cache/cache.h"
#include "storage/sqlite.h"
#include "storage/store.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tapps {
namespace {

using test::Pipe;
using test::Process;

// Long runs multiply the rounds.
int Rounds(int rounds) {
  const char* factor = std::getenv("TAPPS_STRESS");
  return rounds * (factor ? std::max(1, std::atoi(factor)) : 1);
}

std::shared_ptr<Cache> Open(const std::string& path) {
  Result<std::shared_ptr<Cache>> cache = Cache::Open(path, {});
  if (!cache.ok()) {
    ADD_FAILURE() << cache.status().message();
    return nullptr;
  }
  return *std::move(cache);
}

std::string Text(const Result<ValueRef>& value) {
  return value.ok() ? std::string((*value)->bytes()) : CodeName(value.code());
}

constexpr PutOptions kSync = {.durability = TAPPS_DURABILITY_SYNC};

class ProcessesTest : public ::testing::Test {
 protected:
  test::TempDir dir_;
  std::string path_ = dir_.File("cache-1.db");
};

TEST_F(ProcessesTest, OneNeverReadsWhatTheOtherHasReplaced) {
  const int rounds = Rounds(2000);
  Pipe committed;
  Pipe read;
  Process writer([&] {
    const std::shared_ptr<Cache> cache = Open(path_);
    for (int i = 1; i <= rounds; ++i) {
      if (!cache->Put({"", "key"}, std::to_string(i), kSync).ok()) return 1;
      committed.Send(i);
      if (read.Receive() != i) return 2;
    }
    return 0;
  });
  committed.CloseSendingEnd();
  const std::shared_ptr<Cache> cache = Open(path_);
  for (int i = 1; i <= rounds; ++i) {
    ASSERT_EQ(committed.Receive(), i);
    ASSERT_EQ(Text(cache->Get({"", "key"}, {})), std::to_string(i));
    // Nothing was committed since: now memory answers.
    ASSERT_EQ((*cache->Get({"", "key"}, {}))->info().served_from, TAPPS_FROM_MEMORY);
    read.Send(i);
  }
  EXPECT_EQ(writer.Wait(), 0);
  EXPECT_GE(cache->Stats()["invalidations"], rounds - 1);
}

TEST_F(ProcessesTest, ARemovalByOneIsSeenByTheOther) {
  Pipe ready;
  Pipe go;
  Process other([&] {
    const std::shared_ptr<Cache> cache = Open(path_);
    if (!cache->Put({"", "a"}, "1", {.durability = TAPPS_DURABILITY_SYNC, .tags = "t"}).ok())
      return 1;
    if (!cache->Put({"", "b"}, "1", kSync).ok()) return 1;
    ready.Send(1);
    if (go.Receive() != 1) return 2;
    if (!cache->Delete({"", "b"}, TAPPS_DURABILITY_SYNC).ok()) return 3;
    ready.Send(2);
    if (go.Receive() != 2) return 4;
    if (!cache->DeleteAll({"", "", "t"}).ok()) return 5;
    ready.Send(3);
    return 0;
  });
  ASSERT_EQ(ready.Receive(), 1);
  const std::shared_ptr<Cache> cache = Open(path_);
  EXPECT_EQ(Text(cache->Get({"", "a"}, {})), "1");
  EXPECT_EQ(Text(cache->Get({"", "b"}, {})), "1");
  go.Send(1);
  ASSERT_EQ(ready.Receive(), 2);
  EXPECT_EQ(Text(cache->Get({"", "b"}, {})), "NOT_FOUND");
  EXPECT_EQ(Text(cache->Get({"", "a"}, {})), "1");
  go.Send(2);
  ASSERT_EQ(ready.Receive(), 3);
  EXPECT_EQ(Text(cache->Get({"", "a"}, {})), "NOT_FOUND");
  EXPECT_EQ(other.Wait(), 0);
}

TEST_F(ProcessesTest, EightProcessesOpenOneNewFileAtOnce) {
  const int rounds = Rounds(25);
  for (int round = 0; round < rounds; ++round) {
    const std::string path = dir_.File("new" + std::to_string(round) + "/cache-1.db");
    Pipe start;
    std::vector<Process> processes;
    for (int i = 0; i < 8; ++i) {
      processes.emplace_back([&, i] {
        start.CloseSendingEnd();
        start.Receive();  // returns when the parent closes its end, for all at once
        const std::shared_ptr<Cache> cache = Open(path);
        if (!cache) return 1;
        const std::string key = "key" + std::to_string(i);
        if (!cache->Put({"", key}, key, {}).ok()) return 2;
        if (Text(cache->Get({"", key}, {})) != key) return 3;
        return cache->Close(30 * kSecond).ok() ? 0 : 4;
      });
    }
    start.CloseSendingEnd();
    for (Process& process : processes) ASSERT_EQ(process.Wait(), 0) << "round " << round;
    const std::shared_ptr<Cache> cache = Open(path);
    for (int i = 0; i < 8; ++i) {
      const std::string key = "key" + std::to_string(i);
      ASSERT_EQ(Text(cache->Get({"", key}, {})), key);
    }
  }
}

TEST_F(ProcessesTest, WhatSyncAcknowledgedSurvivesAKillAtAnyInstant) {
  const int rounds = Rounds(10);
  std::mt19937 random(7);
  int64_t acknowledged = 0;
  for (int round = 0; round < rounds; ++round) {
    Pipe acks;
    Process writer([&, first = acknowledged + 1] {
      const std::shared_ptr<Cache> cache = Open(path_);
      for (int64_t i = first;; ++i) {
        // Keys and values of many sizes, so that the kill falls into all kinds of pages.
        const std::string value(static_cast<size_t>(i * 7919 % 9000),
                                static_cast<char>('a' + i % 26));
        if (!cache->Put({"", "key" + std::to_string(i)}, value, kSync).ok()) return 1;
        acks.Send(i);
      }
    });
    acks.CloseSendingEnd();
    const auto kill_after = acknowledged + 1 + static_cast<int64_t>(random() % 60);
    int64_t ack = 0;
    while (ack < kill_after) ASSERT_GT(ack = acks.Receive(), 0);
    writer.Kill();
    while (ack > 0) {
      acknowledged = ack;
      ack = acks.Receive();
    }
    EXPECT_EQ(writer.Wait(), -SIGKILL);
    // In a child, so that the next writer is not forked from a process that has the file open.
    EXPECT_EQ(Process([&] {
                const std::shared_ptr<Cache> cache = Open(path_);
                for (int64_t i = 1; i <= acknowledged; ++i) {
                  const std::string value(static_cast<size_t>(i * 7919 % 9000),
                                          static_cast<char>('a' + i % 26));
                  if (Text(cache->Get({"", "key" + std::to_string(i)}, {})) != value) return 1;
                }
                return 0;
              }).Wait(),
              0)
        << "round " << round;
  }
}

TEST_F(ProcessesTest, NoCallerWaitsForAnotherProcessesWriteLock) {
  Pipe locked;
  Pipe release;
  ASSERT_TRUE(Open(path_)->Close(0).ok());
  Process holder([&] {
    auto connection = storage::Connection::Open(path_, storage::Connection::Mode::kReadWrite);
    if (!connection.ok() || connection->Exec("BEGIN IMMEDIATE") != 0) return 1;
    locked.Send(1);
    release.Receive();
    return connection->Exec("ROLLBACK");
  });
  ASSERT_EQ(locked.Receive(), 1);
  const std::shared_ptr<Cache> cache = Open(path_);
  EXPECT_TRUE(cache->Put({"", "a"}, "1", {}).ok());
  EXPECT_EQ(Text(cache->Get({"", "a"}, {})), "1");
  EXPECT_EQ(Text(cache->Get({"", "none"}, {})), "NOT_FOUND");
  const PutOptions hurried = {.durability = TAPPS_DURABILITY_SYNC, .timeout_us = 50 * kMillisecond};
  EXPECT_EQ(cache->Put({"", "a"}, "2", hurried).code(), TAPPS_E_TIMEOUT);
  // Withdrawn: the older put still stands.
  EXPECT_EQ(Text(cache->Get({"", "a"}, {})), "1");
  EXPECT_EQ(cache->Flush(50 * kMillisecond).code(), TAPPS_E_TIMEOUT);
  release.Send(1);
  EXPECT_TRUE(cache->Flush(10 * kSecond).ok());
  EXPECT_EQ(holder.Wait(), 0);
  EXPECT_EQ(cache->state(), TAPPS_STATE_OK);
}

TEST_F(ProcessesTest, TheQueueIsBoundedWhileTheFileIsLocked) {
  ASSERT_TRUE(Open(path_)->Close(0).ok());
  Pipe locked;
  Pipe release;
  Process holder([&] {
    auto connection = storage::Connection::Open(path_, storage::Connection::Mode::kReadWrite);
    if (!connection.ok() || connection->Exec("BEGIN IMMEDIATE") != 0) return 1;
    locked.Send(1);
    release.Receive();
    return connection->Exec("ROLLBACK");
  });
  ASSERT_EQ(locked.Receive(), 1);
  CacheOptions options;
  options.queue_bytes = 64 << 10;
  const std::shared_ptr<Cache> cache = *Cache::Open(path_, options);
  const std::string value(1000, 'v');
  int accepted = 0;
  Status status;
  while (status.ok() && accepted < 1000) {
    status =
        cache->Put({"", "key" + std::to_string(accepted)}, value, {.timeout_us = kMillisecond});
    if (status.ok()) ++accepted;
  }
  EXPECT_EQ(status.code(), TAPPS_E_BUSY);
  EXPECT_GT(accepted, 30);
  EXPECT_LE(cache->Stats()["pending"]["bytes"], 64 << 10);
  release.Send(1);
  ASSERT_TRUE(cache->Flush(10 * kSecond).ok());
  for (int i = 0; i < accepted; ++i) {
    ASSERT_EQ(Text(cache->Get({"", "key" + std::to_string(i)}, {})), value) << i;
  }
  EXPECT_EQ(holder.Wait(), 0);
}

TEST_F(ProcessesTest, AFileDeletedUnderTheCacheIsFollowedToTheNewOne) {
  const std::shared_ptr<Cache> cache = Open(path_);
  ASSERT_TRUE(cache->Put({"", "a"}, "1", kSync).ok());
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  // A sync put is in the file that other programs will open, not in the one that has no name any
  // more.
  ASSERT_TRUE(cache->Put({"", "b"}, "2", kSync).ok());
  EXPECT_EQ(Text(cache->Get({"", "a"}, {})), "NOT_FOUND");
  EXPECT_EQ(Text(cache->Get({"", "b"}, {})), "2");
  ASSERT_TRUE(cache->Close(0).ok());
  EXPECT_EQ(Text(Open(path_)->Get({"", "b"}, {})), "2");
}

TEST_F(ProcessesTest, AFileReplacedUnderTheCacheIsNoticedByReadersToo) {
  const std::string other = dir_.File("other.db");
  EXPECT_EQ(Process([&] {
              const std::shared_ptr<Cache> cache = Open(other);
              const bool put = cache->Put({"", "a"}, "new", kSync).ok();
              return put && cache->Close(0).ok() ? 0 : 1;
            }).Wait(),
            0);
  const std::shared_ptr<Cache> cache = Open(path_);
  ASSERT_TRUE(cache->Put({"", "a"}, "old", kSync).ok());
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path_ + suffix);
    if (std::filesystem::exists(other + suffix))
      std::filesystem::rename(other + suffix, path_ + suffix);
  }
  // Readers look at the path every 100 ms.
  const int64_t deadline = Clock::Real().MonotonicNow() + 10 * kSecond;
  while (Text(cache->Get({"", "a"}, {})) != "new" && Clock::Real().MonotonicNow() < deadline) {
  }
  EXPECT_EQ(Text(cache->Get({"", "a"}, {})), "new");
}

TEST_F(ProcessesTest, AFileReplacedManyTimesIsStillFollowedAndNothingStaleIsRead) {
  constexpr int kReplacements = 20;
  Pipe done;
  Pipe next;
  Process other([&] {
    const std::shared_ptr<Cache> cache = Open(path_);
    for (int i = 1; i <= kReplacements; ++i) {
      if (next.Receive() != i) return 1;
      for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
      if (!cache->Put({"", "a"}, std::to_string(i), kSync).ok()) return 2;
      done.Send(i);
    }
    for (int i = kReplacements + 1; i <= kReplacements + 5; ++i) {
      if (next.Receive() != i) return 3;
      if (Text(cache->Get({"", "b"}, {})) != std::to_string(i)) return 4;
      if (!cache->Put({"", "a"}, std::to_string(i), kSync).ok()) return 5;
      done.Send(i);
    }
    return 0;
  });
  done.CloseSendingEnd();
  const std::shared_ptr<Cache> cache = Open(path_);
  for (int i = 1; i <= kReplacements; ++i) {
    next.Send(i);
    ASSERT_EQ(done.Receive(), i);
    // Readers look at the path every 100 ms.
    const int64_t deadline = Clock::Real().MonotonicNow() + 5 * kSecond;
    while (Text(cache->Get({"", "a"}, {})) != std::to_string(i) &&
           Clock::Real().MonotonicNow() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ASSERT_EQ(Text(cache->Get({"", "a"}, {})), std::to_string(i));
    ASSERT_TRUE(cache->Put({"", "b"}, std::to_string(i), kSync).ok());
  }
  // As long as it stays, what either has replaced is not read again.
  for (int i = kReplacements + 1; i <= kReplacements + 5; ++i) {
    ASSERT_TRUE(cache->Put({"", "b"}, std::to_string(i), kSync).ok());
    next.Send(i);
    ASSERT_EQ(done.Receive(), i);
    ASSERT_EQ(Text(cache->Get({"", "a"}, {})), std::to_string(i));
  }
  EXPECT_EQ(other.Wait(), 0);
}

TEST_F(ProcessesTest, AForkedChildIsRefused) {
  const std::shared_ptr<Cache> cache = Open(path_);
  ASSERT_TRUE(cache->Put({"", "a"}, "1", kSync).ok());
  EXPECT_EQ(Process([&] {
              if (cache->Get({"", "a"}, {}).code() != TAPPS_E_FORKED) return 1;
              if (cache->Put({"", "a"}, "2", {}).code() != TAPPS_E_FORKED) return 2;
              if (Cache::Open(path_, {}).code() != TAPPS_E_FORKED) return 3;
              if (cache->Close(0).code() != TAPPS_E_FORKED) return 4;
              // A thread of the parent may have been inside SQLite.
              if (Cache::Open(path_ + ".other", {}).code() != TAPPS_E_FORKED) return 5;
              return Cache::Open(":memory:", {}).ok() ? 0 : 6;
            }).Wait(),
            0);
  EXPECT_EQ(Text(cache->Get({"", "a"}, {})), "1");
  EXPECT_TRUE(cache->Put({"", "a"}, "3", kSync).ok());
}

TEST_F(ProcessesTest, AChildOfAProcessWithoutAnOpenFileMayOpenOne) {
  std::shared_ptr<Cache> cache = Open(path_);
  ASSERT_TRUE(cache->Put({"", "a"}, "1", kSync).ok());
  ASSERT_TRUE(cache->Close(0).ok());
  cache.reset();
  while (storage::Store::Live() > 0) std::this_thread::yield();  // the writer's thread ends
  EXPECT_EQ(Process([&] {
              const auto own = Cache::Open(path_, {});
              const auto again = Cache::Open(path_, {});
              if (!own.ok() || !again.ok() || *own != *again) return 1;
              return (*own)->Put({"", "a"}, "2", kSync).ok() ? 0 : 2;
            }).Wait(),
            0);
  EXPECT_EQ(Text(Open(path_)->Get({"", "a"}, {})), "2");
}

}  // namespace
}  // namespace tapps
