#ifndef TAPPS_TESTS_CAPI_API_H_
#define TAPPS_TESTS_CAPI_API_H_

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "support/temp_dir.h"
#include "tapps.h"

// tapps.h with owners and verbs, so that tests read as stories. Nothing here knows the core.
namespace tapps::capi {

// EXPECT_PRED_FORMAT2 on texts.
#define EXPECT_HAS(text, part) EXPECT_PRED_FORMAT2(::testing::IsSubstring, part, text)

template <auto Release>
struct Releaser {
  template <typename T>
  void operator()(T* object) const {
    Release(object);
  }
};
using CacheHandle = std::unique_ptr<tapps_cache, Releaser<tapps_cache_release>>;
using QueueHandle = std::unique_ptr<tapps_queue, Releaser<tapps_queue_release>>;
using ValueHandle = std::unique_ptr<tapps_value, Releaser<tapps_value_release>>;
using CursorHandle = std::unique_ptr<tapps_cursor, Releaser<tapps_cursor_release>>;
using PlanHandle = std::unique_ptr<tapps_plan, Releaser<tapps_plan_release>>;
using BreakerHandle = std::unique_ptr<tapps_breaker, Releaser<tapps_breaker_release>>;

// The `err` of a call. Poisoned before it, to see that every call sets it, success or not.
class Err {
 public:
  Err() = default;
  ~Err() { Drop(); }
  Err(const Err&) = delete;
  Err& operator=(const Err&) = delete;

  operator tapps_error**() {
    Drop();
    error_ = Poison();
    return &error_;
  }
  bool set() const { return error_ != Poison(); }
  int32_t code() const { return set() ? tapps_error_code(error_) : -9999; }
  std::string message() const { return set() ? tapps_error_message(error_) : "err was not set"; }
  int64_t retry_after_us() const { return set() ? tapps_error_retry_after_us(error_) : -9999; }

 private:
  static tapps_error* Poison() {
    static char poison;
    return reinterpret_cast<tapps_error*>(&poison);
  }
  void Drop() {
    if (set()) tapps_error_release(error_);
    error_ = nullptr;
  }
  tapps_error* error_ = nullptr;
};

// What a call that returns a value gave.
struct Answer {
  int32_t code = TAPPS_OK;
  std::string bytes;
  std::string error;
  int64_t retry_after_us = 0;
  tapps_info info{};
  ValueHandle value;

  std::string text(int32_t field) const {
    const char* text = tapps_value_text(value.get(), field, nullptr);
    return text == nullptr ? "" : text;
  }
  bool stale() const { return (info.flags & TAPPS_VALUE_STALE) != 0; }
  // The bytes, or the code's name in brackets.
  std::string str() const {
    return code == TAPPS_OK ? bytes : "[" + std::string(tapps_code_name(code)) + "] " + error;
  }
};

// Runs call(value, data, size, err) and takes what it gives.
template <typename Call>
Answer Ask(Call call) {
  Answer answer;
  Err err;
  tapps_value* value = nullptr;
  const void* data = nullptr;
  size_t size = 0;
  answer.code = call(&value, &data, &size, err);
  answer.value.reset(value);
  if (answer.code == TAPPS_OK) {
    answer.bytes.assign(static_cast<const char*>(data), size);
    tapps_value_info(value, &answer.info);
  } else {
    answer.error = err.message();
    answer.retry_after_us = err.retry_after_us();
  }
  return answer;
}

inline Answer Get(tapps_cache* cache, std::string_view key, const char* space = nullptr) {
  return Ask([&](auto value, auto data, auto size, tapps_error** err) {
    return tapps_cache_get(cache, space, key.data(), key.size(), nullptr, value, data, size, err);
  });
}

inline int32_t Put(tapps_cache* cache, std::string_view key, std::string_view bytes,
                   int32_t durability = TAPPS_DURABILITY_ASYNC, tapps_error** err = nullptr) {
  tapps_put_options options{};
  options.struct_size = sizeof options;
  options.durability = durability;
  return tapps_cache_put(cache, nullptr, key.data(), key.size(), bytes.data(), bytes.size(),
                         &options, err);
}

// The handle, or nullptr and the failure in *err.
inline CacheHandle Open(const std::string& path, const tapps_open_options* options = nullptr,
                        int32_t* code = nullptr, std::string* message = nullptr) {
  Err err;
  tapps_cache* cache = nullptr;
  const int32_t result = tapps_cache_open(path.c_str(), options, &cache, err);
  if (code != nullptr) *code = result;
  if (message != nullptr) *message = err.message();
  return CacheHandle(cache);
}

inline tapps_open_options OpenOptions() {
  tapps_open_options options{};
  options.struct_size = sizeof options;
  return options;
}

// Waits until it is true, looking every millisecond; false after the bound.
inline bool Eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds bound = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline int64_t MillisecondsOf(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start)
      .count();
}

// A folder with an open cache in it.
class CacheTest : public ::testing::Test {
 protected:
  CacheTest() {
    std::string message;
    cache_ = Open(path_, nullptr, nullptr, &message);
    EXPECT_NE(cache_, nullptr) << message;
  }
  ~CacheTest() override { tapps_cache_close(cache_.get(), 0, nullptr); }

  tapps_cache* cache() { return cache_.get(); }
  QueueHandle OpenQueue() {
    tapps_queue* queue = nullptr;
    EXPECT_EQ(tapps_queue_open(cache(), &queue, nullptr), TAPPS_OK);
    return QueueHandle(queue);
  }

  test::TempDir dir_;
  const std::string path_ = dir_.File("cache.db");
  CacheHandle cache_;
};

}  // namespace tapps::capi

#endif  // TAPPS_TESTS_CAPI_API_H_
