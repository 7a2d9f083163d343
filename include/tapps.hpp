// tapps.hpp - the C++17 face of tapps.h: owning handles and results, header-only.
//
//     namespace tc = tapps::cxx;
//     auto cache = tc::Cache::Open();
//     if (!cache) return puts(cache.error().message());
//     if (auto put = cache->Put("greeting", "hello"); !put) return puts(put.error().message());
//     if (auto value = cache->Get("greeting")) std::cout << value->bytes() << '\n';
//
// Everything lives in tapps::cxx, apart from the namespace `tapps` of the library's own sources, so
// that one program may see both. The wrapper adds ownership and nothing else: contracts, codes,
// units and defaults are those of tapps.h, whose options structs are used as they are:
//
//     auto options = tc::Options<tapps_put_options>();  // struct_size is set, the rest is default
//     options.ttl_us = tc::Microseconds(std::chrono::hours(1));
//
// Handles are move-only and give back what they own when they go, which never blocks. Calls on a
// handle that owns nothing (default-made or moved from) fail with INVALID, as the C functions do
// for NULL. Threads: as the C objects. Nothing here throws but std::bad_alloc; a Result is read
// after it was asked, as a pointer is.
#ifndef TAPPS_HPP
#define TAPPS_HPP

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tapps.h"

namespace tapps::cxx {

// An options struct with its size set and every default chosen.
template <typename T>
T Options() {
  T options{};
  options.struct_size = static_cast<uint32_t>(sizeof(T));
  return options;
}

// A duration as tapps.h counts it.
template <typename Rep, typename Period>
constexpr int64_t Microseconds(std::chrono::duration<Rep, Period> duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

namespace detail {

template <typename T, void (*Release)(T*)>
struct Releaser {
  void operator()(T* object) const { Release(object); }
};

template <typename T, void (*Release)(T*)>
using Owned = std::unique_ptr<T, Releaser<T, Release>>;

inline std::string_view View(const void* data, size_t size) {
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(data), size);
}

}  // namespace detail

// Why a call failed; OK when made by default.
class Error {
 public:
  Error() = default;
  // Takes `error` over; it may be NULL.
  explicit Error(int32_t code, tapps_error* error = nullptr) : code_(code), error_(error) {}

  int32_t code() const { return code_; }
  // "NOT_FOUND".
  const char* name() const { return tapps_code_name(code_); }
  // One line, never empty; lives as long as the error.
  const char* message() const {
    const char* text = tapps_error_message(error_.get());
    return text != nullptr && *text != '\0' ? text : tapps_code_meaning(code_);
  }
  int32_t sqlite_code() const { return tapps_error_sqlite(error_.get()); }
  int32_t sys_errno() const { return tapps_error_errno(error_.get()); }
  int32_t http_status() const { return tapps_error_http_status(error_.get()); }
  std::chrono::microseconds retry_after() const {
    return std::chrono::microseconds(tapps_error_retry_after_us(error_.get()));
  }

 private:
  int32_t code_ = TAPPS_OK;
  detail::Owned<tapps_error, tapps_error_release> error_;
};

// A T, or the Error that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  int32_t code() const { return error_.code(); }
  // Only when !ok().
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }
  // Only when ok().
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Error error_;
  std::optional<T> value_;
};

// Success, or the Error that says why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return error_.code() == TAPPS_OK; }
  explicit operator bool() const { return ok(); }
  int32_t code() const { return error_.code(); }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
};

namespace detail {

inline Result<void> Check(int32_t code, tapps_error* error) {
  if (code == TAPPS_OK) return {};
  return Error(code, error);
}

}  // namespace detail

// Immutable bytes and what is known about them. Views live as long as the value.
class Value {
 public:
  Value() = default;
  // Takes the reference over.
  explicit Value(tapps_value* value) : value_(value) {}

