/* Generated from include/tapps.h by tools/generate_bindings.py; do not edit. */
/* clang-format off */
#include "option_readers.h"

bool open_options_get(napi_env env, napi_value object, struct arena* arena, tapps_open_options* options) {
  static const struct field fields[] = {
      {"flags", FIELD_UINT32, offsetof(tapps_open_options, flags)},
      {"memoryBytes", FIELD_INT64, offsetof(tapps_open_options, memory_bytes)},
      {"memoryEntries", FIELD_INT64, offsetof(tapps_open_options, memory_entries)},
      {"diskBytes", FIELD_INT64, offsetof(tapps_open_options, disk_bytes)},
      {"queueBytes", FIELD_INT64, offsetof(tapps_open_options, queue_bytes)},
      {"commitIntervalUs", FIELD_INT64, offsetof(tapps_open_options, commit_interval_us)},
      {"openTimeoutUs", FIELD_INT64, offsetof(tapps_open_options, open_timeout_us)},
      {"putTimeoutUs", FIELD_INT64, offsetof(tapps_open_options, put_timeout_us)},
      {"ttlUs", FIELD_INT64, offsetof(tapps_open_options, ttl_us)},
      {"userAgent", FIELD_TEXT, offsetof(tapps_open_options, user_agent)},
      {"proxy", FIELD_TEXT, offsetof(tapps_open_options, proxy)},
      {"caFile", FIELD_TEXT, offsetof(tapps_open_options, ca_file)},
      {"maxConcurrency", FIELD_INT64, offsetof(tapps_open_options, max_concurrency)},
      {"breakFailures", FIELD_INT64, offsetof(tapps_open_options, break_failures)},
      {"breakUs", FIELD_INT64, offsetof(tapps_open_options, break_us)},
      {"policy", FIELD_INT32, offsetof(tapps_open_options, policy)},
      {"diskEntries", FIELD_INT64, offsetof(tapps_open_options, disk_entries)},
      {"preloadBytes", FIELD_INT64, offsetof(tapps_open_options, preload_bytes)},
      {"noProxy", FIELD_TEXT, offsetof(tapps_open_options, no_proxy)},
      {"secretNames", FIELD_TEXT, offsetof(tapps_open_options, secret_names)},
      {"walBytes", FIELD_INT64, offsetof(tapps_open_options, wal_bytes)},
      {"maxWalBytes", FIELD_INT64, offsetof(tapps_open_options, max_wal_bytes)},
      {"leaseWaitUs", FIELD_INT64, offsetof(tapps_open_options, lease_wait_us)},
      {"staleIfErrorUs", FIELD_INT64, offsetof(tapps_open_options, stale_if_error_us)},
      {"maxHeuristicUs", FIELD_INT64, offsetof(tapps_open_options, max_heuristic_us)},
      {"maxWaiting", FIELD_INT64, offsetof(tapps_open_options, max_waiting)},
      {"maxBreakUs", FIELD_INT64, offsetof(tapps_open_options, max_break_us)},
      {"breakSuccesses", FIELD_INT64, offsetof(tapps_open_options, break_successes)},
      {"breakFailureRate", FIELD_INT64, offsetof(tapps_open_options, break_failure_rate)},
      {"breakSlowRate", FIELD_INT64, offsetof(tapps_open_options, break_slow_rate)},
      {"breakSlowUs", FIELD_INT64, offsetof(tapps_open_options, break_slow_us)},
      {"breakWindowCalls", FIELD_INT64, offsetof(tapps_open_options, break_window_calls)},
      {"breakWindowUs", FIELD_INT64, offsetof(tapps_open_options, break_window_us)},
      {"breakMinCalls", FIELD_INT64, offsetof(tapps_open_options, break_min_calls)},
      {"retryUs", FIELD_INT64, offsetof(tapps_open_options, retry_us)},
      {"maxRetryUs", FIELD_INT64, offsetof(tapps_open_options, max_retry_us)},
      {"retryReserve", FIELD_INT64, offsetof(tapps_open_options, retry_reserve)},
      {"retryPercent", FIELD_INT64, offsetof(tapps_open_options, retry_percent)},
  };
  return options_get(env, object, arena, fields, COUNT_OF(fields), options,
                     sizeof(*options));
}

