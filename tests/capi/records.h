#ifndef TAPPS_TESTS_CAPI_RECORDS_H_
#define TAPPS_TESTS_CAPI_RECORDS_H_

#include <poll.h>

#include <utility>
#include <vector>

#include "capi/api.h"

namespace tapps::capi {

// A record with its owners.
struct Record {
  explicit Record(const tapps_record& raw)
      : op(raw.op),
        user_data(raw.user_data),
        kind(raw.kind),
        code(raw.code),
        bytes(static_cast<const char*>(raw.data), raw.size),
        error(tapps_error_message(raw.error)),
        value(raw.value),
        number(raw.number),
        size(raw.bytes) {
    EXPECT_EQ(tapps_error_code(raw.error), raw.error == nullptr ? TAPPS_OK : raw.code);
    tapps_error_release(raw.error);
  }

  int64_t op;
  uint64_t user_data;
  int32_t kind;
  int32_t code;
  std::string bytes;
  std::string error;
  ValueHandle value;
  int64_t number;
  int64_t size;  // of a count: the bytes counted
};

// Takes up to `max` records without waiting.
inline std::vector<Record> Drain(tapps_queue* queue, size_t max = 64) {
  std::vector<tapps_record> raw(max);
  const size_t count = tapps_queue_drain(queue, raw.data(), max);
  return {raw.begin(), raw.begin() + static_cast<ptrdiff_t>(count)};
}

// Takes records until there are `count` of them, for at most 20 s.
inline std::vector<Record> Await(tapps_queue* queue, size_t count) {
  std::vector<Record> records;
  while (records.size() < count) {
    tapps_record raw;
    size_t got = 0;
    const int32_t code = tapps_queue_wait(queue, 20'000'000, &raw, 1, &got, nullptr);
    if (code != TAPPS_OK) {
      ADD_FAILURE() << "waiting for record " << records.size() << ": " << tapps_code_name(code);
      break;
    }
    records.emplace_back(raw);
  }
  return records;
}

inline bool Readable(tapps_queue* queue, int timeout_ms = 0) {
  pollfd ready{static_cast<int>(tapps_queue_fd(queue)), POLLIN, 0};
  return poll(&ready, 1, timeout_ms) == 1;
}

inline int64_t SubmitGet(tapps_queue* queue, std::string_view key, uint64_t user_data = 0) {
  int64_t op = 0;
  EXPECT_EQ(
      tapps_queue_get(queue, nullptr, key.data(), key.size(), nullptr, user_data, &op, nullptr),
      TAPPS_OK);
  return op;
}

inline int64_t SubmitPut(tapps_queue* queue, std::string_view key, std::string_view bytes,
                         int32_t durability, uint64_t user_data = 0) {
  tapps_put_options options{};
  options.struct_size = sizeof options;
  options.durability = durability;
  int64_t op = 0;
  EXPECT_EQ(tapps_queue_put(queue, nullptr, key.data(), key.size(), bytes.data(), bytes.size(),
                            &options, user_data, &op, nullptr),
            TAPPS_OK);
  return op;
}

inline int64_t SubmitFetch(tapps_queue* queue, const std::string& url, uint64_t user_data = 0,
                           int64_t timeout_us = 0) {
  tapps_fetch_options options{};
  options.struct_size = sizeof options;
  options.timeout_us = timeout_us;
  int64_t op = 0;
  EXPECT_EQ(tapps_queue_fetch(queue, url.c_str(), &options, user_data, &op, nullptr), TAPPS_OK);
  return op;
}

}  // namespace tapps::capi

#endif  // TAPPS_TESTS_CAPI_RECORDS_H_
