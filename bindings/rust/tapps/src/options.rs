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
                | flag(self.shared_http, sys::TAPPS_OPEN_SHARED_HTTP),
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
            ..Default::default()
        })
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
