// The rules of options structs: sizes, flags, ranges.
#include <cstring>
#include <vector>

#include "capi/api.h"

namespace tapps::capi {
namespace {

// A struct with room behind it, as a program built against a later header passes.
template <typename Options>
struct Longer {
  Options options{};
  char tail[16] = {};
};

class OptionsTest : public CacheTest {
 protected:
  OptionsTest() : queue_(OpenQueue()) {}

  // Runs what takes the options; a call that was accepted leaves nothing behind.
  int32_t Use(const tapps_open_options* options, tapps_error** err) {
    tapps_cache* cache = nullptr;
    const int32_t code = tapps_cache_open(":memory:", options, &cache, err);
    tapps_cache_close(cache, 0, nullptr);
    tapps_cache_release(cache);
    return code;
  }
  int32_t Use(const tapps_get_options* options, tapps_error** err) {
    tapps_value* value = nullptr;
    const int32_t code =
        tapps_cache_get(cache(), nullptr, "there", 5, options, &value, nullptr, nullptr, err);
    tapps_value_release(value);
    return code;
  }
  int32_t Use(const tapps_put_options* options, tapps_error** err) {
    return tapps_cache_put(cache(), nullptr, "key", 3, "v", 1, options, err);
  }
  int32_t Use(const tapps_filter* options, tapps_error** err) {
    return tapps_cache_delete_all(cache(), options, nullptr, err);
  }
  int32_t Use(const tapps_load_options* options, tapps_error** err) {
    tapps_value* value = nullptr;
    int64_t lease = 0;
    const int32_t code = tapps_cache_load(cache(), nullptr, "loaded", 6, options, &value, nullptr,
                                          nullptr, &lease, err);
    tapps_value_release(value);
    tapps_cache_load_abandon(cache(), lease);
    return code;
  }
  int32_t Use(const tapps_space_options* options, tapps_error** err) {
    return tapps_cache_set_space(cache(), "defaults", options, err);
  }
  int32_t Use(const tapps_fetch_options* options, tapps_error** err) {
    int64_t op = 0;
    return tapps_queue_fetch(queue_.get(), "http://127.0.0.1:1/", options, 0, &op, err);
  }
  int32_t Use(const tapps_docs_options* options, tapps_error** err) {
    int64_t op = 0;
    return tapps_queue_docs(queue_.get(), "react", options, 0, &op, err);
  }
  int32_t Use(const tapps_warm_options* options, tapps_error** err) {
    tapps_plan* plan = nullptr;
    const int32_t code = tapps_plan_open(cache(), dir_.path().c_str(), options, &plan, err);
    tapps_plan_release(plan);
    return code;
  }
  int32_t Use(const tapps_breaker_options* options, tapps_error** err) {
    tapps_breaker* breaker = nullptr;
    const int32_t code = tapps_breaker_open(cache(), "b", options, &breaker, err);
    tapps_breaker_release(breaker);
    return code;
  }

  template <typename Options>
  void ExpectSizeRules(const char* name) {
    SCOPED_TRACE(name);
    ASSERT_EQ(Put(cache(), "there", "v"), TAPPS_OK);
    Err err;
    Longer<Options> longer;
    Options& options = longer.options;
    for (const uint32_t size : {0U, 1U, 3U}) {
      options.struct_size = size;
      EXPECT_EQ(Use(&options, err), TAPPS_E_INVALID) << size;
      EXPECT_HAS(err.message(), "struct_size");
    }
    // Of a program built against an older header: what it does not know is not read.
    Longer<Options> older;
    std::memset(static_cast<void*>(&older), 0xee, sizeof older);
    std::memset(static_cast<void*>(&older), 0, 8);
    older.options.struct_size = 8;
    EXPECT_EQ(Use(&older.options, err), TAPPS_OK) << err.message();
    ASSERT_EQ(Put(cache(), "there", "v"), TAPPS_OK);

    options.struct_size = sizeof options;
    EXPECT_EQ(Use(&options, err), TAPPS_OK) << err.message();
    ASSERT_EQ(Put(cache(), "there", "v"), TAPPS_OK);
    options.struct_size = sizeof longer;
    EXPECT_EQ(Use(&options, err), TAPPS_OK) << err.message();
    for (const int at : {0, 15}) {
      std::memset(longer.tail, 0, sizeof longer.tail);
      longer.tail[at] = 1;
      EXPECT_EQ(Use(&options, err), TAPPS_E_UNSUPPORTED);
      EXPECT_EQ(Use(&options, nullptr), TAPPS_E_UNSUPPORTED);
    }
  }

