use std::ops::BitOr;
use std::time::Duration;

use tapps_sys as sys;

use crate::native::{micros, number, size_of, Texts, NONE, UNLIMITED};
use crate::Result;

/// How to open a cache. `None` is the default of `tapps.h`; `u64::MAX` and `Duration::MAX` are no
/// limit.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct OpenOptions<'a> {
    pub read_only: bool,
    /// Fetches answer from the cache or fail.
    pub offline: bool,
    pub memory_bytes: Option<u64>,
    pub memory_entries: Option<u64>,
    pub disk_bytes: Option<u64>,
    pub queue_bytes: Option<u64>,
    pub commit_interval: Option<Duration>,
    pub open_timeout: Option<Duration>,
    pub put_timeout: Option<Duration>,
    pub ttl: Option<Duration>,
    pub user_agent: Option<&'a str>,
    pub proxy: Option<&'a str>,
    pub ca_file: Option<&'a str>,
    pub max_concurrency: Option<u64>,
    pub break_failures: Option<u64>,
    pub break_time: Option<Duration>,
    pub policy: MemoryPolicy,
    pub disk_entries: Option<u64>,
    /// Read into memory after the open: what was used last.
    pub preload_bytes: Option<u64>,
    /// Hosts reached without the proxy.
    pub no_proxy: &'a [&'a str],
    /// Further query parameters and header fields that are secrets.
    pub secret_names: &'a [&'a str],
    /// No private, loopback or link-local address may answer a fetch.
    pub deny_private: bool,
    /// Set-Cookie reaches the file.
    pub keep_set_cookie: bool,
    /// Obeys RFC 9111 as a shared cache.
    pub shared_http: bool,
    /// Answers to requests with credentials reach the file, the credentials do not.
    pub keep_credentialed: bool,
    /// The WAL is checkpointed from half of it on.
    pub wal_bytes: Option<u64>,
    /// No commit begins beyond.
    pub max_wal_bytes: Option<u64>,
    /// For the file to let a load or fetch be the only one.
    pub lease_wait: Option<Duration>,
    /// How long an answer stands in for an origin that fails; `Duration::ZERO`: not at all.
    pub stale_if_error: Option<Duration>,
    /// Bound of a lifetime guessed from Last-Modified; `Duration::ZERO`: none is guessed.
    pub max_heuristic: Option<Duration>,
    /// Fetches that wait for a place at one origin.
    pub max_waiting: Option<u64>,
    pub max_break_time: Option<Duration>,
    pub break_successes: Option<u64>,
    pub break_failure_rate: Option<u64>,
    pub break_slow_rate: Option<u64>,
    pub break_slow: Option<Duration>,
    pub break_window_calls: Option<u64>,
    pub break_window: Option<Duration>,
    pub break_min_calls: Option<u64>,
    pub retry: Option<Duration>,
    pub max_retry: Option<Duration>,
    /// Retries of all calls before any has earned one; 0: none.
    pub retry_reserve: Option<u64>,
    /// Retries that a hundred calls earn; 0: none.
    pub retry_percent: Option<u64>,
}

/// How memory chooses what to forget when it is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryPolicy {
    /// Learns from what it serves.
    #[default]
    Adaptive,
    /// The least recently used first.
    Lru,
}

impl OpenOptions<'_> {
    pub(crate) fn native(&self, texts: &mut Texts) -> Result<sys::tapps_open_options> {
        Ok(sys::tapps_open_options {
            struct_size: size_of::<sys::tapps_open_options>(),
            flags: flag(self.read_only, sys::TAPPS_OPEN_READ_ONLY)
                | flag(self.offline, sys::TAPPS_OPEN_OFFLINE)
                | flag(self.deny_private, sys::TAPPS_OPEN_DENY_PRIVATE)
                | flag(self.keep_set_cookie, sys::TAPPS_OPEN_KEEP_SET_COOKIE)
                | flag(self.shared_http, sys::TAPPS_OPEN_SHARED_HTTP)
                | flag(self.keep_credentialed, sys::TAPPS_OPEN_KEEP_CREDENTIALED),
            memory_bytes: number(self.memory_bytes),
            memory_entries: number(self.memory_entries),
            disk_bytes: number(self.disk_bytes),
            queue_bytes: number(self.queue_bytes),
            commit_interval_us: micros(self.commit_interval, UNLIMITED),
            open_timeout_us: micros(self.open_timeout, UNLIMITED),
            put_timeout_us: micros(self.put_timeout, UNLIMITED),
            ttl_us: micros(self.ttl, NONE),
            user_agent: texts.add(self.user_agent)?,
            proxy: texts.add(self.proxy)?,
            ca_file: texts.add(self.ca_file)?,
            max_concurrency: number(self.max_concurrency),
            break_failures: number(self.break_failures),
            break_us: micros(self.break_time, UNLIMITED),
            policy: match self.policy {
                MemoryPolicy::Adaptive => sys::TAPPS_POLICY_ADAPTIVE,
                MemoryPolicy::Lru => sys::TAPPS_POLICY_LRU,
            },
            disk_entries: number(self.disk_entries),
            preload_bytes: number(self.preload_bytes),
            no_proxy: texts.joined(self.no_proxy, ",")?,
            secret_names: texts.lines(self.secret_names)?,
            wal_bytes: number(self.wal_bytes),
            max_wal_bytes: number(self.max_wal_bytes),
            lease_wait_us: micros(self.lease_wait, UNLIMITED),
            stale_if_error_us: micros_or_none(self.stale_if_error),
            max_heuristic_us: micros_or_none(self.max_heuristic),
            max_waiting: number(self.max_waiting),
            max_break_us: micros(self.max_break_time, UNLIMITED),
            break_successes: number(self.break_successes),
            break_failure_rate: number(self.break_failure_rate),
            break_slow_rate: number(self.break_slow_rate),
            break_slow_us: micros(self.break_slow, UNLIMITED),
            break_window_calls: number(self.break_window_calls),
            break_window_us: micros(self.break_window, NONE),
            break_min_calls: number(self.break_min_calls),
            retry_us: micros(self.retry, UNLIMITED),
            max_retry_us: micros(self.max_retry, UNLIMITED),
            retry_reserve: number_or_none(self.retry_reserve),
            retry_percent: number_or_none(self.retry_percent),
            ..Default::default()
        })
    }
}

