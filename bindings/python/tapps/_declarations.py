"""The declarations of tapps.h for ctypes. Generated from include/tapps.h by tools/generate_bindings.py; do not edit."""

from __future__ import annotations

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_uint8,
    c_void_p,
)
from typing import Any, Callable, Final

VERSION: Final = "0.1.0"
ABI: Final = 0

# Result codes, grouped by what the caller should do.
OK: Final = 0
E_NOT_FOUND: Final = -1
E_EXISTS: Final = -2
E_INVALID: Final = -10
E_UNSUPPORTED: Final = -11
E_CLOSED: Final = -12
E_FORKED: Final = -13
E_VERSION: Final = -14
E_BUSY: Final = -20
E_WOULD_BLOCK: Final = -21
E_TIMEOUT: Final = -22
E_CANCELLED: Final = -23
E_OUTCOME_UNKNOWN: Final = -24
E_IO: Final = -30
E_FULL: Final = -31
E_NOMEM: Final = -32
E_CORRUPT: Final = -33
E_READ_ONLY: Final = -34
E_DENIED: Final = -35
E_NETWORK: Final = -40
E_OPEN_CIRCUIT: Final = -41
E_QUOTA: Final = -42
E_OFFLINE: Final = -43
E_TOO_LARGE: Final = -44
E_PROTOCOL: Final = -45
E_INTERNAL: Final = -50

NONE: Final = -1
UNLIMITED: Final = -2

# Where a value came from.
FROM_MEMORY: Final = 1
FROM_DISK: Final = 2
FROM_NETWORK: Final = 3
FROM_REVALIDATED: Final = 4
FROM_INSTALLED: Final = 5

# Bits of tapps_info.flags.
VALUE_STALE: Final = 1
VALUE_NEGATIVE: Final = 2

# The texts known about a value.
TEXT_CONTENT_TYPE: Final = 1
TEXT_SOURCE: Final = 2
TEXT_TAGS: Final = 3
TEXT_JSON: Final = 4
TEXT_URL: Final = 5
TEXT_HEADERS: Final = 6
TEXT_CACHE_STATUS: Final = 7
TEXT_WARNING: Final = 8
TEXT_LIBRARY: Final = 9
TEXT_LIBRARY_VERSION: Final = 10
TEXT_ECOSYSTEM: Final = 11
TEXT_TOPIC: Final = 12

# Bits of tapps_open_options.flags.
OPEN_READ_ONLY: Final = 1
OPEN_OFFLINE: Final = 2
OPEN_DENY_PRIVATE: Final = 16
OPEN_KEEP_SET_COOKIE: Final = 32
OPEN_SHARED_HTTP: Final = 64
OPEN_KEEP_CREDENTIALED: Final = 128

# How the memory tier chooses what to forget when it is full.
POLICY_ADAPTIVE: Final = 0
POLICY_LRU: Final = 1

# How the cache stands.
STATE_OK: Final = 0
STATE_READ_ONLY: Final = 1
STATE_MEMORY: Final = 2
STATE_LOCKED: Final = 3
STATE_FULL: Final = 4
STATE_FAILED: Final = 5
STATE_WAL_PINNED: Final = 6
STATE_CLOSED: Final = 7

# Bits of tapps_get_options.flags.
GET_CACHED_ONLY: Final = 1
GET_ALLOW_STALE: Final = 2
GET_PEEK: Final = 4
GET_SHOW_NEGATIVE: Final = 8

# How long a put is waited for and what a crash may lose.
DURABILITY_ASYNC: Final = 0
DURABILITY_MEMORY: Final = 1
DURABILITY_SYNC: Final = 2
DURABILITY_FULL: Final = 3

# Bits of tapps_put_options.flags.
PUT_NEGATIVE: Final = 1
PUT_SLIDING: Final = 2

# Bits of the flags of tapps_cache_check.
CHECK_DEEP: Final = 1

