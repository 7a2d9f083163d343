#include "base/text.h"
#include "cache/default_path.h"
#include "capi/handles.h"

namespace tapps::capi {
namespace {

constexpr int64_t kMaxDuration = INT64_MAX / 4;

// What breakers inherit; 0 stays 0, for the default.
Result<BreakerSettings> ReadBreakers(const tapps_open_options& options) {
  BreakerSettings settings;
  struct Count {
    const char* name;
    int64_t given;
    int32_t* to;
    int64_t max;
    uint32_t special;
  };
  const Count counts[] = {
      {"max_concurrency", options.max_concurrency, &settings.max_concurrency, 4096, kUnlimited},
      {"break_failures", options.break_failures, &settings.failure_threshold, 1 << 30, 0},
      {"break_successes", options.break_successes, &settings.close_after, 1 << 30, 0},
      {"break_failure_rate", options.break_failure_rate, &settings.failure_rate, 100, kNone},
      {"break_slow_rate", options.break_slow_rate, &settings.slow_rate, 100, kNone},
      {"break_window_calls", options.break_window_calls, &settings.window_calls, 4096, 0},
      {"break_min_calls", options.break_min_calls, &settings.min_calls, 1 << 30, 0},
      {"retry_reserve", options.retry_reserve, &settings.retry.reserve, 1000, kNone},
      {"retry_percent", options.retry_percent, &settings.retry.percent, 100, kNone},
  };
  for (const Count& count : counts) {
    TAPPS_ASSIGN_OR_RETURN(const int64_t number,
                           Number(count.name, count.given, 0, 1, count.max, count.special));
    *count.to = static_cast<int32_t>(number);
  }
  struct Duration {
    const char* name;
    int64_t given;
    int64_t* to;
    int64_t min;
    uint32_t special;
  };
  const Duration durations[] = {
      {"break_us", options.break_us, &settings.open_us, 1, 0},
      {"max_break_us", options.max_break_us, &settings.max_open_us, 1, 0},
      {"break_slow_us", options.break_slow_us, &settings.slow_call_us, 1, 0},
      {"break_window_us", options.break_window_us, &settings.window_us, kMillisecond, kNone},
      {"retry_us", options.retry_us, &settings.retry.base_us, 1, 0},
      {"max_retry_us", options.max_retry_us, &settings.retry.max_delay_us, 1, 0},
  };
  for (const Duration& duration : durations) {
    TAPPS_ASSIGN_OR_RETURN(*duration.to, Number(duration.name, duration.given, 0, duration.min,
                                                365 * kDay, duration.special));
  }
  const BreakerSettings all = settings.Inherit(BreakerSettings::Default());
  if (all.max_open_us < all.open_us) {
    return Status(TAPPS_E_INVALID, "max_break_us is less than break_us");
  }
  if ((all.WatchesFailures() || all.WatchesSlow()) && all.window_us == TAPPS_NONE &&
      all.min_calls > all.window_calls) {
    return Status(TAPPS_E_INVALID, "break_min_calls is more than break_window_calls");
  }
  TAPPS_RETURN_IF_ERROR(all.Validate());
  return settings;
}

Status ReadHttpDefaults(const tapps_open_options& options, EngineOptions* engine) {
  const http::RuleOptions rules;
  TAPPS_ASSIGN_OR_RETURN(
      engine->stale_if_error_us,
      Number("stale_if_error_us", options.stale_if_error_us, rules.default_stale_if_error_us, 1,
             kMaxDuration, kNone | kUnlimited));
  TAPPS_ASSIGN_OR_RETURN(engine->max_heuristic_us,
                         Number("max_heuristic_us", options.max_heuristic_us,
                                rules.max_heuristic_us, 1, kMaxDuration, kNone | kUnlimited));
  TAPPS_ASSIGN_OR_RETURN(
      engine->max_waiting,
      Number("max_waiting", options.max_waiting,
             static_cast<int64_t>(http::FetchOptions().max_waiting), 1, 1 << 20));
  return {};
}

Result<EngineOptions> ReadOpenOptions(const tapps_open_options* given) {
  TAPPS_ASSIGN_OR_RETURN(const tapps_open_options options, ReadOptions(given));
  TAPPS_RETURN_IF_ERROR(CheckFlags("flags", options.flags,
                                   TAPPS_OPEN_READ_ONLY | TAPPS_OPEN_OFFLINE |
                                       TAPPS_OPEN_DENY_PRIVATE | TAPPS_OPEN_KEEP_SET_COOKIE |
                                       TAPPS_OPEN_SHARED_HTTP | TAPPS_OPEN_KEEP_CREDENTIALED));
  EngineOptions engine;
  CacheOptions& cache = engine.cache;
  cache.read_only = (options.flags & TAPPS_OPEN_READ_ONLY) != 0;
  engine.offline = (options.flags & TAPPS_OPEN_OFFLINE) != 0;
  engine.deny_private = (options.flags & TAPPS_OPEN_DENY_PRIVATE) != 0;
  engine.keep_set_cookie = (options.flags & TAPPS_OPEN_KEEP_SET_COOKIE) != 0;
  engine.shared_http = (options.flags & TAPPS_OPEN_SHARED_HTTP) != 0;
  engine.keep_credentialed = (options.flags & TAPPS_OPEN_KEEP_CREDENTIALED) != 0;
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
  TAPPS_ASSIGN_OR_RETURN(engine.breakers, ReadBreakers(options));
  TAPPS_RETURN_IF_ERROR(ReadHttpDefaults(options, &engine));
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
  TAPPS_ASSIGN_OR_RETURN(cache.wal_bytes, Number("wal_bytes", options.wal_bytes, cache.wal_bytes,
                                                 64 << 10, INT64_MAX));
  TAPPS_ASSIGN_OR_RETURN(cache.max_wal_bytes, Number("max_wal_bytes", options.max_wal_bytes,
                                                     cache.max_wal_bytes, 256 << 10, INT64_MAX));
  TAPPS_ASSIGN_OR_RETURN(cache.lease_wait_us, Number("lease_wait_us", options.lease_wait_us,
                                                     cache.lease_wait_us, 1, kMinute));
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
