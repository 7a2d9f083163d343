// Calls that break their contract: an error that names the argument, never a crash.
#include <vector>

#include "capi/api.h"

namespace tapps::capi {
namespace {

using Call = std::function<int32_t(tapps_error**)>;

struct Case {
  std::string argument;  // which the message has to name
  Call call;
};

class ArgumentsTest : public CacheTest {
 protected:
  ArgumentsTest() : queue_(OpenQueue()) {
    tapps_breaker* breaker = nullptr;
    EXPECT_EQ(tapps_breaker_open(cache(), "b", nullptr, &breaker, nullptr), TAPPS_OK);
    breaker_.reset(breaker);
  }

  void ExpectInvalid(const std::vector<Case>& cases) {
    int number = 0;
    for (const Case& c : cases) {
      SCOPED_TRACE("case " + std::to_string(number++) + ": " + c.argument);
      Err err;
      EXPECT_EQ(c.call(err), TAPPS_E_INVALID) << err.message();
      EXPECT_EQ(err.code(), TAPPS_E_INVALID);
      EXPECT_HAS(err.message(), c.argument);
      EXPECT_EQ(err.message().find('\n'), std::string::npos);
      EXPECT_EQ(c.call(nullptr), TAPPS_E_INVALID) << "without err";
    }
  }