# What a record tells.
RECORD_GET: Final = 1
RECORD_PUT: Final = 2
RECORD_FLUSH: Final = 3
RECORD_FETCH: Final = 4
RECORD_DOCS: Final = 5
RECORD_WARM: Final = 6
RECORD_DELETE: Final = 7
RECORD_DELETE_ALL: Final = 8
RECORD_TOUCH: Final = 9
RECORD_SWAP: Final = 10
RECORD_CONTAINS: Final = 11
RECORD_COUNT: Final = 12
RECORD_LOAD: Final = 13
RECORD_BACKUP: Final = 14
RECORD_CHECK: Final = 15
RECORD_COMPACT: Final = 16
RECORD_SURVEY: Final = 17
RECORD_ACQUIRE: Final = 18
EVENT_PROGRESS: Final = 64
EVENT_BREAKER: Final = 65
EVENT_STATE: Final = 66
EVENT_DAMAGE: Final = 67
EVENT_EVICTION: Final = 68

# How the cache is used by a fetch.
FETCH_DEFAULT: Final = 0
FETCH_RELOAD: Final = 1
FETCH_NO_STORE: Final = 2
FETCH_FORCE_CACHE: Final = 3
FETCH_ONLY_IF_CACHED: Final = 4
FETCH_NO_CACHE: Final = 5

# Bits of tapps_fetch_options.flags.
FETCH_DENY_PRIVATE: Final = 1
FETCH_IN_ORDER: Final = 2

# Bits of tapps_docs_options.flags.
DOCS_REFRESH: Final = 1
DOCS_OFFLINE: Final = 2

BREAKER_CLOSED: Final = 0
BREAKER_OPEN: Final = 1
BREAKER_HALF_OPEN: Final = 2

# How a call went.
OUTCOME_SUCCESS: Final = 0
OUTCOME_FAILURE: Final = 1
OUTCOME_IGNORED: Final = 2
OUTCOME_LOCAL_FAILURE: Final = 3

BREAKER_AUTO: Final = 0
BREAKER_FORCE_OPEN: Final = 1
BREAKER_FORCE_CLOSED: Final = 2

# The names of the errors, and what they mean.
CODES: Final = {
    -1: ("NOT_FOUND", "nothing there (or remembered as not there)"),
    -2: ("EXISTS", "already there, or open with other options"),
    -10: ("INVALID", "an argument breaks its contract; the message says which"),
    -11: ("UNSUPPORTED", "this release, file system or build cannot do it"),
    -12: ("CLOSED", "the object was closed"),
    -13: ("FORKED", "used in a child process after fork"),
    -14: ("VERSION", "file or header of another, incompatible major version"),
    -20: ("BUSY", "a bounded queue or a concurrency limit is full"),
    -21: ("WOULD_BLOCK", "the answer is not in memory and the call may not touch the disk"),
    -22: ("TIMEOUT", "the deadline passed; nothing was changed in the file"),
    -23: ("CANCELLED", "cancelled by the host"),
    -24: ("OUTCOME_UNKNOWN", "too late in the commit, or a full put not synced"),
    -30: ("IO", ""),
    -31: ("FULL", "the disk, or a limit of the cache, is full"),
    -32: ("NOMEM", ""),
    -33: ("CORRUPT", "not a cache file, or damaged"),
    -34: ("READ_ONLY", "the file or folder may not be written"),
    -35: ("DENIED", "no permission, or a file or folder of another owner"),
    -40: ("NETWORK", "could not connect, or the transfer failed"),
    -41: ("OPEN_CIRCUIT", "failing fast: the breaker is open"),
    -42: ("QUOTA", "failing fast: the origin asked to wait"),
    -43: ("OFFLINE", "the network is switched off by policy"),
    -44: ("TOO_LARGE", "a body, header or value above its limit"),
    -45: ("PROTOCOL", "the peer's answer is not what it should be"),
    -50: ("INTERNAL", "a defect of tapps: please report it"),
}

NOTIFY = CFUNCTYPE(None, c_void_p)


