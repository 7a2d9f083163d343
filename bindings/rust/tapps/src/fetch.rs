use std::time::Duration;

use tapps_sys as sys;

use crate::driver::{End, Operation};
use crate::native::{self, call, call_value, micros, number, size_of, Texts, NONE, UNLIMITED};
use crate::options::{flag, number_or_none};
use crate::value::origin;
use crate::{Cache, Code, Error, Origin, Result, Value};

/// How the cache is used by a fetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// RFC 9111: fresh from the cache, else revalidated or fetched.
    #[default]
    Default,
    /// Always asks the origin; stores the answer.
    Reload,
    /// Neither reads nor writes the cache.
    NoStore,
    /// Whatever is stored, however old; else the network.
    ForceCache,
    /// Whatever is stored, however old; else `Code::NOT_FOUND`.
    OnlyIfCached,
    /// Revalidates what is stored before using it.
    NoCache,
}

/// How to fetch. `None` is the default of `tapps.h`.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct FetchOptions<'a> {
    pub method: Option<&'a str>,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Option<&'a [u8]>,
    pub policy: Policy,
    /// Of the whole call.
    pub timeout: Option<Duration>,
    pub connect_timeout: Option<Duration>,
    pub max_body_bytes: Option<u64>,
    /// 0: none are followed.
    pub max_redirects: Option<u64>,
    /// Lifetime given to the answer in place of its own.
    pub ttl: Option<Duration>,
    /// No private, loopback or link-local address may answer.
    pub deny_private: bool,
    /// Of an idempotent request that failed in a way that may pass.
    pub retries: Option<u64>,
    /// From the start to the first byte of the answer.
    pub first_byte: Option<Duration>,
    /// Fails when slower than `low_speed_bytes` a second for so long.
    pub low_speed: Option<Duration>,
    pub low_speed_bytes: Option<u64>,
    /// Of all header fields.
    pub max_header_bytes: Option<u64>,
}

impl FetchOptions<'_> {
    fn native(&self, texts: &mut Texts) -> Result<sys::tapps_fetch_options> {
        let mut lines = String::new();
        for (name, value) in self.headers {
            if name.contains(['\r', '\n']) || value.contains(['\r', '\n']) {
                let message = format!("header {name:?}: contains a line break");
                return Err(Error::new(Code::INVALID, message));
            }
            lines += &format!("{name}: {value}\n");
        }
        Ok(sys::tapps_fetch_options {
            struct_size: size_of::<sys::tapps_fetch_options>(),
            flags: flag(self.deny_private, sys::TAPPS_FETCH_DENY_PRIVATE),
            policy: match self.policy {
                Policy::Default => sys::TAPPS_FETCH_DEFAULT,
                Policy::Reload => sys::TAPPS_FETCH_RELOAD,
                Policy::NoStore => sys::TAPPS_FETCH_NO_STORE,
                Policy::ForceCache => sys::TAPPS_FETCH_FORCE_CACHE,
                Policy::OnlyIfCached => sys::TAPPS_FETCH_ONLY_IF_CACHED,
                Policy::NoCache => sys::TAPPS_FETCH_NO_CACHE,
            },
            method: texts.add(self.method)?,
            headers: texts.add((!lines.is_empty()).then_some(lines.as_str()))?,
            body: self.body.map_or(std::ptr::null(), |body| body.as_ptr().cast()),
            body_size: self.body.map_or(0, <[u8]>::len),
            timeout_us: micros(self.timeout, UNLIMITED),
            connect_timeout_us: micros(self.connect_timeout, UNLIMITED),
            max_body_bytes: number(self.max_body_bytes),
            max_redirects: number_or_none(self.max_redirects),
            ttl_us: micros(self.ttl, NONE),
            retries: number(self.retries),
            first_byte_us: micros(self.first_byte, UNLIMITED),
            low_speed_us: micros(self.low_speed, UNLIMITED),
            low_speed_bytes: number(self.low_speed_bytes),
            max_header_bytes: number(self.max_header_bytes),
            ..Default::default()
        })
    }
}

