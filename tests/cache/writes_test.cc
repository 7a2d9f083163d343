// Writes on conditions, and what races with them.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "cache/cache.h"
#include "storage/sqlite.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tapps {
namespace {

using test::Process;

std::string Text(const Result<ValueRef>& value) {
  return value.ok() ? std::string((*value)->bytes()) : CodeName(value.code());
}

// Adds one to the number in an entry, as often as it takes. False when something else failed.
bool Increment(Cache& cache, Key key) {
  while (true) {
    const Result<ValueRef> found = cache.Get(key, {});
    const int64_t expected = found.ok() ? (*found)->info().version : 0;
    const int number = found.ok() ? std::stoi(std::string((*found)->bytes())) : 0;
    int64_t version = 0;
    const Status status = cache.Swap(key, expected, std::to_string(number + 1), {}, &version);
    if (status.ok()) return version > expected;
    if (status.code() != TAPPS_E_EXISTS) return false;
  }
}

class WritesTest : public ::testing::Test {
 protected:
  std::shared_ptr<Cache> Open(const std::string& path) {
    CacheOptions options;
    options.clock = &clock_;
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

  test::TempDir dir_;
  std::string path_ = dir_.File("cache-1.db");
  FakeClock clock_;
  std::vector<std::shared_ptr<Cache>> open_;
};

TEST_F(WritesTest, SwapsOfManyThreadsLoseNoUpdate) {
  for (const std::string& path : {path_, std::string(":memory:")}) {
    const std::shared_ptr<Cache> cache = Open(path);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 25; ++n) ASSERT_TRUE(Increment(*cache, {"", "counter"}));
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(Text(cache->Get({"", "counter"}, {})), "100") << path;
  }
}

TEST_F(WritesTest, SwapsOfManyProcessesLoseNoUpdate) {
  std::vector<Process> processes;
  for (int i = 0; i < 4; ++i) {
    processes.emplace_back([&] {
      const std::shared_ptr<Cache> cache = *Cache::Open(path_, {});
      for (int n = 0; n < 25; ++n) {
        if (!Increment(*cache, {"", "counter"})) return 1;
      }
      return 0;
    });
  }
  for (Process& process : processes) EXPECT_EQ(process.Wait(), 0);
  EXPECT_EQ(Text(Open(path_)->Get({"", "counter"}, {})), "100");
}

TEST_F(WritesTest, ASwapThatExpectsNothingTakesWhatAGetWouldNotFind) {
  for (const std::string& path : {path_, std::string(":memory:")}) {
    const std::shared_ptr<Cache> cache = Open(path);
    int64_t version = 0;
    ASSERT_TRUE(cache->Put({"", "key"}, "", {.negative = true}).ok());
    EXPECT_TRUE(cache->Swap({"", "key"}, 0, "1", {.ttl_us = kSecond}, &version).ok());
    EXPECT_EQ(cache->Swap({"", "key"}, 0, "2", {}, &version).code(), TAPPS_E_EXISTS);
    clock_.Advance(2 * kSecond);
    EXPECT_TRUE(cache->Swap({"", "key"}, 0, "2", {}, &version).ok());
    EXPECT_EQ(Text(cache->Get({"", "key"}, {})), "2");
  }
}

TEST_F(WritesTest, ATouchNeverBringsOldBytesBack) {
  const std::shared_ptr<Cache> cache = Open(path_);
  ASSERT_TRUE(cache->Put({"", "key"}, "0", {.ttl_us = kMinute}).ok());
  std::atomic<bool> stop{false};
  std::thread toucher([&] {
    while (!stop) (void)cache->Touch({"", "key"}, kMinute);
  });
  for (int i = 1; i <= 2000; ++i) {
    ASSERT_TRUE(cache->Put({"", "key"}, std::to_string(i), {.ttl_us = kMinute}).ok());
    ASSERT_EQ(Text(cache->Get({"", "key"}, {})), std::to_string(i));
  }
  stop = true;
  toucher.join();
  ASSERT_TRUE(cache->Close(0).ok());
  EXPECT_EQ(Text(Open(path_)->Get({"", "key"}, {})), "2000");
}

// Memory may have what the file has not any more.
TEST_F(WritesTest, WhoIsRefusedASwapDoesNotFindTheSameVersionAgain) {
  const std::shared_ptr<Cache> cache = Open(path_);
  ASSERT_TRUE(cache->Put({"", "key"}, "1", {.durability = TAPPS_DURABILITY_SYNC}).ok());
  auto connection = storage::Connection::Open(path_, storage::Connection::Mode::kReadWrite);
  ASSERT_TRUE(connection.ok());
  const int64_t deadline = MonotonicNow() + kMinute;  // the writer may be at its upkeep
  connection->SetBusyHandler([deadline] { return MonotonicNow() < deadline; });
  ASSERT_EQ(connection->Exec("DELETE FROM entries"), 0);
  const int64_t seen = (*cache->Get({"", "key"}, {}))->info().version;
  int64_t version = -1;
  EXPECT_EQ(cache->Swap({"", "key"}, seen, "2", {}, &version).code(), TAPPS_E_EXISTS);
  EXPECT_EQ(version, 0);
  EXPECT_EQ(Text(cache->Get({"", "key"}, {})), "NOT_FOUND");
  EXPECT_TRUE(cache->Swap({"", "key"}, 0, "2", {}, &version).ok());
}

TEST_F(WritesTest, ASwapComparesWithWhatMemoryAloneKeeps) {
  const std::shared_ptr<Cache> cache = Open(path_);
  ASSERT_TRUE(cache->Put({"", "key"}, "1", {.durability = TAPPS_DURABILITY_MEMORY}).ok());
  ASSERT_TRUE(cache->Flush(0).ok());
  const int64_t seen = (*cache->Get({"", "key"}, {}))->info().version;
  int64_t version = -1;
  EXPECT_EQ(cache->Swap({"", "key"}, 0, "2", {}, &version).code(), TAPPS_E_EXISTS);
  EXPECT_EQ(version, seen);
  EXPECT_EQ(cache->Swap({"", "key"}, seen + 1, "2", {}, &version).code(), TAPPS_E_EXISTS);
  EXPECT_EQ(Text(cache->Get({"", "key"}, {})), "1");
  ASSERT_TRUE(cache->Swap({"", "key"}, seen, "2", {}, &version).ok());
  EXPECT_GT(version, seen);
  EXPECT_EQ(Text(cache->Get({"", "key"}, {})), "2");
  EXPECT_EQ(cache->Swap({"", "key"}, seen, "3", {}, &version).code(), TAPPS_E_EXISTS);
}

TEST_F(WritesTest, ATouchKeepsWhatMemoryAloneHas) {
  const std::shared_ptr<Cache> cache = Open(path_);
  const PutOptions options{.durability = TAPPS_DURABILITY_MEMORY, .ttl_us = kSecond};
  ASSERT_TRUE(cache->Put({"", "key"}, "value", options).ok());
  ASSERT_TRUE(cache->Touch({"", "key"}, kMinute).ok());
  ASSERT_TRUE(cache->Flush(0).ok());
  clock_.Advance(30 * kSecond);
  EXPECT_EQ(Text(cache->Get({"", "key"}, {})), "value");
}

TEST_F(WritesTest, ASlidingLifetimeGoesOnInMemoryAlone) {
  const std::shared_ptr<Cache> cache = Open(path_);
  const PutOptions options{
      .durability = TAPPS_DURABILITY_MEMORY, .sliding = true, .ttl_us = 10 * kSecond};
  ASSERT_TRUE(cache->Put({"", "key"}, "value", options).ok());
  for (int i = 0; i < 4; ++i) {
    clock_.Advance(5 * kSecond);
    EXPECT_EQ(Text(cache->Get({"", "key"}, {})), "value") << i;
    ASSERT_TRUE(cache->Flush(0).ok());
  }
}

TEST_F(WritesTest, WhoDoesNotWaitForRoomStillWaitsForTheCommit) {
  CacheOptions options;
  options.put_timeout_us = TAPPS_NONE;
  const std::shared_ptr<Cache> cache = *Cache::Open(path_, options);
  open_.push_back(cache);
  const Status put = cache->Put({"", "key"}, "1", {.durability = TAPPS_DURABILITY_SYNC});
  EXPECT_TRUE(put.ok()) << put.message();
  int64_t version = 0;
  EXPECT_TRUE(cache->Swap({"", "other"}, 0, "2", {}, &version).ok());
  const Result<int64_t> removed = cache->DeleteAll({});
  ASSERT_TRUE(removed.ok()) << removed.status().message();
  EXPECT_EQ(*removed, 2);
}

TEST_F(WritesTest, ATouchLastsInTheFile) {
  std::shared_ptr<Cache> cache = Open(path_);
  ASSERT_TRUE(cache->Put({"", "key"}, "value", {.ttl_us = kSecond}).ok());
  ASSERT_TRUE(cache->Touch({"", "key"}, kMinute).ok());
  clock_.Advance(30 * kSecond);
  EXPECT_EQ(Text(cache->Get({"", "key"}, {})), "value");
  ASSERT_TRUE(cache->Close(0).ok());
  cache = Open(path_);
  EXPECT_EQ(Text(cache->Get({"", "key"}, {})), "value");
  clock_.Advance(31 * kSecond);
  EXPECT_EQ(Text(cache->Get({"", "key"}, {})), "NOT_FOUND");
}

TEST_F(WritesTest, APreloadBringsBackWhatWasUsedLast) {
  {
    const std::shared_ptr<Cache> cache = Open(path_);
    for (int i = 0; i < 100; ++i) {
      clock_.Advance(kSecond);
      ASSERT_TRUE(cache->Put({"", "key" + std::to_string(i)}, std::string(1000, 'v'), {}).ok());
    }
    ASSERT_TRUE(cache->Close(0).ok());
  }
  CacheOptions options;
  options.clock = &clock_;
  options.preload_bytes = 12'000;
  const std::shared_ptr<Cache> cache = *Cache::Open(path_, options);
  open_.push_back(cache);
  const auto in_memory = [&](int i) {
    const GetOptions look = {.cached_only = true, .peek = true};
    return cache->Get({"", "key" + std::to_string(i)}, look).ok();
  };
  const int64_t deadline = Clock::Real().MonotonicNow() + 20 * kSecond;
  while (!in_memory(99) && Clock::Real().MonotonicNow() < deadline) std::this_thread::yield();
  for (int i = 90; i < 100; ++i) EXPECT_TRUE(in_memory(i)) << i;
  EXPECT_FALSE(in_memory(89));
}

TEST_F(WritesTest, ALargeValueIsHeldAndNotCopied) {
  for (const std::string& path : {path_, std::string(":memory:")}) {
    const std::shared_ptr<Cache> cache = Open(path);
    for (const size_t size : {size_t{1000}, size_t{600'000}}) {
      const ValueRef given = Value::Make(std::string(size, 'x'), {.http_status = 200});
      PutOptions options;
      options.json = "{}";
      Status put(TAPPS_E_INTERNAL, "not told");
      cache->PutAsync({"", "key"}, given, options, [&](Status status) { put = std::move(status); });
      ASSERT_TRUE(put.ok()) << put.message();
      const Result<ValueRef> found = cache->Get({"", "key"}, {});
      ASSERT_TRUE(found.ok());
      EXPECT_EQ((*found)->bytes(), given->bytes());
      EXPECT_EQ((*found)->bytes().data() == given->bytes().data(), size == 600'000);
      EXPECT_EQ((*found)->text(TAPPS_TEXT_JSON), "{}");
      EXPECT_EQ((*found)->info().http_status, 0) << "its own numbers";
    }
  }
}

}  // namespace
}  // namespace tapps
