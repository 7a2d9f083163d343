// Each allocation that a program's calls lead to, on any thread, fails once. Every call succeeds or
// says what failed, what was acknowledged is there, and the cache works afterwards.
//
// TAPPS_STRESS=N looks at N times as many allocations, up to all of them.
#include <dlfcn.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

#include "capi/api.h"

#ifdef __SANITIZE_ADDRESS__
// The constructors of the JSON library do not free what they have when memory runs out in them.
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off() { return 1; }
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TAPPS_SANITIZED 1
#endif

namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
std::atomic<int64_t> until_failure = kNever;

bool Refused() {
  if (until_failure.fetch_sub(1, std::memory_order_relaxed) != 0) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

#ifdef TAPPS_SANITIZED

// malloc is the sanitizer's: what C++ and SQLite ask for is looked at instead.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
  void* const p = Refused() ? nullptr : std::malloc(size != 0 ? size : 1);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return Refused() ? nullptr : std::malloc(size != 0 ? size : 1);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

sqlite3_mem_methods plain;

const int hooked = [] {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain);
  sqlite3_mem_methods asking = plain;
  asking.xMalloc = [](int size) { return Refused() ? nullptr : plain.xMalloc(size); };
  asking.xRealloc = [](void* p, int size) { return Refused() ? nullptr : plain.xRealloc(p, size); };
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &asking);
}();

}  // namespace

#else

extern "C" {

void* __libc_malloc(size_t size);                // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(size_t count, size_t size);  // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* p, size_t size);      // NOLINT(bugprone-reserved-identifier)

void* malloc(size_t size) { return Refused() ? nullptr : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return Refused() ? nullptr : __libc_calloc(count, size); }
void* realloc(void* p, size_t size) { return Refused() ? nullptr : __libc_realloc(p, size); }

}  // extern "C"

#endif

