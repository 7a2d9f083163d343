// Completion queues. Include <tapps.hpp>.
#ifndef TAPPS_QUEUE_HPP
#define TAPPS_QUEUE_HPP

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "../tapps.h"
#include "breaker.hpp"
#include "filter.hpp"
#include "items.hpp"
#include "plan.hpp"
#include "result.hpp"
#include "value.hpp"

namespace tapps::cxx {

// What a queue hands out.
struct Record {
  int64_t op = 0;
  uint64_t user_data = 0;
  int32_t kind = 0;
  int32_t code = TAPPS_OK;
  Value value;
  Error error;         // its code is `code`
  int64_t number = 0;  // what the kind says: entries, a version, a lease, a permit
  int64_t bytes = 0;
};

// Where asynchronous operations report. Submits return the number of the operation.
class Queue {
 public:
  Queue() = default;
  explicit Queue(tapps_queue* queue) : queue_(queue) {}

  // Level-triggered: readable if and only if records are waiting. -1 for an empty handle.
  int64_t fd() const { return tapps_queue_fd(queue_.get()); }

  // Up to `max` records, without waiting.
  std::vector<Record> Drain(size_t max = 64) {
    std::vector<tapps_record> raw(max);
    raw.resize(tapps_queue_drain(queue_.get(), raw.data(), max));
    return Take(raw);
  }
  // Waits for the first record: TIMEOUT when none came.
  Result<std::vector<Record>> Wait(int64_t timeout_us, size_t max = 64) {
    std::vector<tapps_record> raw(max);
    size_t count = 0;
    tapps_error* error = nullptr;
    const int32_t code =
        tapps_queue_wait(queue_.get(), timeout_us, raw.data(), max, &count, &error);
    if (code != TAPPS_OK) return Error(code, error);
    raw.resize(count);
    return Take(raw);
  }
  void Cancel(int64_t op) { tapps_queue_cancel(queue_.get(), op); }
  // Calls notify(context), which neither blocks nor calls tapps, when records come; NULL: not.
  void Notify(void (*notify)(void* context), void* context) {
    tapps_queue_notify(queue_.get(), notify, context);
  }
  Result<void> Subscribe(uint32_t kinds) {
    tapps_error* error = nullptr;
    const int32_t code = tapps_queue_subscribe(queue_.get(), kinds, &error);
    return detail::Check(code, error);
  }