class Info(Structure):
    """The numbers known about a value."""

    version: int
    created_us: int
    expires_us: int
    stale_until_us: int
    age_us: int
    size: int
    tokens: int
    served_from: int
    flags: int
    http_status: int
    padding: int
    reserved: Any

    _fields_ = [
        ("version", c_int64),
        ("created_us", c_int64),
        ("expires_us", c_int64),
        ("stale_until_us", c_int64),
        ("age_us", c_int64),
        ("size", c_int64),
        ("tokens", c_int64),
        ("served_from", c_int32),
        ("flags", c_uint32),
        ("http_status", c_int32),
        ("padding", c_int32),
        ("reserved", c_int64 * 6),
    ]


class OpenOptions(Structure):
    """How to open a cache."""

    struct_size: int
    flags: int
    memory_bytes: int
    memory_entries: int
    disk_bytes: int
    queue_bytes: int
    commit_interval_us: int
    open_timeout_us: int
    put_timeout_us: int
    ttl_us: int
    user_agent: bytes | None
    proxy: bytes | None
    ca_file: bytes | None
    max_concurrency: int
    break_failures: int
    break_us: int
    policy: int
    padding: int
    disk_entries: int
    preload_bytes: int
    no_proxy: bytes | None
    secret_names: bytes | None
    wal_bytes: int
    max_wal_bytes: int
    lease_wait_us: int
    stale_if_error_us: int
    max_heuristic_us: int
    max_waiting: int
    max_break_us: int
    break_successes: int
    break_failure_rate: int
    break_slow_rate: int
    break_slow_us: int
    break_window_calls: int
    break_window_us: int
    break_min_calls: int
    retry_us: int
    max_retry_us: int
    retry_reserve: int
    retry_percent: int

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("memory_bytes", c_int64),
        ("memory_entries", c_int64),
        ("disk_bytes", c_int64),
        ("queue_bytes", c_int64),
        ("commit_interval_us", c_int64),
        ("open_timeout_us", c_int64),
        ("put_timeout_us", c_int64),
        ("ttl_us", c_int64),
        ("user_agent", c_char_p),
        ("proxy", c_char_p),
        ("ca_file", c_char_p),
        ("max_concurrency", c_int64),
        ("break_failures", c_int64),
        ("break_us", c_int64),
        ("policy", c_int32),
        ("padding", c_int32),
        ("disk_entries", c_int64),
        ("preload_bytes", c_int64),
        ("no_proxy", c_char_p),
        ("secret_names", c_char_p),
        ("wal_bytes", c_int64),
        ("max_wal_bytes", c_int64),
        ("lease_wait_us", c_int64),
        ("stale_if_error_us", c_int64),
        ("max_heuristic_us", c_int64),
        ("max_waiting", c_int64),
        ("max_break_us", c_int64),
        ("break_successes", c_int64),
        ("break_failure_rate", c_int64),
        ("break_slow_rate", c_int64),
        ("break_slow_us", c_int64),
        ("break_window_calls", c_int64),
        ("break_window_us", c_int64),
        ("break_min_calls", c_int64),
        ("retry_us", c_int64),
        ("max_retry_us", c_int64),
        ("retry_reserve", c_int64),
        ("retry_percent", c_int64),
    ]


class GetOptions(Structure):
    struct_size: int
    flags: int

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
    ]


class PutOptions(Structure):
    struct_size: int
    flags: int
    durability: int
    padding: int
    ttl_us: int
    stale_us: int
    timeout_us: int
    content_type: bytes | None
    source: bytes | None
    tags: bytes | None
    json: bytes | None

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("durability", c_int32),
        ("padding", c_int32),
        ("ttl_us", c_int64),
        ("stale_us", c_int64),
        ("timeout_us", c_int64),
        ("content_type", c_char_p),
        ("source", c_char_p),
        ("tags", c_char_p),
        ("json", c_char_p),
    ]


class GetItem(Structure):
    """One key of tapps_cache_get_many."""

    key: int | None
    key_size: int
    value: int | None
    data: int | None
    size: int
    code: int
    padding: int

    _fields_ = [
        ("key", c_void_p),
        ("key_size", c_size_t),
        ("value", c_void_p),
        ("data", c_void_p),
        ("size", c_size_t),
        ("code", c_int32),
        ("padding", c_int32),
    ]