/// What a URL answered, from wherever it came.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Response {
    pub status: u16,
    /// After redirects.
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    pub served_from: Origin,
    pub age: Duration,
    pub stale: bool,
    /// RFC 9211.
    pub cache_status: Option<String>,
    /// Why it is less than asked for.
    pub warning: Option<String>,
}

impl Response {
    fn of(body: Value) -> Response {
        let numbers = body.numbers();
        let lines = body.text(sys::TAPPS_TEXT_HEADERS).unwrap_or_default();
        let pair = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        };
        Response {
            status: numbers.http_status as u16,
            url: body.text(sys::TAPPS_TEXT_URL).unwrap_or_default(),
            headers: lines.lines().filter_map(pair).collect(),
            served_from: origin(numbers.served_from),
            age: native::duration(numbers.age_us),
            stale: numbers.flags & sys::TAPPS_VALUE_STALE != 0,
            cache_status: body.text(sys::TAPPS_TEXT_CACHE_STATUS),
            warning: body.text(sys::TAPPS_TEXT_WARNING),
            body,
        }
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let same = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl Cache {
    /// Gets a URL from the cache or its origin, by RFC 9111. Any status is an answer.
    pub fn fetch(&self, url: &str, options: &FetchOptions) -> Result<Response> {
        let mut texts = Texts::default();
        let (url, options) = (texts.add(Some(url))?, options.native(&mut texts)?);
        // SAFETY: everything is borrowed for the call.
        let value = call_value(|value, data, size, err| unsafe {
            sys::tapps_cache_fetch(self.handle(), url, &options, value, data, size, err)
        })?;
        Ok(Response::of(value))
    }

    /// As fetch, as a future; dropping it cancels the wait.
    pub fn fetch_async(&self, url: &str, options: &FetchOptions) -> Operation<Response> {
        let mut texts = Texts::default();
        let mut submit = || {
            let (url, options) = (texts.add(Some(url))?, options.native(&mut texts)?);
            let convert = |end: End| end.result.map(Response::of);
            // SAFETY: the library copies what it keeps.
            self.inner().driver()?.submit(None, convert, |queue, id, op, err| unsafe {
                sys::tapps_queue_fetch(queue, url, &options, id, op, err)
            })
        };
        Operation::of(submit())
    }

    /// Many URLs with the same options, at most `parallel` under way at a time (0: 8). An operation
    /// for each, in the order of the URLs: await it or `wait()` for it. When a URL or the options
    /// are refused, nothing is fetched.
    pub fn fetch_many(
        &self, urls: &[&str], options: &FetchOptions, parallel: usize,
    ) -> Result<Vec<Operation<Response>>> {
        if urls.is_empty() {
            return Ok(Vec::new());
        }
        if urls.iter().any(|url| url.is_empty() || url.contains(['\r', '\n'])) {
            return Err(Error::new(Code::INVALID, "a URL is empty or contains a line break"));
        }
        let mut texts = Texts::default();
        let (lines, options) = (texts.lines(urls)?, options.native(&mut texts)?);
        let convert = |end: End| end.result.map(Response::of);
        let (count, parallel) = (urls.len(), parallel as i64);
        // SAFETY: the library copies what it keeps; ops has room for all.
        self.inner().driver()?.submit_many(count, convert, |queue, id, ops, err| unsafe {
            let none = std::ptr::null_mut();
            sys::tapps_queue_fetch_many(queue, lines, &options, parallel, id, ops, count, none, err)
        })
    }

    /// Switches the network off or on for all fetches on this file in this process. Off, what is
    /// stored is served; else `Code::OFFLINE`.
    pub fn set_offline(&self, offline: bool) -> Result<()> {
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_cache_set_offline(self.handle(), offline.into(), err) })
    }
}
