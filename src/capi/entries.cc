// Entries of a cache: reading, writing, removing, counting.

#include "capi/handles.h"

namespace tapps::capi {
namespace {

// A hit in memory, which is most of what a cache is asked for: nothing is checked here that a hit
// proves (a key that was put is valid, so is its namespace). Empty: go the long way.
HeldValue GetInMemory(tapps_cache* cache, const char* space, const void* key, size_t size,
                      const GetOptions& options) {
  if (!cache || !key || cache->session->closed.load(std::memory_order_relaxed)) return {};
  const std::string_view named = space ? std::string_view(space) : std::string_view();
  if (space && named.empty()) return {};
  return cache->cache().GetInMemory({named, {static_cast<const char*>(key), size}}, options);
}

Status GetMany(tapps_cache* cache, const char* space, tapps_get_item* items, size_t count,
               const tapps_get_options* options) {
  for (size_t i = 0; items && i < count; ++i) {
    Clear(&items[i].value, &items[i].data, &items[i].size);
    items[i].code = TAPPS_E_INVALID;
  }
  TAPPS_RETURN_IF_ERROR(CheckCache(cache));
  TAPPS_ASSIGN_OR_RETURN(const GetOptions get, ReadGetOptions(options));
  TAPPS_ASSIGN_OR_RETURN(const std::string_view checked, CheckSpace(space));
  TAPPS_ASSIGN_OR_RETURN(const std::vector<std::string_view> keys, ReadKeys(items, count));
  std::vector<Result<ValueRef>> results = cache->cache().GetMany(checked, keys, get);
  for (size_t i = 0; i < count; ++i) {
    items[i].code = results[i].code();
    if (results[i].ok()) {
      Give(*std::move(results[i]), &items[i].value, &items[i].data, &items[i].size);
    }
  }
  return {};
}

Status DeleteAll(tapps_cache* cache, const tapps_filter* given, int64_t* removed) {
  if (removed) *removed = 0;
  TAPPS_RETURN_IF_ERROR(CheckCache(cache));
  TAPPS_ASSIGN_OR_RETURN(const std::vector<storage::Filter> removal, ReadRemoval(given));
  int64_t total = 0;
  for (const storage::Filter& filter : removal) {
    TAPPS_ASSIGN_OR_RETURN(const int64_t count, cache->cache().DeleteAll(filter));
    total += count;
  }
  if (removed) *removed = total;
  return {};
}

Status Swap(tapps_cache* cache, const char* space, const void* key, size_t key_size,
            int64_t expected, const void* data, size_t size, const tapps_put_options* options,
            int64_t* version) {
  int64_t ignored = 0;
  if (!version) version = &ignored;
  *version = 0;
  TAPPS_RETURN_IF_ERROR(CheckCache(cache));
  TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckWritableKey(space, key, key_size));
  TAPPS_RETURN_IF_ERROR(CheckVersion(expected));
  TAPPS_ASSIGN_OR_RETURN(const std::string_view bytes, CheckValue(data, size));
  TAPPS_ASSIGN_OR_RETURN(const PutOptions put, ReadPutOptions(options));
  return cache->cache().Swap(checked, expected, bytes, put, version);
}

Status Count(tapps_cache* cache, const tapps_filter* given, int64_t* entries, int64_t* bytes) {
  if (entries) *entries = 0;
  if (bytes) *bytes = 0;
  TAPPS_RETURN_IF_ERROR(CheckCache(cache));
  TAPPS_ASSIGN_OR_RETURN(const storage::Filter filter, ReadFilter(given));
  TAPPS_ASSIGN_OR_RETURN(const storage::Reader::Count count, cache->cache().CountEntries(filter));
  if (entries) *entries = count.entries;
  if (bytes) *bytes = count.bytes;
  return {};
}

}  // namespace
}  // namespace tapps::capi

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

int32_t tapps_cache_get(tapps_cache* cache, const char* space, const void* key, size_t key_size,
                        const tapps_get_options* options, tapps_value** value, const void** data,
                        size_t* size, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    Clear(value, data, size);
    GetOptions get;
    if (options) {
      TAPPS_ASSIGN_OR_RETURN(get, ReadGetOptions(options));
    }
    if (value) {
      if (HeldValue held = GetInMemory(cache, space, key, key_size, get)) {
        Give(std::move(held), value, data, size);
        return {};
      }
    }
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_RETURN_IF_ERROR(CheckNotNull("value", value));
    TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckKey(space, key, key_size));
    TAPPS_ASSIGN_OR_RETURN(ValueRef found, cache->cache().Get(checked, get));
    Give(std::move(found), value, data, size);
    return {};
  });
}