class PutItem(Structure):
    """One entry of tapps_cache_put_many."""

    key: int | None
    key_size: int
    data: int | None
    size: int

    _fields_ = [
        ("key", c_void_p),
        ("key_size", c_size_t),
        ("data", c_void_p),
        ("size", c_size_t),
    ]


class Filter(Structure):
    """Which entries are meant: those that meet every condition given."""

    struct_size: int
    padding: int
    space: bytes | None
    prefix: int | None
    prefix_size: int
    tag: bytes | None

    _fields_ = [
        ("struct_size", c_uint32),
        ("padding", c_uint32),
        ("space", c_char_p),
        ("prefix", c_void_p),
        ("prefix_size", c_size_t),
        ("tag", c_char_p),
    ]


class SpaceOptions(Structure):
    """What entries of a namespace get when their put does not say."""

    struct_size: int
    padding: int
    ttl_us: int
    stale_us: int
    negative_ttl_us: int

    _fields_ = [
        ("struct_size", c_uint32),
        ("padding", c_uint32),
        ("ttl_us", c_int64),
        ("stale_us", c_int64),
        ("negative_ttl_us", c_int64),
    ]


class LoadOptions(Structure):
    struct_size: int
    padding: int
    timeout_us: int
    lease_us: int
    early_us: int

    _fields_ = [
        ("struct_size", c_uint32),
        ("padding", c_uint32),
        ("timeout_us", c_int64),
        ("lease_us", c_int64),
        ("early_us", c_int64),
    ]


class Entry(Structure):
    """An entry a cursor stands on."""

    key: int | None
    key_size: int
    space: bytes | None
    content_type: bytes | None
    size: int
    created_us: int
    expires_us: int
    last_used_us: int
    hits: int
    flags: int
    padding: int
    reserved: Any

    _fields_ = [
        ("key", c_void_p),
        ("key_size", c_size_t),
        ("space", c_char_p),
        ("content_type", c_char_p),
        ("size", c_int64),
        ("created_us", c_int64),
        ("expires_us", c_int64),
        ("last_used_us", c_int64),
        ("hits", c_int64),
        ("flags", c_uint32),
        ("padding", c_uint32),
        ("reserved", c_int64 * 4),
    ]


class Record(Structure):
    """What a queue hands out."""

    op: int
    user_data: int
    kind: int
    code: int
    value: int | None
    data: int | None
    size: int
    error: int | None
    number: int
    bytes: int

    _fields_ = [
        ("op", c_int64),
        ("user_data", c_uint64),
        ("kind", c_int32),
        ("code", c_int32),
        ("value", c_void_p),
        ("data", c_void_p),
        ("size", c_size_t),
        ("error", c_void_p),
        ("number", c_int64),
        ("bytes", c_int64),
    ]


class FetchOptions(Structure):
    struct_size: int
    flags: int
    policy: int
    padding: int
    method: bytes | None
    headers: bytes | None
    body: int | None
    body_size: int
    timeout_us: int
    connect_timeout_us: int
    max_body_bytes: int
    max_redirects: int
    ttl_us: int
    retries: int
    first_byte_us: int
    low_speed_us: int
    low_speed_bytes: int
    max_header_bytes: int

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("policy", c_int32),
        ("padding", c_int32),
        ("method", c_char_p),
        ("headers", c_char_p),
        ("body", c_void_p),
        ("body_size", c_size_t),
        ("timeout_us", c_int64),
        ("connect_timeout_us", c_int64),
        ("max_body_bytes", c_int64),
        ("max_redirects", c_int64),
        ("ttl_us", c_int64),
        ("retries", c_int64),
        ("first_byte_us", c_int64),
        ("low_speed_us", c_int64),
        ("low_speed_bytes", c_int64),
        ("max_header_bytes", c_int64),
    ]