/// 0 is none.
pub(crate) fn number_or_none(given: Option<u64>) -> i64 {
    if given == Some(0) {
        NONE
    } else {
        number(given)
    }
}

/// No time at all is none.
fn micros_or_none(given: Option<Duration>) -> i64 {
    if given == Some(Duration::ZERO) {
        NONE
    } else {
        micros(given, UNLIMITED)
    }
}

pub(crate) fn flag(on: bool, bit: u32) -> u32 {
    if on {
        bit
    } else {
        0
    }
}

/// What a lookup answers with; combined with `|`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Get(pub(crate) u32);

impl Get {
    /// Also entries in their stale window.
    pub const ALLOW_STALE: Get = Get(sys::TAPPS_GET_ALLOW_STALE);
    /// Does not count as a use.
    pub const PEEK: Get = Get(sys::TAPPS_GET_PEEK);
    /// Never touches the disk: `Code::WOULD_BLOCK` instead.
    pub const CACHED_ONLY: Get = Get(sys::TAPPS_GET_CACHED_ONLY);
    /// Also entries that remember "not found".
    pub const SHOW_NEGATIVE: Get = Get(sys::TAPPS_GET_SHOW_NEGATIVE);

    pub(crate) fn native(self) -> sys::tapps_get_options {
        sys::tapps_get_options { struct_size: size_of::<sys::tapps_get_options>(), flags: self.0 }
    }
}

impl BitOr for Get {
    type Output = Get;
    fn bitor(self, other: Get) -> Get {
        Get(self.0 | other.0)
    }
}

/// How long a put is waited for and what a crash may lose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Committed within the commit interval.
    #[default]
    Async,
    /// Not written to the file.
    Memory,
    /// Committed on return: survives the death of the process.
    Sync,
    /// On the disk on return: survives a power loss.
    Full,
}

impl Durability {
    pub(crate) fn native(self) -> i32 {
        match self {
            Durability::Async => sys::TAPPS_DURABILITY_ASYNC,
            Durability::Memory => sys::TAPPS_DURABILITY_MEMORY,
            Durability::Sync => sys::TAPPS_DURABILITY_SYNC,
            Durability::Full => sys::TAPPS_DURABILITY_FULL,
        }
    }
}

/// How to store an entry. `None` is the default of `tapps.h`; `Duration::MAX` has no end.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct PutOptions<'a> {
    pub ttl: Option<Duration>,
    /// Window after the lifetime in which `Get::ALLOW_STALE` serves the entry.
    pub stale: Option<Duration>,
    pub durability: Durability,
    /// Remembers "not found".
    pub negative: bool,
    /// Every use prolongs the lifetime.
    pub sliding: bool,
    pub timeout: Option<Duration>,
    pub content_type: Option<&'a str>,
    pub source: Option<&'a str>,
    pub tags: &'a [&'a str],
    /// A JSON object kept beside the value.
    pub json: Option<&'a str>,
}

impl PutOptions<'_> {
    pub(crate) fn native(&self, texts: &mut Texts) -> Result<sys::tapps_put_options> {
        Ok(sys::tapps_put_options {
            struct_size: size_of::<sys::tapps_put_options>(),
            flags: flag(self.negative, sys::TAPPS_PUT_NEGATIVE)
                | flag(self.sliding, sys::TAPPS_PUT_SLIDING),
            durability: self.durability.native(),
            ttl_us: micros(self.ttl, NONE),
            stale_us: micros(self.stale, UNLIMITED),
            timeout_us: micros(self.timeout, UNLIMITED),
            content_type: texts.add(self.content_type)?,
            source: texts.add(self.source)?,
            tags: texts.lines(self.tags)?,
            json: texts.add(self.json)?,
            ..Default::default()
        })
    }
}
