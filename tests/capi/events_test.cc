// What the cache tells of itself: events of its state, of damage and of evictions, and what it
// counts when the file really fails.
#include <sqlite3.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "capi/lock_holder.h"
#include "capi/records.h"
#include "support/shim_vfs.h"

namespace tapps::capi {
namespace {

constexpr uint32_t Bit(int32_t kind) { return 1u << (kind - TAPPS_EVENT_PROGRESS); }

nlohmann::json Stats(tapps_cache* cache) {
  const Answer answer = Ask([&](auto value, auto data, auto size, tapps_error** err) {
    return tapps_cache_stats(cache, value, data, size, err);
  });
  return nlohmann::json::parse(answer.bytes, nullptr, false);
}

// A statement by another connection of this process's SQLite.
void Sql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  sqlite3_busy_timeout(db, 5000);
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
}

// 1,500 bytes that are not compressed.
std::string Unlike(int i) {
  std::string bytes;
  uint64_t state = static_cast<uint64_t>(i) + 1;
  while (bytes.size() < 1500) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    bytes += static_cast<char>(state >> 56);
  }
  return bytes;
}

class EventsTest : public ::testing::Test {
 protected:
  ~EventsTest() override {
    vfs_.SetHook(nullptr);
    Close();
  }
  void OpenCache(const tapps_open_options* options = nullptr) {
    cache_ = Open(path_, options);
    ASSERT_NE(cache_, nullptr);
    tapps_queue* queue = nullptr;
    ASSERT_EQ(tapps_queue_open(cache(), &queue, nullptr), TAPPS_OK);
    queue_.reset(queue);
  }
  void Subscribe(uint32_t kinds) {
    ASSERT_EQ(tapps_queue_subscribe(queue_.get(), kinds, nullptr), TAPPS_OK);
  }
  void Close() {
    queue_.reset();
    tapps_cache_close(cache(), 0, nullptr);
    cache_.reset();
  }
  nlohmann::json Next(int32_t kind) {
    const std::vector<Record> records = Await(queue_.get(), 1);
    if (records.empty()) return {};
    EXPECT_EQ(records[0].kind, kind);
    EXPECT_EQ(records[0].op, 0);
    return nlohmann::json::parse(records[0].bytes, nullptr, false);
  }
  void FailWrites(int code) {
    vfs_.SetHook([code](test::ShimVfs::Op op) {
      return op == test::ShimVfs::Op::kWrite ? code : SQLITE_OK;
    });
  }
  // A closed file of 200 entries, with damage from a place on.
  void MakeDamaged(int64_t at, size_t bytes) {
    OpenCache();
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(Put(cache(), "key " + std::to_string(i), Unlike(i)), TAPPS_OK);
    }
    Close();
    Sql(path_, "PRAGMA wal_checkpoint(TRUNCATE)");
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << std::string(bytes, '\xff');
  }
  tapps_cache* cache() { return cache_.get(); }

  const test::TempDir dir_;
  const std::string path_ = dir_.File("cache.db");
  test::ShimVfs vfs_;
  CacheHandle cache_;
  QueueHandle queue_;
};

