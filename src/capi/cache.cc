#include "base/text.h"
#include "cache/default_path.h"
#include "capi/handles.h"

namespace tapps::capi {
namespace {

constexpr int64_t kMaxDuration = INT64_MAX / 4;

Result<EngineOptions> ReadOpenOptions(const tapps_open_options* given) {
  TAPPS_ASSIGN_OR_RETURN(const tapps_open_options options, ReadOptions(given));
  TAPPS_RETURN_IF_ERROR(CheckFlags("flags", options.flags,
                                   TAPPS_OPEN_READ_ONLY | TAPPS_OPEN_OFFLINE |
                                       TAPPS_OPEN_DENY_PRIVATE | TAPPS_OPEN_KEEP_SET_COOKIE |
                                       TAPPS_OPEN_SHARED_HTTP));
  EngineOptions engine;
  CacheOptions& cache = engine.cache;
  const BreakerSettings breaker = BreakerSettings::Default();
  cache.read_only = (options.flags & TAPPS_OPEN_READ_ONLY) != 0;
  engine.offline = (options.flags & TAPPS_OPEN_OFFLINE) != 0;
  engine.deny_private = (options.flags & TAPPS_OPEN_DENY_PRIVATE) != 0;
  engine.keep_set_cookie = (options.flags & TAPPS_OPEN_KEEP_SET_COOKIE) != 0;
  engine.shared_http = (options.flags & TAPPS_OPEN_SHARED_HTTP) != 0;
  TAPPS_ASSIGN_OR_RETURN(cache.memory_bytes, Number("memory_bytes", options.memory_bytes,
                                                    cache.memory_bytes, 64 << 10, INT64_MAX));
  TAPPS_ASSIGN_OR_RETURN(cache.memory_entries,
                         Number("memory_entries", options.memory_entries, cache.memory_entries, 1,
                                INT64_MAX, kUnlimited));
  TAPPS_ASSIGN_OR_RETURN(cache.disk_bytes, Number("disk_bytes", options.disk_bytes,
                                                  cache.disk_bytes, 1 << 20, INT64_MAX));
  TAPPS_ASSIGN_OR_RETURN(cache.queue_bytes, Number("queue_bytes", options.queue_bytes,
                                                   cache.queue_bytes, 64 << 10, INT64_MAX));
  TAPPS_ASSIGN_OR_RETURN(cache.commit_interval_us,
                         Number("commit_interval_us", options.commit_interval_us,
                                cache.commit_interval_us, 1, kMinute));
  TAPPS_ASSIGN_OR_RETURN(cache.open_timeout_us, Number("open_timeout_us", options.open_timeout_us,
                                                       cache.open_timeout_us, 1, kMaxDuration));
  TAPPS_ASSIGN_OR_RETURN(cache.put_timeout_us,
                         Number("put_timeout_us", options.put_timeout_us, cache.put_timeout_us, 1,
                                kMaxDuration, kNone));
  TAPPS_ASSIGN_OR_RETURN(cache.ttl_us,
                         Number("ttl_us", options.ttl_us, cache.ttl_us, 1, kMaxDuration, kNone));
  TAPPS_ASSIGN_OR_RETURN(engine.user_agent, Text("user_agent", options.user_agent));
  if (!http::IsFieldValue(engine.user_agent)) {
    return Status(TAPPS_E_INVALID, "user_agent has a line break in it");
  }
  TAPPS_ASSIGN_OR_RETURN(engine.proxy, Text("proxy", options.proxy));
  TAPPS_ASSIGN_OR_RETURN(engine.ca_file, Text("ca_file", options.ca_file));
  TAPPS_ASSIGN_OR_RETURN(engine.no_proxy, Text("no_proxy", options.no_proxy));
  TAPPS_ASSIGN_OR_RETURN(engine.secret_names, Text("secret_names", options.secret_names));
  TAPPS_ASSIGN_OR_RETURN(const int64_t concurrency,
                         Number("max_concurrency", options.max_concurrency, breaker.max_concurrency,
                                1, 4096, kUnlimited));
  TAPPS_ASSIGN_OR_RETURN(const int64_t failures, Number("break_failures", options.break_failures,
                                                        breaker.failure_threshold, 1, 1 << 30));
  TAPPS_ASSIGN_OR_RETURN(engine.breakers.open_us,
                         Number("break_us", options.break_us, breaker.open_us, 1, 365 * kDay));
  engine.breakers.max_concurrency = static_cast<int32_t>(concurrency);
  engine.breakers.failure_threshold = static_cast<int32_t>(failures);
  if (options.policy != TAPPS_POLICY_ADAPTIVE && options.policy != TAPPS_POLICY_LRU) {
    return Status(TAPPS_E_INVALID, "policy is " + std::to_string(options.policy) +
                                       ", it must be TAPPS_POLICY_ADAPTIVE or TAPPS_POLICY_LRU");
  }
  cache.policy =
      options.policy == TAPPS_POLICY_LRU ? EvictionPolicy::kLru : EvictionPolicy::kAdaptive;
  TAPPS_ASSIGN_OR_RETURN(cache.disk_entries, Number("disk_entries", options.disk_entries,
                                                    cache.disk_entries, 1, INT64_MAX, kUnlimited));
  TAPPS_ASSIGN_OR_RETURN(cache.preload_bytes,
                         Number("preload_bytes", options.preload_bytes, 0, 1, INT64_MAX, kNone));
  return engine;
}

Status Open(const char* path, const tapps_open_options* options, tapps_cache** out) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("cache", out));
  *out = nullptr;
  TAPPS_ASSIGN_OR_RETURN(const EngineOptions engine_options, ReadOpenOptions(options));
  TAPPS_ASSIGN_OR_RETURN(const std::string_view given, Text("path", path));
  std::string file(given);
  if (!path) {
    TAPPS_ASSIGN_OR_RETURN(file, DefaultCachePath());
  }
  if (file.empty()) return Status(TAPPS_E_INVALID, "path is empty");
  auto handle = std::make_unique<tapps_cache>(tapps_cache{std::make_shared<Session>()});
  TAPPS_ASSIGN_OR_RETURN(handle->session->engine, Engine::Open(file, engine_options));
  handle->session->path = std::move(file);
  *out = handle.release();
  return {};
}

}  // namespace
}  // namespace tapps::capi

