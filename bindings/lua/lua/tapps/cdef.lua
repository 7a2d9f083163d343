-- The declarations of tapps.h for LuaJIT's FFI. Generated from include/tapps.h by tools/generate_bindings.py; do not edit.
local M = {}

M.version = "0.1.0"
M.abi = 0

M.declarations = [[
enum {
  TAPPS_OK = 0,
  TAPPS_E_NOT_FOUND = -1,
  TAPPS_E_EXISTS = -2,
  TAPPS_E_INVALID = -10,
  TAPPS_E_UNSUPPORTED = -11,
  TAPPS_E_CLOSED = -12,
  TAPPS_E_FORKED = -13,
  TAPPS_E_VERSION = -14,
  TAPPS_E_BUSY = -20,
  TAPPS_E_WOULD_BLOCK = -21,
  TAPPS_E_TIMEOUT = -22,
  TAPPS_E_CANCELLED = -23,
  TAPPS_E_OUTCOME_UNKNOWN = -24,
  TAPPS_E_IO = -30,
  TAPPS_E_FULL = -31,
  TAPPS_E_NOMEM = -32,
  TAPPS_E_CORRUPT = -33,
  TAPPS_E_READ_ONLY = -34,
  TAPPS_E_DENIED = -35,
  TAPPS_E_NETWORK = -40,
  TAPPS_E_OPEN_CIRCUIT = -41,
  TAPPS_E_QUOTA = -42,
  TAPPS_E_OFFLINE = -43,
  TAPPS_E_TOO_LARGE = -44,
  TAPPS_E_PROTOCOL = -45,
  TAPPS_E_INTERNAL = -50
};
enum {
  TAPPS_NONE = -1,
  TAPPS_UNLIMITED = -2
};
 const char* tapps_version(void);
 int32_t tapps_abi(void);
typedef struct tapps_error tapps_error;
 int32_t tapps_error_code(const tapps_error* error);
 const char* tapps_error_message(const tapps_error* error);
 int32_t tapps_error_sqlite(const tapps_error* error);
 int32_t tapps_error_errno(const tapps_error* error);
 int32_t tapps_error_http_status(const tapps_error* error);
 int64_t tapps_error_retry_after_us(const tapps_error* error);
 void tapps_error_release(tapps_error* error);
 const char* tapps_code_name(int32_t code);
 const char* tapps_code_meaning(int32_t code);
typedef struct tapps_value tapps_value;
enum {
  TAPPS_FROM_MEMORY = 1,
  TAPPS_FROM_DISK = 2,
  TAPPS_FROM_NETWORK = 3,
  TAPPS_FROM_REVALIDATED = 4,
  TAPPS_FROM_INSTALLED = 5
};
enum {
  TAPPS_VALUE_STALE = 1,
  TAPPS_VALUE_NEGATIVE = 2
};
typedef struct tapps_info {
  int64_t version;
  int64_t created_us;
  int64_t expires_us;
  int64_t stale_until_us;
  int64_t age_us;
  int64_t size;
  int64_t tokens;
  int32_t served_from;
  uint32_t flags;
  int32_t http_status;
  int32_t padding;
  int64_t reserved[6];
} tapps_info;
enum {
  TAPPS_TEXT_CONTENT_TYPE = 1,
  TAPPS_TEXT_SOURCE = 2,
  TAPPS_TEXT_TAGS = 3,
  TAPPS_TEXT_JSON = 4,
  TAPPS_TEXT_URL = 5,
  TAPPS_TEXT_HEADERS = 6,
  TAPPS_TEXT_CACHE_STATUS = 7,
  TAPPS_TEXT_WARNING = 8,
  TAPPS_TEXT_LIBRARY = 9,
  TAPPS_TEXT_LIBRARY_VERSION = 10,
  TAPPS_TEXT_ECOSYSTEM = 11,
  TAPPS_TEXT_TOPIC = 12
};
 const void* tapps_value_data(const tapps_value* value, size_t* size);
 void tapps_value_info(const tapps_value* value, tapps_info* info);
 const char* tapps_value_text(const tapps_value* value, int32_t text, size_t* size);
 tapps_value* tapps_value_retain(tapps_value* value);
 void tapps_value_release(tapps_value* value);
typedef struct tapps_cache tapps_cache;
enum {
  TAPPS_OPEN_READ_ONLY = 1,
  TAPPS_OPEN_OFFLINE = 2,
  TAPPS_OPEN_DENY_PRIVATE = 16,
  TAPPS_OPEN_KEEP_SET_COOKIE = 32,
  TAPPS_OPEN_SHARED_HTTP = 64,
  TAPPS_OPEN_KEEP_CREDENTIALED = 128
};
enum {
  TAPPS_POLICY_ADAPTIVE = 0,
  TAPPS_POLICY_LRU = 1
};
typedef struct tapps_open_options {
  uint32_t struct_size;
  uint32_t flags;
  int64_t memory_bytes;
  int64_t memory_entries;
  int64_t disk_bytes;
  int64_t queue_bytes;
  int64_t commit_interval_us;
  int64_t open_timeout_us;
  int64_t put_timeout_us;
  int64_t ttl_us;
  const char* user_agent;
  const char* proxy;
  const char* ca_file;
  int64_t max_concurrency;
  int64_t break_failures;
  int64_t break_us;
  int32_t policy;
  int32_t padding;
  int64_t disk_entries;
  int64_t preload_bytes;
  const char* no_proxy;
  const char* secret_names;
  int64_t wal_bytes;
  int64_t max_wal_bytes;
  int64_t lease_wait_us;
  int64_t stale_if_error_us;
  int64_t max_heuristic_us;
  int64_t max_waiting;
  int64_t max_break_us;
  int64_t break_successes;
  int64_t break_failure_rate;
  int64_t break_slow_rate;
  int64_t break_slow_us;
  int64_t break_window_calls;
  int64_t break_window_us;
  int64_t break_min_calls;
  int64_t retry_us;
  int64_t max_retry_us;
  int64_t retry_reserve;
  int64_t retry_percent;
} tapps_open_options;
 int32_t tapps_cache_open(const char* path, const tapps_open_options* options,
                                   tapps_cache** cache, tapps_error** err);
 int32_t tapps_cache_close(tapps_cache* cache, int64_t deadline_us, tapps_error** err);
 void tapps_cache_release(tapps_cache* cache);
enum {
  TAPPS_STATE_OK = 0,
  TAPPS_STATE_READ_ONLY = 1,
  TAPPS_STATE_MEMORY = 2,
  TAPPS_STATE_LOCKED = 3,
  TAPPS_STATE_FULL = 4,
  TAPPS_STATE_FAILED = 5,
  TAPPS_STATE_WAL_PINNED = 6,
  TAPPS_STATE_CLOSED = 7
};
 int32_t tapps_cache_state(const tapps_cache* cache);
 const char* tapps_cache_path(const tapps_cache* cache);
enum {
  TAPPS_GET_CACHED_ONLY = 1,
  TAPPS_GET_ALLOW_STALE = 2,
  TAPPS_GET_PEEK = 4,
  TAPPS_GET_SHOW_NEGATIVE = 8
};
typedef struct tapps_get_options {
  uint32_t struct_size;
  uint32_t flags;
} tapps_get_options;
enum {
  TAPPS_DURABILITY_ASYNC = 0,
  TAPPS_DURABILITY_MEMORY = 1,
  TAPPS_DURABILITY_SYNC = 2,
  TAPPS_DURABILITY_FULL = 3
};
enum {
  TAPPS_PUT_NEGATIVE = 1,
  TAPPS_PUT_SLIDING = 2
};
typedef struct tapps_put_options {
  uint32_t struct_size;
  uint32_t flags;
  int32_t durability;
  int32_t padding;
  int64_t ttl_us;
  int64_t stale_us;
  int64_t timeout_us;
  const char* content_type;
  const char* source;
  const char* tags;
  const char* json;
} tapps_put_options;
 int32_t tapps_cache_get(tapps_cache* cache, const char* space, const void* key,
                                  size_t key_size, const tapps_get_options* options,
                                  tapps_value** value, const void** data, size_t* size,
                                  tapps_error** err);
typedef struct tapps_get_item {
  const void* key;
  size_t key_size;
  tapps_value* value;
  const void* data;
  size_t size;
  int32_t code;
  int32_t padding;
} tapps_get_item;
 int32_t tapps_cache_contains(tapps_cache* cache, const char* space, const void* key,
                                       size_t key_size, int64_t* version, tapps_error** err);
 int32_t tapps_cache_get_many(tapps_cache* cache, const char* space, tapps_get_item* items,
                                       size_t count, const tapps_get_options* options,
                                       tapps_error** err);
 int32_t tapps_cache_put(tapps_cache* cache, const char* space, const void* key,
                                  size_t key_size, const void* data, size_t size,
                                  const tapps_put_options* options, tapps_error** err);
typedef struct tapps_put_item {
  const void* key;
  size_t key_size;
  const void* data;
  size_t size;
} tapps_put_item;
 int32_t tapps_cache_put_many(tapps_cache* cache, const char* space,
                                       const tapps_put_item* items, size_t count,
                                       const tapps_put_options* options, tapps_error** err);
 int32_t tapps_cache_swap(tapps_cache* cache, const char* space, const void* key,
                                   size_t key_size, int64_t expected, const void* data, size_t size,
                                   const tapps_put_options* options, int64_t* version,
                                   tapps_error** err);
 int32_t tapps_cache_delete(tapps_cache* cache, const char* space, const void* key,
                                     size_t key_size, int32_t durability, tapps_error** err);
typedef struct tapps_filter {
  uint32_t struct_size;
  uint32_t padding;
  const char* space;
  const void* prefix;
  size_t prefix_size;
  const char* tag;
} tapps_filter;
 int32_t tapps_cache_delete_all(tapps_cache* cache, const tapps_filter* filter,
                                         int64_t* removed, tapps_error** err);
 int32_t tapps_cache_count(tapps_cache* cache, const tapps_filter* filter,
                                    int64_t* entries, int64_t* bytes, tapps_error** err);
 int32_t tapps_cache_touch(tapps_cache* cache, const char* space, const void* key,
                                    size_t key_size, int64_t ttl_us, tapps_error** err);
 int32_t tapps_cache_flush(tapps_cache* cache, int64_t timeout_us, tapps_error** err);
typedef struct tapps_space_options {
  uint32_t struct_size;
  uint32_t padding;
  int64_t ttl_us;
  int64_t stale_us;
  int64_t negative_ttl_us;
} tapps_space_options;
 int32_t tapps_cache_set_space(tapps_cache* cache, const char* space,
                                        const tapps_space_options* options, tapps_error** err);
typedef struct tapps_load_options {
  uint32_t struct_size;
  uint32_t padding;
  int64_t timeout_us;
  int64_t lease_us;
  int64_t early_us;
} tapps_load_options;
 int32_t tapps_cache_load(tapps_cache* cache, const char* space, const void* key,
                                   size_t key_size, const tapps_load_options* options,
                                   tapps_value** value, const void** data, size_t* size,
                                   int64_t* lease, tapps_error** err);
 int32_t tapps_cache_load_finish(tapps_cache* cache, int64_t lease, const void* data,
                                          size_t size, const tapps_put_options* options,
                                          tapps_error** err);
 void tapps_cache_load_abandon(tapps_cache* cache, int64_t lease);
enum {
  TAPPS_CHECK_DEEP = 1
};
 int32_t tapps_cache_backup(tapps_cache* cache, const char* path, tapps_error** err);
 int32_t tapps_cache_check(tapps_cache* cache, uint32_t flags, tapps_value** value,
                                    const void** data, size_t* size, tapps_error** err);
 int32_t tapps_cache_compact(tapps_cache* cache, int64_t timeout_us, int64_t* freed,
                                      tapps_error** err);
 int32_t tapps_cache_survey(tapps_cache* cache, tapps_value** value, const void** data,
                                     size_t* size, tapps_error** err);
typedef struct tapps_cursor tapps_cursor;
typedef struct tapps_entry {
  const void* key;
  size_t key_size;
  const char* space;
  const char* content_type;
  int64_t size;
  int64_t created_us;
  int64_t expires_us;
  int64_t last_used_us;
  int64_t hits;
  uint32_t flags;
  uint32_t padding;
  int64_t reserved[4];
} tapps_entry;
 int32_t tapps_cursor_open(tapps_cache* cache, const char* space, const void* prefix,
                                    size_t prefix_size, tapps_cursor** cursor, tapps_error** err);
 int32_t tapps_cursor_next(tapps_cursor* cursor, tapps_entry* entry, tapps_error** err);
 void tapps_cursor_release(tapps_cursor* cursor);
 int32_t tapps_cache_stats(tapps_cache* cache, tapps_value** value, const void** data,
                                    size_t* size, tapps_error** err);
typedef struct tapps_queue tapps_queue;
enum {
  TAPPS_RECORD_GET = 1,
  TAPPS_RECORD_PUT = 2,
  TAPPS_RECORD_FLUSH = 3,
  TAPPS_RECORD_FETCH = 4,
  TAPPS_RECORD_DOCS = 5,
  TAPPS_RECORD_WARM = 6,
  TAPPS_RECORD_DELETE = 7,
  TAPPS_RECORD_DELETE_ALL = 8,
  TAPPS_RECORD_TOUCH = 9,
  TAPPS_RECORD_SWAP = 10,
  TAPPS_RECORD_CONTAINS = 11,
  TAPPS_RECORD_COUNT = 12,
  TAPPS_RECORD_LOAD = 13,
  TAPPS_RECORD_BACKUP = 14,
  TAPPS_RECORD_CHECK = 15,
  TAPPS_RECORD_COMPACT = 16,
  TAPPS_RECORD_SURVEY = 17,
  TAPPS_RECORD_ACQUIRE = 18,
  TAPPS_EVENT_PROGRESS = 64,
  TAPPS_EVENT_BREAKER = 65,
  TAPPS_EVENT_STATE = 66,
  TAPPS_EVENT_DAMAGE = 67,
  TAPPS_EVENT_EVICTION = 68
};
typedef struct tapps_record {
  int64_t op;
  uint64_t user_data;
  int32_t kind;
  int32_t code;
  tapps_value* value;
  const void* data;
  size_t size;
  tapps_error* error;
  int64_t number;
  int64_t bytes;
} tapps_record;
 int32_t tapps_queue_open(tapps_cache* cache, tapps_queue** queue, tapps_error** err);
 int64_t tapps_queue_fd(const tapps_queue* queue);
 size_t tapps_queue_drain(tapps_queue* queue, tapps_record* records, size_t max);
 int32_t tapps_queue_wait(tapps_queue* queue, int64_t timeout_us, tapps_record* records,
                                   size_t max, size_t* count, tapps_error** err);
 void tapps_queue_cancel(tapps_queue* queue, int64_t op);
 void tapps_queue_notify(tapps_queue* queue, void (*notify)(void* context), void* context);
 int32_t tapps_queue_subscribe(tapps_queue* queue, uint32_t kinds, tapps_error** err);
 void tapps_queue_release(tapps_queue* queue);
 int32_t tapps_queue_get(tapps_queue* queue, const char* space, const void* key,
                                  size_t key_size, const tapps_get_options* options,
                                  uint64_t user_data, int64_t* op, tapps_error** err);
 int32_t tapps_queue_put(tapps_queue* queue, const char* space, const void* key,
                                  size_t key_size, const void* data, size_t size,
                                  const tapps_put_options* options, uint64_t user_data, int64_t* op,
                                  tapps_error** err);
 int32_t tapps_queue_flush(tapps_queue* queue, int64_t timeout_us, uint64_t user_data,
                                    int64_t* op, tapps_error** err);
 int32_t tapps_queue_get_many(tapps_queue* queue, const char* space,
                                       const tapps_get_item* items, size_t count,
                                       const tapps_get_options* options, uint64_t user_data,
                                       int64_t* op, tapps_error** err);
 int32_t tapps_queue_put_many(tapps_queue* queue, const char* space,
                                       const tapps_put_item* items, size_t count,
                                       const tapps_put_options* options, uint64_t user_data,
                                       int64_t* op, tapps_error** err);
 int32_t tapps_queue_swap(tapps_queue* queue, const char* space, const void* key,
                                   size_t key_size, int64_t expected, const void* data, size_t size,
                                   const tapps_put_options* options, uint64_t user_data,
                                   int64_t* op, tapps_error** err);
 int32_t tapps_queue_delete(tapps_queue* queue, const char* space, const void* key,
                                     size_t key_size, int32_t durability, uint64_t user_data,
                                     int64_t* op, tapps_error** err);
 int32_t tapps_queue_delete_all(tapps_queue* queue, const tapps_filter* filter,
                                         uint64_t user_data, int64_t* op, tapps_error** err);
 int32_t tapps_queue_touch(tapps_queue* queue, const char* space, const void* key,
                                    size_t key_size, int64_t ttl_us, uint64_t user_data,
                                    int64_t* op, tapps_error** err);
 int32_t tapps_queue_contains(tapps_queue* queue, const char* space, const void* key,
                                       size_t key_size, uint64_t user_data, int64_t* op,
                                       tapps_error** err);
 int32_t tapps_queue_count(tapps_queue* queue, const tapps_filter* filter,
                                    uint64_t user_data, int64_t* op, tapps_error** err);
 int32_t tapps_queue_load(tapps_queue* queue, const char* space, const void* key,
                                   size_t key_size, const tapps_load_options* options,
                                   uint64_t user_data, int64_t* op, tapps_error** err);
 int32_t tapps_queue_backup(tapps_queue* queue, const char* path, uint64_t user_data,
                                     int64_t* op, tapps_error** err);
 int32_t tapps_queue_check(tapps_queue* queue, uint32_t flags, uint64_t user_data,
                                    int64_t* op, tapps_error** err);
 int32_t tapps_queue_compact(tapps_queue* queue, int64_t timeout_us, uint64_t user_data,
                                      int64_t* op, tapps_error** err);
 int32_t tapps_queue_survey(tapps_queue* queue, uint64_t user_data, int64_t* op,
                                     tapps_error** err);
enum {
  TAPPS_FETCH_DEFAULT = 0,
  TAPPS_FETCH_RELOAD = 1,
  TAPPS_FETCH_NO_STORE = 2,
  TAPPS_FETCH_FORCE_CACHE = 3,
  TAPPS_FETCH_ONLY_IF_CACHED = 4,
  TAPPS_FETCH_NO_CACHE = 5
};
enum {
  TAPPS_FETCH_DENY_PRIVATE = 1,
  TAPPS_FETCH_IN_ORDER = 2
};
typedef struct tapps_fetch_options {
  uint32_t struct_size;
  uint32_t flags;
  int32_t policy;
  int32_t padding;
  const char* method;
  const char* headers;
  const void* body;
  size_t body_size;
  int64_t timeout_us;
  int64_t connect_timeout_us;
  int64_t max_body_bytes;
  int64_t max_redirects;
  int64_t ttl_us;
  int64_t retries;
  int64_t first_byte_us;
  int64_t low_speed_us;
  int64_t low_speed_bytes;
  int64_t max_header_bytes;
} tapps_fetch_options;
 int32_t tapps_cache_fetch(tapps_cache* cache, const char* url,
                                    const tapps_fetch_options* options, tapps_value** value,
                                    const void** data, size_t* size, tapps_error** err);
 int32_t tapps_queue_fetch(tapps_queue* queue, const char* url,
                                    const tapps_fetch_options* options, uint64_t user_data,
                                    int64_t* op, tapps_error** err);
 int32_t tapps_queue_fetch_many(tapps_queue* queue, const char* urls,
                                         const tapps_fetch_options* options, int64_t parallel,
                                         uint64_t user_data, int64_t* ops, size_t capacity,
                                         size_t* count, tapps_error** err);
 int32_t tapps_cache_set_offline(tapps_cache* cache, int32_t offline, tapps_error** err);
enum {
  TAPPS_DOCS_REFRESH = 1,
  TAPPS_DOCS_OFFLINE = 2
};
typedef struct tapps_docs_options {
  uint32_t struct_size;
  uint32_t flags;
  const char* topic;
  const char* version;
  const char* ecosystem;
  const char* project_root;
  const char* paths;
  const char*
      url_template;
  int64_t timeout_us;
  int64_t max_tokens;
} tapps_docs_options;
 int32_t tapps_docs_lookup(tapps_cache* cache, const char* library,
                                    const tapps_docs_options* options, tapps_value** value,
                                    const void** data, size_t* size, tapps_error** err);
 int32_t tapps_queue_docs(tapps_queue* queue, const char* library,
                                   const tapps_docs_options* options, uint64_t user_data,
                                   int64_t* op, tapps_error** err);
typedef struct tapps_plan tapps_plan;
typedef struct tapps_warm_options {
  uint32_t struct_size;
  uint32_t flags;
  const char* paths;
  const char* url_template;
  int64_t concurrency;
  int64_t timeout_us;
  int64_t max_requests;
} tapps_warm_options;
 int32_t tapps_plan_open(tapps_cache* cache, const char* root,
                                  const tapps_warm_options* options, tapps_plan** plan,
                                  tapps_error** err);
 size_t tapps_plan_count(const tapps_plan* plan);
 int32_t tapps_plan_describe(tapps_plan* plan, tapps_value** value, const void** data,
                                      size_t* size, tapps_error** err);
 int32_t tapps_queue_warm(tapps_queue* queue, tapps_plan* plan, uint64_t user_data,
                                   int64_t* op, tapps_error** err);
 void tapps_plan_release(tapps_plan* plan);
typedef struct tapps_breaker tapps_breaker;
enum { TAPPS_BREAKER_CLOSED = 0, TAPPS_BREAKER_OPEN = 1, TAPPS_BREAKER_HALF_OPEN = 2 };
enum {
  TAPPS_OUTCOME_SUCCESS = 0,
  TAPPS_OUTCOME_FAILURE = 1,
  TAPPS_OUTCOME_IGNORED = 2,
  TAPPS_OUTCOME_LOCAL_FAILURE = 3
};
enum { TAPPS_BREAKER_AUTO = 0, TAPPS_BREAKER_FORCE_OPEN = 1, TAPPS_BREAKER_FORCE_CLOSED = 2 };
typedef struct tapps_breaker_options {
  uint32_t struct_size;
  uint32_t padding;
  int64_t failures;
  int64_t successes;
  int64_t open_us;
  int64_t max_open_us;
  int64_t max_concurrency;
  int64_t probes;
  int64_t lease_us;
  int64_t max_waiting;
  int64_t failure_rate;
  int64_t slow_rate;
  int64_t slow_us;
  int64_t window_calls;
  int64_t window_us;
  int64_t min_calls;
  int64_t retries;
  int64_t retry_us;
  int64_t max_retry_us;
  int64_t retry_reserve;
  int64_t retry_percent;
} tapps_breaker_options;
typedef struct tapps_breaker_info {
  int32_t state;
  int32_t forced;
  int64_t failures_in_row;
  int64_t in_flight;
  int64_t retry_after_us;
  int64_t successes;
  int64_t failures;
  int64_t ignored;
  int64_t rejected;
  int64_t transitions;
  int64_t waiting;
  int64_t quota_us;
  int64_t window_calls;
  int64_t window_failures;
  int64_t window_slow;
  int64_t reserved;
} tapps_breaker_info;
 int32_t tapps_breaker_open(tapps_cache* cache, const char* name,
                                     const tapps_breaker_options* options, tapps_breaker** breaker,
                                     tapps_error** err);
 int32_t tapps_breaker_acquire(tapps_breaker* breaker, int64_t* permit, tapps_error** err);
 int32_t tapps_breaker_wait(tapps_breaker* breaker, int64_t wait_us, int64_t* permit,
                                     tapps_error** err);
 int32_t tapps_queue_acquire(tapps_queue* queue, tapps_breaker* breaker, int64_t wait_us,
                                      uint64_t user_data, int64_t* op, tapps_error** err);
 void tapps_breaker_report(tapps_breaker* breaker, int64_t permit, int32_t outcome);
 int32_t tapps_breaker_retry(tapps_breaker* breaker, int64_t attempt, int32_t status,
                                      int64_t retry_after_us, int64_t* delay_us, tapps_error** err);
 int32_t tapps_breaker_limit(tapps_breaker* breaker, int64_t calls, int64_t within_us,
                                      tapps_error** err);
 void tapps_breaker_read(tapps_breaker* breaker, tapps_breaker_info* info);
 int32_t tapps_breaker_force(tapps_breaker* breaker, int32_t mode, tapps_error** err);
 void tapps_breaker_release(tapps_breaker* breaker);
]]

