#include "cache/cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "support/temp_dir.h"

namespace tapps {
namespace {

class CacheTest : public ::testing::Test {
 protected:
  // The writer's thread reads the clock.
  ~CacheTest() override {
    if (cache_) (void)cache_->Close(0);
  }
  std::shared_ptr<Cache> Open() {
    options_.clock = &clock_;
    Result<std::shared_ptr<Cache>> cache = Cache::Open(path_, options_);
    EXPECT_TRUE(cache.ok()) << cache.status().message();
    return cache.ok() ? *cache : nullptr;
  }
  // The next Open() reads the file anew.
  void Reopen() {
    ASSERT_TRUE(cache_->Close(0).ok());
    cache_.reset();
    cache_ = Open();
  }
  std::string Get(std::string_view key, const GetOptions& options = {}) {
    const Result<ValueRef> value = cache_->Get({"", key}, options);
    return value.ok() ? std::string((*value)->bytes())
                      : std::string("<") + CodeName(value.code()) + ">";
  }
  void Put(std::string_view key, std::string_view bytes, const PutOptions& options = {}) {
    const Status status = cache_->Put({"", key}, bytes, options);
    EXPECT_TRUE(status.ok()) << status.message();
  }

  test::TempDir dir_;
  std::string path_ = dir_.File("sub/cache-1.db");
  FakeClock clock_;
  CacheOptions options_;
  std::shared_ptr<Cache> cache_ = Open();
};

TEST_F(CacheTest, APutIsReadBackAtOnceAndAfterReopening) {
  Put("key", "value", {.content_type = "text/plain", .source = "test", .json = R"({"a":1})"});
  EXPECT_EQ(Get("key"), "value");
  Reopen();
  const Result<ValueRef> value = cache_->Get({"", "key"}, {});
  ASSERT_TRUE(value.ok());
  EXPECT_EQ((*value)->bytes(), "value");
  EXPECT_EQ((*value)->text(TAPPS_TEXT_CONTENT_TYPE), "text/plain");
  EXPECT_EQ((*value)->text(TAPPS_TEXT_SOURCE), "test");
  EXPECT_EQ((*value)->text(TAPPS_TEXT_JSON), R"({"a":1})");
  EXPECT_EQ((*value)->info().created_us, clock_.WallNow());
  EXPECT_EQ((*value)->info().served_from, TAPPS_FROM_DISK);
  EXPECT_EQ((*cache_->Get({"", "key"}, {}))->info().served_from, TAPPS_FROM_MEMORY);
}

TEST_F(CacheTest, FolderAndFilesAreForTheirOwnerOnly) {
  Put("key", "value", {.durability = TAPPS_DURABILITY_SYNC});
  const auto mode = [](const std::string& path) {
    struct stat st {};
    EXPECT_EQ(stat(path.c_str(), &st), 0) << path;
    return st.st_mode & 0777;
  };
  EXPECT_EQ(mode(dir_.File("sub")), 0700u);
  for (const char* suffix : {"", "-wal", "-shm"}) EXPECT_EQ(mode(path_ + suffix), 0600u) << suffix;
}

TEST_F(CacheTest, NamespacesKeepEqualKeysApart) {
  ASSERT_TRUE(cache_->Put({"a", "b:c"}, "1", {}).ok());
  ASSERT_TRUE(cache_->Put({"a:b", "c"}, "2", {}).ok());
  EXPECT_EQ((*cache_->Get({"a", "b:c"}, {}))->bytes(), "1");
  EXPECT_EQ((*cache_->Get({"a:b", "c"}, {}))->bytes(), "2");
  EXPECT_EQ(cache_->Get({"a", "c"}, {}).code(), TAPPS_E_NOT_FOUND);
}

TEST_F(CacheTest, ADeletedKeyStaysDeletedAfterReopening) {
  Put("key", "value");
  ASSERT_TRUE(cache_->Flush(0).ok());
  ASSERT_TRUE(cache_->Delete({"", "key"}, TAPPS_DURABILITY_ASYNC).ok());
  EXPECT_EQ(Get("key"), "<NOT_FOUND>");
  Reopen();
  EXPECT_EQ(Get("key"), "<NOT_FOUND>");
}

TEST_F(CacheTest, AnEntryEndsWithItsLifetime) {
  Put("key", "value", {.ttl_us = 10 * kSecond});
  clock_.Advance(10 * kSecond - 1);
  EXPECT_EQ(Get("key"), "value");
  clock_.Advance(1);
  EXPECT_EQ(Get("key"), "<NOT_FOUND>");
  Reopen();
  EXPECT_EQ(Get("key"), "<NOT_FOUND>");
}

TEST_F(CacheTest, AStaleWindowServesThoseWhoAllowIt) {
  Put("key", "value", {.ttl_us = kSecond, .stale_us = kSecond});
  clock_.Advance(kSecond);
  EXPECT_EQ(Get("key"), "<NOT_FOUND>");
  EXPECT_EQ(Get("key", {.allow_stale = true}), "value");
  clock_.Advance(kSecond);
  EXPECT_EQ(Get("key", {.allow_stale = true}), "<NOT_FOUND>");
}

TEST_F(CacheTest, EveryUseProlongsASlidingLifetime) {
  Put("key", "value", {.sliding = true, .ttl_us = 10 * kSecond});
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(8 * kSecond);
    EXPECT_EQ(Get("key"), "value") << i;
  }
  Reopen();
  EXPECT_EQ(Get("key"), "value");
  clock_.Advance(11 * kSecond);
  EXPECT_EQ(Get("key"), "<NOT_FOUND>");
}

TEST_F(CacheTest, ANegativeEntryIsAMissThatCanBeTold) {
  Put("key", "", {.negative = true});
  EXPECT_EQ(Get("key"), "<NOT_FOUND>");
  const Result<ValueRef> shown = cache_->Get({"", "key"}, {.show_negative = true});
  ASSERT_TRUE(shown.ok());
  EXPECT_TRUE((*shown)->info().flags & TAPPS_VALUE_NEGATIVE);
  clock_.Advance(60 * kSecond);
  EXPECT_FALSE(cache_->Get({"", "key"}, {.show_negative = true}).ok());
}

TEST_F(CacheTest, TouchGivesANewLifetime) {
  Put("key", "value", {.ttl_us = kSecond});
  ASSERT_TRUE(cache_->Touch({"", "key"}, kHour).ok());
  clock_.Advance(kMinute);
  EXPECT_EQ(Get("key"), "value");
  Reopen();
  EXPECT_EQ(Get("key"), "value");
  clock_.Advance(kHour);
  EXPECT_EQ(cache_->Touch({"", "key"}, kHour).code(), TAPPS_E_NOT_FOUND);
}

TEST_F(CacheTest, CachedOnlyNeverTouchesTheFile) {
  Put("key", "value");
  Reopen();
  EXPECT_EQ(Get("key", {.cached_only = true}), "<WOULD_BLOCK>");
  EXPECT_EQ(Get("key"), "value");
  EXPECT_EQ(Get("key", {.cached_only = true}), "value");
}

TEST_F(CacheTest, AMemoryPutIsNeverInTheFileAndHidesWhatIs) {
  Put("key", "old", {.durability = TAPPS_DURABILITY_SYNC});
  Put("key", "new", {.durability = TAPPS_DURABILITY_MEMORY});
  EXPECT_EQ(Get("key"), "new");
  Reopen();
  EXPECT_EQ(Get("key"), "<NOT_FOUND>");
}

TEST_F(CacheTest, GetManyAnswersEachKeyInOrder) {
  Put("a", "1");
  Put("c", "3");
  Reopen();
  EXPECT_EQ(Get("c"), "3");
  const auto results = cache_->GetMany("", {"a", "b", "c"}, {});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ((*results[0])->bytes(), "1");
  EXPECT_EQ(results[1].code(), TAPPS_E_NOT_FOUND);
  EXPECT_EQ((*results[2])->bytes(), "3");
}

TEST_F(CacheTest, EntriesAreRemovedBySpacePrefixAndTag) {
  const auto fill = [&] {
    ASSERT_TRUE(cache_->Put({"s", "a1"}, "x", {.tags = "red\nblue"}).ok());
    ASSERT_TRUE(cache_->Put({"s", "a2"}, "x", {.tags = "blue"}).ok());
    ASSERT_TRUE(cache_->Put({"s", "b1"}, "x", {}).ok());
    ASSERT_TRUE(cache_->Put({"t", "a1"}, "x", {.tags = "red"}).ok());
    ASSERT_TRUE(cache_->Put({"tapps.own", "a1"}, "x", {.tags = "red"}).ok());
  };
  const auto left = [&] {
    std::string names;
    const auto listed = cache_->List("", "", 0, 100);
    EXPECT_TRUE(listed.ok());
    for (const auto& entry : *listed) names += entry.space + "/" + entry.key + " ";
    return names;
  };
  const auto remove = [&](const storage::Filter& filter) {
    fill();
    const Result<int64_t> removed = cache_->DeleteAll(filter);
    EXPECT_TRUE(removed.ok()) << removed.status().message();
    return removed.ok() ? *removed : -1;
  };
  EXPECT_EQ(remove({"", "", "red"}), 2);
  EXPECT_EQ(left(), "s/a2 s/b1 tapps.own/a1 ");
  EXPECT_EQ(remove({"s", "a", ""}), 2);
  EXPECT_EQ(remove({"t", "", ""}), 1);
  EXPECT_EQ(remove({"", "a", "blue"}), 2);
  EXPECT_EQ((*cache_->Get({"tapps.own", "a1"}, {}))->bytes(), "x");
  EXPECT_EQ(remove({}), 4);
  EXPECT_EQ(left(), "tapps.own/a1 ");
}

TEST_F(CacheTest, APrefixWithZeroBytesIsCompared) {
  Put(std::string_view("a\0b", 3), "1");
  Put("ab", "2");
  ASSERT_TRUE(cache_->Flush(0).ok());
  const auto listed = cache_->List("", std::string_view("a\0", 2), 0, 10);
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ((*listed)[0].key, std::string_view("a\0b", 3));
}

TEST_F(CacheTest, AListingComesInPages) {
  for (int i = 0; i < 10; ++i) Put("k" + std::to_string(i), "v");
  ASSERT_TRUE(cache_->Flush(0).ok());
  int64_t after = 0;
  std::vector<std::string> keys;
  while (true) {
    const auto page = cache_->List("default", "k", after, 3);
    ASSERT_TRUE(page.ok());
    if (page->empty()) break;
    for (const auto& entry : *page) keys.push_back(entry.key);
    after = page->back().id;
  }
  EXPECT_EQ(keys.size(), 10u);
}

TEST_F(CacheTest, TheSameFileIsOpenedOnce) {
  EXPECT_EQ(Open(), cache_);
  CacheOptions other = options_;
  other.ttl_us = kHour;
  EXPECT_EQ(Cache::Open(path_, other).code(), TAPPS_E_EXISTS);
}

TEST_F(CacheTest, AFileBehindALinkedFolderIsTheSameCache) {
  std::filesystem::create_directory(dir_.File("real"));
  std::filesystem::create_directory_symlink(dir_.File("real"), dir_.File("link"));
  (void)cache_->Close(0);
  path_ = dir_.File("link/new/cache-1.db");
  cache_ = Open();
  ASSERT_NE(cache_, nullptr);
  Put("key", "value", {.durability = TAPPS_DURABILITY_SYNC});
  path_ = dir_.File("real/new/cache-1.db");
  EXPECT_EQ(Open(), cache_);
  std::filesystem::create_symlink(path_, dir_.File("real/new/name.db"));
  EXPECT_EQ(Cache::Open(dir_.File("real/new/name.db"), options_).code(), TAPPS_E_DENIED);
}

TEST_F(CacheTest, AfterCloseEveryCallSaysClosed) {
  ASSERT_TRUE(cache_->Close(0).ok());
  EXPECT_EQ(Get("key"), "<CLOSED>");
  EXPECT_EQ(cache_->Put({"", "key"}, "", {}).code(), TAPPS_E_CLOSED);
  EXPECT_EQ(cache_->state(), TAPPS_STATE_CLOSED);
  EXPECT_TRUE(cache_->Close(0).ok());
}

TEST_F(CacheTest, StatisticsCountEachLookupOnce) {
  Put("key", "value", {.ttl_us = kSecond, .stale_us = kSecond});
  Get("key");
  Get("none");
  Put("negative", "", {.negative = true});
  Get("negative");
  clock_.Advance(kSecond);
  Get("key", {.allow_stale = true});
  const Json stats = cache_->Stats();
  EXPECT_EQ(stats["hits"]["memory"], 1);
  EXPECT_EQ(stats["hits"]["stale"], 1);
  EXPECT_EQ(stats["hits"]["negative"], 1);
  EXPECT_EQ(stats["misses"], 1);
  EXPECT_DOUBLE_EQ(stats["hit_rate"].get<double>(), 0.75);
  EXPECT_EQ(stats["writes"], 2);
}

TEST_F(CacheTest, AnEmptyValueAndTheLargestKeyAreStored) {
  const std::string key(kMaxKeyBytes, 'k');
  Put(key, "");
  Reopen();
  EXPECT_EQ(Get(key), "");
}

TEST_F(CacheTest, AValueOfSeveralMebibytesIsStored) {
  std::string bytes(9 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761u >> 13);
  Put("key", bytes);
  Reopen();
  EXPECT_TRUE(Get("key") == bytes);
}

TEST_F(CacheTest, WhatOnlyMemoryWouldKeepMustFitThere) {
  const std::string large(5 << 20, 'x');
  const PutOptions memory_only{.durability = TAPPS_DURABILITY_MEMORY};
  Put("key", "old", {.durability = TAPPS_DURABILITY_SYNC});
  EXPECT_EQ(cache_->Put({"", "key"}, large, memory_only).code(), TAPPS_E_TOO_LARGE);
  EXPECT_EQ(Get("key"), "old") << "nothing was lost";
  cache_ = *Cache::Open(":memory:", options_);
  EXPECT_EQ(cache_->Put({"", "key"}, large, {}).code(), TAPPS_E_TOO_LARGE);
  int64_t version = 0;
  EXPECT_EQ(cache_->Swap({"", "key"}, 0, large, {}, &version).code(), TAPPS_E_TOO_LARGE);
  EXPECT_EQ(Get("key"), "<NOT_FOUND>");
  EXPECT_TRUE(cache_->Put({"", "key"}, std::string(3 << 20, 'x'), {}).ok());
}

TEST_F(CacheTest, AMemoryCacheNeedsNoFile) {
  cache_ = *Cache::Open(":memory:", options_);
  EXPECT_EQ(cache_->state(), TAPPS_STATE_MEMORY);
  Put("a", "1", {.durability = TAPPS_DURABILITY_SYNC, .tags = "t"});
  Put("b", "2");
  EXPECT_EQ(Get("a"), "1");
  EXPECT_EQ((*cache_->List("", "", 0, 10)).size(), 2u);
  EXPECT_EQ(*cache_->DeleteAll({"", "", "t"}), 1);
  EXPECT_EQ(Get("a"), "<NOT_FOUND>");
  EXPECT_TRUE(cache_->Flush(0).ok());
}

}  // namespace
}  // namespace tapps
