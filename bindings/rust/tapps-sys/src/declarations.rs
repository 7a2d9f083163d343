// Generated from include/tapps.h by tools/generate_bindings.py; do not edit.

use std::os::raw::{c_char, c_void};

/// The ABI of the header.
pub const TAPPS_ABI: i32 = 0;

pub const TAPPS_OK: i32 = 0;
/// nothing there (or remembered as not there)
pub const TAPPS_E_NOT_FOUND: i32 = -1;
/// already there, or open with other options
pub const TAPPS_E_EXISTS: i32 = -2;
/// an argument breaks its contract; the message says which
pub const TAPPS_E_INVALID: i32 = -10;
/// this release, file system or build cannot do it
pub const TAPPS_E_UNSUPPORTED: i32 = -11;
/// the object was closed
pub const TAPPS_E_CLOSED: i32 = -12;
/// used in a child process after fork
pub const TAPPS_E_FORKED: i32 = -13;
/// file or header of another, incompatible major version
pub const TAPPS_E_VERSION: i32 = -14;
/// a bounded queue or a concurrency limit is full
pub const TAPPS_E_BUSY: i32 = -20;
/// the answer is not in memory and the call may not touch the disk
pub const TAPPS_E_WOULD_BLOCK: i32 = -21;
/// the deadline passed; nothing was changed in the file
pub const TAPPS_E_TIMEOUT: i32 = -22;
/// cancelled by the host
pub const TAPPS_E_CANCELLED: i32 = -23;
/// too late in the commit, or a full put not synced
pub const TAPPS_E_OUTCOME_UNKNOWN: i32 = -24;
pub const TAPPS_E_IO: i32 = -30;
/// the disk, or a limit of the cache, is full
pub const TAPPS_E_FULL: i32 = -31;
pub const TAPPS_E_NOMEM: i32 = -32;
/// not a cache file, or damaged
pub const TAPPS_E_CORRUPT: i32 = -33;
/// the file or folder may not be written
pub const TAPPS_E_READ_ONLY: i32 = -34;
/// no permission, or a file or folder of another owner
pub const TAPPS_E_DENIED: i32 = -35;
/// could not connect, or the transfer failed
pub const TAPPS_E_NETWORK: i32 = -40;
/// failing fast: the breaker is open
pub const TAPPS_E_OPEN_CIRCUIT: i32 = -41;
/// failing fast: the origin asked to wait
pub const TAPPS_E_QUOTA: i32 = -42;
/// the network is switched off by policy
pub const TAPPS_E_OFFLINE: i32 = -43;
/// a body, header or value above its limit
pub const TAPPS_E_TOO_LARGE: i32 = -44;
/// the peer's answer is not what it should be
pub const TAPPS_E_PROTOCOL: i32 = -45;
/// a defect of tapps: please report it
pub const TAPPS_E_INTERNAL: i32 = -50;

/// no TTL, no wait, no retry
pub const TAPPS_NONE: i32 = -1;
/// no limit
pub const TAPPS_UNLIMITED: i32 = -2;

pub const TAPPS_FROM_MEMORY: i32 = 1;
pub const TAPPS_FROM_DISK: i32 = 2;
pub const TAPPS_FROM_NETWORK: i32 = 3;
/// stored; the origin confirmed it
pub const TAPPS_FROM_REVALIDATED: i32 = 4;
/// read from a package installed on this machine
pub const TAPPS_FROM_INSTALLED: i32 = 5;

/// past its lifetime, inside its stale window
pub const TAPPS_VALUE_STALE: u32 = 1;
/// remembered as "not found"
pub const TAPPS_VALUE_NEGATIVE: u32 = 2;

pub const TAPPS_TEXT_CONTENT_TYPE: i32 = 1;
/// free text of the writer; documents: where they were found
pub const TAPPS_TEXT_SOURCE: i32 = 2;
/// one a line
pub const TAPPS_TEXT_TAGS: i32 = 3;
/// the writer's own JSON
pub const TAPPS_TEXT_JSON: i32 = 4;
/// responses: the final URL after redirects
pub const TAPPS_TEXT_URL: i32 = 5;
/// responses: "Name: value" lines as received, each ended by \r\n
pub const TAPPS_TEXT_HEADERS: i32 = 6;
/// responses: RFC 9211 Cache-Status of this call
pub const TAPPS_TEXT_CACHE_STATUS: i32 = 7;
/// why the value is less than asked for
pub const TAPPS_TEXT_WARNING: i32 = 8;
/// documents: the library's name in its ecosystem
pub const TAPPS_TEXT_LIBRARY: i32 = 9;
pub const TAPPS_TEXT_LIBRARY_VERSION: i32 = 10;
/// documents: "npm", "pypi"
pub const TAPPS_TEXT_ECOSYSTEM: i32 = 11;
/// documents: headings of the sections chosen, one a line
pub const TAPPS_TEXT_TOPIC: i32 = 12;

/// never writes the file; needs an existing file
pub const TAPPS_OPEN_READ_ONLY: u32 = 1;
/// fetches answer from the cache or fail with OFFLINE
pub const TAPPS_OPEN_OFFLINE: u32 = 2;
/// private, local addresses: DENIED; by a proxy: INVALID
pub const TAPPS_OPEN_DENY_PRIVATE: u32 = 16;
/// Set-Cookie reaches the file; else it stays in memory
pub const TAPPS_OPEN_KEEP_SET_COOKIE: u32 = 32;
/// obeys RFC 9111 as a shared cache: s-maxage, not private
pub const TAPPS_OPEN_SHARED_HTTP: u32 = 64;
pub const TAPPS_OPEN_KEEP_CREDENTIALED: u32 = 128;

/// learns from what it serves
pub const TAPPS_POLICY_ADAPTIVE: i32 = 0;
/// the least recently used first
pub const TAPPS_POLICY_LRU: i32 = 1;

pub const TAPPS_STATE_OK: i32 = 0;
/// the file may not be written: new entries stay in memory
pub const TAPPS_STATE_READ_ONLY: i32 = 1;
/// no file: memory only
pub const TAPPS_STATE_MEMORY: i32 = 2;
/// another process holds the write lock for long; writes are waiting
pub const TAPPS_STATE_LOCKED: i32 = 3;
/// the disk is full; writes are waiting
pub const TAPPS_STATE_FULL: i32 = 4;
/// the file fails otherwise; writes are waiting
pub const TAPPS_STATE_FAILED: i32 = 5;
/// a foreign reader keeps the WAL from shrinking
pub const TAPPS_STATE_WAL_PINNED: i32 = 6;
pub const TAPPS_STATE_CLOSED: i32 = 7;

/// never touches the disk: WOULD_BLOCK instead
pub const TAPPS_GET_CACHED_ONLY: u32 = 1;
/// also entries in their stale window, marked TAPPS_VALUE_STALE
pub const TAPPS_GET_ALLOW_STALE: u32 = 2;
/// does not count as a use
pub const TAPPS_GET_PEEK: u32 = 4;
/// returns negative entries, marked TAPPS_VALUE_NEGATIVE
pub const TAPPS_GET_SHOW_NEGATIVE: u32 = 8;

/// committed within commit_interval_us
pub const TAPPS_DURABILITY_ASYNC: i32 = 0;
/// not written to the file; entries up to 4 MiB, else TOO_LARGE
pub const TAPPS_DURABILITY_MEMORY: i32 = 1;
/// committed on return: survives the death of the process
pub const TAPPS_DURABILITY_SYNC: i32 = 2;
/// fsynced on return: survives a power loss
pub const TAPPS_DURABILITY_FULL: i32 = 3;