-- The constants without TAPPS_.
M.OK = 0
M.E_NOT_FOUND = -1
M.E_EXISTS = -2
M.E_INVALID = -10
M.E_UNSUPPORTED = -11
M.E_CLOSED = -12
M.E_FORKED = -13
M.E_VERSION = -14
M.E_BUSY = -20
M.E_WOULD_BLOCK = -21
M.E_TIMEOUT = -22
M.E_CANCELLED = -23
M.E_OUTCOME_UNKNOWN = -24
M.E_IO = -30
M.E_FULL = -31
M.E_NOMEM = -32
M.E_CORRUPT = -33
M.E_READ_ONLY = -34
M.E_DENIED = -35
M.E_NETWORK = -40
M.E_OPEN_CIRCUIT = -41
M.E_QUOTA = -42
M.E_OFFLINE = -43
M.E_TOO_LARGE = -44
M.E_PROTOCOL = -45
M.E_INTERNAL = -50
M.NONE = -1
M.UNLIMITED = -2
M.FROM_MEMORY = 1
M.FROM_DISK = 2
M.FROM_NETWORK = 3
M.FROM_REVALIDATED = 4
M.FROM_INSTALLED = 5
M.VALUE_STALE = 1
M.VALUE_NEGATIVE = 2
M.TEXT_CONTENT_TYPE = 1
M.TEXT_SOURCE = 2
M.TEXT_TAGS = 3
M.TEXT_JSON = 4
M.TEXT_URL = 5
M.TEXT_HEADERS = 6
M.TEXT_CACHE_STATUS = 7
M.TEXT_WARNING = 8
M.TEXT_LIBRARY = 9
M.TEXT_LIBRARY_VERSION = 10
M.TEXT_ECOSYSTEM = 11
M.TEXT_TOPIC = 12
M.OPEN_READ_ONLY = 1
M.OPEN_OFFLINE = 2
M.OPEN_DENY_PRIVATE = 16
M.OPEN_KEEP_SET_COOKIE = 32
M.OPEN_SHARED_HTTP = 64
M.OPEN_KEEP_CREDENTIALED = 128
M.POLICY_ADAPTIVE = 0
M.POLICY_LRU = 1
M.STATE_OK = 0
M.STATE_READ_ONLY = 1
M.STATE_MEMORY = 2
M.STATE_LOCKED = 3
M.STATE_FULL = 4
M.STATE_FAILED = 5
M.STATE_WAL_PINNED = 6
M.STATE_CLOSED = 7
M.GET_CACHED_ONLY = 1
M.GET_ALLOW_STALE = 2
M.GET_PEEK = 4
M.GET_SHOW_NEGATIVE = 8
M.DURABILITY_ASYNC = 0
M.DURABILITY_MEMORY = 1
M.DURABILITY_SYNC = 2
M.DURABILITY_FULL = 3
M.PUT_NEGATIVE = 1
M.PUT_SLIDING = 2
M.CHECK_DEEP = 1
M.RECORD_GET = 1
M.RECORD_PUT = 2
M.RECORD_FLUSH = 3
M.RECORD_FETCH = 4
M.RECORD_DOCS = 5
M.RECORD_WARM = 6
M.RECORD_DELETE = 7
M.RECORD_DELETE_ALL = 8
M.RECORD_TOUCH = 9
M.RECORD_SWAP = 10
M.RECORD_CONTAINS = 11
M.RECORD_COUNT = 12
M.RECORD_LOAD = 13
M.RECORD_BACKUP = 14
M.RECORD_CHECK = 15
M.RECORD_COMPACT = 16
M.RECORD_SURVEY = 17
M.RECORD_ACQUIRE = 18
M.EVENT_PROGRESS = 64
M.EVENT_BREAKER = 65
M.EVENT_STATE = 66
M.EVENT_DAMAGE = 67
M.EVENT_EVICTION = 68
M.FETCH_DEFAULT = 0
M.FETCH_RELOAD = 1
M.FETCH_NO_STORE = 2
M.FETCH_FORCE_CACHE = 3
M.FETCH_ONLY_IF_CACHED = 4
M.FETCH_NO_CACHE = 5
M.FETCH_DENY_PRIVATE = 1
M.FETCH_IN_ORDER = 2
M.DOCS_REFRESH = 1
M.DOCS_OFFLINE = 2
M.BREAKER_CLOSED = 0
M.BREAKER_OPEN = 1
M.BREAKER_HALF_OPEN = 2
M.OUTCOME_SUCCESS = 0
M.OUTCOME_FAILURE = 1
M.OUTCOME_IGNORED = 2
M.OUTCOME_LOCAL_FAILURE = 3
M.BREAKER_AUTO = 0
M.BREAKER_FORCE_OPEN = 1
M.BREAKER_FORCE_CLOSED = 2

