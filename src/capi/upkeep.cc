// Backup, check, compact and survey: on the calling thread, or on the pool's with a record at the
// end.

#include "capi/handles.h"
#include "capi/queue_handle.h"

namespace tapps::capi {
namespace {

ValueRef ToValue(const Json& json) {
  return Value::Make(DumpJson(json), {}, {{TAPPS_TEXT_CONTENT_TYPE, "application/json"}});
}

Completion ToCompletion(const Result<Json>& json) {
  return json.ok() ? Completion{{}, ToValue(*json)} : Completion{json.status()};
}

// Gives the host the object that ask(cache) returns.
template <typename Query>
int32_t Answer(tapps_cache* cache, tapps_value** value, const void** data, size_t* size,
               tapps_error** err, Query&& ask) {
  return Guard(err, [&]() -> Status {
    Clear(value, data, size);
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_RETURN_IF_ERROR(CheckNotNull("value", value));
    TAPPS_ASSIGN_OR_RETURN(const Json json, ask(cache->cache()));
    Give(ToValue(json), value, data, size);
    return {};
  });
}

Result<std::string> CheckPath(const char* path) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("path", path));
  TAPPS_ASSIGN_OR_RETURN(const std::string_view checked, Text("path", path));
  if (checked.empty()) return Status(TAPPS_E_INVALID, "path is empty");
  return std::string(checked);
}

Result<int64_t> CheckTimeout(int64_t timeout_us) {
  return Number("timeout_us", timeout_us, 30 * kSecond, 1, INT64_MAX / 4);
}

}  // namespace
}  // namespace tapps::capi

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

int32_t tapps_cache_backup(tapps_cache* cache, const char* path, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_ASSIGN_OR_RETURN(const std::string checked, CheckPath(path));
    return cache->cache().Backup(checked);
  });
}

int32_t tapps_cache_check(tapps_cache* cache, uint32_t flags, tapps_value** value,
                          const void** data, size_t* size, tapps_error** err) {
  return Answer(cache, value, data, size, err, [&](Cache& asked) -> Result<Json> {
    TAPPS_RETURN_IF_ERROR(CheckFlags("flags", flags, TAPPS_CHECK_DEEP));
    return asked.Check((flags & TAPPS_CHECK_DEEP) != 0);
  });
}

int32_t tapps_cache_compact(tapps_cache* cache, int64_t timeout_us, int64_t* freed,
                            tapps_error** err) {
  return Guard(err, [&]() -> Status {
    if (freed) *freed = 0;
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_ASSIGN_OR_RETURN(const int64_t timeout, CheckTimeout(timeout_us));
    TAPPS_ASSIGN_OR_RETURN(const int64_t bytes, cache->cache().Compact(timeout));
    if (freed) *freed = bytes;
    return {};
  });
}

int32_t tapps_cache_survey(tapps_cache* cache, tapps_value** value, const void** data, size_t* size,
                           tapps_error** err) {
  return Answer(cache, value, data, size, err, [](Cache& asked) { return asked.Survey(); });
}

int32_t tapps_queue_backup(tapps_queue* queue, const char* path, uint64_t user_data, int64_t* op,
                           tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) -> Status {
    TAPPS_ASSIGN_OR_RETURN(const std::string checked, CheckPath(path));
    return StartJob(queue, TAPPS_RECORD_BACKUP, user_data, id,
                    [checked](Cache& cache) { return Completion{cache.Backup(checked)}; });
  });
}

int32_t tapps_queue_check(tapps_queue* queue, uint32_t flags, uint64_t user_data, int64_t* op,
                          tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) -> Status {
    TAPPS_RETURN_IF_ERROR(CheckFlags("flags", flags, TAPPS_CHECK_DEEP));
    const bool deep = (flags & TAPPS_CHECK_DEEP) != 0;
    return StartJob(queue, TAPPS_RECORD_CHECK, user_data, id,
                    [deep](Cache& cache) { return ToCompletion(cache.Check(deep)); });
  });
}

int32_t tapps_queue_compact(tapps_queue* queue, int64_t timeout_us, uint64_t user_data, int64_t* op,
                            tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) -> Status {
    TAPPS_ASSIGN_OR_RETURN(const int64_t timeout, CheckTimeout(timeout_us));
    return StartJob(queue, TAPPS_RECORD_COMPACT, user_data, id, [timeout](Cache& cache) {
      const Result<int64_t> freed = cache.Compact(timeout);
      return Completion{freed.status(), {}, freed.ok() ? *freed : 0};
    });
  });
}

int32_t tapps_queue_survey(tapps_queue* queue, uint64_t user_data, int64_t* op, tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) {
    return StartJob(queue, TAPPS_RECORD_SURVEY, user_data, id,
                    [](Cache& cache) { return ToCompletion(cache.Survey()); });
  });
}
