// Loading: single flight in a process and between processes.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "cache/cache.h"
#include "storage/sqlite.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tapps {
namespace {

using test::Pipe;
using test::Process;

std::string Text(const ValueRef& value) { return value ? std::string(value->bytes()) : "<none>"; }

class LoadingTest : public ::testing::Test {
 protected:
  std::shared_ptr<Cache> Open(const std::string& path) {
    CacheOptions options;
    options.clock = &clock_;
    options.lease_wait_us = 30 * kSecond;  // however busy the machine is, nobody loads alone
    Result<std::shared_ptr<Cache>> cache = Cache::Open(path, options);
    EXPECT_TRUE(cache.ok()) << cache.status().message();
    if (!cache.ok()) return nullptr;
    open_.push_back(*cache);
    return *std::move(cache);
  }
  // Before the clock goes, which their writers look at.
  void TearDown() override {
    for (const auto& cache : open_) (void)cache->Close(0);
  }
  Cache::Loaded Load(Cache& cache, std::string_view key, const LoadOptions& options = {}) {
    Result<Cache::Loaded> loaded = cache.Load({"", key}, options);
    EXPECT_TRUE(loaded.ok()) << CodeName(loaded.code());
    return loaded.ok() ? *std::move(loaded) : Cache::Loaded();
  }
  // A load that is under way on another thread, once it waits in line.
  struct Waiting {
    Waiting(Cache& cache, const LoadOptions& options = {})
        : thread([this, &cache, options] {
            result = cache.Load({"", "key"}, options);
          }) {}
    ~Waiting() {
      if (thread.joinable()) thread.join();
    }
    const Result<Cache::Loaded>& Join() {
      thread.join();
      return result;
    }
    Result<Cache::Loaded> result = Status::Bare(TAPPS_E_INTERNAL);
    std::thread thread;
  };

