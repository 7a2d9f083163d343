-- The options of each call: what they are called here, and in tapps.h.
local cdef = require("tapps.cdef")
local native = require("tapps.native")

local M = {}

M.DURABILITY = {
  async = cdef.DURABILITY_ASYNC,
  memory = cdef.DURABILITY_MEMORY,
  sync = cdef.DURABILITY_SYNC,
  full = cdef.DURABILITY_FULL,
}

local function maker(struct, fields, flags)
  return function(given)
    return native.options(struct, fields, flags, given)
  end
end

M.open = maker("tapps_open_options", {
  memory_bytes = { "memory_bytes", "number" },
  memory_entries = { "memory_entries", "number" },
  disk_bytes = { "disk_bytes", "number" },
  queue_bytes = { "queue_bytes", "number" },
  commit_interval_ms = { "commit_interval_us", "ms" },
  open_timeout_ms = { "open_timeout_us", "ms" },
  put_timeout_ms = { "put_timeout_us", "ms_or_none" },
  ttl_ms = { "ttl_us", "ttl" },
  user_agent = { "user_agent", "text" },
  proxy = { "proxy", "text" },
  ca_file = { "ca_file", "text" },
  max_concurrency = { "max_concurrency", "number" },
  break_failures = { "break_failures", "number" },
  break_ms = { "break_us", "ms" },
  disk_entries = { "disk_entries", "number" },
  preload_bytes = { "preload_bytes", "number" },
  policy = { "policy", { adaptive = cdef.POLICY_ADAPTIVE, lru = cdef.POLICY_LRU } },
  no_proxy = { "no_proxy", "text" },
  secret_names = { "secret_names", "lines" },
  wal_bytes = { "wal_bytes", "number" },
  max_wal_bytes = { "max_wal_bytes", "number" },
  lease_wait_ms = { "lease_wait_us", "ms" },
  stale_if_error_ms = { "stale_if_error_us", "ms_or_none" },
  max_heuristic_ms = { "max_heuristic_us", "ms_or_none" },
  max_waiting = { "max_waiting", "number" },
  max_break_ms = { "max_break_us", "ms" },
  break_successes = { "break_successes", "number" },
  break_failure_rate = { "break_failure_rate", "number_or_none" },
  break_slow_rate = { "break_slow_rate", "number_or_none" },
  break_slow_ms = { "break_slow_us", "ms" },
  break_window_calls = { "break_window_calls", "number" },
  break_window_ms = { "break_window_us", "ms" },
  break_min_calls = { "break_min_calls", "number" },
  retry_ms = { "retry_us", "ms" },
  max_retry_ms = { "max_retry_us", "ms" },
  retry_reserve = { "retry_reserve", "number_or_none" },
  retry_percent = { "retry_percent", "number_or_none" },
}, {
  read_only = cdef.OPEN_READ_ONLY,
  offline = cdef.OPEN_OFFLINE,
  deny_private = cdef.OPEN_DENY_PRIVATE,
  keep_set_cookie = cdef.OPEN_KEEP_SET_COOKIE,
  shared_http = cdef.OPEN_SHARED_HTTP,
  keep_credentialed = cdef.OPEN_KEEP_CREDENTIALED,
})

M.get = maker("tapps_get_options", {}, {
  cached_only = cdef.GET_CACHED_ONLY,
  allow_stale = cdef.GET_ALLOW_STALE,
  peek = cdef.GET_PEEK,
  show_negative = cdef.GET_SHOW_NEGATIVE,
})

M.put = maker("tapps_put_options", {
  durability = { "durability", M.DURABILITY },
  ttl_ms = { "ttl_us", "ttl" },
  stale_ms = { "stale_us", "ms_or_endless" },
  timeout_ms = { "timeout_us", "ms_or_none" },
  content_type = { "content_type", "text" },
  source = { "source", "text" },
  tags = { "tags", "lines" },
  json = { "json", "text" },
}, { negative = cdef.PUT_NEGATIVE, sliding = cdef.PUT_SLIDING })

M.space = maker("tapps_space_options", {
  ttl_ms = { "ttl_us", "ttl" },
  stale_ms = { "stale_us", "ms_or_endless" },
  negative_ttl_ms = { "negative_ttl_us", "ttl" },
}, {})

M.load = maker("tapps_load_options", {
  wait_ms = { "timeout_us", "ms_or_none" },
  lease_ms = { "lease_us", "ms" },
  early_ms = { "early_us", "ms_or_none" },
}, {})

M.fetch = maker("tapps_fetch_options", {
  policy = {
    "policy",
    {
      default = cdef.FETCH_DEFAULT,
      reload = cdef.FETCH_RELOAD,
      no_store = cdef.FETCH_NO_STORE,
      force_cache = cdef.FETCH_FORCE_CACHE,
      only_if_cached = cdef.FETCH_ONLY_IF_CACHED,
      no_cache = cdef.FETCH_NO_CACHE,
    },
  },
  method = { "method", "text" },
  headers = { "headers", "headers" },
  timeout_ms = { "timeout_us", "ms" },
  connect_timeout_ms = { "connect_timeout_us", "ms" },
  max_body_bytes = { "max_body_bytes", "number" },
  max_redirects = { "max_redirects", "number_or_none" },
  ttl_ms = { "ttl_us", "ms" },
  retries = { "retries", "number" },
  first_byte_ms = { "first_byte_us", "ms" },
  low_speed_ms = { "low_speed_us", "ms" },
  low_speed_bytes = { "low_speed_bytes", "number" },
  max_header_bytes = { "max_header_bytes", "number" },
}, { deny_private = cdef.FETCH_DENY_PRIVATE, in_order = cdef.FETCH_IN_ORDER })

local DOCS_FLAGS = { refresh = cdef.DOCS_REFRESH, offline = cdef.DOCS_OFFLINE }

M.docs = maker("tapps_docs_options", {
  topic = { "topic", "text" },
  version = { "version", "text" },
  ecosystem = { "ecosystem", "text" },
  project_root = { "project_root", "text" },
  paths = { "paths", "lines" },
  url_template = { "url_template", "text" },
  timeout_ms = { "timeout_us", "ms" },
  max_tokens = { "max_tokens", "number" },
}, DOCS_FLAGS)

M.warm = maker("tapps_warm_options", {
  paths = { "paths", "lines" },
  url_template = { "url_template", "text" },
  concurrency = { "concurrency", "number" },
  timeout_ms = { "timeout_us", "ms" },
  max_requests = { "max_requests", "number" },
}, DOCS_FLAGS)

M.breaker = maker("tapps_breaker_options", {
  failures = { "failures", "number" },
  successes = { "successes", "number" },
  open_ms = { "open_us", "ms" },
  max_open_ms = { "max_open_us", "ms" },
  max_concurrency = { "max_concurrency", "number" },
  probes = { "probes", "number" },
  lease_ms = { "lease_us", "ms" },
  max_waiting = { "max_waiting", "number" },
  failure_rate = { "failure_rate", "number" },
  slow_rate = { "slow_rate", "number" },
  slow_ms = { "slow_us", "ms" },
  window_calls = { "window_calls", "number" },
  window_ms = { "window_us", "ms" },
  min_calls = { "min_calls", "number" },
  retries = { "retries", "number_or_none" },
  retry_ms = { "retry_us", "ms" },
  max_retry_ms = { "max_retry_us", "ms" },
  retry_reserve = { "retry_reserve", "number_or_none" },
  retry_percent = { "retry_percent", "number_or_none" },
}, {})

return M