class DocsOptions(Structure):
    struct_size: int
    flags: int
    topic: bytes | None
    version: bytes | None
    ecosystem: bytes | None
    project_root: bytes | None
    paths: bytes | None
    url_template: bytes | None
    timeout_us: int
    max_tokens: int

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("topic", c_char_p),
        ("version", c_char_p),
        ("ecosystem", c_char_p),
        ("project_root", c_char_p),
        ("paths", c_char_p),
        ("url_template", c_char_p),
        ("timeout_us", c_int64),
        ("max_tokens", c_int64),
    ]


class WarmOptions(Structure):
    struct_size: int
    flags: int
    paths: bytes | None
    url_template: bytes | None
    concurrency: int
    timeout_us: int
    max_requests: int

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("paths", c_char_p),
        ("url_template", c_char_p),
        ("concurrency", c_int64),
        ("timeout_us", c_int64),
        ("max_requests", c_int64),
    ]


class BreakerOptions(Structure):
    struct_size: int
    padding: int
    failures: int
    successes: int
    open_us: int
    max_open_us: int
    max_concurrency: int
    probes: int
    lease_us: int
    max_waiting: int
    failure_rate: int
    slow_rate: int
    slow_us: int
    window_calls: int
    window_us: int
    min_calls: int
    retries: int
    retry_us: int
    max_retry_us: int
    retry_reserve: int
    retry_percent: int

    _fields_ = [
        ("struct_size", c_uint32),
        ("padding", c_uint32),
        ("failures", c_int64),
        ("successes", c_int64),
        ("open_us", c_int64),
        ("max_open_us", c_int64),
        ("max_concurrency", c_int64),
        ("probes", c_int64),
        ("lease_us", c_int64),
        ("max_waiting", c_int64),
        ("failure_rate", c_int64),
        ("slow_rate", c_int64),
        ("slow_us", c_int64),
        ("window_calls", c_int64),
        ("window_us", c_int64),
        ("min_calls", c_int64),
        ("retries", c_int64),
        ("retry_us", c_int64),
        ("max_retry_us", c_int64),
        ("retry_reserve", c_int64),
        ("retry_percent", c_int64),
    ]


class BreakerInfo(Structure):
    """How a breaker stands."""

    state: int
    forced: int
    failures_in_row: int
    in_flight: int
    retry_after_us: int
    successes: int
    failures: int
    ignored: int
    rejected: int
    transitions: int
    waiting: int
    quota_us: int
    window_calls: int
    window_failures: int
    window_slow: int
    reserved: int

    _fields_ = [
        ("state", c_int32),
        ("forced", c_int32),
        ("failures_in_row", c_int64),
        ("in_flight", c_int64),
        ("retry_after_us", c_int64),
        ("successes", c_int64),
        ("failures", c_int64),
        ("ignored", c_int64),
        ("rejected", c_int64),
        ("transitions", c_int64),
        ("waiting", c_int64),
        ("quota_us", c_int64),
        ("window_calls", c_int64),
        ("window_failures", c_int64),
        ("window_slow", c_int64),
        ("reserved", c_int64),
    ]


