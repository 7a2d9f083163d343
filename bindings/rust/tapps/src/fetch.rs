use std::time::Duration;

use tapps_sys as sys;

use crate::driver::Operation;
use crate::native::{self, call_value, micros, number, size_of, Texts, NONE, UNLIMITED};
use crate::options::flag;
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
            max_redirects: if self.max_redirects == Some(0) {
                NONE
            } else {
                number(self.max_redirects)
            },
            ttl_us: micros(self.ttl, NONE),
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
            let convert = |result: Result<Value>| result.map(Response::of);
            // SAFETY: the library copies what it keeps.
            self.inner().driver()?.submit(None, convert, |queue, id, op, err| unsafe {
                sys::tapps_queue_fetch(queue, url, &options, id, op, err)
            })
        };
        Operation::of(submit())
    }
}