using namespace tapps;  // NOLINT(google-build-using-namespace): exported functions only from here
                        // on
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

int32_t tapps_cache_open(const char* path, const tapps_open_options* options, tapps_cache** cache,
                         tapps_error** err) {
  return Guard(err, [&] { return Open(path, options, cache); });
}

int32_t tapps_cache_close(tapps_cache* cache, int64_t deadline_us, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckNotNull("cache", cache));
    if (cache->session->fork.Forked()) return cache->session->Check();
    TAPPS_ASSIGN_OR_RETURN(const int64_t deadline,
                           Number("deadline_us", deadline_us, 5 * kSecond, 1, kMaxDuration));
    return cache->session->Leave() ? cache->session->engine->Close(deadline) : Status();
  });
}

void tapps_cache_release(tapps_cache* cache) {
  if (!cache) return;
  if (cache->session->fork.Forked()) return;  // what it holds is the parent's
  Quietly([&] { delete cache; });
}

int32_t tapps_cache_state(const tapps_cache* cache) {
  return !cache || cache->session->closed ? TAPPS_STATE_CLOSED : cache->cache().state();
}

const char* tapps_cache_path(const tapps_cache* cache) {
  return cache ? cache->session->path.c_str() : "";
}

int32_t tapps_cache_stats(tapps_cache* cache, tapps_value** value, const void** data, size_t* size,
                          tapps_error** err) {
  return Guard(err, [&]() -> Status {
    Clear(value, data, size);
    TAPPS_RETURN_IF_ERROR(CheckCache(cache));
    TAPPS_RETURN_IF_ERROR(CheckNotNull("value", value));
    Give(Value::Make(DumpJson(cache->session->engine->Stats()), {},
                     {{TAPPS_TEXT_CONTENT_TYPE, "application/json"}}),
         value, data, size);
    return {};
  });
}