TEST_F(EventsTest, AFullDiskIsTold) {
  OpenCache();
  ASSERT_EQ(Put(cache(), "before", "1", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  Subscribe(Bit(TAPPS_EVENT_STATE));
  FailWrites(SQLITE_FULL);
  EXPECT_EQ(Put(cache(), "sync", "1", TAPPS_DURABILITY_SYNC), TAPPS_E_FULL);
  const nlohmann::json full = Next(TAPPS_EVENT_STATE);
  EXPECT_EQ(full["state"], TAPPS_STATE_FULL);
  EXPECT_HAS(full["why"].get<std::string>().c_str(), "full");
  EXPECT_EQ(tapps_cache_state(cache()), TAPPS_STATE_FULL);
  EXPECT_EQ(Put(cache(), "async", "1"), TAPPS_OK) << "it goes on as a memory cache";
  EXPECT_EQ(Get(cache(), "async").str(), "1");
  EXPECT_EQ(Stats(cache())["write_failures"], 1);
  EXPECT_GE(Stats(cache())["disk"]["failed_commits"], 1);
  vfs_.SetHook(nullptr);
  EXPECT_EQ(Next(TAPPS_EVENT_STATE)["state"], TAPPS_STATE_OK);
  EXPECT_EQ(tapps_cache_flush(cache(), 0, nullptr), TAPPS_OK);
}

TEST_F(EventsTest, ALockHeldForLongIsTold) {
  OpenCache();
  ASSERT_EQ(Put(cache(), "before", "1", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  Subscribe(Bit(TAPPS_EVENT_STATE));
  LockHolder holder(path_, dir_.File("marker"));
  ASSERT_TRUE(holder.held());
  ASSERT_EQ(Put(cache(), "async", "1"), TAPPS_OK);
  EXPECT_EQ(Next(TAPPS_EVENT_STATE)["state"], TAPPS_STATE_LOCKED);
  holder.LetGo();
  EXPECT_EQ(Next(TAPPS_EVENT_STATE)["state"], TAPPS_STATE_OK);
}

TEST_F(EventsTest, AFullQueueIsBusyAtOnceWhileTheFileCannotBeWritten) {
  tapps_open_options options = OpenOptions();
  options.queue_bytes = 64 << 10;
  OpenCache(&options);
  Subscribe(Bit(TAPPS_EVENT_STATE));
  FailWrites(SQLITE_FULL);
  int32_t code = Put(cache(), "first", "1");
  EXPECT_EQ(Next(TAPPS_EVENT_STATE)["state"], TAPPS_STATE_FULL);
  int64_t longest = 0;
  for (int i = 0; i < 100 && code == TAPPS_OK; ++i) {
    const std::string key = std::to_string(i);
    longest = std::max(longest,
                       MillisecondsOf([&] { code = Put(cache(), key, std::string(2000, 'v')); }));
  }
  EXPECT_EQ(code, TAPPS_E_BUSY);
  EXPECT_LT(longest, 1000) << "the put timeout is three seconds";
  EXPECT_EQ(Get(cache(), "first").str(), "1");
  EXPECT_GE(Stats(cache())["write_failures"], 1);
}

TEST_F(EventsTest, WhatAnOpenHealedIsToldToEachWhoSubscribes) {
  MakeDamaged(100, 4096 - 100);  // the schema, behind the header
  OpenCache();
  EXPECT_EQ(Stats(cache())["damage"]["healed"], 1);
  Subscribe(Bit(TAPPS_EVENT_DAMAGE));
  const nlohmann::json healed = Next(TAPPS_EVENT_DAMAGE);
  EXPECT_EQ(healed["what"], "healed");
  EXPECT_HAS(healed["copy"].get<std::string>().c_str(), (path_ + ".damaged-").c_str());
  EXPECT_TRUE(healed["saved"].is_number());
  const nlohmann::json stats = Stats(cache());
  EXPECT_EQ(stats["damage"]["healed"], 1);
  EXPECT_EQ(stats["damage"]["saved"], healed["saved"]);
  EXPECT_EQ(stats["damage"]["failed"], 0);
  EXPECT_EQ(Put(cache(), "after", "1", TAPPS_DURABILITY_SYNC), TAPPS_OK);
}

TEST_F(EventsTest, DamageThatIsMetLaterIsHealedAndTold) {
  MakeDamaged(40 * 4096, 8 * 4096);
  OpenCache();
  Subscribe(Bit(TAPPS_EVENT_DAMAGE));
  EXPECT_EQ(Stats(cache())["damage"]["healed"], 0);
  for (int i = 0; i < 200; ++i) (void)Get(cache(), "key " + std::to_string(i));
  const nlohmann::json healed = Next(TAPPS_EVENT_DAMAGE);
  EXPECT_EQ(healed["what"], "healed");
  EXPECT_GT(healed["saved"], 0);
  EXPECT_EQ(Stats(cache())["damage"]["healed"], 1);
}

TEST_F(EventsTest, AValueWithAWrongChecksumIsCounted) {
  OpenCache();
  ASSERT_EQ(Put(cache(), "k", "value", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  Close();
  Sql(path_, "UPDATE entries SET checksum = checksum + 1");
  OpenCache();
  EXPECT_EQ(Get(cache(), "k").code, TAPPS_E_NOT_FOUND);
  const nlohmann::json stats = Stats(cache());
  EXPECT_EQ(stats["damage"]["values"], 1);
  EXPECT_EQ(stats["read_failures"], 1);
  EXPECT_EQ(stats["misses"], 1);
}

TEST_F(EventsTest, AFileThatCannotBeReadMakesMissesThatAreCounted) {
  OpenCache();
  ASSERT_EQ(Put(cache(), "k", "value", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  Close();
  OpenCache();
  vfs_.SetHook([](test::ShimVfs::Op op) {
    return op == test::ShimVfs::Op::kRead ? SQLITE_IOERR_READ : SQLITE_OK;
  });
  EXPECT_EQ(Get(cache(), "k").code, TAPPS_E_NOT_FOUND);
  vfs_.SetHook(nullptr);
  EXPECT_GE(Stats(cache())["read_failures"], 1);
  EXPECT_EQ(Get(cache(), "k").str(), "value");
}

TEST_F(EventsTest, ManyEvictionsAtATimeAreToldOnce) {
  tapps_open_options options = OpenOptions();
  options.disk_entries = 500;
  OpenCache(&options);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(Put(cache(), "old" + std::to_string(i), "v"), TAPPS_OK);
  ASSERT_EQ(tapps_cache_flush(cache(), 0, nullptr), TAPPS_OK);
  EXPECT_EQ(Stats(cache())["disk"]["eviction_bursts"], 0);
  Subscribe(Bit(TAPPS_EVENT_EVICTION));
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(Put(cache(), "new" + std::to_string(i), "v"), TAPPS_OK);
  ASSERT_EQ(tapps_cache_flush(cache(), 0, nullptr), TAPPS_OK);
  const nlohmann::json event = Next(TAPPS_EVENT_EVICTION);
  EXPECT_GE(event["evicted"], 64);
  EXPECT_LE(event["within_us"], 2'000'000);
  EXPECT_EQ(Stats(cache())["disk"]["eviction_bursts"], 1);
  EXPECT_GE(Stats(cache())["disk"]["evictions"], event["evicted"]);
  EXPECT_TRUE(Drain(queue_.get()).empty());
}

TEST_F(EventsTest, ExpiredEntriesThatAreRemovedAreCounted) {
  OpenCache();
  tapps_put_options brief{};
  brief.struct_size = sizeof brief;
  brief.ttl_us = 1000;
  for (const char key : {'a', 'b', 'c'}) {
    ASSERT_EQ(tapps_cache_put(cache(), nullptr, &key, 1, "v", 1, &brief, nullptr), TAPPS_OK);
  }
  EXPECT_TRUE(Eventually([&] {
    EXPECT_EQ(Put(cache(), "other", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
    return Stats(cache())["disk"]["expirations"] == 3;
  }));
}

TEST_F(EventsTest, ALeaseThatRanOutAndIsTakenOverIsCounted) {
  OpenCache();
  tapps_load_options options{};
  options.struct_size = sizeof options;
  options.lease_us = 50'000;
  for (int i = 0; i < 2; ++i) {
    tapps_value* value = nullptr;
    int64_t lease = 0;
    ASSERT_EQ(tapps_cache_load(cache(), nullptr, "k", 1, &options, &value, nullptr, nullptr, &lease,
                               nullptr),
              TAPPS_OK);
    EXPECT_GT(lease, 0);
  }
  const nlohmann::json loads = Stats(cache())["loads"];
  EXPECT_EQ(loads["leases"], 2);
  EXPECT_EQ(loads["takeovers"], 1);
}

// Another handle keeps the cache running: a lease of the closed one can be given back.
TEST_F(EventsTest, ALeaseIsAbandonedAfterTheCloseOfItsHandle) {
  OpenCache();
  const CacheHandle second = Open(path_);
  tapps_value* value = nullptr;
  int64_t lease = 0;
  ASSERT_EQ(tapps_cache_load(second.get(), nullptr, "k", 1, nullptr, &value, nullptr, nullptr,
                             &lease, nullptr),
            TAPPS_OK);
  ASSERT_EQ(tapps_cache_close(second.get(), 0, nullptr), TAPPS_OK);
  tapps_load_options options{};
  options.struct_size = sizeof options;
  options.timeout_us = TAPPS_NONE;
  int64_t none = 0;
  EXPECT_EQ(tapps_cache_load(cache(), nullptr, "k", 1, &options, &value, nullptr, nullptr, &none,
                             nullptr),
            TAPPS_E_TIMEOUT);
  tapps_cache_load_abandon(second.get(), lease);
  options.timeout_us = 0;
  EXPECT_EQ(tapps_cache_load(cache(), nullptr, "k", 1, &options, &value, nullptr, nullptr, &lease,
                             nullptr),
            TAPPS_OK);
  EXPECT_GT(lease, 0);
  tapps_cache_load_abandon(cache(), lease);
}

}  // namespace
}  // namespace tapps::capi