bool get_options_get(napi_env env, napi_value object, struct arena* arena, tapps_get_options* options) {
  static const struct field fields[] = {
      {"flags", FIELD_UINT32, offsetof(tapps_get_options, flags)},
  };
  return options_get(env, object, arena, fields, COUNT_OF(fields), options,
                     sizeof(*options));
}

bool put_options_get(napi_env env, napi_value object, struct arena* arena, tapps_put_options* options) {
  static const struct field fields[] = {
      {"flags", FIELD_UINT32, offsetof(tapps_put_options, flags)},
      {"durability", FIELD_INT32, offsetof(tapps_put_options, durability)},
      {"ttlUs", FIELD_INT64, offsetof(tapps_put_options, ttl_us)},
      {"staleUs", FIELD_INT64, offsetof(tapps_put_options, stale_us)},
      {"timeoutUs", FIELD_INT64, offsetof(tapps_put_options, timeout_us)},
      {"contentType", FIELD_TEXT, offsetof(tapps_put_options, content_type)},
      {"source", FIELD_TEXT, offsetof(tapps_put_options, source)},
      {"tags", FIELD_TEXT, offsetof(tapps_put_options, tags)},
      {"json", FIELD_TEXT, offsetof(tapps_put_options, json)},
  };
  return options_get(env, object, arena, fields, COUNT_OF(fields), options,
                     sizeof(*options));
}

bool space_options_get(napi_env env, napi_value object, struct arena* arena, tapps_space_options* options) {
  static const struct field fields[] = {
      {"ttlUs", FIELD_INT64, offsetof(tapps_space_options, ttl_us)},
      {"staleUs", FIELD_INT64, offsetof(tapps_space_options, stale_us)},
      {"negativeTtlUs", FIELD_INT64, offsetof(tapps_space_options, negative_ttl_us)},
  };
  return options_get(env, object, arena, fields, COUNT_OF(fields), options,
                     sizeof(*options));
}

bool load_options_get(napi_env env, napi_value object, struct arena* arena, tapps_load_options* options) {
  static const struct field fields[] = {
      {"timeoutUs", FIELD_INT64, offsetof(tapps_load_options, timeout_us)},
      {"leaseUs", FIELD_INT64, offsetof(tapps_load_options, lease_us)},
      {"earlyUs", FIELD_INT64, offsetof(tapps_load_options, early_us)},
  };
  return options_get(env, object, arena, fields, COUNT_OF(fields), options,
                     sizeof(*options));
}

bool fetch_options_get(napi_env env, napi_value object, struct arena* arena, tapps_fetch_options* options) {
  static const struct field fields[] = {
      {"flags", FIELD_UINT32, offsetof(tapps_fetch_options, flags)},
      {"policy", FIELD_INT32, offsetof(tapps_fetch_options, policy)},
      {"method", FIELD_TEXT, offsetof(tapps_fetch_options, method)},
      {"headers", FIELD_TEXT, offsetof(tapps_fetch_options, headers)},
      {"timeoutUs", FIELD_INT64, offsetof(tapps_fetch_options, timeout_us)},
      {"connectTimeoutUs", FIELD_INT64, offsetof(tapps_fetch_options, connect_timeout_us)},
      {"maxBodyBytes", FIELD_INT64, offsetof(tapps_fetch_options, max_body_bytes)},
      {"maxRedirects", FIELD_INT64, offsetof(tapps_fetch_options, max_redirects)},
      {"ttlUs", FIELD_INT64, offsetof(tapps_fetch_options, ttl_us)},
      {"retries", FIELD_INT64, offsetof(tapps_fetch_options, retries)},
      {"firstByteUs", FIELD_INT64, offsetof(tapps_fetch_options, first_byte_us)},
      {"lowSpeedUs", FIELD_INT64, offsetof(tapps_fetch_options, low_speed_us)},
      {"lowSpeedBytes", FIELD_INT64, offsetof(tapps_fetch_options, low_speed_bytes)},
      {"maxHeaderBytes", FIELD_INT64, offsetof(tapps_fetch_options, max_header_bytes)},
  };
  return options_get(env, object, arena, fields, COUNT_OF(fields), options,
                     sizeof(*options));
}