class Functions:
    """The functions of the library, bound."""

    tapps_version: Callable[..., Any]
    tapps_abi: Callable[..., Any]
    tapps_error_code: Callable[..., Any]
    tapps_error_message: Callable[..., Any]
    tapps_error_sqlite: Callable[..., Any]
    tapps_error_errno: Callable[..., Any]
    tapps_error_http_status: Callable[..., Any]
    tapps_error_retry_after_us: Callable[..., Any]
    tapps_error_release: Callable[..., Any]
    tapps_code_name: Callable[..., Any]
    tapps_code_meaning: Callable[..., Any]
    tapps_value_data: Callable[..., Any]
    tapps_value_info: Callable[..., Any]
    tapps_value_text: Callable[..., Any]
    tapps_value_retain: Callable[..., Any]
    tapps_value_release: Callable[..., Any]
    tapps_cache_open: Callable[..., Any]
    tapps_cache_close: Callable[..., Any]
    tapps_cache_release: Callable[..., Any]
    tapps_cache_state: Callable[..., Any]
    tapps_cache_path: Callable[..., Any]
    tapps_cache_get: Callable[..., Any]
    tapps_cache_contains: Callable[..., Any]
    tapps_cache_get_many: Callable[..., Any]
    tapps_cache_put: Callable[..., Any]
    tapps_cache_put_many: Callable[..., Any]
    tapps_cache_swap: Callable[..., Any]
    tapps_cache_delete: Callable[..., Any]
    tapps_cache_delete_all: Callable[..., Any]
    tapps_cache_count: Callable[..., Any]
    tapps_cache_touch: Callable[..., Any]
    tapps_cache_flush: Callable[..., Any]
    tapps_cache_set_space: Callable[..., Any]
    tapps_cache_load: Callable[..., Any]
    tapps_cache_load_finish: Callable[..., Any]
    tapps_cache_load_abandon: Callable[..., Any]
    tapps_cache_backup: Callable[..., Any]
    tapps_cache_check: Callable[..., Any]
    tapps_cache_compact: Callable[..., Any]
    tapps_cache_survey: Callable[..., Any]
    tapps_cursor_open: Callable[..., Any]
    tapps_cursor_next: Callable[..., Any]
    tapps_cursor_release: Callable[..., Any]
    tapps_cache_stats: Callable[..., Any]
    tapps_queue_open: Callable[..., Any]
    tapps_queue_fd: Callable[..., Any]
    tapps_queue_drain: Callable[..., Any]
    tapps_queue_wait: Callable[..., Any]
    tapps_queue_cancel: Callable[..., Any]
    tapps_queue_notify: Callable[..., Any]
    tapps_queue_subscribe: Callable[..., Any]
    tapps_queue_release: Callable[..., Any]
    tapps_queue_get: Callable[..., Any]
    tapps_queue_put: Callable[..., Any]
    tapps_queue_flush: Callable[..., Any]
    tapps_queue_get_many: Callable[..., Any]
    tapps_queue_put_many: Callable[..., Any]
    tapps_queue_swap: Callable[..., Any]
    tapps_queue_delete: Callable[..., Any]
    tapps_queue_delete_all: Callable[..., Any]
    tapps_queue_touch: Callable[..., Any]
    tapps_queue_contains: Callable[..., Any]
    tapps_queue_count: Callable[..., Any]
    tapps_queue_load: Callable[..., Any]
    tapps_queue_backup: Callable[..., Any]
    tapps_queue_check: Callable[..., Any]
    tapps_queue_compact: Callable[..., Any]
    tapps_queue_survey: Callable[..., Any]
    tapps_cache_fetch: Callable[..., Any]
    tapps_queue_fetch: Callable[..., Any]
    tapps_queue_fetch_many: Callable[..., Any]
    tapps_cache_set_offline: Callable[..., Any]
    tapps_docs_lookup: Callable[..., Any]
    tapps_queue_docs: Callable[..., Any]
    tapps_plan_open: Callable[..., Any]
    tapps_plan_count: Callable[..., Any]
    tapps_plan_describe: Callable[..., Any]
    tapps_queue_warm: Callable[..., Any]
    tapps_plan_release: Callable[..., Any]
    tapps_breaker_open: Callable[..., Any]
    tapps_breaker_acquire: Callable[..., Any]
    tapps_breaker_wait: Callable[..., Any]
    tapps_queue_acquire: Callable[..., Any]
    tapps_breaker_report: Callable[..., Any]
    tapps_breaker_retry: Callable[..., Any]
    tapps_breaker_limit: Callable[..., Any]
    tapps_breaker_read: Callable[..., Any]
    tapps_breaker_force: Callable[..., Any]
    tapps_breaker_release: Callable[..., Any]