  explicit operator bool() const { return value_ != nullptr; }
  std::string_view bytes() const {
    size_t size = 0;
    const void* data = tapps_value_data(value_.get(), &size);
    return detail::View(data, size);
  }
  tapps_info info() const {
    tapps_info info{};
    if (value_) tapps_value_info(value_.get(), &info);
    return info;
  }
  // TAPPS_TEXT_*; nothing when it is not known.
  std::optional<std::string_view> text(int32_t text) const {
    size_t size = 0;
    const char* data = tapps_value_text(value_.get(), text, &size);
    if (data == nullptr) return std::nullopt;
    return std::string_view(data, size);
  }
  // Another handle on the same bytes.
  Value Share() const { return Value(tapps_value_retain(value_.get())); }
  tapps_value* get() const { return value_.get(); }

 private:
  detail::Owned<tapps_value, tapps_value_release> value_;
};

// A walk over keys. One thread at a time.
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(tapps_cursor* cursor) : cursor_(cursor) {}

  // The next entry, whose pointers live until the next call; NOT_FOUND after the last.
  Result<tapps_entry> Next() {
    tapps_entry entry{};
    tapps_error* error = nullptr;
    const int32_t code = tapps_cursor_next(cursor_.get(), &entry, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return entry;
  }
  tapps_cursor* get() const { return cursor_.get(); }

 private:
  detail::Owned<tapps_cursor, tapps_cursor_release> cursor_;
};

// What would be looked up for a project.
class Plan {
 public:
  Plan() = default;
  explicit Plan(tapps_plan* plan) : plan_(plan) {}

  size_t count() const { return tapps_plan_count(plan_.get()); }
  // The plan as JSON.
  Result<Value> Describe() const {
    tapps_value* value = nullptr;
    tapps_error* error = nullptr;
    const int32_t code = tapps_plan_describe(plan_.get(), &value, nullptr, nullptr, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return Value(value);
  }
  tapps_plan* get() const { return plan_.get(); }

 private:
  detail::Owned<tapps_plan, tapps_plan_release> plan_;
};

// The right to make one call. Reports IGNORED when it goes without a report.
class Permit {
 public:
  Permit(tapps_breaker* breaker, int64_t permit) : breaker_(breaker), permit_(permit) {}
  Permit(Permit&& other) noexcept
      : breaker_(other.breaker_), permit_(std::exchange(other.permit_, 0)) {}
  Permit& operator=(Permit&& other) noexcept {
    if (this != &other) {
      Report(TAPPS_OUTCOME_IGNORED);
      breaker_ = other.breaker_;
      permit_ = std::exchange(other.permit_, 0);
    }
    return *this;
  }
  ~Permit() { Report(TAPPS_OUTCOME_IGNORED); }

  // The first report counts.
  void Report(int32_t outcome) {
    if (permit_ != 0) tapps_breaker_report(breaker_, std::exchange(permit_, 0), outcome);
  }

 private:
  tapps_breaker* breaker_;
  int64_t permit_;
};

// A circuit breaker with bounded concurrency. It must outlive its permits.
class Breaker {
 public:
  Breaker() = default;
  explicit Breaker(tapps_breaker* breaker) : breaker_(breaker) {}