bool docs_options_get(napi_env env, napi_value object, struct arena* arena, tapps_docs_options* options) {
  static const struct field fields[] = {
      {"flags", FIELD_UINT32, offsetof(tapps_docs_options, flags)},
      {"topic", FIELD_TEXT, offsetof(tapps_docs_options, topic)},
      {"version", FIELD_TEXT, offsetof(tapps_docs_options, version)},
      {"ecosystem", FIELD_TEXT, offsetof(tapps_docs_options, ecosystem)},
      {"projectRoot", FIELD_TEXT, offsetof(tapps_docs_options, project_root)},
      {"paths", FIELD_TEXT, offsetof(tapps_docs_options, paths)},
      {"urlTemplate", FIELD_TEXT, offsetof(tapps_docs_options, url_template)},
      {"timeoutUs", FIELD_INT64, offsetof(tapps_docs_options, timeout_us)},
      {"maxTokens", FIELD_INT64, offsetof(tapps_docs_options, max_tokens)},
  };
  return options_get(env, object, arena, fields, COUNT_OF(fields), options,
                     sizeof(*options));
}

bool warm_options_get(napi_env env, napi_value object, struct arena* arena, tapps_warm_options* options) {
  static const struct field fields[] = {
      {"flags", FIELD_UINT32, offsetof(tapps_warm_options, flags)},
      {"paths", FIELD_TEXT, offsetof(tapps_warm_options, paths)},
      {"urlTemplate", FIELD_TEXT, offsetof(tapps_warm_options, url_template)},
      {"concurrency", FIELD_INT64, offsetof(tapps_warm_options, concurrency)},
      {"timeoutUs", FIELD_INT64, offsetof(tapps_warm_options, timeout_us)},
      {"maxRequests", FIELD_INT64, offsetof(tapps_warm_options, max_requests)},
  };
  return options_get(env, object, arena, fields, COUNT_OF(fields), options,
                     sizeof(*options));
}

bool breaker_options_get(napi_env env, napi_value object, struct arena* arena, tapps_breaker_options* options) {
  static const struct field fields[] = {
      {"failures", FIELD_INT64, offsetof(tapps_breaker_options, failures)},
      {"successes", FIELD_INT64, offsetof(tapps_breaker_options, successes)},
      {"openUs", FIELD_INT64, offsetof(tapps_breaker_options, open_us)},
      {"maxOpenUs", FIELD_INT64, offsetof(tapps_breaker_options, max_open_us)},
      {"maxConcurrency", FIELD_INT64, offsetof(tapps_breaker_options, max_concurrency)},
      {"probes", FIELD_INT64, offsetof(tapps_breaker_options, probes)},
      {"leaseUs", FIELD_INT64, offsetof(tapps_breaker_options, lease_us)},
      {"maxWaiting", FIELD_INT64, offsetof(tapps_breaker_options, max_waiting)},
      {"failureRate", FIELD_INT64, offsetof(tapps_breaker_options, failure_rate)},
      {"slowRate", FIELD_INT64, offsetof(tapps_breaker_options, slow_rate)},
      {"slowUs", FIELD_INT64, offsetof(tapps_breaker_options, slow_us)},
      {"windowCalls", FIELD_INT64, offsetof(tapps_breaker_options, window_calls)},
      {"windowUs", FIELD_INT64, offsetof(tapps_breaker_options, window_us)},
      {"minCalls", FIELD_INT64, offsetof(tapps_breaker_options, min_calls)},
      {"retries", FIELD_INT64, offsetof(tapps_breaker_options, retries)},
      {"retryUs", FIELD_INT64, offsetof(tapps_breaker_options, retry_us)},
      {"maxRetryUs", FIELD_INT64, offsetof(tapps_breaker_options, max_retry_us)},
      {"retryReserve", FIELD_INT64, offsetof(tapps_breaker_options, retry_reserve)},
      {"retryPercent", FIELD_INT64, offsetof(tapps_breaker_options, retry_percent)},
  };
  return options_get(env, object, arena, fields, COUNT_OF(fields), options,
                     sizeof(*options));
}