int32_t tapps_cache_contains(tapps_cache* cache, const char* space, const void* key,
                             size_t key_size, int64_t* version, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    if (version) *version = 0;
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckKey(space, key, key_size));
    TAPPS_ASSIGN_OR_RETURN(const int64_t found, cache->cache().Contains(checked));
    if (version) *version = found;
    return {};
  });
}

int32_t tapps_cache_get_many(tapps_cache* cache, const char* space, tapps_get_item* items,
                             size_t count, const tapps_get_options* options, tapps_error** err) {
  return Guard(err, [&] { return GetMany(cache, space, items, count, options); });
}

int32_t tapps_cache_put(tapps_cache* cache, const char* space, const void* key, size_t key_size,
                        const void* data, size_t size, const tapps_put_options* options,
                        tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckWritableKey(space, key, key_size));
    TAPPS_ASSIGN_OR_RETURN(const std::string_view bytes, CheckValue(data, size));
    TAPPS_ASSIGN_OR_RETURN(const PutOptions put, ReadPutOptions(options));
    return cache->cache().Put(checked, bytes, put);
  });
}

int32_t tapps_cache_put_many(tapps_cache* cache, const char* space, const tapps_put_item* items,
                             size_t count, const tapps_put_options* options, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_ASSIGN_OR_RETURN(const PutOptions put, ReadPutOptions(options));
    TAPPS_ASSIGN_OR_RETURN(const std::string_view checked, CheckSpace(space));
    TAPPS_RETURN_IF_ERROR(CheckWritable(checked));
    TAPPS_ASSIGN_OR_RETURN(const std::vector<Cache::Item> entries, ReadItems(items, count));
    return cache->cache().PutMany(checked, entries, put);
  });
}

int32_t tapps_cache_swap(tapps_cache* cache, const char* space, const void* key, size_t key_size,
                         int64_t expected, const void* data, size_t size,
                         const tapps_put_options* options, int64_t* version, tapps_error** err) {
  return Guard(err, [&] {
    return Swap(cache, space, key, key_size, expected, data, size, options, version);
  });
}

int32_t tapps_cache_delete(tapps_cache* cache, const char* space, const void* key, size_t key_size,
                           int32_t durability, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckWritableKey(space, key, key_size));
    TAPPS_RETURN_IF_ERROR(CheckDurability(durability));
    return cache->cache().Delete(checked, durability);
  });
}

int32_t tapps_cache_delete_all(tapps_cache* cache, const tapps_filter* filter, int64_t* removed,
                               tapps_error** err) {
  return Guard(err, [&] { return DeleteAll(cache, filter, removed); });
}

int32_t tapps_cache_count(tapps_cache* cache, const tapps_filter* filter, int64_t* entries,
                          int64_t* bytes, tapps_error** err) {
  return Guard(err, [&] { return Count(cache, filter, entries, bytes); });
}

int32_t tapps_cache_touch(tapps_cache* cache, const char* space, const void* key, size_t key_size,
                          int64_t ttl_us, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckWritableKey(space, key, key_size));
    TAPPS_ASSIGN_OR_RETURN(const int64_t ttl, ReadTtl(ttl_us));
    return cache->cache().Touch(checked, ttl);
  });
}

int32_t tapps_cache_flush(tapps_cache* cache, int64_t timeout_us, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_ASSIGN_OR_RETURN(const int64_t timeout,
                           Number("timeout_us", timeout_us, 0, 1, INT64_MAX / 4));
    return cache->cache().Flush(timeout);
  });
}

int32_t tapps_cache_set_space(tapps_cache* cache, const char* space,
                              const tapps_space_options* options, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_ASSIGN_OR_RETURN(const std::string_view checked, CheckSpace(space));
    TAPPS_RETURN_IF_ERROR(CheckWritable(checked));
    std::optional<SpaceOptions> defaults;
    if (options) {
      TAPPS_ASSIGN_OR_RETURN(defaults, ReadSpaceOptions(options));
    }
    return cache->cache().SetSpace(checked, defaults);
  });
}