  QueueHandle queue_;
  BreakerHandle breaker_;
  tapps_value* value_ = nullptr;
  int64_t op_ = 0;
};

TEST_F(ArgumentsTest, NullObjectsAreInvalid) {
  tapps_record record;
  size_t count = 0;
  tapps_cursor* cursor = nullptr;
  tapps_entry entry;
  tapps_queue* queue = nullptr;
  tapps_plan* plan = nullptr;
  tapps_breaker* breaker = nullptr;
  tapps_get_item get{"k", 1, nullptr, nullptr, 0, 0, 0};
  const tapps_put_item put{"k", 1, "v", 1};
  int64_t number = 0;
  ExpectInvalid({
      {"cache", [&](auto e) { return tapps_cache_close(nullptr, 0, e); }},
      {"cache",
       [&](auto e) {
         return tapps_cache_get(nullptr, nullptr, "k", 1, nullptr, &value_, nullptr, nullptr, e);
       }},
      {"cache",
       [&](auto e) { return tapps_cache_get_many(nullptr, nullptr, &get, 1, nullptr, e); }},
      {"cache",
       [&](auto e) { return tapps_cache_put(nullptr, nullptr, "k", 1, "v", 1, nullptr, e); }},
      {"cache",
       [&](auto e) { return tapps_cache_put_many(nullptr, nullptr, &put, 1, nullptr, e); }},
      {"cache", [&](auto e) { return tapps_cache_delete(nullptr, nullptr, "k", 1, 0, e); }},
      {"cache", [&](auto e) { return tapps_cache_delete_all(nullptr, nullptr, &number, e); }},
      {"cache", [&](auto e) { return tapps_cache_touch(nullptr, nullptr, "k", 1, 0, e); }},
      {"cache", [&](auto e) { return tapps_cache_contains(nullptr, nullptr, "k", 1, nullptr, e); }},
      {"cache",
       [&](auto e) {
         return tapps_cache_swap(nullptr, nullptr, "k", 1, 0, "v", 1, nullptr, nullptr, e);
       }},
      {"cache", [&](auto e) { return tapps_cache_count(nullptr, nullptr, nullptr, nullptr, e); }},
      {"cache", [&](auto e) { return tapps_cache_set_space(nullptr, nullptr, nullptr, e); }},
      {"cache",
       [&](auto e) {
         return tapps_cache_load(nullptr, nullptr, "k", 1, nullptr, nullptr, nullptr, nullptr,
                                 nullptr, e);
       }},
      {"cache", [&](auto e) { return tapps_cache_load_finish(nullptr, 1, "v", 1, nullptr, e); }},
      {"cache", [&](auto e) { return tapps_cache_flush(nullptr, 0, e); }},
      {"cache", [&](auto e) { return tapps_cache_stats(nullptr, &value_, nullptr, nullptr, e); }},
      {"cache", [&](auto e) { return tapps_cursor_open(nullptr, nullptr, "", 0, &cursor, e); }},
      {"cursor", [&](auto e) { return tapps_cursor_next(nullptr, &entry, e); }},
      {"cache", [&](auto e) { return tapps_queue_open(nullptr, &queue, e); }},
      {"queue", [&](auto e) { return tapps_queue_wait(nullptr, 0, &record, 1, &count, e); }},
      {"queue", [&](auto e) { return tapps_queue_subscribe(nullptr, 0, e); }},
      {"queue",
       [&](auto e) { return tapps_queue_get(nullptr, nullptr, "k", 1, nullptr, 0, &op_, e); }},
      {"queue",
       [&](auto e) {
         return tapps_queue_put(nullptr, nullptr, "k", 1, "v", 1, nullptr, 0, &op_, e);
       }},
      {"queue", [&](auto e) { return tapps_queue_flush(nullptr, 0, 0, &op_, e); }},
      {"queue",
       [&](auto e) { return tapps_queue_fetch(nullptr, "http://a", nullptr, 0, &op_, e); }},
      {"queue", [&](auto e) { return tapps_queue_docs(nullptr, "react", nullptr, 0, &op_, e); }},
      {"queue", [&](auto e) { return tapps_queue_warm(nullptr, nullptr, 0, &op_, e); }},
      {"cache",
       [&](auto e) {
         return tapps_cache_fetch(nullptr, "http://a", nullptr, &value_, nullptr, nullptr, e);
       }},
      {"cache",
       [&](auto e) {
         return tapps_docs_lookup(nullptr, "react", nullptr, &value_, nullptr, nullptr, e);
       }},
      {"cache", [&](auto e) { return tapps_plan_open(nullptr, "/", nullptr, &plan, e); }},
      {"plan", [&](auto e) { return tapps_plan_describe(nullptr, &value_, nullptr, nullptr, e); }},
      {"plan", [&](auto e) { return tapps_queue_warm(queue_.get(), nullptr, 0, &op_, e); }},
      {"cache", [&](auto e) { return tapps_breaker_open(nullptr, "b", nullptr, &breaker, e); }},
      {"breaker", [&](auto e) { return tapps_breaker_acquire(nullptr, &number, e); }},
      {"breaker", [&](auto e) { return tapps_breaker_force(nullptr, 0, e); }},
      {"breaker", [&](auto e) { return tapps_breaker_wait(nullptr, 1, &number, e); }},
      {"breaker", [&](auto e) { return tapps_breaker_limit(nullptr, 0, 1, e); }},
      {"breaker", [&](auto e) { return tapps_breaker_retry(nullptr, 1, 0, 0, &number, e); }},
      {"breaker",
       [&](auto e) { return tapps_queue_acquire(queue_.get(), nullptr, 0, 0, &op_, e); }},
  });
}

TEST_F(ArgumentsTest, NullInputsAndOutputsAreInvalid) {
  tapps_queue* q = queue_.get();
  tapps_record record;
  tapps_cursor* opened = nullptr;
  ASSERT_EQ(tapps_cursor_open(cache(), nullptr, nullptr, 0, &opened, nullptr), TAPPS_OK);
  const CursorHandle cursor(opened);
  tapps_cursor* none = nullptr;
  tapps_breaker* breaker = nullptr;
  tapps_plan* plan = nullptr;
  tapps_filter filter{sizeof filter, 0, nullptr, nullptr, 3, nullptr};
  tapps_get_item get{nullptr, 1, nullptr, nullptr, 0, 0, 0};
  const tapps_put_item no_key{nullptr, 1, "v", 1};
  const tapps_put_item no_data{"k", 1, nullptr, 1};
  tapps_fetch_options fetch{};
  fetch.struct_size = sizeof fetch;
  fetch.body_size = 1;
  ExpectInvalid({
      {"body", [&](auto e) { return tapps_queue_fetch(q, "http://a/", &fetch, 0, &op_, e); }},
      {"cache", [&](auto e) { return tapps_cache_open(":memory:", nullptr, nullptr, e); }},
      {"key",
       [&](auto e) {
         return tapps_cache_get(cache(), nullptr, nullptr, 1, nullptr, &value_, nullptr, nullptr,
                                e);
       }},
      {"value",
       [&](auto e) {
         return tapps_cache_get(cache(), nullptr, "k", 1, nullptr, nullptr, nullptr, nullptr, e);
       }},
      {"items",
       [&](auto e) { return tapps_cache_get_many(cache(), nullptr, nullptr, 1, nullptr, e); }},
      {"key", [&](auto e) { return tapps_cache_get_many(cache(), nullptr, &get, 1, nullptr, e); }},
      {"key",
       [&](auto e) { return tapps_cache_put(cache(), nullptr, nullptr, 1, "v", 1, nullptr, e); }},
      {"data",
       [&](auto e) { return tapps_cache_put(cache(), nullptr, "k", 1, nullptr, 1, nullptr, e); }},
      {"items",
       [&](auto e) { return tapps_cache_put_many(cache(), nullptr, nullptr, 1, nullptr, e); }},
      {"key",
       [&](auto e) { return tapps_cache_put_many(cache(), nullptr, &no_key, 1, nullptr, e); }},
      {"data",
       [&](auto e) { return tapps_cache_put_many(cache(), nullptr, &no_data, 1, nullptr, e); }},
      {"key", [&](auto e) { return tapps_cache_delete(cache(), nullptr, nullptr, 1, 0, e); }},
      {"prefix", [&](auto e) { return tapps_cache_delete_all(cache(), &filter, nullptr, e); }},
      {"key", [&](auto e) { return tapps_cache_touch(cache(), nullptr, nullptr, 1, 0, e); }},
      {"value", [&](auto e) { return tapps_cache_stats(cache(), nullptr, nullptr, nullptr, e); }},
      {"prefix", [&](auto e) { return tapps_cursor_open(cache(), nullptr, nullptr, 1, &none, e); }},
      {"cursor", [&](auto e) { return tapps_cursor_open(cache(), nullptr, "", 0, nullptr, e); }},
      {"entry", [&](auto e) { return tapps_cursor_next(cursor.get(), nullptr, e); }},
      {"queue", [&](auto e) { return tapps_queue_open(cache(), nullptr, e); }},
      {"count", [&](auto e) { return tapps_queue_wait(q, 0, &record, 1, nullptr, e); }},
      {"key", [&](auto e) { return tapps_queue_get(q, nullptr, nullptr, 1, nullptr, 0, &op_, e); }},
      {"data",
       [&](auto e) {
         return tapps_queue_put(q, nullptr, "k", 1, nullptr, 1, nullptr, 0, &op_, e);
       }},
      {"url", [&](auto e) { return tapps_queue_fetch(q, nullptr, nullptr, 0, &op_, e); }},
      {"library", [&](auto e) { return tapps_queue_docs(q, nullptr, nullptr, 0, &op_, e); }},
      {"url",
       [&](auto e) {
         return tapps_cache_fetch(cache(), nullptr, nullptr, &value_, nullptr, nullptr, e);
       }},
      {"value",
       [&](auto e) {
         return tapps_cache_fetch(cache(), "http://a", nullptr, nullptr, nullptr, nullptr, e);
       }},
      {"library",
       [&](auto e) {
         return tapps_docs_lookup(cache(), nullptr, nullptr, &value_, nullptr, nullptr, e);
       }},
      {"value",
       [&](auto e) {
         return tapps_docs_lookup(cache(), "react", nullptr, nullptr, nullptr, nullptr, e);
       }},
      {"root", [&](auto e) { return tapps_plan_open(cache(), nullptr, nullptr, &plan, e); }},
      {"plan", [&](auto e) { return tapps_plan_open(cache(), "/", nullptr, nullptr, e); }},
      {"name", [&](auto e) { return tapps_breaker_open(cache(), nullptr, nullptr, &breaker, e); }},
      {"breaker", [&](auto e) { return tapps_breaker_open(cache(), "b", nullptr, nullptr, e); }},
      {"permit", [&](auto e) { return tapps_breaker_acquire(breaker_.get(), nullptr, e); }},
      {"permit", [&](auto e) { return tapps_breaker_wait(breaker_.get(), 1, nullptr, e); }},
      {"delay_us",
       [&](auto e) { return tapps_breaker_retry(breaker_.get(), 1, 0, 0, nullptr, e); }},
  });
}

TEST_F(ArgumentsTest, NullIsHarmlessWhereNothingIsReturned) {
  size_t size = 7;
  EXPECT_EQ(tapps_value_data(nullptr, &size), nullptr);
  EXPECT_EQ(size, 0U);
  size = 7;
  EXPECT_EQ(tapps_value_text(nullptr, TAPPS_TEXT_URL, &size), nullptr);
  EXPECT_EQ(size, 0U);
  EXPECT_EQ(tapps_value_retain(nullptr), nullptr);
  tapps_info info;
  tapps_value_info(nullptr, &info);
  EXPECT_EQ(info.size, 0);
  tapps_value_info(nullptr, nullptr);
  EXPECT_EQ(tapps_cache_state(nullptr), TAPPS_STATE_CLOSED);
  (void)tapps_cache_path(nullptr);
  EXPECT_EQ(tapps_queue_fd(nullptr), -1);
  EXPECT_EQ(tapps_queue_drain(nullptr, nullptr, 5), 0U);
  EXPECT_EQ(tapps_queue_drain(queue_.get(), nullptr, 5), 0U);
  tapps_queue_cancel(nullptr, 1);
  tapps_queue_notify(nullptr, nullptr, nullptr);
  EXPECT_EQ(tapps_plan_count(nullptr), 0U);
  tapps_breaker_info standing;
  tapps_breaker_read(nullptr, &standing);
  tapps_breaker_read(breaker_.get(), nullptr);
  tapps_breaker_report(nullptr, 1, TAPPS_OUTCOME_SUCCESS);
  EXPECT_EQ(tapps_error_sqlite(nullptr), 0);
  EXPECT_EQ(tapps_error_errno(nullptr), 0);
  EXPECT_EQ(tapps_error_http_status(nullptr), 0);
  EXPECT_EQ(tapps_error_retry_after_us(nullptr), 0);
}

TEST_F(ArgumentsTest, NothingIsACountOfItems) {
  EXPECT_EQ(tapps_cache_get_many(cache(), nullptr, nullptr, 0, nullptr, nullptr), TAPPS_OK);
  EXPECT_EQ(tapps_cache_put_many(cache(), nullptr, nullptr, 0, nullptr, nullptr), TAPPS_OK);
}

TEST_F(ArgumentsTest, EveryOutputIsClearedOnFailure) {
  const auto poison = [](auto*& pointer) {
    static char nowhere;
    pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(&nowhere);
  };
  const void* data = nullptr;
  size_t size = 0;
  const std::vector<std::function<int32_t()>> calls = {
      [&] { return tapps_cache_get(cache(), nullptr, "k", 1, nullptr, &value_, &data, &size, 0); },
      [&] { return tapps_cache_get(cache(), "", "k", 1, nullptr, &value_, &data, &size, 0); },
      [&] { return tapps_cache_get(nullptr, "", "k", 1, nullptr, &value_, &data, &size, 0); },
      [&] { return tapps_cache_fetch(cache(), "ftp://a/", nullptr, &value_, &data, &size, 0); },
      [&] { return tapps_docs_lookup(cache(), "", nullptr, &value_, &data, &size, 0); },
      [&] { return tapps_cache_stats(nullptr, &value_, &data, &size, 0); },
      [&] { return tapps_plan_describe(nullptr, &value_, &data, &size, 0); },
  };
  for (size_t i = 0; i < calls.size(); ++i) {
    poison(value_);
    data = value_;
    size = 99;
    EXPECT_NE(calls[i](), TAPPS_OK) << i;
    EXPECT_EQ(value_, nullptr) << i;
    EXPECT_EQ(data, nullptr) << i;
    EXPECT_EQ(size, 0U) << i;
  }
  tapps_get_item items[2];
  for (const char* space : {"default", ""}) {  // the second key breaks its contract, then the space
    for (tapps_get_item& item : items) {
      item = {"k", 1, nullptr, nullptr, 99, 0, 0};
      poison(item.value);
      item.data = item.value;
    }
    items[1].key_size = 0;
    EXPECT_EQ(tapps_cache_get_many(cache(), space, items, 2, nullptr, nullptr), TAPPS_E_INVALID);
    for (const tapps_get_item& item : items) {
      EXPECT_EQ(item.value, nullptr);
      EXPECT_EQ(item.data, nullptr);
      EXPECT_EQ(item.size, 0U);
      EXPECT_NE(item.code, TAPPS_OK);
    }
  }
  tapps_cache* cache_out = nullptr;
  poison(cache_out);
  EXPECT_NE(tapps_cache_open("/proc/none/x", nullptr, &cache_out, nullptr), TAPPS_OK);
  EXPECT_EQ(cache_out, nullptr);
  tapps_queue* queue = nullptr;
  poison(queue);
  EXPECT_NE(tapps_queue_open(nullptr, &queue, nullptr), TAPPS_OK);
  EXPECT_EQ(queue, nullptr);
  tapps_cursor* cursor = nullptr;
  poison(cursor);
  EXPECT_NE(tapps_cursor_open(cache(), "", nullptr, 0, &cursor, nullptr), TAPPS_OK);
  EXPECT_EQ(cursor, nullptr);
  tapps_plan* plan = nullptr;
  poison(plan);
  EXPECT_NE(tapps_plan_open(cache(), "/none", nullptr, &plan, nullptr), TAPPS_OK);
  EXPECT_EQ(plan, nullptr);
  tapps_breaker* breaker = nullptr;
  poison(breaker);
  EXPECT_NE(tapps_breaker_open(cache(), "", nullptr, &breaker, nullptr), TAPPS_OK);
  EXPECT_EQ(breaker, nullptr);
  int64_t number = 99;
  EXPECT_NE(tapps_breaker_acquire(nullptr, &number, nullptr), TAPPS_OK);
  EXPECT_EQ(number, 0);
  number = 99;
  EXPECT_NE(tapps_queue_fetch(queue_.get(), nullptr, nullptr, 0, &number, nullptr), TAPPS_OK);
  EXPECT_EQ(number, 0);
  size = 99;
  tapps_record record;
  EXPECT_EQ(tapps_queue_wait(queue_.get(), 0, &record, 1, &size, nullptr), TAPPS_E_TIMEOUT);
  EXPECT_EQ(size, 0U);
}

// user_data is enough to know an operation by.
TEST_F(ArgumentsTest, TheNumberOfAnOperationNeedNotBeAskedFor) {
  ASSERT_EQ(tapps_queue_get(queue_.get(), nullptr, "k", 1, nullptr, 77, nullptr, nullptr),
            TAPPS_OK);
  tapps_record record;
  size_t count = 0;
  ASSERT_EQ(tapps_queue_wait(queue_.get(), 10'000'000, &record, 1, &count, nullptr), TAPPS_OK);
  EXPECT_EQ(record.user_data, 77U);
  EXPECT_GT(record.op, 0);
  tapps_error_release(record.error);
}

TEST_F(ArgumentsTest, SuccessClearsTheError) {
  Err err;
  EXPECT_EQ(tapps_cache_put(cache(), nullptr, "k", 1, "v", 1, nullptr, err), TAPPS_OK);
  EXPECT_TRUE(err.set());
  EXPECT_EQ(err.code(), TAPPS_OK);
  EXPECT_EQ(err.message(), "");
}

}  // namespace
}  // namespace tapps::capi