  test::TempDir dir_;
  std::string path_ = dir_.File("cache-1.db");
  FakeClock clock_;
  std::vector<std::shared_ptr<Cache>> open_;
};

// Both with a file and without one.
class LoadingTiersTest : public LoadingTest, public ::testing::WithParamInterface<const char*> {
 protected:
  std::shared_ptr<Cache> cache_ = Open(std::string(GetParam()) == "file" ? path_ : ":memory:");
};

INSTANTIATE_TEST_SUITE_P(Tiers, LoadingTiersTest, ::testing::Values("file", "memory"),
                         [](const auto& tier) { return std::string(tier.param); });

TEST_P(LoadingTiersTest, AMissGivesALeaseAndItsEndAValueToAll) {
  const Cache::Loaded first = Load(*cache_, "key");
  EXPECT_FALSE(first.value);
  ASSERT_GT(first.lease, 0);
  Waiting second(*cache_);
  ASSERT_TRUE(cache_->FinishLoad(first.lease, "value", {.content_type = "a/b"}).ok());
  const Result<Cache::Loaded>& answer = second.Join();
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(Text(answer->value), "value");
  EXPECT_EQ(answer->value->text(TAPPS_TEXT_CONTENT_TYPE), "a/b");
  EXPECT_EQ(answer->lease, 0);
  EXPECT_EQ(Text(*cache_->Get({"", "key"}, {})), "value");
  EXPECT_EQ(cache_->FinishLoad(first.lease, "again", {}).code(), TAPPS_E_NOT_FOUND);
  EXPECT_EQ(Text(*cache_->Get({"", "key"}, {})), "value");
}

TEST_P(LoadingTiersTest, ScarS17ManyThreadsThatMissOneKeyLoadItOnce) {
  constexpr int kThreads = 16;
  for (int round = 0; round < 20; ++round) {
    const std::string key = "key" + std::to_string(round);
    std::atomic<int> loads{0};
    std::atomic<int> asked{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        ++asked;
        Result<Cache::Loaded> loaded = cache_->Load({"", key}, {});
        ASSERT_TRUE(loaded.ok());
        if (loaded->lease > 0) {
          while (asked < kThreads) std::this_thread::yield();
          ++loads;
          ASSERT_TRUE(cache_->FinishLoad(loaded->lease, key, {}).ok());
        } else {
          ASSERT_EQ(Text(loaded->value), key);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(loads, 1) << round;
  }
  const Json stats = cache_->Stats();
  EXPECT_EQ(stats["loads"]["leases"], 20);
  EXPECT_EQ(stats["loads"]["lone"], 0);
  // Each lookup counts once.
  EXPECT_EQ(stats["misses"].get<int64_t>() + stats["hits"]["memory"].get<int64_t>() +
                stats["hits"]["disk"].get<int64_t>(),
            20 * kThreads);
}

TEST_P(LoadingTiersTest, AbandoningPassesTheLeaseOn) {
  const Cache::Loaded first = Load(*cache_, "key");
  Waiting second(*cache_);
  cache_->AbandonLoad(first.lease);
  const Result<Cache::Loaded>& next = second.Join();
  ASSERT_TRUE(next.ok());
  EXPECT_FALSE(next->value);
  ASSERT_GT(next->lease, 0);
  EXPECT_NE(next->lease, first.lease);
  cache_->AbandonLoad(next->lease);
  // Nobody waits: the next to ask is the next to lead.
  EXPECT_GT(Load(*cache_, "key").lease, 0);
}

TEST_P(LoadingTiersTest, ALeaseThatRanOutGoesToWhoWaits) {
  const Cache::Loaded first = Load(*cache_, "key", {.lease_us = kMillisecond});
  ASSERT_GT(first.lease, 0);
  const Cache::Loaded second = Load(*cache_, "key");
  EXPECT_GT(second.lease, first.lease);
  // The late loader's value is not lost; the end of the second lease is the last word.
  EXPECT_TRUE(cache_->FinishLoad(first.lease, "late", {}).ok());
  EXPECT_EQ(Text(*cache_->Get({"", "key"}, {})), "late");
  EXPECT_TRUE(cache_->FinishLoad(second.lease, "value", {}).ok());
  EXPECT_EQ(Text(*cache_->Get({"", "key"}, {})), "value");
}

TEST_P(LoadingTiersTest, WaitingEndsAtItsDeadline) {
  const Cache::Loaded first = Load(*cache_, "key");
  EXPECT_EQ(cache_->Load({"", "key"}, {.timeout_us = 5 * kMillisecond}).code(), TAPPS_E_TIMEOUT);
  EXPECT_EQ(cache_->Load({"", "key"}, {.timeout_us = TAPPS_NONE}).code(), TAPPS_E_TIMEOUT);
  ASSERT_TRUE(cache_->FinishLoad(first.lease, "value", {}).ok());
  EXPECT_EQ(Text(Load(*cache_, "key", {.timeout_us = TAPPS_NONE}).value), "value");
}

TEST_P(LoadingTiersTest, ScarS17WhatIsRememberedAsMissingIsNotLoaded) {
  const Cache::Loaded first = Load(*cache_, "key");
  Waiting second(*cache_);
  ASSERT_TRUE(cache_->FinishLoad(first.lease, "", {.negative = true}).ok());
  EXPECT_EQ(second.Join().code(), TAPPS_E_NOT_FOUND);
  EXPECT_EQ(cache_->Load({"", "key"}, {}).code(), TAPPS_E_NOT_FOUND);
  clock_.Advance(61 * kSecond);
  EXPECT_GT(Load(*cache_, "key").lease, 0);
}

TEST_P(LoadingTiersTest, AStaleValueIsServedToAllAndRefreshedByOne) {
  const PutOptions put = {.ttl_us = kSecond, .stale_us = kMinute};
  ASSERT_TRUE(cache_->Put({"", "key"}, "old", put).ok());
  clock_.Advance(2 * kSecond);
  const Cache::Loaded refresher = Load(*cache_, "key");
  EXPECT_EQ(Text(refresher.value), "old");
  ASSERT_GT(refresher.lease, 0);
  const Cache::Loaded other = Load(*cache_, "key");
  EXPECT_EQ(Text(other.value), "old");
  EXPECT_EQ(other.lease, 0);
  ASSERT_TRUE(cache_->FinishLoad(refresher.lease, "new", put).ok());
  EXPECT_EQ(Text(Load(*cache_, "key").value), "new");
  // Past the window there is nothing to serve.
  clock_.Advance(2 * kMinute);
  const Cache::Loaded late = Load(*cache_, "key");
  EXPECT_FALSE(late.value);
  EXPECT_GT(late.lease, 0);
}

TEST_P(LoadingTiersTest, AHotKeyIsRefreshedBeforeItEnds) {
  ASSERT_TRUE(cache_->Put({"", "key"}, "value", {.ttl_us = kMinute}).ok());
  EXPECT_EQ(Load(*cache_, "key", {.early_us = TAPPS_NONE}).lease, 0);
  // A load that takes an hour of a lifetime of a minute is always due.
  const Cache::Loaded early = Load(*cache_, "key", {.early_us = 1000 * kDay});
  EXPECT_EQ(Text(early.value), "value");
  ASSERT_GT(early.lease, 0);
  EXPECT_EQ(Load(*cache_, "key", {.early_us = 1000 * kDay}).lease, 0);
  // One that takes no time is due only at the end.
  EXPECT_EQ(Load(*cache_, "key", {.early_us = 1}).lease, 0);
  cache_->AbandonLoad(early.lease);
}

TEST_P(LoadingTiersTest, CloseEndsAllWaiting) {
  const Cache::Loaded first = Load(*cache_, "key");
  ASSERT_GT(first.lease, 0);
  Waiting second(*cache_);
  // The second may come before or after the close: it is told the same.
  ASSERT_TRUE(cache_->Close(0).ok());
  EXPECT_EQ(second.Join().code(), TAPPS_E_CLOSED);
  EXPECT_EQ(cache_->FinishLoad(first.lease, "value", {}).code(), TAPPS_E_CLOSED);
}

const CacheOptions kPatient = {.lease_wait_us = 30 * kSecond};

// Memory that parent and children share.
struct Shared {
  static Shared* Make() {
    return new (mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                     -1, 0)) Shared();
  }
  std::atomic<int> loads[64]{};
  std::atomic<int> asked[64]{};
};

// What every child does: value from the cache, or one load that waits until all have asked.
int LoadOnce(Cache& cache, Shared& shared, int round, int everyone) {
  const std::string key = "key" + std::to_string(round);
  ++shared.asked[round];
  Result<Cache::Loaded> loaded = cache.Load({"", key}, {});
  if (!loaded.ok()) return 10;
  if (loaded->lease == 0) return Text(loaded->value) == key ? 0 : 11;
  while (shared.asked[round] < everyone) std::this_thread::yield();
  ++shared.loads[round];
  // Processes of this test end without closing their cache.
  return cache.FinishLoad(loaded->lease, key, {.durability = TAPPS_DURABILITY_SYNC}).ok() ? 0 : 12;
}

TEST_F(LoadingTest, SixProcessesThatMissOneKeyLoadItOnce) {
  constexpr int kProcesses = 6;
  constexpr int kRounds = 20;
  Shared* const shared = Shared::Make();
  std::vector<Process> processes;
  for (int i = 0; i < kProcesses; ++i) {
    processes.emplace_back([&] {
      const std::shared_ptr<Cache> cache = *Cache::Open(path_, kPatient);
      for (int round = 0; round < kRounds; ++round) {
        if (const int failed = LoadOnce(*cache, *shared, round, kProcesses)) return failed;
      }
      return cache->Stats()["loads"]["lone"] == 0 ? 0 : 13;
    });
  }
  for (Process& process : processes) EXPECT_EQ(process.Wait(), 0);
  for (int round = 0; round < kRounds; ++round) EXPECT_EQ(shared->loads[round], 1) << round;
}

TEST_F(LoadingTest, TheLeaseOfAKilledProcessIsTakenOverByOne) {
  constexpr int kOthers = 4;
  Shared* const shared = Shared::Make();
  Pipe leads;
  Process leader([&] {
    const std::shared_ptr<Cache> cache = *Cache::Open(path_, kPatient);
    Result<Cache::Loaded> loaded = cache->Load({"", "key0"}, {});
    leads.Send(loaded.ok() && loaded->lease > 0 ? 1 : 2);
    pause();
    return 0;
  });
  ASSERT_EQ(leads.Receive(), 1);
  std::vector<Process> others;
  for (int i = 0; i < kOthers; ++i) {
    others.emplace_back([&] {
      const std::shared_ptr<Cache> cache = *Cache::Open(path_, kPatient);
      return LoadOnce(*cache, *shared, 0, kOthers);
    });
  }
  while (shared->asked[0] < kOthers) std::this_thread::yield();
  EXPECT_EQ(shared->loads[0], 0);
  leader.Kill();
  EXPECT_EQ(leader.Wait(), -SIGKILL);
  for (Process& other : others) EXPECT_EQ(other.Wait(), 0);
  EXPECT_EQ(shared->loads[0], 1);
}

TEST_F(LoadingTest, AbandoningPassesTheLeaseToAnotherProcess) {
  Pipe leads;
  Pipe go;
  Process leader([&] {
    const std::shared_ptr<Cache> cache = *Cache::Open(path_, kPatient);
    Result<Cache::Loaded> loaded = cache->Load({"", "key"}, {});
    leads.Send(loaded.ok() && loaded->lease > 0 ? 1 : 2);
    go.Receive();
    cache->AbandonLoad(loaded->lease);
    return cache->Close(0).ok() ? 0 : 1;
  });
  ASSERT_EQ(leads.Receive(), 1);
  const std::shared_ptr<Cache> cache = *Cache::Open(path_, kPatient);
  EXPECT_EQ(cache->Load({"", "key"}, {.timeout_us = 20 * kMillisecond}).code(), TAPPS_E_TIMEOUT);
  go.Send(1);
  EXPECT_GT(Load(*cache, "key").lease, 0);
  EXPECT_EQ(leader.Wait(), 0);
}

// Who loads in another process, after `end` was done here to a load of the same key.
template <typename End>
void ExpectALeaseElsewhereAfter(const std::string& path, End end) {
  Pipe go;
  Process other([&] {
    go.Receive();
    const std::shared_ptr<Cache> cache = *Cache::Open(path, kPatient);
    const Result<Cache::Loaded> loaded = cache->Load({"", "key"}, {.timeout_us = 5 * kSecond});
    return loaded.ok() && loaded->lease > 0 ? 0 : 1;
  });
  std::shared_ptr<Cache> cache = *Cache::Open(path, kPatient);
  const Result<Cache::Loaded> loaded = cache->Load({"", "key"}, {});  // for 30 s
  ASSERT_TRUE(loaded.ok());
  ASSERT_GT(loaded->lease, 0);
  end(&cache, loaded->lease);
  go.Send(1);
  EXPECT_EQ(other.Wait(), 0);
}

TEST_F(LoadingTest, AValueThatMemoryAloneCannotKeepGivesTheLeaseBack) {
  ExpectALeaseElsewhereAfter(path_, [](std::shared_ptr<Cache>* cache, int64_t lease) {
    const std::string large(size_t{64} << 20, 'x');
    EXPECT_EQ((*cache)->FinishLoad(lease, large, {.durability = TAPPS_DURABILITY_MEMORY}).code(),
              TAPPS_E_TOO_LARGE);
  });
}

TEST_F(LoadingTest, ACacheThatGoesWithoutACloseGivesItsLeasesBack) {
  ExpectALeaseElsewhereAfter(
      path_, [](std::shared_ptr<Cache>* cache, int64_t /*lease*/) { cache->reset(); });
}

TEST_F(LoadingTest, WhileTheFileIsLockedEveryProcessLoadsForItself) {
  ASSERT_TRUE((*Cache::Open(path_, {}))->Close(0).ok());
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
  const std::shared_ptr<Cache> cache = *Cache::Open(path_, {});
  const Cache::Loaded lone = Load(*cache, "key");
  EXPECT_GT(lone.lease, 0);
  EXPECT_EQ(cache->Stats()["loads"]["lone"], 1);
  EXPECT_TRUE(cache->FinishLoad(lone.lease, "value", {}).ok());
  EXPECT_EQ(Text(Load(*cache, "key").value), "value");
  release.Send(1);
  EXPECT_EQ(holder.Wait(), 0);
}

}  // namespace
}  // namespace tapps