namespace tapps::capi {
namespace {

constexpr int32_t kWrong = -9999;  // an answer that is none

// Takes more than 4 MiB in the file too: it is stored in chunks.
std::string MakeLarge() {
  std::string bytes(4'300'000, '\0');
  uint64_t state = 1;
  for (char& byte : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}
const std::string kLarge = MakeLarge();

// One run of a script: what it has to work with, and what its calls returned.
struct Host {
  const std::string path;
  const std::string backup = path + ".backup";
  tapps_cache* cache = nullptr;
  bool synced = false;      // the put of "sync" was acknowledged
  size_t steps = 0;         // made
  int32_t codes[128] = {};  // no allocation while one may fail
  int lines[128] = {};
  int32_t Note(int32_t code, int line) {
    codes[steps] = code;
    lines[steps] = line;
    ++steps;
    return code;
  }
};

#define STEP(call) run.Note((call), __LINE__)

// The value's bytes are `expected`; it is used and given back.
int32_t TakeValue(int32_t code, tapps_value* value, const void* data, size_t size,
                  std::string_view expected) {
  if (code != TAPPS_OK) return value == nullptr && data == nullptr ? code : kWrong;
  tapps_info info;
  tapps_value_info(value, &info);
  (void)tapps_value_text(value, TAPPS_TEXT_TAGS, nullptr);
  tapps_value* const again = tapps_value_retain(value);
  const bool right = std::string_view(static_cast<const char*>(data), size) == expected &&
                     info.size == static_cast<int64_t>(size) &&
                     tapps_value_data(again, nullptr) == data;
  tapps_value_release(again);
  tapps_value_release(value);
  return right ? TAPPS_OK : kWrong;
}

int32_t GetIs(tapps_cache* cache, const char* key, std::string_view expected) {
  tapps_value* value = nullptr;
  const void* data = nullptr;
  size_t size = 0;
  tapps_error* err = nullptr;
  const int32_t code =
      tapps_cache_get(cache, nullptr, key, std::strlen(key), nullptr, &value, &data, &size, &err);
  if (err != nullptr && (tapps_error_code(err) != code || *tapps_error_message(err) == '\0')) {
    return kWrong;
  }
  tapps_error_release(err);
  return TakeValue(code, value, data, size, expected);
}

int32_t PutTagged(tapps_cache* cache, const char* key, std::string_view bytes, int32_t durability) {
  tapps_put_options options{};
  options.struct_size = sizeof options;
  options.durability = durability;
  options.ttl_us = int64_t{3600} * 1'000'000;
  options.tags = "red\nblue";
  options.content_type = "text/plain";
  options.json = "{\"a\":[1,2,3]}";
  tapps_error* err = nullptr;
  const int32_t code = tapps_cache_put(cache, nullptr, key, std::strlen(key), bytes.data(),
                                       bytes.size(), &options, &err);
  tapps_error_release(err);
  return code;
}

void Entries(Host& run) {
  tapps_cache* const cache = run.cache;
  STEP(PutTagged(cache, "a/1", "one", TAPPS_DURABILITY_ASYNC));
  STEP(GetIs(cache, "a/1", "one"));
  run.synced = STEP(PutTagged(cache, "sync", "kept", TAPPS_DURABILITY_SYNC)) == TAPPS_OK;
  STEP(GetIs(cache, "sync", "kept"));
  STEP(GetIs(cache, "old", "from before"));
  STEP(PutTagged(cache, "mem", "m", TAPPS_DURABILITY_MEMORY));
  const tapps_put_item puts[] = {{"a/2", 3, "two", 3}, {"a/3", 3, "three", 5}};
  STEP(tapps_cache_put_many(cache, nullptr, puts, 2, nullptr, nullptr));
  tapps_get_item gets[] = {{"a/2", 3, nullptr, nullptr, 0, 0, 0},
                           {"none", 4, nullptr, nullptr, 0, 0, 0},
                           {"old2", 4, nullptr, nullptr, 0, 0, 0}};
  STEP(tapps_cache_get_many(cache, nullptr, gets, 3, nullptr, nullptr));
  for (const tapps_get_item& item : gets) tapps_value_release(item.value);
  int64_t version = 0;
  STEP(tapps_cache_contains(cache, nullptr, "sync", 4, &version, nullptr));
  STEP(tapps_cache_swap(cache, nullptr, "swap", 4, 0, "s", 1, nullptr, &version, nullptr));
  STEP(tapps_cache_swap(cache, nullptr, "swap", 4, version, "t", 1, nullptr, &version, nullptr));
  STEP(tapps_cache_touch(cache, nullptr, "a/1", 3, 5'000'000, nullptr));
  STEP(tapps_cache_delete(cache, nullptr, "a/1", 3, TAPPS_DURABILITY_ASYNC, nullptr));
  tapps_space_options defaults{};
  defaults.struct_size = sizeof defaults;
  defaults.ttl_us = 1'000'000;
  STEP(tapps_cache_set_space(cache, "other", &defaults, nullptr));
  STEP(tapps_cache_put(cache, "other", "k", 1, "v", 1, nullptr, nullptr));
  tapps_filter filter{};
  filter.struct_size = sizeof filter;
  filter.prefix = "a/";
  filter.prefix_size = 2;
  int64_t number = 0;
  STEP(tapps_cache_count(cache, &filter, &number, nullptr, nullptr));
  STEP(tapps_cache_delete_all(cache, &filter, &number, nullptr));
  filter.prefix = nullptr;
  filter.prefix_size = 0;
  filter.tag = "green";
  STEP(tapps_cache_delete_all(cache, &filter, &number, nullptr));
  STEP(tapps_cache_flush(cache, 0, nullptr));
}

void LargeValues(Host& run) {
  STEP(PutTagged(run.cache, "large", kLarge, TAPPS_DURABILITY_SYNC));
  // Not from memory any more.
  for (const char* key : {"b", "c", "d"}) {
    STEP(PutTagged(run.cache, key, kLarge, TAPPS_DURABILITY_SYNC));
  }
  STEP(GetIs(run.cache, "large", kLarge));
}

void Loads(Host& run) {
  for (const char* key : {"finished", "abandoned"}) {
    tapps_value* value = nullptr;
    const void* data = nullptr;
    size_t size = 0;
    int64_t lease = 0;
    const int32_t code = STEP(tapps_cache_load(run.cache, nullptr, key, std::strlen(key), nullptr,
                                               &value, &data, &size, &lease, nullptr));
    if (code != TAPPS_OK) continue;
    if (lease == 0 || value != nullptr) {
      STEP(kWrong);
    } else if (*key == 'f') {
      STEP(tapps_cache_load_finish(run.cache, lease, "made", 4, nullptr, nullptr));
      STEP(GetIs(run.cache, key, "made"));
    } else {
      tapps_cache_load_abandon(run.cache, lease);
    }
  }
}

void Upkeep(Host& run) {
  const auto ask = [&](auto call) {
    tapps_value* value = nullptr;
    const void* data = nullptr;
    size_t size = 0;
    const int32_t code = call(&value, &data, &size);
    tapps_value_release(value);
    return code;
  };
  STEP(ask([&](auto v, auto d, auto s) { return tapps_cache_stats(run.cache, v, d, s, nullptr); }));
  STEP(ask([&](auto v, auto d, auto s) {
    return tapps_cache_check(run.cache, TAPPS_CHECK_DEEP, v, d, s, nullptr);
  }));
  STEP(
      ask([&](auto v, auto d, auto s) { return tapps_cache_survey(run.cache, v, d, s, nullptr); }));
  tapps_cursor* cursor = nullptr;
  tapps_entry entry;
  STEP(tapps_cursor_open(run.cache, nullptr, "o", 1, &cursor, nullptr));
  if (cursor != nullptr) {
    for (int i = 0; i < 3; ++i) STEP(tapps_cursor_next(cursor, &entry, nullptr));
  }
  tapps_cursor_release(cursor);
  STEP(tapps_cache_backup(run.cache, run.backup.c_str(), nullptr));
  int64_t freed = 0;
  STEP(tapps_cache_compact(run.cache, 0, &freed, nullptr));
}

void Queues(Host& run) {
  tapps_queue* queue = nullptr;
  if (STEP(tapps_queue_open(run.cache, &queue, nullptr)) != TAPPS_OK) return;
  STEP(tapps_queue_subscribe(queue, 1u << (TAPPS_EVENT_STATE - TAPPS_EVENT_PROGRESS), nullptr));
  tapps_put_options sync{};
  sync.struct_size = sizeof sync;
  sync.durability = TAPPS_DURABILITY_SYNC;
  const tapps_get_item gets[] = {{"old", 3, nullptr, nullptr, 0, 0, 0},
                                 {"none", 4, nullptr, nullptr, 0, 0, 0}};
  int accepted = 0;
  const auto submit = [&](int32_t code, int records, int line) {
    if (run.Note(code, line) == TAPPS_OK) accepted += records;
  };
  submit(tapps_queue_put(queue, nullptr, "q", 1, "v", 1, &sync, 1, nullptr, nullptr), 1, __LINE__);
  submit(tapps_queue_put(queue, nullptr, "r", 1, "v", 1, nullptr, 2, nullptr, nullptr), 1,
         __LINE__);
  submit(tapps_queue_get(queue, nullptr, "old2", 4, nullptr, 3, nullptr, nullptr), 1, __LINE__);
  submit(tapps_queue_get_many(queue, nullptr, gets, 2, nullptr, 4, nullptr, nullptr), 2, __LINE__);
  submit(tapps_queue_swap(queue, nullptr, "q2", 2, 0, "s", 1, nullptr, 5, nullptr, nullptr), 1,
         __LINE__);
  submit(tapps_queue_load(queue, nullptr, "load", 4, nullptr, 6, nullptr, nullptr), 1, __LINE__);
  submit(tapps_queue_delete(queue, nullptr, "r", 1, TAPPS_DURABILITY_SYNC, 7, nullptr, nullptr), 1,
         __LINE__);
  submit(tapps_queue_flush(queue, 0, 8, nullptr, nullptr), 1, __LINE__);
  for (int ended = 0; ended < accepted;) {
    tapps_record record;
    size_t count = 0;
    const int32_t code = tapps_queue_wait(queue, 20'000'000, &record, 1, &count, nullptr);
    if (code == TAPPS_E_NOMEM) continue;
    if (code != TAPPS_OK) {
      STEP(kWrong);  // an operation without a record
      break;
    }
    if (record.kind < TAPPS_EVENT_PROGRESS) {
      STEP(record.code);
      ++ended;
    }
    if (record.kind == TAPPS_RECORD_LOAD) tapps_cache_load_abandon(run.cache, record.number);
    tapps_value_release(record.value);
    tapps_error_release(record.error);
  }
  tapps_queue_release(queue);
}

void Breakers(Host& run) {
  tapps_breaker_options options{};
  options.struct_size = sizeof options;
  options.failures = 1;
  options.failure_rate = 50;
  tapps_breaker* breaker = nullptr;
  if (STEP(tapps_breaker_open(run.cache, "service", &options, &breaker, nullptr)) != TAPPS_OK) {
    return;
  }
  int64_t permit = 0;
  if (STEP(tapps_breaker_acquire(breaker, &permit, nullptr)) == TAPPS_OK) {
    tapps_breaker_report(breaker, permit, TAPPS_OUTCOME_SUCCESS);
  }
  if (STEP(tapps_breaker_wait(breaker, 1000, &permit, nullptr)) == TAPPS_OK) {
    tapps_breaker_report(breaker, permit, TAPPS_OUTCOME_FAILURE);
  }
  tapps_error* err = nullptr;
  const int32_t refused = tapps_breaker_acquire(breaker, &permit, &err);
  tapps_error_release(err);
  STEP(refused == TAPPS_E_OPEN_CIRCUIT ? TAPPS_OK : refused);
  STEP(tapps_breaker_limit(breaker, 1, 1'000'000, nullptr));
  STEP(tapps_breaker_force(breaker, TAPPS_BREAKER_AUTO, nullptr));
  tapps_breaker_info info;
  tapps_breaker_read(breaker, &info);
  tapps_breaker_release(breaker);
}

class AllocationWalk : public ::testing::Test {
 protected:
  using Script = void (*)(Host&);

  // Walks through the allocations of a script on an open cache, or of the open itself (NULL). The
  // script makes at least `least`, of which every `stride`th is looked at.
  void Walk(Script script, int64_t stride, int64_t least) {
    if (const char* factor = std::getenv("TAPPS_STRESS")) {
      stride = std::max<int64_t>(1, stride / std::max<int64_t>(1, std::atoll(factor)));
    }
    bool failed = true;
    int64_t at = 0;
    for (; failed && !HasFailure(); at += stride) {
      SCOPED_TRACE("allocation " + std::to_string(at));
      failed = RunOnce(script, at);
    }
    EXPECT_GE(at, least) << "the hook sees the library's allocations";
  }

 private:
  // Whether the allocation was reached.
  bool RunOnce(Script script, int64_t at) {
    const test::TempDir dir;
    Host run{.path = dir.File("cache.db")};
    if (script != nullptr) {
      const CacheHandle before = Open(run.path);
      EXPECT_EQ(Put(before.get(), "old", "from before"), TAPPS_OK);
      EXPECT_EQ(Put(before.get(), "old2", "from before", TAPPS_DURABILITY_SYNC), TAPPS_OK);
      EXPECT_EQ(tapps_cache_close(before.get(), 0, nullptr), TAPPS_OK);
      tapps_open_options options = OpenOptions();
      options.memory_bytes = 8 << 20;
      EXPECT_EQ(tapps_cache_open(run.path.c_str(), &options, &run.cache, nullptr), TAPPS_OK);
    }
    until_failure = at;
    if (script == nullptr) {
      STEP(tapps_cache_open(run.path.c_str(), nullptr, &run.cache, nullptr));
      if (run.cache != nullptr) STEP(tapps_cache_close(run.cache, 0, nullptr));
    } else {
      script(run);
    }
    const bool reached = until_failure.exchange(kNever) < 0;
    for (size_t i = 0; i < run.steps; ++i) {
      const int32_t code = run.codes[i];
      EXPECT_TRUE(code == TAPPS_OK || code == TAPPS_E_NOT_FOUND || code == TAPPS_E_NOMEM)
          << "line " << run.lines[i] << ": " << tapps_code_name(code);
      EXPECT_TRUE(reached || code != TAPPS_E_NOMEM) << "line " << run.lines[i];
    }
    if (script != nullptr) Works(run.cache);
    if (script == Loads || script == Queues) {
      for (const char* key : {"finished", "abandoned", "load"}) CanBeLoaded(run.cache, key);
    }
    tapps_cache_close(run.cache, 0, nullptr);
    tapps_cache_release(run.cache);
    const CacheHandle again = Open(run.path);
    Works(again.get());
    if (run.synced) {
      EXPECT_EQ(Get(again.get(), "sync").str(), "kept");
    }
    EXPECT_EQ(tapps_cache_close(again.get(), 0, nullptr), TAPPS_OK);
    return reached;
  }

  // Nobody has a lease any more, or will have one for long.
  static void CanBeLoaded(tapps_cache* cache, const char* key) {
    tapps_load_options options{};
    options.struct_size = sizeof options;
    options.timeout_us = 5'000'000;
    tapps_value* value = nullptr;
    int64_t lease = 0;
    EXPECT_EQ(tapps_cache_load(cache, nullptr, key, std::strlen(key), &options, &value, nullptr,
                               nullptr, &lease, nullptr),
              TAPPS_OK)
        << key;
    tapps_value_release(value);
    tapps_cache_load_abandon(cache, lease);
  }
  static void Works(tapps_cache* cache) {
    ASSERT_NE(cache, nullptr);
    EXPECT_EQ(Put(cache, "after", "1", TAPPS_DURABILITY_SYNC), TAPPS_OK);
    EXPECT_EQ(Get(cache, "after").str(), "1");
    EXPECT_EQ(tapps_cache_state(cache), TAPPS_STATE_OK);
  }
};

TEST_F(AllocationWalk, Opening) { Walk(nullptr, 31, 100); }
TEST_F(AllocationWalk, Entries) { Walk(Entries, 67, 100); }
TEST_F(AllocationWalk, LargeValues) { Walk(LargeValues, 127, 100); }
TEST_F(AllocationWalk, Loads) { Walk(Loads, 23, 50); }
TEST_F(AllocationWalk, Upkeep) { Walk(Upkeep, 101, 100); }
TEST_F(AllocationWalk, Queues) { Walk(Queues, 29, 50); }
TEST_F(AllocationWalk, Breakers) { Walk(Breakers, 31, 20); }

}  // namespace
}  // namespace tapps::capi