/// remembers "not found"; ttl_us = 60 s
pub const TAPPS_PUT_NEGATIVE: u32 = 1;
/// every use prolongs the lifetime by ttl_us
pub const TAPPS_PUT_SLIDING: u32 = 2;

/// indexes and every entry too; else pages, and a sample of the entries
pub const TAPPS_CHECK_DEEP: u32 = 1;

pub const TAPPS_RECORD_GET: i32 = 1;
pub const TAPPS_RECORD_PUT: i32 = 2;
pub const TAPPS_RECORD_FLUSH: i32 = 3;
pub const TAPPS_RECORD_FETCH: i32 = 4;
pub const TAPPS_RECORD_DOCS: i32 = 5;
pub const TAPPS_RECORD_WARM: i32 = 6;
pub const TAPPS_RECORD_DELETE: i32 = 7;
/// number: entries removed
pub const TAPPS_RECORD_DELETE_ALL: i32 = 8;
pub const TAPPS_RECORD_TOUCH: i32 = 9;
/// number: the version, also with EXISTS
pub const TAPPS_RECORD_SWAP: i32 = 10;
/// number: the version
pub const TAPPS_RECORD_CONTAINS: i32 = 11;
/// number: entries; bytes: theirs
pub const TAPPS_RECORD_COUNT: i32 = 12;
/// number: the lease, or 0
pub const TAPPS_RECORD_LOAD: i32 = 13;
pub const TAPPS_RECORD_BACKUP: i32 = 14;
pub const TAPPS_RECORD_CHECK: i32 = 15;
/// number: bytes freed
pub const TAPPS_RECORD_COMPACT: i32 = 16;
pub const TAPPS_RECORD_SURVEY: i32 = 17;
/// number: the permit, with TAPPS_OK
pub const TAPPS_RECORD_ACQUIRE: i32 = 18;
/// of a warm run: op names it
pub const TAPPS_EVENT_PROGRESS: i32 = 64;
/// a breaker changed its state; subscribe
pub const TAPPS_EVENT_BREAKER: i32 = 65;
/// tapps_cache_state changed: {"state","why"}; subscribe
pub const TAPPS_EVENT_STATE: i32 = 66;
pub const TAPPS_EVENT_DAMAGE: i32 = 67;
pub const TAPPS_EVENT_EVICTION: i32 = 68;

/// RFC 9111: fresh from the cache, else revalidated or fetched
pub const TAPPS_FETCH_DEFAULT: i32 = 0;
/// always asks the origin; stores the answer
pub const TAPPS_FETCH_RELOAD: i32 = 1;
/// neither reads nor writes the cache
pub const TAPPS_FETCH_NO_STORE: i32 = 2;
/// whatever is stored, however old; else the network
pub const TAPPS_FETCH_FORCE_CACHE: i32 = 3;
/// whatever is stored, however old; else NOT_FOUND
pub const TAPPS_FETCH_ONLY_IF_CACHED: i32 = 4;
/// revalidates what is stored before using it
pub const TAPPS_FETCH_NO_CACHE: i32 = 5;

/// private, local addresses: DENIED; by a proxy: INVALID
pub const TAPPS_FETCH_DENY_PRIVATE: u32 = 1;
/// of many: the records come in the order of the URLs
pub const TAPPS_FETCH_IN_ORDER: u32 = 2;

/// looks at the sources even when the cache has an answer
pub const TAPPS_DOCS_REFRESH: u32 = 1;
/// leaves out sources on the network
pub const TAPPS_DOCS_OFFLINE: u32 = 2;

pub const TAPPS_BREAKER_CLOSED: i32 = 0;
pub const TAPPS_BREAKER_OPEN: i32 = 1;
pub const TAPPS_BREAKER_HALF_OPEN: i32 = 2;

pub const TAPPS_OUTCOME_SUCCESS: i32 = 0;
/// the service's doing: an error of its own, a time-out
pub const TAPPS_OUTCOME_FAILURE: i32 = 1;
/// says nothing about the service: cancelled, refused here
pub const TAPPS_OUTCOME_IGNORED: i32 = 2;
/// a failure whose reason may lie with this process alone: names, proxy, TLS set-up, sandbox; others are not told
pub const TAPPS_OUTCOME_LOCAL_FAILURE: i32 = 3;

pub const TAPPS_BREAKER_AUTO: i32 = 0;
pub const TAPPS_BREAKER_FORCE_OPEN: i32 = 1;
pub const TAPPS_BREAKER_FORCE_CLOSED: i32 = 2;

/// A failure with its details. One thread at a time; may cross threads.
#[repr(C)]
pub struct tapps_error {
    _private: [u8; 0],
}

/// Immutable bytes and what is known about them: a cached value, a fetched response, a document.
/// Counted atomically; any threads.
#[repr(C)]
pub struct tapps_value {
    _private: [u8; 0],
}

/// An open cache: a memory tier over one SQLite file. Any threads.
#[repr(C)]
pub struct tapps_cache {
    _private: [u8; 0],
}

/// A walk over keys. One thread at a time. Holds no lock and no snapshot between calls: entries
/// written during the walk may or may not appear.
#[repr(C)]
pub struct tapps_cursor {
    _private: [u8; 0],
}

/// Where asynchronous operations report. Any threads; several queues a cache.
#[repr(C)]
pub struct tapps_queue {
    _private: [u8; 0],
}

/// What would be looked up for a project. Immutable; any threads.
#[repr(C)]
pub struct tapps_plan {
    _private: [u8; 0],
}

/// A circuit breaker with bounded concurrency, for the host's own calls. Any threads.
///
/// ```text
/// int64_t permit = 0;
/// if (tapps_breaker_acquire(breaker, &permit, NULL) == TAPPS_OK) {
///   int32_t outcome = call() ? TAPPS_OUTCOME_SUCCESS : TAPPS_OUTCOME_FAILURE;
///   tapps_breaker_report(breaker, permit, outcome);
/// }
/// ```
///
/// What one process learns, others are told through the cache file: that a breaker opened because
/// of TAPPS_OUTCOME_FAILURE makes the next call elsewhere a probe, of which there is one at a time
/// among all processes; nobody is refused for what another process believes. Quotas hold for all.
#[repr(C)]
pub struct tapps_breaker {
    _private: [u8; 0],
}

/// The numbers known about a value. Layout frozen; reserved is zero.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_info {
    /// differs after every write of the key; 0: not stored
    pub version: i64,
    /// when it was written, or generated by its origin
    pub created_us: i64,
    /// end of its lifetime; 0: none
    pub expires_us: i64,
    /// end of its stale window; 0: none
    pub stale_until_us: i64,
    /// from created_us to the call that returned it, never below 0
    pub age_us: i64,
    /// bytes
    pub size: i64,
    /// documents: estimated language-model tokens; else 0
    pub tokens: i64,
    /// TAPPS_FROM_*
    pub served_from: i32,
    /// TAPPS_VALUE_*
    pub flags: u32,
    /// responses: 100..999; else 0
    pub http_status: i32,
    pub padding: i32,
    pub reserved: [i64; 6],
}