# The result and the parameters of every function.
SIGNATURES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "tapps_version": (c_char_p, ()),
    "tapps_abi": (c_int32, ()),
    "tapps_error_code": (c_int32, (c_void_p,)),
    "tapps_error_message": (c_char_p, (c_void_p,)),
    "tapps_error_sqlite": (c_int32, (c_void_p,)),
    "tapps_error_errno": (c_int32, (c_void_p,)),
    "tapps_error_http_status": (c_int32, (c_void_p,)),
    "tapps_error_retry_after_us": (c_int64, (c_void_p,)),
    "tapps_error_release": (None, (c_void_p,)),
    "tapps_code_name": (c_char_p, (c_int32,)),
    "tapps_code_meaning": (c_char_p, (c_int32,)),
    "tapps_value_data": (c_void_p, (c_void_p, c_void_p)),
    "tapps_value_info": (None, (c_void_p, POINTER(Info))),
    "tapps_value_text": (c_char_p, (c_void_p, c_int32, c_void_p)),
    "tapps_value_retain": (c_void_p, (c_void_p,)),
    "tapps_value_release": (None, (c_void_p,)),
    "tapps_cache_open": (c_int32, (c_char_p, POINTER(OpenOptions), c_void_p, c_void_p)),
    "tapps_cache_close": (c_int32, (c_void_p, c_int64, c_void_p)),
    "tapps_cache_release": (None, (c_void_p,)),
    "tapps_cache_state": (c_int32, (c_void_p,)),
    "tapps_cache_path": (c_char_p, (c_void_p,)),
    "tapps_cache_get": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            POINTER(GetOptions),
            c_void_p,
            c_void_p,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_cache_contains": (c_int32, (c_void_p, c_char_p, c_void_p, c_size_t, c_void_p, c_void_p)),
    "tapps_cache_get_many": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            POINTER(GetItem),
            c_size_t,
            POINTER(GetOptions),
            c_void_p,
        ),
    ),
    "tapps_cache_put": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            c_void_p,
            c_size_t,
            POINTER(PutOptions),
            c_void_p,
        ),
    ),
    "tapps_cache_put_many": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            POINTER(PutItem),
            c_size_t,
            POINTER(PutOptions),
            c_void_p,
        ),
    ),
    "tapps_cache_swap": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            c_int64,
            c_void_p,
            c_size_t,
            POINTER(PutOptions),
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_cache_delete": (c_int32, (c_void_p, c_char_p, c_void_p, c_size_t, c_int32, c_void_p)),
    "tapps_cache_delete_all": (c_int32, (c_void_p, POINTER(Filter), c_void_p, c_void_p)),
    "tapps_cache_count": (c_int32, (c_void_p, POINTER(Filter), c_void_p, c_void_p, c_void_p)),
    "tapps_cache_touch": (c_int32, (c_void_p, c_char_p, c_void_p, c_size_t, c_int64, c_void_p)),
    "tapps_cache_flush": (c_int32, (c_void_p, c_int64, c_void_p)),
    "tapps_cache_set_space": (c_int32, (c_void_p, c_char_p, POINTER(SpaceOptions), c_void_p)),
    "tapps_cache_load": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            POINTER(LoadOptions),
            c_void_p,
            c_void_p,
            c_void_p,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_cache_load_finish": (
        c_int32,
        (
            c_void_p,
            c_int64,
            c_void_p,
            c_size_t,
            POINTER(PutOptions),
            c_void_p,
        ),
    ),
    "tapps_cache_load_abandon": (None, (c_void_p, c_int64)),
    "tapps_cache_backup": (c_int32, (c_void_p, c_char_p, c_void_p)),
    "tapps_cache_check": (c_int32, (c_void_p, c_uint32, c_void_p, c_void_p, c_void_p, c_void_p)),
    "tapps_cache_compact": (c_int32, (c_void_p, c_int64, c_void_p, c_void_p)),
    "tapps_cache_survey": (c_int32, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "tapps_cursor_open": (c_int32, (c_void_p, c_char_p, c_void_p, c_size_t, c_void_p, c_void_p)),
    "tapps_cursor_next": (c_int32, (c_void_p, POINTER(Entry), c_void_p)),
    "tapps_cursor_release": (None, (c_void_p,)),
    "tapps_cache_stats": (c_int32, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "tapps_queue_open": (c_int32, (c_void_p, c_void_p, c_void_p)),
    "tapps_queue_fd": (c_int64, (c_void_p,)),
    "tapps_queue_drain": (c_size_t, (c_void_p, POINTER(Record), c_size_t)),
    "tapps_queue_wait": (
        c_int32,
        (
            c_void_p,
            c_int64,
            POINTER(Record),
            c_size_t,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_cancel": (None, (c_void_p, c_int64)),
    "tapps_queue_notify": (None, (c_void_p, NOTIFY, c_void_p)),
    "tapps_queue_subscribe": (c_int32, (c_void_p, c_uint32, c_void_p)),
    "tapps_queue_release": (None, (c_void_p,)),
    "tapps_queue_get": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            POINTER(GetOptions),
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_put": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            c_void_p,
            c_size_t,
            POINTER(PutOptions),
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_flush": (c_int32, (c_void_p, c_int64, c_uint64, c_void_p, c_void_p)),
    "tapps_queue_get_many": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            POINTER(GetItem),
            c_size_t,
            POINTER(GetOptions),
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_put_many": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            POINTER(PutItem),
            c_size_t,
            POINTER(PutOptions),
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_swap": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            c_int64,
            c_void_p,
            c_size_t,
            POINTER(PutOptions),
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_delete": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            c_int32,
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_delete_all": (c_int32, (c_void_p, POINTER(Filter), c_uint64, c_void_p, c_void_p)),
    "tapps_queue_touch": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            c_int64,
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_contains": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_count": (c_int32, (c_void_p, POINTER(Filter), c_uint64, c_void_p, c_void_p)),
    "tapps_queue_load": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            c_void_p,
            c_size_t,
            POINTER(LoadOptions),
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_backup": (c_int32, (c_void_p, c_char_p, c_uint64, c_void_p, c_void_p)),
    "tapps_queue_check": (c_int32, (c_void_p, c_uint32, c_uint64, c_void_p, c_void_p)),
    "tapps_queue_compact": (c_int32, (c_void_p, c_int64, c_uint64, c_void_p, c_void_p)),
    "tapps_queue_survey": (c_int32, (c_void_p, c_uint64, c_void_p, c_void_p)),
    "tapps_cache_fetch": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            POINTER(FetchOptions),
            c_void_p,
            c_void_p,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_fetch": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            POINTER(FetchOptions),
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_fetch_many": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            POINTER(FetchOptions),
            c_int64,
            c_uint64,
            c_void_p,
            c_size_t,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_cache_set_offline": (c_int32, (c_void_p, c_int32, c_void_p)),
    "tapps_docs_lookup": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            POINTER(DocsOptions),
            c_void_p,
            c_void_p,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_queue_docs": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            POINTER(DocsOptions),
            c_uint64,
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_plan_open": (c_int32, (c_void_p, c_char_p, POINTER(WarmOptions), c_void_p, c_void_p)),
    "tapps_plan_count": (c_size_t, (c_void_p,)),
    "tapps_plan_describe": (c_int32, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "tapps_queue_warm": (c_int32, (c_void_p, c_void_p, c_uint64, c_void_p, c_void_p)),
    "tapps_plan_release": (None, (c_void_p,)),
    "tapps_breaker_open": (
        c_int32,
        (
            c_void_p,
            c_char_p,
            POINTER(BreakerOptions),
            c_void_p,
            c_void_p,
        ),
    ),
    "tapps_breaker_acquire": (c_int32, (c_void_p, c_void_p, c_void_p)),
    "tapps_breaker_wait": (c_int32, (c_void_p, c_int64, c_void_p, c_void_p)),
    "tapps_queue_acquire": (c_int32, (c_void_p, c_void_p, c_int64, c_uint64, c_void_p, c_void_p)),
    "tapps_breaker_report": (None, (c_void_p, c_int64, c_int32)),
    "tapps_breaker_retry": (c_int32, (c_void_p, c_int64, c_int32, c_int64, c_void_p, c_void_p)),
    "tapps_breaker_limit": (c_int32, (c_void_p, c_int64, c_int64, c_void_p)),
    "tapps_breaker_read": (None, (c_void_p, POINTER(BreakerInfo))),
    "tapps_breaker_force": (c_int32, (c_void_p, c_int32, c_void_p)),
    "tapps_breaker_release": (None, (c_void_p,)),
}