-- The names of the errors by their numbers.
M.codes = {
  [-1] = "NOT_FOUND",
  [-2] = "EXISTS",
  [-10] = "INVALID",
  [-11] = "UNSUPPORTED",
  [-12] = "CLOSED",
  [-13] = "FORKED",
  [-14] = "VERSION",
  [-20] = "BUSY",
  [-21] = "WOULD_BLOCK",
  [-22] = "TIMEOUT",
  [-23] = "CANCELLED",
  [-24] = "OUTCOME_UNKNOWN",
  [-30] = "IO",
  [-31] = "FULL",
  [-32] = "NOMEM",
  [-33] = "CORRUPT",
  [-34] = "READ_ONLY",
  [-35] = "DENIED",
  [-40] = "NETWORK",
  [-41] = "OPEN_CIRCUIT",
  [-42] = "QUOTA",
  [-43] = "OFFLINE",
  [-44] = "TOO_LARGE",
  [-45] = "PROTOCOL",
  [-50] = "INTERNAL",
}

-- All functions, in the order of the header.
M.functions = {
  "tapps_version",
  "tapps_abi",
  "tapps_error_code",
  "tapps_error_message",
  "tapps_error_sqlite",
  "tapps_error_errno",
  "tapps_error_http_status",
  "tapps_error_retry_after_us",
  "tapps_error_release",
  "tapps_code_name",
  "tapps_code_meaning",
  "tapps_value_data",
  "tapps_value_info",
  "tapps_value_text",
  "tapps_value_retain",
  "tapps_value_release",
  "tapps_cache_open",
  "tapps_cache_close",
  "tapps_cache_release",
  "tapps_cache_state",
  "tapps_cache_path",
  "tapps_cache_get",
  "tapps_cache_contains",
  "tapps_cache_get_many",
  "tapps_cache_put",
  "tapps_cache_put_many",
  "tapps_cache_swap",
  "tapps_cache_delete",
  "tapps_cache_delete_all",
  "tapps_cache_count",
  "tapps_cache_touch",
  "tapps_cache_flush",
  "tapps_cache_set_space",
  "tapps_cache_load",
  "tapps_cache_load_finish",
  "tapps_cache_load_abandon",
  "tapps_cache_backup",
  "tapps_cache_check",
  "tapps_cache_compact",
  "tapps_cache_survey",
  "tapps_cursor_open",
  "tapps_cursor_next",
  "tapps_cursor_release",
  "tapps_cache_stats",
  "tapps_queue_open",
  "tapps_queue_fd",
  "tapps_queue_drain",
  "tapps_queue_wait",
  "tapps_queue_cancel",
  "tapps_queue_notify",
  "tapps_queue_subscribe",
  "tapps_queue_release",
  "tapps_queue_get",
  "tapps_queue_put",
  "tapps_queue_flush",
  "tapps_queue_get_many",
  "tapps_queue_put_many",
  "tapps_queue_swap",
  "tapps_queue_delete",
  "tapps_queue_delete_all",
  "tapps_queue_touch",
  "tapps_queue_contains",
  "tapps_queue_count",
  "tapps_queue_load",
  "tapps_queue_backup",
  "tapps_queue_check",
  "tapps_queue_compact",
  "tapps_queue_survey",
  "tapps_cache_fetch",
  "tapps_queue_fetch",
  "tapps_queue_fetch_many",
  "tapps_cache_set_offline",
  "tapps_docs_lookup",
  "tapps_queue_docs",
  "tapps_plan_open",
  "tapps_plan_count",
  "tapps_plan_describe",
  "tapps_queue_warm",
  "tapps_plan_release",
  "tapps_breaker_open",
  "tapps_breaker_acquire",
  "tapps_breaker_wait",
  "tapps_queue_acquire",
  "tapps_breaker_report",
  "tapps_breaker_retry",
  "tapps_breaker_limit",
  "tapps_breaker_read",
  "tapps_breaker_force",
  "tapps_breaker_release",
}

return M