impl Default for tapps_info {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

/// How to open a cache.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_open_options {
    pub struct_size: u32,
    /// TAPPS_OPEN_*
    pub flags: u32,
    /// bound of the memory tier, >= 64 KiB; = 64 MiB
    pub memory_bytes: i64,
    /// bound of the memory tier; = unlimited
    pub memory_entries: i64,
    /// bound of the file set, >= 1 MiB; = 1 GiB
    pub disk_bytes: i64,
    /// bound of what is not yet written, >= 64 KiB; = 32 MiB
    pub queue_bytes: i64,
    /// longest time an async put waits for its commit; = 20 ms
    pub commit_interval_us: i64,
    /// = 5 s
    pub open_timeout_us: i64,
    /// wait for room in the queue, or for a sync commit; = 3 s
    pub put_timeout_us: i64,
    /// lifetime of entries put without one; = none
    pub ttl_us: i64,
    /// of fetches; = "tapps/\<version>"
    pub user_agent: *const c_char,
    /// of fetches, a URL; = none: the environment is not read
    pub proxy: *const c_char,
    /// of fetches, PEM; = the system's
    pub ca_file: *const c_char,
    /// requests under way to one origin; = 5
    pub max_concurrency: i64,
    /// consecutive failures that open an origin's breaker; = 5
    pub break_failures: i64,
    /// first time an open breaker stays open; = 30 s
    pub break_us: i64,
    /// TAPPS_POLICY_*
    pub policy: i32,
    pub padding: i32,
    /// bound of the entries in the file; = unlimited
    pub disk_entries: i64,
    /// read into memory after the open, in the background: what was used last; = none
    pub preload_bytes: i64,
    /// hosts reached without the proxy, separated by commas; = none
    pub no_proxy: *const c_char,
    /// further query parameters and header fields that are secrets, one a line; a name stands for those that end in it too. Always secrets: token, key, sig, signature, secret, password and the like
    pub secret_names: *const c_char,
    /// the WAL is checkpointed from half of it on, >= 64 KiB; = 8 MiB; at most a quarter of max_wal_bytes
    pub wal_bytes: i64,
    /// no commit begins beyond, >= 256 KiB; = 64 MiB; at most a quarter of disk_bytes
    pub max_wal_bytes: i64,
    /// a load or fetch that the file does not let be the only one by then goes alone, up to 1 min; = 50 ms
    pub lease_wait_us: i64,
    /// how long after its lifetime an answer stands in for an origin that fails, where neither it nor the request says; = 1 day; -1, -2
    pub stale_if_error_us: i64,
    /// bound of a lifetime guessed from Last-Modified; = 1 day; -1: none is guessed; -2
    pub max_heuristic_us: i64,
    /// fetches that wait for a place at one origin, 1..1,048,576; more: BUSY; = 1,024
    pub max_waiting: i64,
    pub max_break_us: i64,
    pub break_successes: i64,
    pub break_failure_rate: i64,
    pub break_slow_rate: i64,
    pub break_slow_us: i64,
    pub break_window_calls: i64,
    pub break_window_us: i64,
    pub break_min_calls: i64,
    pub retry_us: i64,
    pub max_retry_us: i64,
    pub retry_reserve: i64,
    pub retry_percent: i64,
}