  Result<int64_t> Get(std::string_view key, const char* space = nullptr,
                      const tapps_get_options* options = nullptr, uint64_t user_data = 0) {
    return Submit(tapps_queue_get, space, key.data(), key.size(), options, user_data);
  }
  Result<int64_t> Put(std::string_view key, std::string_view bytes, const char* space = nullptr,
                      const tapps_put_options* options = nullptr, uint64_t user_data = 0) {
    return Submit(tapps_queue_put, space, key.data(), key.size(), bytes.data(), bytes.size(),
                  options, user_data);
  }
  // The first of keys.size() numbers in a row.
  Result<int64_t> GetMany(const std::vector<std::string_view>& keys, const char* space = nullptr,
                          const tapps_get_options* options = nullptr, uint64_t user_data = 0) {
    const std::vector<tapps_get_item> items = detail::GetItems(keys);
    return Submit(tapps_queue_get_many, space, items.data(), items.size(), options, user_data);
  }
  Result<int64_t> PutMany(const std::vector<Item>& entries, const char* space = nullptr,
                          const tapps_put_options* options = nullptr, uint64_t user_data = 0) {
    const std::vector<tapps_put_item> items = detail::PutItems(entries);
    return Submit(tapps_queue_put_many, space, items.data(), items.size(), options, user_data);
  }
  Result<int64_t> Swap(std::string_view key, int64_t expected, std::string_view bytes,
                       const char* space = nullptr, const tapps_put_options* options = nullptr,
                       uint64_t user_data = 0) {
    return Submit(tapps_queue_swap, space, key.data(), key.size(), expected, bytes.data(),
                  bytes.size(), options, user_data);
  }
  Result<int64_t> Delete(std::string_view key, const char* space = nullptr,
                         int32_t durability = TAPPS_DURABILITY_ASYNC, uint64_t user_data = 0) {
    return Submit(tapps_queue_delete, space, key.data(), key.size(), durability, user_data);
  }
  // DeleteAll({}) empties the default namespace.
  Result<int64_t> DeleteAll(const Filter& filter, uint64_t user_data = 0) {
    const tapps_filter native = detail::NativeFilter(filter);
    return Submit(tapps_queue_delete_all, &native, user_data);
  }
  Result<int64_t> Touch(std::string_view key, int64_t ttl_us, const char* space = nullptr,
                        uint64_t user_data = 0) {
    return Submit(tapps_queue_touch, space, key.data(), key.size(), ttl_us, user_data);
  }
  Result<int64_t> Contains(std::string_view key, const char* space = nullptr,
                           uint64_t user_data = 0) {
    return Submit(tapps_queue_contains, space, key.data(), key.size(), user_data);
  }
  Result<int64_t> Count(const Filter& filter = {}, uint64_t user_data = 0) {
    const tapps_filter native = detail::NativeFilter(filter);
    return Submit(tapps_queue_count, &native, user_data);
  }
  Result<int64_t> Backup(const char* path, uint64_t user_data = 0) {
    return Submit(tapps_queue_backup, path, user_data);
  }
  Result<int64_t> Check(uint32_t flags = 0, uint64_t user_data = 0) {
    return Submit(tapps_queue_check, flags, user_data);
  }
  Result<int64_t> Compact(int64_t timeout_us = 0, uint64_t user_data = 0) {
    return Submit(tapps_queue_compact, timeout_us, user_data);
  }
  Result<int64_t> Survey(uint64_t user_data = 0) { return Submit(tapps_queue_survey, user_data); }
  // The record's `number` is the lease.
  Result<int64_t> Load(std::string_view key, const char* space = nullptr,
                       const tapps_load_options* options = nullptr, uint64_t user_data = 0) {
    return Submit(tapps_queue_load, space, key.data(), key.size(), options, user_data);
  }
  Result<int64_t> Flush(int64_t timeout_us = 0, uint64_t user_data = 0) {
    return Submit(tapps_queue_flush, timeout_us, user_data);
  }
  Result<int64_t> Fetch(const char* url, const tapps_fetch_options* options = nullptr,
                        uint64_t user_data = 0) {
    return Submit(tapps_queue_fetch, url, options, user_data);
  }
  // `urls`: one a line. The numbers of the operations, in the order of the lines. parallel 0: 8.
  Result<std::vector<int64_t>> FetchMany(const std::string& urls,
                                         const tapps_fetch_options* options = nullptr,
                                         int64_t parallel = 0, uint64_t user_data = 0) {
    std::vector<int64_t> ops(static_cast<size_t>(std::count(urls.begin(), urls.end(), '\n')) + 1);
    size_t count = 0;
    tapps_error* error = nullptr;
    const int32_t code = tapps_queue_fetch_many(queue_.get(), urls.c_str(), options, parallel,
                                                user_data, ops.data(), ops.size(), &count, &error);
    if (code != TAPPS_OK) return Error(code, error);
    ops.resize(count);
    return ops;
  }
  Result<int64_t> Docs(const char* library, const tapps_docs_options* options = nullptr,
                       uint64_t user_data = 0) {
    return Submit(tapps_queue_docs, library, options, user_data);
  }
  Result<int64_t> Warm(const Plan& plan, uint64_t user_data = 0) {
    return Submit(tapps_queue_warm, plan.get(), user_data);
  }
  // The record's `number` is the permit: Breaker::Take. wait_us 0: not at all.
  Result<int64_t> Acquire(const Breaker& breaker, int64_t wait_us = 0, uint64_t user_data = 0) {
    return Submit(tapps_queue_acquire, breaker.get(), wait_us, user_data);
  }
  tapps_queue* get() const { return queue_.get(); }

 private:
  template <typename Function, typename... Arguments>
  Result<int64_t> Submit(Function submit, Arguments... arguments) {
    int64_t op = 0;
    tapps_error* error = nullptr;
    const int32_t code = submit(queue_.get(), arguments..., &op, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return op;
  }
  static std::vector<Record> Take(const std::vector<tapps_record>& raw) {
    std::vector<Record> records;
    records.reserve(raw.size());
    for (const tapps_record& record : raw) {
      records.push_back({record.op, record.user_data, record.kind, record.code, Value(record.value),
                         Error(record.code, record.error), record.number, record.bytes});
    }
    return records;
  }

  detail::Owned<tapps_queue, tapps_queue_release> queue_;
};

}  // namespace tapps::cxx

#endif  // TAPPS_QUEUE_HPP
