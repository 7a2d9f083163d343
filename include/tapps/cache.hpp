// The cache itself. Include <tapps.hpp>.
#ifndef TAPPS_CACHE_HPP
#define TAPPS_CACHE_HPP

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../tapps.h"
#include "breaker.hpp"
#include "cursor.hpp"
#include "filter.hpp"
#include "items.hpp"
#include "lease.hpp"
#include "plan.hpp"
#include "queue.hpp"
#include "result.hpp"
#include "value.hpp"

namespace tapps::cxx {

// An open cache. `space` is the namespace; NULL, in every call, is the default one.
class Cache {
 public:
  using Item = cxx::Item;

  Cache() = default;
  explicit Cache(tapps_cache* cache) : cache_(cache) {}

  // path NULL: the user's cache.
  static Result<Cache> Open(const char* path = nullptr,
                            const tapps_open_options* options = nullptr) {
    const int32_t abi = tapps_abi();
    if (abi != TAPPS_ABI) return Error(TAPPS_E_VERSION, detail::WrongAbi(abi));
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
  // The number of entries removed. DeleteAll({}) empties the default namespace.
  Result<int64_t> DeleteAll(const Filter& filter) {
    const tapps_filter native = detail::NativeFilter(filter);
    return Remove(&native);
  }
  // Removes every entry of every namespace, the library's responses and documents too.
  Result<int64_t> DeleteEverything() { return Remove(nullptr); }
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
  Result<Counted> Count(const Filter& filter = {}) {
    const tapps_filter native = detail::NativeFilter(filter);
    Counted counted;
    auto done = Call(tapps_cache_count, &native, &counted.entries, &counted.bytes);
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
  // The bytes of a key, which `make` makes when they are not there: one of all who ask, in any
  // number of threads and processes, makes them, and the others wait for what it made. `make`
  // returns a Result<std::string>; its failure is returned, and the next who waits makes them. It
  // may also be called for the successor of a value that is stale or near its end, which is served
  // when it fails then. Bytes that could not be stored are good all the same.
  template <typename Make>
  Result<std::string> GetOrMake(std::string_view key, Make&& make, const char* space = nullptr,
                                const tapps_load_options* options = nullptr,
                                const tapps_put_options* put = nullptr) {
    Result<Loaded> loaded = Load(key, space, options);
    if (!loaded) return std::move(loaded).error();
    const bool there = static_cast<bool>(loaded->value);
    if (loaded->lease) {
      Result<std::string> made = make();
      if (!made && !there) return made;
      if (made) {
        auto stored = loaded->lease.Finish(*made, put);
        if (stored.code() != TAPPS_E_INVALID && stored.code() != TAPPS_E_UNSUPPORTED) return made;
        return std::move(stored).error();
      }
    }
    return std::string(loaded->value.bytes());
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
  Result<Cursor> List(std::string_view prefix = {}, const char* space = nullptr) {
    if (space == nullptr) space = "default";  // NULL would mean all of them
    return Child<Cursor, tapps_cursor>(tapps_cursor_open, space, prefix.data(), prefix.size());
  }
  // Over all namespaces.
  Result<Cursor> ListEverywhere(std::string_view prefix = {}) {
    const char* all = nullptr;
    return Child<Cursor, tapps_cursor>(tapps_cursor_open, all, prefix.data(), prefix.size());
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
  Result<int64_t> Remove(const tapps_filter* filter) {
    int64_t removed = 0;
    auto done = Call(tapps_cache_delete_all, filter, &removed);
    if (!done) return std::move(done).error();
    return removed;
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

#endif  // TAPPS_CACHE_HPP