impl Default for tapps_open_options {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_get_options {
    pub struct_size: u32,
    /// TAPPS_GET_*
    pub flags: u32,
}

impl Default for tapps_get_options {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_put_options {
    pub struct_size: u32,
    /// TAPPS_PUT_*
    pub flags: u32,
    /// TAPPS_DURABILITY_*
    pub durability: i32,
    pub padding: i32,
    /// lifetime; = the cache's
    pub ttl_us: i64,
    /// window after it in which ALLOW_STALE serves the entry; = none
    pub stale_us: i64,
    /// = the cache's put_timeout_us
    pub timeout_us: i64,
    /// or NULL; a text has at most 1 MiB, else TOO_LARGE
    pub content_type: *const c_char,
    /// free text, or NULL
    pub source: *const c_char,
    /// one a line, or NULL
    pub tags: *const c_char,
    /// a JSON object of the host's, or NULL
    pub json: *const c_char,
}

impl Default for tapps_put_options {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

/// One key of tapps_cache_get_many. The caller fills key and key_size; the library the rest.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_get_item {
    pub key: *const c_void,
    pub key_size: usize,
    /// to be released by the caller; NULL unless code is TAPPS_OK
    pub value: *mut tapps_value,
    pub data: *const c_void,
    pub size: usize,
    pub code: i32,
    pub padding: i32,
}

impl Default for tapps_get_item {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

/// One entry of tapps_cache_put_many.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_put_item {
    pub key: *const c_void,
    pub key_size: usize,
    pub data: *const c_void,
    pub size: usize,
}

impl Default for tapps_put_item {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

/// Which entries are meant: those that meet every condition given.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_filter {
    pub struct_size: u32,
    pub padding: u32,
    /// NULL: every namespace but the library's own
    pub space: *const c_char,
    /// first bytes of the key, or NULL
    pub prefix: *const c_void,
    pub prefix_size: usize,
    /// or NULL
    pub tag: *const c_char,
}

impl Default for tapps_filter {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

/// What entries of a namespace get when their put does not say.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_space_options {
    pub struct_size: u32,
    pub padding: u32,
    /// lifetime; = the cache's; -1: none
    pub ttl_us: i64,
    /// window after it; = none; -2: unlimited
    pub stale_us: i64,
    /// lifetime of negative entries; = 60 s; -1: none
    pub negative_ttl_us: i64,
}

impl Default for tapps_space_options {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_load_options {
    pub struct_size: u32,
    pub padding: u32,
    /// wait for somebody else's load; = 30 s; -1: none
    pub timeout_us: i64,
    /// time to load, after which somebody else may; 1 ms to 1 h; = 30 s
    pub lease_us: i64,
    /// how long a load takes, see below; = measured; -1: no early refresh
    pub early_us: i64,
}

impl Default for tapps_load_options {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

/// An entry a cursor stands on. Pointers live until the next call with the cursor. Layout frozen.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_entry {
    pub key: *const c_void,
    pub key_size: usize,
    pub space: *const c_char,
    /// or NULL
    pub content_type: *const c_char,
    pub size: i64,
    pub created_us: i64,
    /// 0: none
    pub expires_us: i64,
    pub last_used_us: i64,
    pub hits: i64,
    /// TAPPS_VALUE_*
    pub flags: u32,
    pub padding: u32,
    pub reserved: [i64; 4],
}

impl Default for tapps_entry {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

/// What a queue hands out. Layout frozen.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_record {
    /// as the submit returned it; 0 for subscribed events
    pub op: i64,
    /// as given to the submit
    pub user_data: u64,
    /// TAPPS_RECORD_* or TAPPS_EVENT_*
    pub kind: i32,
    /// TAPPS_OK or TAPPS_E_*
    pub code: i32,
    /// to be released by the receiver; or NULL
    pub value: *mut tapps_value,
    /// the bytes of value
    pub data: *const c_void,
    pub size: usize,
    /// to be released by the receiver; or NULL
    pub error: *mut tapps_error,
    /// what the kind says, else 0
    pub number: i64,
    /// likewise
    pub bytes: i64,
}

impl Default for tapps_record {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_fetch_options {
    pub struct_size: u32,
    /// TAPPS_FETCH_DENY_PRIVATE, TAPPS_FETCH_IN_ORDER
    pub flags: u32,
    /// TAPPS_FETCH_*
    pub policy: i32,
    pub padding: i32,
    /// = "GET"
    pub method: *const c_char,
    /// "Name: value" lines, each ended by \n; or NULL
    pub headers: *const c_char,
    /// or NULL
    pub body: *const c_void,
    pub body_size: usize,
    /// of the whole call; = 30 s
    pub timeout_us: i64,
    /// = 10 s
    pub connect_timeout_us: i64,
    /// after decoding; = 64 MiB
    pub max_body_bytes: i64,
    /// = 10; -1: none are followed, the 3xx answer is returned
    pub max_redirects: i64,
    /// lifetime given to the answer in place of its own; = its own
    pub ttl_us: i64,
    /// of an idempotent request that failed in a way that may pass, within the timeout and the origin's budget (tapps_breaker_retry), 1..10; = none
    pub retries: i64,
    /// from the start to the first byte of the answer; = no bound
    pub first_byte_us: i64,
    /// fails when slower than low_speed_bytes for so long, in whole seconds; = no bound
    pub low_speed_us: i64,
    /// per second; = 1
    pub low_speed_bytes: i64,
    /// of all header fields, interim answers' too, 256 B..16 MiB; libcurl has bounds of its own; = 256 KiB
    pub max_header_bytes: i64,
}

impl Default for tapps_fetch_options {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_docs_options {
    pub struct_size: u32,
    /// TAPPS_DOCS_*
    pub flags: u32,
    /// picks sections by their headings and text; = the overview
    pub topic: *const c_char,
    /// exact; = locked in the project, installed there, newest known
    pub version: *const c_char,
    /// "npm", "pypi"; = the first that knows the library
    pub ecosystem: *const c_char,
    /// where to look first; = none
    pub project_root: *const c_char,
    /// further node_modules and site-packages folders, one a line; = none
    pub paths: *const c_char,
    /// network source: {ecosystem}, {library}, {version} are filled in; = none
    pub url_template: *const c_char,
    /// = 10 s
    pub timeout_us: i64,
    /// bound of the answer; = 8,000; -2: whole document
    pub max_tokens: i64,
}

impl Default for tapps_docs_options {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_warm_options {
    pub struct_size: u32,
    /// TAPPS_DOCS_*
    pub flags: u32,
    /// as in tapps_docs_options
    pub paths: *const c_char,
    /// as in tapps_docs_options
    pub url_template: *const c_char,
    /// lookups at once, 1..16; = 3
    pub concurrency: i64,
    /// of each library; = 10 s
    pub timeout_us: i64,
    /// network requests allowed in the run; = unlimited
    pub max_requests: i64,
}

impl Default for tapps_warm_options {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_breaker_options {
    pub struct_size: u32,
    pub padding: u32,
    /// consecutive failures that open it; = 5
    pub failures: i64,
    /// of probes that close it again; = 2
    pub successes: i64,
    /// first time it stays open; = 30 s
    pub open_us: i64,
    /// doubling ends here; = 5 min
    pub max_open_us: i64,
    /// permits out at once, 1..4,096; = 5; -2: no limit
    pub max_concurrency: i64,
    /// permits out at once while half open; = 1
    pub probes: i64,
    /// a permit that does not report by then is taken back; = 60 s
    pub lease_us: i64,
    /// callers that wait for a permit, 1..65,536; = 100
    pub max_waiting: i64,
    /// percent of the window's calls that failed, which open it, 1..100; = -1: not watched
    pub failure_rate: i64,
    /// percent of the window's calls that were slow, which open it, 1..100; = -1: not watched. While watched, a slow probe fails
    pub slow_rate: i64,
    /// a call that takes as long is slow, give or take 10 ms; = 5 s
    pub slow_us: i64,
    /// the window is as many latest calls, 1..4,096; = 100
    pub window_calls: i64,
    /// the window is so much time instead, from 1 ms; = -1: by calls
    pub window_us: i64,
    /// calls in the window below which rates say nothing; = 10
    pub min_calls: i64,
    /// of one call (tapps_breaker_retry), 1..10; = 2; -1: none
    pub retries: i64,
    /// longest delay before the first retry; doubles with each; = 100 ms
    pub retry_us: i64,
    /// doubling ends here; = 10 s
    pub max_retry_us: i64,
    /// retries of all calls together before any call has earned one, 1..1,000; unused ones add up to twice as many; = 5; -1: none
    pub retry_reserve: i64,
    /// retries that a hundred calls earn, those among them that are retries too, 1..100; = 10; -1: none
    pub retry_percent: i64,
}

impl Default for tapps_breaker_options {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

/// How a breaker stands. Layout frozen; reserved is zero.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tapps_breaker_info {
    /// TAPPS_BREAKER_CLOSED, OPEN, HALF_OPEN
    pub state: i32,
    /// TAPPS_BREAKER_AUTO, FORCE_OPEN, FORCE_CLOSED
    pub forced: i32,
    pub failures_in_row: i64,
    pub in_flight: i64,
    /// 0 unless open
    pub retry_after_us: i64,
    /// totals since it was made
    pub successes: i64,
    pub failures: i64,
    pub ignored: i64,
    pub rejected: i64,
    pub transitions: i64,
    /// callers in line
    pub waiting: i64,
    /// the longest wait the service asked any caller for; 0: none
    pub quota_us: i64,
    /// in the window now; 0 unless rates are watched
    pub window_calls: i64,
    /// of these
    pub window_failures: i64,
    /// of these
    pub window_slow: i64,
    pub reserved: i64,
}

impl Default for tapps_breaker_info {
    /// All zero, which means the default wherever it is an option.
    fn default() -> Self {
        // SAFETY: integers and raw pointers.
        unsafe { std::mem::zeroed() }
    }
}

extern "C" {
    /// The library's version as text, "0.1.0".
    /// Lifetime: static. Threads: any. Since: 0.1.
    pub fn tapps_version() -> *const c_char;

    /// The ABI's number, the same as in the file name libtapps.so.N; differs only after a break.
    /// Threads: any. Since: 0.1.
    pub fn tapps_abi() -> i32;

    /// The code of an error; TAPPS_OK for NULL. Threads: one at a time. Since: 0.1.
    pub fn tapps_error_code(error: *const tapps_error) -> i32;

    /// One line of UTF-8 on what failed and why; never holds credentials.
    /// Lifetime: until the error is released. "" for NULL. Threads: one at a time. Since: 0.1.
    pub fn tapps_error_message(error: *const tapps_error) -> *const c_char;

    /// SQLite's extended result code, or 0. Threads: one at a time. Since: 0.1.
    pub fn tapps_error_sqlite(error: *const tapps_error) -> i32;

    /// errno of the system call that failed, or 0. Threads: one at a time. Since: 0.1.
    pub fn tapps_error_errno(error: *const tapps_error) -> i32;

    /// HTTP status of the answer that made the call fail, or 0. Threads: one at a time. Since: 0.1.
    pub fn tapps_error_http_status(error: *const tapps_error) -> i32;

    /// How long to wait before trying again, in microseconds; 0 when not known.
    /// Threads: one at a time. Since: 0.1.
    pub fn tapps_error_retry_after_us(error: *const tapps_error) -> i64;

    /// Frees an error. Threads: one at a time. Since: 0.1.
    pub fn tapps_error_release(error: *mut tapps_error);

    /// The name of a code without its prefix, "NOT_FOUND"; "UNKNOWN" for a number that is none.
    /// Lifetime: static. Threads: any. Since: 0.1.
    pub fn tapps_code_name(code: i32) -> *const c_char;

    /// One sentence on what a code means. Lifetime: static. Threads: any. Since: 0.1.
    pub fn tapps_code_meaning(code: i32) -> *const c_char;

    /// The bytes of a value; *size receives their number when size is not NULL. Bytes are followed by a
    /// NUL that is not counted. Lifetime: until the value is released. NULL for NULL. Threads: any.
    /// Since: 0.1.
    pub fn tapps_value_data(value: *const tapps_value, size: *mut usize) -> *const c_void;

    /// Fills *info. Threads: any. Since: 0.1.
    pub fn tapps_value_info(value: *const tapps_value, info: *mut tapps_info);

    /// One of the texts (TAPPS_TEXT_*), NUL-terminated; NULL when it is not known. UTF-8, but
    /// CONTENT_TYPE and HEADERS of a response are the bytes that the origin sent. *size receives the
    /// length without the NUL when size is not NULL. Lifetime: until the value is released. Threads:
    /// any. Since: 0.1.
    pub fn tapps_value_text(
        value: *const tapps_value,
        text: i32,
        size: *mut usize,
    ) -> *const c_char;

    /// Adds a reference; returns `value`. Threads: any. Since: 0.1.
    pub fn tapps_value_retain(value: *mut tapps_value) -> *mut tapps_value;

    /// Drops a reference. Threads: any. Since: 0.1.
    pub fn tapps_value_release(value: *mut tapps_value);

    /// Opens the cache in the file at `path`, creating folder (0700) and file (0600) when missing.
    /// path NULL: $XDG_CACHE_HOME/tapps/cache-1.db, else $HOME/.cache/tapps/cache-1.db. ":memory:": no
    /// file. Opening a file again in one process returns the same cache; other options then: EXISTS. A
    /// file that may not be written opens all the same and keeps new entries in memory only, as
    /// tapps_cache_state tells.
    /// Returns INVALID (options, not a folder), CORRUPT (not a cache file), VERSION (a newer major),
    /// DENIED (permission, other owner, symbolic link), UNSUPPORTED (file system on which WAL is not
    /// safe; or another copy of SQLite in this process has the file open, as with dlmopen: each would
    /// drop the other's locks), TIMEOUT, IO, FULL, FORKED. Threads: any. Since: 0.1.
    pub fn tapps_cache_open(
        path: *const c_char,
        options: *const tapps_open_options,
        cache: *mut *mut tapps_cache,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Writes what is queued, stops the threads and marks this handle closed; waits for permits end with
    /// CLOSED. Another handle on the same file in this process keeps the cache running. deadline_us 0:
    /// 5 s; what is not written by then is reported as TIMEOUT and goes on being written in the
    /// background. Threads: any. Since: 0.1.
    pub fn tapps_cache_close(
        cache: *mut tapps_cache,
        deadline_us: i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Gives the handle back. Without a close before, what is queued is written in the background.
    /// Threads: any. Since: 0.1.
    pub fn tapps_cache_release(cache: *mut tapps_cache);

    /// The present TAPPS_STATE_*. Threads: any. Since: 0.1.
    pub fn tapps_cache_state(cache: *const tapps_cache) -> i32;

    /// The path of the file, ":memory:" without one. Lifetime: the handle's. Threads: any.
    /// Since: 0.1.
    pub fn tapps_cache_path(cache: *const tapps_cache) -> *const c_char;

    /// Looks a key up. *data and *size (each may be NULL) receive the bytes of *value.
    /// Returns NOT_FOUND, also for expired and negative entries; WOULD_BLOCK only with CACHED_ONLY; an
    /// unreadable file makes a miss. Threads: any. Since: 0.1.
    pub fn tapps_cache_get(
        cache: *mut tapps_cache,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        options: *const tapps_get_options,
        value: *mut *mut tapps_value,
        data: *mut *const c_void,
        size: *mut usize,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Whether a plain get would find the key: TAPPS_OK or NOT_FOUND. Reads no value and does not count
    /// as a use. *version (may be NULL) receives the entry's version, for tapps_cache_swap; 0 with
    /// NOT_FOUND. Threads: any. Since: 0.1.
    pub fn tapps_cache_contains(
        cache: *mut tapps_cache,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        version: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Looks `count` keys up in one crossing and one view of the file. Returns TAPPS_OK when each item
    /// has its code, whatever the codes are. Threads: any. Since: 0.1.
    pub fn tapps_cache_get_many(
        cache: *mut tapps_cache,
        space: *const c_char,
        items: *mut tapps_get_item,
        count: usize,
        options: *const tapps_get_options,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Stores a copy of `size` bytes. Visible to this process at once, to others after the commit.
    /// Returns BUSY when the queue stays full for the timeout, and without a wait while the file cannot
    /// be written (state LOCKED, FULL, FAILED, WAL_PINNED): async puts are then taken until queue_bytes
    /// of them wait. TIMEOUT (withdrawn) or OUTCOME_UNKNOWN for sync and full puts, TOO_LARGE, IO, FULL,
    /// READ_ONLY. Threads: any. Since: 0.1.
    pub fn tapps_cache_put(
        cache: *mut tapps_cache,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        data: *const c_void,
        size: usize,
        options: *const tapps_put_options,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Stores `count` entries with the same options, in one transaction. All are checked before the
    /// first is stored. Returns as tapps_cache_put. Threads: any. Since: 0.1.
    pub fn tapps_cache_put_many(
        cache: *mut tapps_cache,
        space: *const c_char,
        items: *const tapps_put_item,
        count: usize,
        options: *const tapps_put_options,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Stores a copy of `size` bytes if the entry has `expected` as its version (tapps_info.version),
    /// or, for 0, if a plain get would not find the key. Committed when the call returns, whatever the
    /// durability in the options (FULL: fsynced). *version (may be NULL) receives the new version; with
    /// EXISTS the present one, 0 when there is no entry. Of several swaps that expect one version, in
    /// any number of processes, one succeeds. Returns EXISTS when the version is another one, and as a
    /// sync tapps_cache_put. Threads: any. Since: 0.1.
    pub fn tapps_cache_swap(
        cache: *mut tapps_cache,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        expected: i64,
        data: *const c_void,
        size: usize,
        options: *const tapps_put_options,
        version: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Removes a key; one that is not there is no error. durability: TAPPS_DURABILITY_*.
    /// Returns as tapps_cache_put. Threads: any. Since: 0.1.
    pub fn tapps_cache_delete(
        cache: *mut tapps_cache,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        durability: i32,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Removes entries by namespace, key prefix and tag, committed when the call returns; filter NULL:
    /// all, fetched responses and documents too; of the library's namespaces a filter may name
    /// "tapps.http" and "tapps.docs". Many go in slices, between which others may write; the put timeout
    /// is that of a slice. *removed (may be NULL) receives the number removed. Returns as a sync
    /// tapps_cache_put; OUTCOME_UNKNOWN: some may be removed. Threads: any. Since: 0.1.
    pub fn tapps_cache_delete_all(
        cache: *mut tapps_cache,
        filter: *const tapps_filter,
        removed: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Counts entries by namespace, key prefix and tag, leaving out those that may not be served any
    /// more; filter NULL: all but the library's own. Pending puts are flushed first, as far as the file
    /// can be written. *entries and *bytes (each may be NULL) receive the number of entries and the
    /// bytes of their keys and values. Reads every entry's row unless the filter has a tag: milliseconds
    /// for ten thousand. Returns IO, CORRUPT. Threads: any. Since: 0.1.
    pub fn tapps_cache_count(
        cache: *mut tapps_cache,
        filter: *const tapps_filter,
        entries: *mut i64,
        bytes: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Gives an entry a new lifetime from now on; ttl_us as in tapps_put_options.
    /// Returns NOT_FOUND, and as an async tapps_cache_put. Threads: any. Since: 0.1.
    pub fn tapps_cache_touch(
        cache: *mut tapps_cache,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        ttl_us: i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Returns when everything put before is committed. timeout_us 0: 3 s.
    /// Returns TIMEOUT, and what kept the writer from writing. Threads: any. Since: 0.1.
    pub fn tapps_cache_flush(
        cache: *mut tapps_cache,
        timeout_us: i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Sets the defaults of a namespace for entries put from now on, in this process; options NULL: back
    /// to the cache's. At most 1,024 namespaces have some: FULL. Threads: any. Since: 0.1.
    pub fn tapps_cache_set_space(
        cache: *mut tapps_cache,
        space: *const c_char,
        options: *const tapps_space_options,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Looks a key up for a caller who can make the value. There are four ways to succeed:
    ///  - *value, *lease 0: serve the value.
    ///  - *value NULL, *lease above 0: this caller, and no other, loads. It ends the lease with
    ///    tapps_cache_load_finish or tapps_cache_load_abandon.
    ///  - *value and *lease: serve the value, and load its successor. It is in its stale window, or near
    ///    the end of its lifetime: the nearer, the likelier, and earlier the longer a load takes
    ///    (early_us), so that a hot key never ends for all at once. One caller at a time gets this.
    ///  - NOT_FOUND: the key is remembered as not there (TAPPS_PUT_NEGATIVE).
    /// A caller who finds somebody loading waits and gets what that one put. When the loader abandons,
    /// lets its lease run out or dies, one who waits gets a lease. When the file cannot be written
    /// within lease_wait_us the caller loads without regard to other processes ("lone" in the
    /// statistics). An entry put by tapps_cache_put during a load does not end the waiting in this
    /// process. Returns TIMEOUT, CLOSED. Threads: any. Since: 0.1.
    pub fn tapps_cache_load(
        cache: *mut tapps_cache,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        options: *const tapps_load_options,
        value: *mut *mut tapps_value,
        data: *mut *const c_void,
        size: *mut usize,
        lease: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Ends a lease with a value, which is put as by tapps_cache_put and handed to all who wait, also
    /// when the put fails. After a lease that ran out the value is put all the same. Returns NOT_FOUND
    /// for a lease that was ended before or is not known, else as tapps_cache_put.
    /// Threads: any. Since: 0.1.
    pub fn tapps_cache_load_finish(
        cache: *mut tapps_cache,
        lease: i64,
        data: *const c_void,
        size: usize,
        options: *const tapps_put_options,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Ends a lease without a value: the next who waits gets a lease. A lease that was ended before or
    /// is not known: no effect. Works after the handle's close, too: while another handle keeps the
    /// cache running, a close ends no leases, and one that is not abandoned lasts until its time is up.
    /// The close of the last handle ends all. Threads: any. Since: 0.1.
    pub fn tapps_cache_load_abandon(cache: *mut tapps_cache, lease: i64);

    /// Copies the cache as it stands to a file (0600), which replaces what is at `path` when all of it
    /// is there. What was put before is in it. Returns EXISTS (the cache's own file), UNSUPPORTED
    /// (without a file), DENIED, IO, FULL, TIMEOUT. Threads: any. Since: 0.1.
    pub fn tapps_cache_backup(
        cache: *mut tapps_cache,
        path: *const c_char,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Looks for damage and changes nothing. *value receives a JSON object: {"ok", "entries" (looked
    /// at), "damaged" (of those: gets miss them), "problems":\["..."\]}. TAPPS_OK means that it could
    /// look. Returns UNSUPPORTED (without a file), IO, BUSY. Threads: any. Since: 0.1.
    pub fn tapps_cache_check(
        cache: *mut tapps_cache,
        flags: u32,
        value: *mut *mut tapps_value,
        data: *mut *const c_void,
        size: *mut usize,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Gives unused space of the file back to the file system; others have their turn in between.
    /// timeout_us 0: 30 s. *freed (may be NULL) receives the bytes. Returns TIMEOUT (what was given back
    /// stays so), UNSUPPORTED (without a file), READ_ONLY, IO, FULL. Threads: any. Since: 0.1.
    pub fn tapps_cache_compact(
        cache: *mut tapps_cache,
        timeout_us: i64,
        freed: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Looks at every committed entry. *value receives a JSON object: {"entries", "bytes", "expired"
    /// (still in the file), "spaces":{NAME:{"entries", "bytes", "fresh", "stale", "negative"}},
    /// "ages":{"minute", "hour", "day", "week", "month", "older"}}. An entry counts under the shortest
    /// age that it has not passed. Returns IO, CORRUPT. Threads: any. Since: 0.1.
    pub fn tapps_cache_survey(
        cache: *mut tapps_cache,
        value: *mut *mut tapps_value,
        data: *mut *const c_void,
        size: *mut usize,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Starts a walk over the committed entries of a namespace (NULL: of all) whose key begins with
    /// `prefix`, in no particular order; entries that may not be served any more are left out. Pending
    /// puts are flushed first. Threads: any. Since: 0.1.
    pub fn tapps_cursor_open(
        cache: *mut tapps_cache,
        space: *const c_char,
        prefix: *const c_void,
        prefix_size: usize,
        cursor: *mut *mut tapps_cursor,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Moves to the next entry and fills *entry. Returns NOT_FOUND after the last one.
    /// Threads: one at a time. Since: 0.1.
    pub fn tapps_cursor_next(
        cursor: *mut tapps_cursor,
        entry: *mut tapps_entry,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Ends a walk. Threads: one at a time. Since: 0.1.
    pub fn tapps_cursor_release(cursor: *mut tapps_cursor);

    /// A snapshot of everything counted by this process since the cache was opened, as a JSON object in
    /// *value:
    /// {"hits":{"memory","disk","stale","negative"}, "misses", "hit_rate", "writes", "pending":{...},
    /// "loads":{"leases","coalesced","lone","takeovers","abandoned","timeouts","typical_us"},
    /// "uptime_us", "memory":{...}, "disk":{...}, "damage":{"healed","failed","saved","values"},
    /// "latency_us":{op:{"count","p50","p90","p99","p999","max"}}, "fetch":{...}, "docs":{...},
    /// "breakers":\[...\]}. Members may be added. hit_rate is hits / (hits + misses), 0..1. damage: how
    /// often this process healed the file, could not, entries taken over, and values read whose checksum
    /// was wrong, which were misses. Threads: any. Since: 0.1.
    pub fn tapps_cache_stats(
        cache: *mut tapps_cache,
        value: *mut *mut tapps_value,
        data: *mut *const c_void,
        size: *mut usize,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Makes a queue. Threads: any. Since: 0.1.
    pub fn tapps_queue_open(
        cache: *mut tapps_cache,
        queue: *mut *mut tapps_queue,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// A descriptor that poll, epoll, kqueue or libuv can watch: readable if and only if the queue holds
    /// records. A drain that leaves records signals anew. Do not read, write or close it. Lifetime: the
    /// queue's. -1 for NULL. Threads: any. Since: 0.1.
    pub fn tapps_queue_fd(queue: *const tapps_queue) -> i64;

    /// Takes up to `max` records without waiting; returns their number. Threads: any. Since: 0.1.
    pub fn tapps_queue_drain(
        queue: *mut tapps_queue,
        records: *mut tapps_record,
        max: usize,
    ) -> usize;

    /// As drain, but waits up to timeout_us (0: not at all; -2: for ever) for the first record; *count
    /// receives the number. Returns TIMEOUT when none came, CLOSED when the queue was closed and is
    /// empty. Threads: any. Since: 0.1.
    pub fn tapps_queue_wait(
        queue: *mut tapps_queue,
        timeout_us: i64,
        records: *mut tapps_record,
        max: usize,
        count: *mut usize,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Ends an operation early: its record, with CANCELLED, is in the queue when this returns unless it
    /// was there before. What has begun may still take effect (a put may be stored). Unknown or ended
    /// operations: no effect. Threads: any. Since: 0.1.
    pub fn tapps_queue_cancel(queue: *mut tapps_queue, op: i64);

    /// Calls notify(context) whenever the queue goes from empty to not empty: on a thread of the
    /// library, or on the one whose submit, cancel or breaker call ended or told something at once. It
    /// must not block nor call tapps. When the function returns, the previous callback will not run
    /// again. NULL: none. Threads: any but from within notify. Since: 0.1.
    pub fn tapps_queue_notify(
        queue: *mut tapps_queue,
        notify: Option<unsafe extern "C" fn(context: *mut c_void)>,
        context: *mut c_void,
    );

    /// Which events of the cache the queue gets: any of TAPPS_EVENT_BREAKER, STATE, DAMAGE and EVICTION,
    /// 0 for none. kinds: bits 1 \<\< (TAPPS_EVENT_* - 64). Threads: any. Since: 0.1.
    pub fn tapps_queue_subscribe(
        queue: *mut tapps_queue,
        kinds: u32,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Cancels what is under way, drops what is waiting (leases of loads are abandoned), and gives the
    /// queue back. Threads that are inside tapps_queue_wait return CLOSED. Threads: any. Since: 0.1.
    pub fn tapps_queue_release(queue: *mut tapps_queue);

    /// Submits a get: the record carries the value. *op (may be NULL, as in all submits) receives the
    /// number of the operation, above 0. Threads: any. Since: 0.1.
    pub fn tapps_queue_get(
        queue: *mut tapps_queue,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        options: *const tapps_get_options,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits a put: the record comes when its durability is reached (async: when it is queued).
    /// Threads: any. Since: 0.1.
    pub fn tapps_queue_put(
        queue: *mut tapps_queue,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        data: *const c_void,
        size: usize,
        options: *const tapps_put_options,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits a flush. timeout_us as in tapps_cache_flush. Threads: any. Since: 0.1.
    pub fn tapps_queue_flush(
        queue: *mut tapps_queue,
        timeout_us: i64,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits `count` gets, 1 to 65,536, of which only key and key_size are read. Each ends in a
    /// TAPPS_RECORD_GET of its own; their operations are numbered from *op on, in the order of the
    /// items. Threads: any. Since: 0.1.
    pub fn tapps_queue_get_many(
        queue: *mut tapps_queue,
        space: *const c_char,
        items: *const tapps_get_item,
        count: usize,
        options: *const tapps_get_options,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_put_many; one TAPPS_RECORD_PUT for all. Threads: any. Since: 0.1.
    pub fn tapps_queue_put_many(
        queue: *mut tapps_queue,
        space: *const c_char,
        items: *const tapps_put_item,
        count: usize,
        options: *const tapps_put_options,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_swap. Threads: any. Since: 0.1.
    pub fn tapps_queue_swap(
        queue: *mut tapps_queue,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        expected: i64,
        data: *const c_void,
        size: usize,
        options: *const tapps_put_options,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_delete. Threads: any. Since: 0.1.
    pub fn tapps_queue_delete(
        queue: *mut tapps_queue,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        durability: i32,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_delete_all. Threads: any. Since: 0.1.
    pub fn tapps_queue_delete_all(
        queue: *mut tapps_queue,
        filter: *const tapps_filter,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_touch. Threads: any. Since: 0.1.
    pub fn tapps_queue_touch(
        queue: *mut tapps_queue,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        ttl_us: i64,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_contains: the record's code is the answer. Threads: any. Since: 0.1.
    pub fn tapps_queue_contains(
        queue: *mut tapps_queue,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_count. Threads: any. Since: 0.1.
    pub fn tapps_queue_count(
        queue: *mut tapps_queue,
        filter: *const tapps_filter,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_load: the record carries the value, the lease (number), or both. A lease is
    /// ended by tapps_cache_load_finish or tapps_cache_load_abandon. Threads: any. Since: 0.1.
    pub fn tapps_queue_load(
        queue: *mut tapps_queue,
        space: *const c_char,
        key: *const c_void,
        key_size: usize,
        options: *const tapps_load_options,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_backup. Threads: any. Since: 0.1.
    pub fn tapps_queue_backup(
        queue: *mut tapps_queue,
        path: *const c_char,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_check: the record carries the object. Threads: any. Since: 0.1.
    pub fn tapps_queue_check(
        queue: *mut tapps_queue,
        flags: u32,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_compact. Threads: any. Since: 0.1.
    pub fn tapps_queue_compact(
        queue: *mut tapps_queue,
        timeout_us: i64,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits tapps_cache_survey: the record carries the object. Threads: any. Since: 0.1.
    pub fn tapps_queue_survey(
        queue: *mut tapps_queue,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Gets a URL (http or https) from the cache or its origin, by RFC 9111 as a private cache. Any
    /// status the origin answers is a success of the call: see tapps_info.http_status. When the origin
    /// fails, a stored answer inside its stale-if-error window is returned with TAPPS_VALUE_STALE and a
    /// warning. An origin that answered 429, or that sent Retry-After or RateLimit fields, is not asked
    /// again before it said so: QUOTA, with tapps_error_retry_after_us. Returns INVALID, NETWORK,
    /// TIMEOUT, OPEN_CIRCUIT, QUOTA, OFFLINE, NOT_FOUND (only-if-cached), TOO_LARGE, PROTOCOL, BUSY,
    /// UNSUPPORTED (no libcurl). Threads: any. Since: 0.1.
    pub fn tapps_cache_fetch(
        cache: *mut tapps_cache,
        url: *const c_char,
        options: *const tapps_fetch_options,
        value: *mut *mut tapps_value,
        data: *mut *const c_void,
        size: *mut usize,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits a fetch. Threads: any. Since: 0.1.
    pub fn tapps_queue_fetch(
        queue: *mut tapps_queue,
        url: *const c_char,
        options: *const tapps_fetch_options,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits many fetches with the same options: `urls`, one a line, at most 10,000. One record comes
    /// for each, its user_data being `user_data` plus the line's number from 0; as results come, or with
    /// TAPPS_FETCH_IN_ORDER in the order of the lines. At most `parallel` are under way at a time (0:
    /// 8). *ops (may be NULL) receives a number for each line, for tapps_queue_cancel; *count (may be
    /// NULL) how many lines there are; capacity: room in ops, INVALID when it is too small. When a URL
    /// or the options are refused, nothing is submitted. Threads: any. Since: 0.1.
    pub fn tapps_queue_fetch_many(
        queue: *mut tapps_queue,
        urls: *const c_char,
        options: *const tapps_fetch_options,
        parallel: i64,
        user_data: u64,
        ops: *mut i64,
        capacity: usize,
        count: *mut usize,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Switches the network off (1) or on (0) for all fetches of the cache in this process, those of
    /// other handles too. Off, what is stored is served, stale too where its origin does not forbid
    /// that; else OFFLINE. What is under way goes on. Threads: any. Since: 0.1.
    pub fn tapps_cache_set_offline(
        cache: *mut tapps_cache,
        offline: i32,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Answers what the documentation of a library says, from the cache, from the package installed on
    /// this machine, from the URL template, or from a stale copy, in this order. See TAPPS_TEXT_* for
    /// library, version, source and warning. Returns NOT_FOUND (the message lists near names as
    /// suggestions; they are never answered in place of the library), and the codes of a fetch. What a
    /// template with credentials in it answers stays in memory. Threads: any. Since: 0.1.
    pub fn tapps_docs_lookup(
        cache: *mut tapps_cache,
        library: *const c_char,
        options: *const tapps_docs_options,
        value: *mut *mut tapps_value,
        data: *mut *const c_void,
        size: *mut usize,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits a lookup. Threads: any. Since: 0.1.
    pub fn tapps_queue_docs(
        queue: *mut tapps_queue,
        library: *const c_char,
        options: *const tapps_docs_options,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Reads the manifests below `root` and plans a lookup for every library found. A manifest that
    /// cannot be read becomes a diagnostic of the plan, not a failure. Returns INVALID (not a folder),
    /// DENIED, IO. Threads: any. Since: 0.1.
    pub fn tapps_plan_open(
        cache: *mut tapps_cache,
        root: *const c_char,
        options: *const tapps_warm_options,
        plan: *mut *mut tapps_plan,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// The number of libraries in the plan. Threads: any. Since: 0.1.
    pub fn tapps_plan_count(plan: *const tapps_plan) -> usize;

    /// The plan as JSON: {"root",
    /// "items":\[{"library","ecosystem","version","constraint","kind","direct","priority","manifest",
    /// "line","fresh","requests"}\], "requests", "diagnostics":\[{"file","line","message"}\]}.
    /// Threads: any. Since: 0.1.
    pub fn tapps_plan_describe(
        plan: *mut tapps_plan,
        value: *mut *mut tapps_value,
        data: *mut *const c_void,
        size: *mut usize,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits the run of a plan: TAPPS_EVENT_PROGRESS events
    /// {"total","done","current","code","bytes","eta_us"}, then a record whose data is
    /// {"total","fetched","skipped","failed","bytes","duration_us",
    /// "failures":\[{"library","code","message"}\]}.
    /// What is fresh is skipped: a run that was cut short goes on where it stopped. The record's code is
    /// TAPPS_OK also when libraries failed, CANCELLED after tapps_queue_cancel. Threads: any. Since:
    /// 0.1.
    pub fn tapps_queue_warm(
        queue: *mut tapps_queue,
        plan: *mut tapps_plan,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Gives a plan back. Threads: any. Since: 0.1.
    pub fn tapps_plan_release(plan: *mut tapps_plan);

    /// The breaker called `name` of this cache, 1..255 bytes, made when it is not there. With options
    /// that differ from those of one that is there: EXISTS; NULL takes it as it is. Fetches use the
    /// breaker named as the origin, "https://example.org:443". Threads: any. Since: 0.1.
    pub fn tapps_breaker_open(
        cache: *mut tapps_cache,
        name: *const c_char,
        options: *const tapps_breaker_options,
        breaker: *mut *mut tapps_breaker,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Asks to make a call. Returns OPEN_CIRCUIT, QUOTA (see tapps_error_retry_after_us) or BUSY without
    /// a wait; else *permit is above 0 and is reported exactly once. The first call after an outage may
    /// wait up to 50 ms for the right to probe. With err NULL a refusal allocates nothing. Threads: any.
    /// Since: 0.1.
    pub fn tapps_breaker_acquire(
        breaker: *mut tapps_breaker,
        permit: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// As acquire, but waits up to wait_us (above 0) for a place where that returns BUSY, in the order
    /// of asking. Returns TIMEOUT when the wait is over, BUSY when max_waiting callers wait already, and
    /// OPEN_CIRCUIT or QUOTA as soon as the breaker opens or the service asks to wait. Threads: any.
    /// Since: 0.1.
    pub fn tapps_breaker_wait(
        breaker: *mut tapps_breaker,
        wait_us: i64,
        permit: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Submits such a wait: the record carries the permit as its number. wait_us 0: not at all. A permit
    /// whose record is never taken is taken back at its deadline. Threads: any. Since: 0.1.
    pub fn tapps_queue_acquire(
        queue: *mut tapps_queue,
        breaker: *mut tapps_breaker,
        wait_us: i64,
        user_data: u64,
        op: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Reports how the call went: TAPPS_OUTCOME_*. A permit reported before, or taken back: no effect.
    /// Threads: any. Since: 0.1.
    pub fn tapps_breaker_report(breaker: *mut tapps_breaker, permit: i64, outcome: i32);

    /// Asks whether a call that failed may be made once more. Only for calls that may be repeated
    /// (idempotent, RFC 9110 9.2.2). `attempt`: how often it was made, from 1. `status`: what HTTP
    /// answered, 0 when there was no answer; of the answers 408, 429, 500, 502, 503 and 504 are worth
    /// another try. retry_after_us: what the service asked for, or 0; believed up to an hour. On
    /// TAPPS_OK the caller waits *delay_us, drawn between 0 and a bound that doubles with each attempt
    /// (never less than what was asked for), and acquires anew. Returns UNSUPPORTED (the status is not
    /// worth it), FULL (as often as it may be, or the budget is used up: retry_reserve and
    /// retry_percent), OPEN_CIRCUIT (with retry_after_us). Threads: any. Since: 0.1.
    pub fn tapps_breaker_retry(
        breaker: *mut tapps_breaker,
        attempt: i64,
        status: i32,
        retry_after_us: i64,
        delay_us: *mut i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Tells what the service said: it takes no more than `calls` further calls within the next
    /// within_us; 0 calls for "not before". Then calls fail with QUOTA and the time to wait, in every
    /// process of the user. Believed for an hour at most; TAPPS_BREAKER_AUTO forgets it here. Threads:
    /// any. Since: 0.1.
    pub fn tapps_breaker_limit(
        breaker: *mut tapps_breaker,
        calls: i64,
        within_us: i64,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Fills *info. Threads: any. Since: 0.1.
    pub fn tapps_breaker_read(breaker: *mut tapps_breaker, info: *mut tapps_breaker_info);

    /// TAPPS_BREAKER_FORCE_OPEN or FORCE_CLOSED holds it there; AUTO ends that, closes it and forgets
    /// what it has counted. Threads: any. Since: 0.1.
    pub fn tapps_breaker_force(
        breaker: *mut tapps_breaker,
        mode: i32,
        err: *mut *mut tapps_error,
    ) -> i32;

    /// Gives the breaker back; it goes on for others. Threads: any. Since: 0.1.
    pub fn tapps_breaker_release(breaker: *mut tapps_breaker);
}
