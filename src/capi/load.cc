// Loading a key: the lookup and the end of its lease.

#include "capi/handles.h"

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

int32_t tapps_cache_load(tapps_cache* cache, const char* space, const void* key, size_t key_size,
                         const tapps_load_options* options, tapps_value** value, const void** data,
                         size_t* size, int64_t* lease, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    Clear(value, data, size);
    if (lease) *lease = 0;
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_RETURN_IF_ERROR(CheckNotNull("value", value));
    TAPPS_RETURN_IF_ERROR(CheckNotNull("lease", lease));
    TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckWritableKey(space, key, key_size));
    TAPPS_ASSIGN_OR_RETURN(const LoadOptions load, ReadLoadOptions(options));
    TAPPS_ASSIGN_OR_RETURN(Cache::Loaded loaded, cache->cache().Load(checked, load));
    *lease = loaded.lease;
    if (loaded.value) Give(std::move(loaded.value), value, data, size);
    return {};
  });
}

int32_t tapps_cache_load_finish(tapps_cache* cache, int64_t lease, const void* data, size_t size,
                                const tapps_put_options* options, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_ASSIGN_OR_RETURN(const std::string_view bytes, CheckValue(data, size));
    TAPPS_ASSIGN_OR_RETURN(const PutOptions put, ReadPutOptions(options));
    return cache->cache().FinishLoad(lease, bytes, put);
  });
}

void tapps_cache_load_abandon(tapps_cache* cache, int64_t lease) {
  // After a close, too: another handle may keep the cache running, and somebody may wait there.
  if (!cache || cache->session->fork.Forked()) return;
  Quietly([&] { cache->cache().AbandonLoad(lease); });
}