  template <typename Options, typename Field>
  [[gnu::noinline]] void ExpectRejected(Field Options::*field, const char* name,
                                        const std::vector<int64_t>& bad) {
    for (const int64_t number : bad) {
      SCOPED_TRACE(testing::Message() << name << " = " << number);
      Options options{};
      options.struct_size = sizeof options;
      options.*field = static_cast<Field>(number);
      Err err;
      EXPECT_EQ(Use(&options, err), TAPPS_E_INVALID) << err.message();
      EXPECT_HAS(err.message(), name);
    }
  }
  template <typename Options, typename Field>
  [[gnu::noinline]] void ExpectAccepted(Field Options::*field, const char* name,
                                        const std::vector<int64_t>& good) {
    for (const int64_t number : good) {
      SCOPED_TRACE(testing::Message() << name << " = " << number);
      Options options{};
      options.struct_size = sizeof options;
      options.*field = static_cast<Field>(number);
      Err err;
      EXPECT_EQ(Use(&options, err), TAPPS_OK) << err.message();
    }
  }

  QueueHandle queue_;
};

TEST_F(OptionsTest, StructSizeRules) {
  ExpectSizeRules<tapps_open_options>("open");
  ExpectSizeRules<tapps_get_options>("get");
  ExpectSizeRules<tapps_put_options>("put");
  ExpectSizeRules<tapps_filter>("filter");
  ExpectSizeRules<tapps_load_options>("load");
  ExpectSizeRules<tapps_space_options>("space");
  ExpectSizeRules<tapps_fetch_options>("fetch");
  ExpectSizeRules<tapps_docs_options>("docs");
  ExpectSizeRules<tapps_warm_options>("warm");
  ExpectSizeRules<tapps_breaker_options>("breaker");
}

TEST_F(OptionsTest, UnknownFlagsAreRefused) {
  const auto check = [&]<typename Options>(const char* name, Options options, uint32_t known) {
    SCOPED_TRACE(name);
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
      if ((known & bit) != 0) continue;
      options.struct_size = sizeof options;
      options.flags = bit;
      Err err;
      const int32_t code = Use(&options, err);
      EXPECT_TRUE(code == TAPPS_E_INVALID || code == TAPPS_E_UNSUPPORTED)
          << bit << ": " << tapps_code_name(code);
      EXPECT_HAS(err.message(), "flags");
    }
  };
  check("open", tapps_open_options{},
        TAPPS_OPEN_READ_ONLY | TAPPS_OPEN_OFFLINE | TAPPS_OPEN_DENY_PRIVATE |
            TAPPS_OPEN_KEEP_SET_COOKIE | TAPPS_OPEN_SHARED_HTTP | TAPPS_OPEN_KEEP_CREDENTIALED);
  check("get", tapps_get_options{}, 15);
  check("put", tapps_put_options{}, 3);
  check("fetch", tapps_fetch_options{}, TAPPS_FETCH_DENY_PRIVATE | TAPPS_FETCH_IN_ORDER);
  check("docs", tapps_docs_options{}, 3);
  check("warm", tapps_warm_options{}, 3);
}

TEST_F(OptionsTest, NumbersOutOfRangeAreRefusedByName) {
#define REJECT(type, field, ...) ExpectRejected(&type::field, #field, {__VA_ARGS__})
  REJECT(tapps_open_options, memory_bytes, -3, 1, 65'535, INT64_MIN);
  REJECT(tapps_open_options, memory_entries, -3, INT64_MIN);
  REJECT(tapps_open_options, disk_bytes, -3, 1, (1 << 20) - 1);
  REJECT(tapps_open_options, queue_bytes, -3, 1, 65'535);
  REJECT(tapps_open_options, commit_interval_us, -3, INT64_MIN);
  REJECT(tapps_open_options, open_timeout_us, -3, INT64_MIN);
  REJECT(tapps_open_options, put_timeout_us, -3, INT64_MIN);
  REJECT(tapps_open_options, ttl_us, -3, INT64_MIN);
  REJECT(tapps_open_options, max_concurrency, -3);
  REJECT(tapps_open_options, break_failures, -3);
  REJECT(tapps_open_options, break_us, -3);
  REJECT(tapps_open_options, wal_bytes, -1, 65'535);
  REJECT(tapps_open_options, max_wal_bytes, -2, 262'143);
  REJECT(tapps_open_options, lease_wait_us, -1, 60'000'001);
  REJECT(tapps_open_options, stale_if_error_us, -3);
  REJECT(tapps_open_options, max_heuristic_us, -3);
  REJECT(tapps_open_options, max_waiting, -1, (1 << 20) + 1);
  REJECT(tapps_open_options, max_break_us, -1, INT64_MAX);
  REJECT(tapps_open_options, break_successes, -1);
  REJECT(tapps_open_options, break_failure_rate, -2, 101);
  REJECT(tapps_open_options, break_slow_rate, -2, 101);
  REJECT(tapps_open_options, break_slow_us, -1);
  REJECT(tapps_open_options, break_window_calls, -1, 4097);
  REJECT(tapps_open_options, break_window_us, -2, 999);
  REJECT(tapps_open_options, break_min_calls, -1);
  REJECT(tapps_open_options, retry_us, -1);
  REJECT(tapps_open_options, max_retry_us, -1);
  REJECT(tapps_open_options, retry_reserve, -2, 1001);
  REJECT(tapps_open_options, retry_percent, -2, 101);
  REJECT(tapps_fetch_options, max_header_bytes, -1, 255, (16 << 20) + 1);
  REJECT(tapps_put_options, durability, -1, 4, INT32_MAX);
  REJECT(tapps_put_options, ttl_us, -3, INT64_MIN);
  REJECT(tapps_put_options, stale_us, -3);
  REJECT(tapps_put_options, timeout_us, -3);
  REJECT(tapps_open_options, policy, -1, 2);
  REJECT(tapps_open_options, disk_entries, -1, -3);
  REJECT(tapps_open_options, preload_bytes, -2, -3);
  REJECT(tapps_load_options, timeout_us, -2, -3);
  REJECT(tapps_load_options, lease_us, -1, 999, int64_t{3'600'000'001});
  REJECT(tapps_load_options, early_us, -2);
  REJECT(tapps_space_options, ttl_us, -2);
  REJECT(tapps_space_options, stale_us, -3);
  REJECT(tapps_space_options, negative_ttl_us, -2);
  REJECT(tapps_fetch_options, policy, -1, 6);
  REJECT(tapps_fetch_options, timeout_us, -3, INT64_MIN);
  REJECT(tapps_fetch_options, connect_timeout_us, -3);
  REJECT(tapps_fetch_options, max_body_bytes, -3);
  REJECT(tapps_fetch_options, max_redirects, -3);
  REJECT(tapps_fetch_options, ttl_us, -3);
  REJECT(tapps_docs_options, timeout_us, -3);
  REJECT(tapps_docs_options, max_tokens, -3);
  REJECT(tapps_warm_options, concurrency, -3, 17);
  REJECT(tapps_warm_options, timeout_us, -3);
  REJECT(tapps_warm_options, max_requests, -3);
  REJECT(tapps_breaker_options, failures, -3);
  REJECT(tapps_breaker_options, successes, -3);
  REJECT(tapps_breaker_options, open_us, -3);
  REJECT(tapps_breaker_options, max_open_us, -3);
  REJECT(tapps_breaker_options, max_concurrency, -3, 4097);
  REJECT(tapps_breaker_options, probes, -3);
  REJECT(tapps_breaker_options, lease_us, -3);
#undef REJECT
}

TEST_F(OptionsTest, NumbersAtTheirLimitsAreTaken) {
#define ACCEPT(type, field, ...) ExpectAccepted(&type::field, #field, {__VA_ARGS__})
  ACCEPT(tapps_open_options, memory_bytes, 65'536);
  ACCEPT(tapps_open_options, memory_entries, 1, -2);
  ACCEPT(tapps_open_options, disk_bytes, 1 << 20, INT64_MAX);
  ACCEPT(tapps_open_options, queue_bytes, 65'536);
  ACCEPT(tapps_open_options, ttl_us, -1, 1, INT64_MAX / 4);
  ACCEPT(tapps_open_options, wal_bytes, 65'536, INT64_MAX);
  ACCEPT(tapps_open_options, max_wal_bytes, 262'144, INT64_MAX);
  ACCEPT(tapps_open_options, lease_wait_us, 1, 60'000'000);
  ACCEPT(tapps_open_options, stale_if_error_us, -1, -2, 1);
  ACCEPT(tapps_open_options, max_heuristic_us, -1, -2, 1);
  ACCEPT(tapps_open_options, max_waiting, 1, 1 << 20);
  ACCEPT(tapps_open_options, break_us, 1, int64_t{365} * 24 * 3600 * 1'000'000);
  ACCEPT(tapps_open_options, break_failure_rate, -1, 1, 100);
  ACCEPT(tapps_open_options, break_window_us, -1, 1000);
  ACCEPT(tapps_open_options, retry_reserve, -1, 1, 1000);
  ACCEPT(tapps_open_options, retry_percent, -1, 1, 100);
  ACCEPT(tapps_fetch_options, max_header_bytes, 256, 16 << 20);
  ACCEPT(tapps_put_options, ttl_us, -1, 1, INT64_MAX);
  ACCEPT(tapps_put_options, stale_us, 1, INT64_MAX);
  ACCEPT(tapps_put_options, timeout_us, INT64_MAX / 4, -1);
  ACCEPT(tapps_warm_options, concurrency, 1, 16);
  ACCEPT(tapps_docs_options, max_tokens, -2, 1);
#undef ACCEPT
  // Lifetimes of a thousand years do not wrap round into the past.
  tapps_put_options options{};
  options.struct_size = sizeof options;
  options.ttl_us = INT64_MAX;
  options.stale_us = INT64_MAX;
  ASSERT_EQ(Use(&options, nullptr), TAPPS_OK);
  EXPECT_EQ(Get(cache(), "key").str(), "v");
}

TEST_F(OptionsTest, NumbersThatContradictEachOtherAreRefused) {
  Err err;
  tapps_open_options options = OpenOptions();
  options.break_us = 2'000'000;
  options.max_break_us = 1'000'000;
  EXPECT_EQ(Use(&options, err), TAPPS_E_INVALID);
  EXPECT_HAS(err.message(), "max_break_us is less than break_us");
  options = OpenOptions();
  options.break_failure_rate = 50;
  options.break_min_calls = 20;
  options.break_window_calls = 10;
  EXPECT_EQ(Use(&options, err), TAPPS_E_INVALID);
  EXPECT_HAS(err.message(), "break_min_calls is more than break_window_calls");
}

TEST_F(OptionsTest, PlainParametersHaveRangesToo) {
  Err err;
  tapps_breaker* opened = nullptr;
  ASSERT_EQ(tapps_breaker_open(cache(), "b", nullptr, &opened, nullptr), TAPPS_OK);
  const BreakerHandle breaker(opened);
  EXPECT_EQ(tapps_breaker_force(breaker.get(), 3, err), TAPPS_E_INVALID);
  EXPECT_HAS(err.message(), "mode");
  EXPECT_EQ(tapps_breaker_force(breaker.get(), -1, err), TAPPS_E_INVALID);
  EXPECT_EQ(tapps_queue_subscribe(queue_.get(), 1U << 10, err), TAPPS_E_UNSUPPORTED);
  EXPECT_HAS(err.message(), "kinds");
  EXPECT_EQ(tapps_cache_delete(cache(), nullptr, "k", 1, 4, err), TAPPS_E_INVALID);
  EXPECT_HAS(err.message(), "durability");
  EXPECT_EQ(tapps_cache_touch(cache(), nullptr, "k", 1, -3, err), TAPPS_E_INVALID);
  EXPECT_HAS(err.message(), "ttl_us");
  EXPECT_EQ(tapps_cache_flush(cache(), -3, err), TAPPS_E_INVALID);
  EXPECT_HAS(err.message(), "timeout_us");
  EXPECT_EQ(tapps_cache_close(cache(), -3, err), TAPPS_E_INVALID);
  EXPECT_HAS(err.message(), "deadline_us");
  EXPECT_EQ(tapps_cache_state(cache()), TAPPS_STATE_OK) << "a call that is refused does nothing";
  tapps_record record;
  size_t count = 0;
  EXPECT_EQ(tapps_queue_wait(queue_.get(), -3, &record, 1, &count, err), TAPPS_E_INVALID);
  EXPECT_HAS(err.message(), "timeout_us");
  const std::string long_name(256, 'b');
  EXPECT_EQ(tapps_breaker_open(cache(), long_name.c_str(), nullptr, &opened, err), TAPPS_E_INVALID);
  EXPECT_HAS(err.message(), "name");
}

}  // namespace
}  // namespace tapps::capi