  Result<Permit> Acquire() {
    int64_t permit = 0;
    tapps_error* error = nullptr;
    const int32_t code = tapps_breaker_acquire(breaker_.get(), &permit, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return Permit(breaker_.get(), permit);
  }
  // As Acquire, but waits up to wait_us for a place.
  Result<Permit> Wait(int64_t wait_us) {
    int64_t permit = 0;
    tapps_error* error = nullptr;
    const int32_t code = tapps_breaker_wait(breaker_.get(), wait_us, &permit, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return Permit(breaker_.get(), permit);
  }
  // Makes a call, or does without: `call` returns a Result, whose failure is a failure of the
  // service; `fallback` gets the Error of the call or of the refusal, and its result is returned
  // then. An exception of `call` counts as a failure and passes on.
  template <typename Call, typename Fallback>
  auto Execute(Call&& call, Fallback&& fallback) -> decltype(call()) {
    Result<Permit> permit = Acquire();
    if (!permit) return fallback(permit.error());
    struct Reporter {
      Permit& permit;
      int32_t outcome = TAPPS_OUTCOME_FAILURE;
      ~Reporter() { permit.Report(outcome); }
    };
    auto result = [&] {
      Reporter reporter{*permit};
      auto made = call();
      if (made) reporter.outcome = TAPPS_OUTCOME_SUCCESS;
      return made;
    }();
    if (result) return result;
    return fallback(result.error());
  }
  // The delay before another try, or why there is none.
  Result<int64_t> Retry(int64_t attempt, int32_t status = 0, int64_t retry_after_us = 0) {
    int64_t delay_us = 0;
    tapps_error* error = nullptr;
    const int32_t code =
        tapps_breaker_retry(breaker_.get(), attempt, status, retry_after_us, &delay_us, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return delay_us;
  }
  Result<void> Limit(int64_t calls, int64_t within_us) {
    tapps_error* error = nullptr;
    const int32_t code = tapps_breaker_limit(breaker_.get(), calls, within_us, &error);
    return detail::Check(code, error);
  }
  Result<void> Force(int32_t mode) {
    tapps_error* error = nullptr;
    const int32_t code = tapps_breaker_force(breaker_.get(), mode, &error);
    return detail::Check(code, error);
  }
  tapps_breaker_info Read() const {
    tapps_breaker_info info{};
    if (breaker_) tapps_breaker_read(breaker_.get(), &info);
    return info;
  }
  tapps_breaker* get() const { return breaker_.get(); }

 private:
  detail::Owned<tapps_breaker, tapps_breaker_release> breaker_;
};

// An entry to put.
struct Item {
  std::string_view key;
  std::string_view bytes;
};

namespace detail {

inline std::vector<tapps_get_item> GetItems(const std::vector<std::string_view>& keys) {
  std::vector<tapps_get_item> items(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    items[i] = {};
    items[i].key = keys[i].data();
    items[i].key_size = keys[i].size();
  }
  return items;
}

inline std::vector<tapps_put_item> PutItems(const std::vector<Item>& entries) {
  std::vector<tapps_put_item> items;
  items.reserve(entries.size());
  for (const Item& entry : entries) {
    items.push_back({entry.key.data(), entry.key.size(), entry.bytes.data(), entry.bytes.size()});
  }
  return items;
}

}  // namespace detail

// The right to load a key, from a Load. Abandons it when it goes without a Finish. The cache must
// outlive it.
class Lease {
 public:
  Lease() = default;
  Lease(tapps_cache* cache, int64_t lease) : cache_(cache), lease_(lease) {}
  Lease(Lease&& other) noexcept : cache_(other.cache_), lease_(std::exchange(other.lease_, 0)) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      Abandon();
      cache_ = other.cache_;
      lease_ = std::exchange(other.lease_, 0);
    }
    return *this;
  }
  ~Lease() { Abandon(); }

  explicit operator bool() const { return lease_ != 0; }
  Result<void> Finish(std::string_view bytes, const tapps_put_options* options = nullptr) {
    tapps_error* error = nullptr;
    const int32_t code = tapps_cache_load_finish(cache_, std::exchange(lease_, 0), bytes.data(),
                                                 bytes.size(), options, &error);
    return detail::Check(code, error);
  }
  void Abandon() {
    if (lease_ != 0) tapps_cache_load_abandon(cache_, std::exchange(lease_, 0));
  }

 private:
  tapps_cache* cache_ = nullptr;
  int64_t lease_ = 0;
};

// What a Load gave: a value, a lease, or both.
struct Loaded {
  Value value;
  Lease lease;
};

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
  Result<int64_t> DeleteAll(const tapps_filter* filter = nullptr, uint64_t user_data = 0) {
    return Submit(tapps_queue_delete_all, filter, user_data);
  }
  Result<int64_t> Touch(std::string_view key, int64_t ttl_us, const char* space = nullptr,
                        uint64_t user_data = 0) {
    return Submit(tapps_queue_touch, space, key.data(), key.size(), ttl_us, user_data);
  }
  Result<int64_t> Contains(std::string_view key, const char* space = nullptr,
                           uint64_t user_data = 0) {
    return Submit(tapps_queue_contains, space, key.data(), key.size(), user_data);
  }
  Result<int64_t> Count(const tapps_filter* filter = nullptr, uint64_t user_data = 0) {
    return Submit(tapps_queue_count, filter, user_data);
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

// An open cache. `space` is the namespace, NULL the default one.
class Cache {
 public:
  using Item = cxx::Item;

  Cache() = default;
  explicit Cache(tapps_cache* cache) : cache_(cache) {}

  // path NULL: the user's cache.
  static Result<Cache> Open(const char* path = nullptr,
                            const tapps_open_options* options = nullptr) {
    tapps_cache* cache = nullptr;
    tapps_error* error = nullptr;
    const int32_t code = tapps_cache_open(path, options, &cache, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return Cache(cache);
  }
  // Writes what is queued; deadline 0: 5 s.
  Result<void> Close(int64_t deadline_us = 0) { return Call(tapps_cache_close, deadline_us); }
  int32_t state() const { return tapps_cache_state(cache_.get()); }
  const char* path() const { return tapps_cache_path(cache_.get()); }

  Result<Value> Get(std::string_view key, const char* space = nullptr,
                    const tapps_get_options* options = nullptr) {
    return Answer(tapps_cache_get, space, key.data(), key.size(), options);
  }
  // One result a key, in order, from one view of the file. Fails as a whole for bad arguments.
  Result<std::vector<Result<Value>>> GetMany(const std::vector<std::string_view>& keys,
                                             const char* space = nullptr,
                                             const tapps_get_options* options = nullptr) {
    std::vector<tapps_get_item> items = detail::GetItems(keys);
    auto done = Call(tapps_cache_get_many, space, items.data(), items.size(), options);
    if (!done) return std::move(done).error();
    std::vector<Result<Value>> results;
    results.reserve(items.size());
    for (const tapps_get_item& item : items) {
      if (item.code == TAPPS_OK) {
        results.emplace_back(Value(item.value));
      } else {
        results.emplace_back(Error(item.code));
      }
    }
    return results;
  }
  Result<void> Put(std::string_view key, std::string_view bytes, const char* space = nullptr,
                   const tapps_put_options* options = nullptr) {
    return Call(tapps_cache_put, space, key.data(), key.size(), bytes.data(), bytes.size(),
                options);
  }
  Result<void> PutMany(const std::vector<Item>& entries, const char* space = nullptr,
                       const tapps_put_options* options = nullptr) {
    const std::vector<tapps_put_item> items = detail::PutItems(entries);
    return Call(tapps_cache_put_many, space, items.data(), items.size(), options);
  }
  Result<void> Delete(std::string_view key, const char* space = nullptr,
                      int32_t durability = TAPPS_DURABILITY_ASYNC) {
    return Call(tapps_cache_delete, space, key.data(), key.size(), durability);
  }
  // The number of entries removed; filter NULL: all.
  Result<int64_t> DeleteAll(const tapps_filter* filter = nullptr) {
    int64_t removed = 0;
    auto done = Call(tapps_cache_delete_all, filter, &removed);
    if (!done) return std::move(done).error();
    return removed;
  }
  // The version of an entry that a get would find.
  Result<int64_t> Contains(std::string_view key, const char* space = nullptr) {
    int64_t version = 0;
    auto done = Call(tapps_cache_contains, space, key.data(), key.size(), &version);
    if (!done) return std::move(done).error();
    return version;
  }
  // The new version. Fails with EXISTS when the present one is not `expected` (0: no entry);
  // *present (when not NULL) receives that.
  Result<int64_t> Swap(std::string_view key, int64_t expected, std::string_view bytes,
                       const char* space = nullptr, const tapps_put_options* options = nullptr,
                       int64_t* present = nullptr) {
    int64_t version = 0;
    auto done = Call(tapps_cache_swap, space, key.data(), key.size(), expected, bytes.data(),
                     bytes.size(), options, &version);
    if (present != nullptr) *present = version;
    if (!done) return std::move(done).error();
    return version;
  }
  struct Counted {
    int64_t entries = 0;
    int64_t bytes = 0;
  };
  Result<Counted> Count(const tapps_filter* filter = nullptr) {
    Counted counted;
    auto done = Call(tapps_cache_count, filter, &counted.entries, &counted.bytes);
    if (!done) return std::move(done).error();
    return counted;
  }
  // A value, or the right to load it, or both.
  Result<Loaded> Load(std::string_view key, const char* space = nullptr,
                      const tapps_load_options* options = nullptr) {
    tapps_value* value = nullptr;
    int64_t lease = 0;
    auto done = Call(tapps_cache_load, space, key.data(), key.size(), options, &value, nullptr,
                     nullptr, &lease);
    if (!done) return std::move(done).error();
    return Loaded{Value(value), Lease(cache_.get(), lease)};
  }
  // Options NULL: the cache's own again.
  Result<void> SetSpace(const char* space, const tapps_space_options* options) {
    return Call(tapps_cache_set_space, space, options);
  }
  Result<void> Touch(std::string_view key, int64_t ttl_us, const char* space = nullptr) {
    return Call(tapps_cache_touch, space, key.data(), key.size(), ttl_us);
  }
  // timeout 0: 3 s.
  Result<void> Flush(int64_t timeout_us = 0) { return Call(tapps_cache_flush, timeout_us); }
  Result<void> Backup(const char* path) { return Call(tapps_cache_backup, path); }
  // JSON.
  Result<Value> Check(uint32_t flags = 0) { return Answer(tapps_cache_check, flags); }
  // The bytes given back to the file system.
  Result<int64_t> Compact(int64_t timeout_us = 0) {
    int64_t freed = 0;
    auto done = Call(tapps_cache_compact, timeout_us, &freed);
    if (!done) return std::move(done).error();
    return freed;
  }
  // JSON.
  Result<Value> Survey() { return Answer(tapps_cache_survey); }
  // space NULL: all namespaces.
  Result<Cursor> List(std::string_view prefix = {}, const char* space = nullptr) {
    return Child<Cursor, tapps_cursor>(tapps_cursor_open, space, prefix.data(), prefix.size());
  }
  // JSON.
  Result<Value> Stats() { return Answer(tapps_cache_stats); }

  Result<Value> Fetch(const char* url, const tapps_fetch_options* options = nullptr) {
    return Answer(tapps_cache_fetch, url, options);
  }
  Result<void> SetOffline(bool offline) { return Call(tapps_cache_set_offline, offline ? 1 : 0); }
  Result<Value> Docs(const char* library, const tapps_docs_options* options = nullptr) {
    return Answer(tapps_docs_lookup, library, options);
  }
  Result<Queue> OpenQueue() { return Child<Queue, tapps_queue>(tapps_queue_open); }
  Result<Plan> OpenPlan(const char* root, const tapps_warm_options* options = nullptr) {
    return Child<Plan, tapps_plan>(tapps_plan_open, root, options);
  }
  Result<Breaker> OpenBreaker(const char* name, const tapps_breaker_options* options = nullptr) {
    return Child<Breaker, tapps_breaker>(tapps_breaker_open, name, options);
  }
  tapps_cache* get() const { return cache_.get(); }

 private:
  template <typename Function, typename... Arguments>
  Result<void> Call(Function function, Arguments... arguments) {
    tapps_error* error = nullptr;
    const int32_t code = function(cache_.get(), arguments..., &error);
    return detail::Check(code, error);
  }
  template <typename Function, typename... Arguments>
  Result<Value> Answer(Function function, Arguments... arguments) {
    tapps_value* value = nullptr;
    tapps_error* error = nullptr;
    const int32_t code = function(cache_.get(), arguments..., &value, nullptr, nullptr, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return Value(value);
  }
  template <typename Handle, typename Raw, typename Function, typename... Arguments>
  Result<Handle> Child(Function function, Arguments... arguments) {
    Raw* child = nullptr;
    tapps_error* error = nullptr;
    const int32_t code = function(cache_.get(), arguments..., &child, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return Handle(child);
  }

  detail::Owned<tapps_cache, tapps_cache_release> cache_;
};

}  // namespace tapps::cxx

#endif  // TAPPS_HPP
