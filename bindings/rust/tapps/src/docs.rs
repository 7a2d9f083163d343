use std::path::Path;
use std::ptr;
use std::time::Duration;

use tapps_sys as sys;

use crate::driver::{End, Operation};
use crate::native::{
    self, call, call_value, json_number, micros, number, size_of, Texts, UNLIMITED,
};
use crate::options::flag;
use crate::value::origin;
use crate::{Cache, Code, Error, Origin, Result, Value};

/// What to look up. `None` is the default of `tapps.h`.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct DocsOptions<'a> {
    /// Picks sections by their headings and text.
    pub topic: Option<&'a str>,
    pub version: Option<&'a str>,
    pub ecosystem: Option<&'a str>,
    /// Where to look first.
    pub project_root: Option<&'a str>,
    pub paths: &'a [&'a str],
    pub url_template: Option<&'a str>,
    /// Looks at the sources even when the cache has an answer.
    pub refresh: bool,
    /// Leaves out sources on the network.
    pub offline: bool,
    pub timeout: Option<Duration>,
    /// u64::MAX: the whole document.
    pub max_tokens: Option<u64>,
}

fn flags(refresh: bool, offline: bool) -> u32 {
    flag(refresh, sys::TAPPS_DOCS_REFRESH) | flag(offline, sys::TAPPS_DOCS_OFFLINE)
}

impl DocsOptions<'_> {
    fn native(&self, texts: &mut Texts) -> Result<sys::tapps_docs_options> {
        Ok(sys::tapps_docs_options {
            struct_size: size_of::<sys::tapps_docs_options>(),
            flags: flags(self.refresh, self.offline),
            topic: texts.add(self.topic)?,
            version: texts.add(self.version)?,
            ecosystem: texts.add(self.ecosystem)?,
            project_root: texts.add(self.project_root)?,
            paths: texts.lines(self.paths)?,
            url_template: texts.add(self.url_template)?,
            timeout_us: micros(self.timeout, UNLIMITED),
            max_tokens: number(self.max_tokens),
        })
    }
}

/// What the documentation of a library says.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Document {
    pub text: String,
    pub library: Option<String>,
    pub version: Option<String>,
    pub ecosystem: Option<String>,
    pub source: Option<String>,
    pub topics: Vec<String>,
    pub content_type: Option<String>,
    /// Estimated language-model tokens.
    pub tokens: u64,
    pub age: Duration,
    pub stale: bool,
    pub served_from: Origin,
    pub warning: Option<String>,
}

impl Document {
    fn of(value: Value) -> Document {
        let numbers = value.numbers();
        let topics = value.text(sys::TAPPS_TEXT_TOPIC).unwrap_or_default();
        Document {
            text: String::from_utf8_lossy(&value).into_owned(),
            library: value.text(sys::TAPPS_TEXT_LIBRARY),
            version: value.text(sys::TAPPS_TEXT_LIBRARY_VERSION),
            ecosystem: value.text(sys::TAPPS_TEXT_ECOSYSTEM),
            source: value.text(sys::TAPPS_TEXT_SOURCE),
            topics: topics.lines().map(str::to_owned).collect(),
            content_type: value.text(sys::TAPPS_TEXT_CONTENT_TYPE),
            tokens: numbers.tokens as u64,
            age: native::duration(numbers.age_us),
            stale: numbers.flags & sys::TAPPS_VALUE_STALE != 0,
            served_from: origin(numbers.served_from),
            warning: value.text(sys::TAPPS_TEXT_WARNING),
        }
    }
}

/// How a project is warmed. `None` is the default of `tapps.h`.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct WarmOptions<'a> {
    pub paths: &'a [&'a str],
    pub url_template: Option<&'a str>,
    pub refresh: bool,
    pub offline: bool,
    /// Lookups at once, 1 to 16.
    pub concurrency: Option<u64>,
    /// Of each library.
    pub timeout: Option<Duration>,
    pub max_requests: Option<u64>,
}

/// How far a run is.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Progress {
    pub total: u64,
    pub done: u64,
    /// All of it: see `tapps_queue_warm`.
    pub json: String,
}

/// What a run did.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct WarmResult {
    pub total: u64,
    pub fetched: u64,
    pub skipped: u64,
    pub failed: u64,
    /// All of it, with the reasons of what failed: see `tapps_queue_warm`.
    pub json: String,
}

fn member(json: &str, name: &str) -> u64 {
    json_number(json, name).unwrap_or(0) as u64
}

/// What would be looked up for a project.
pub struct Plan {
    cache: Cache,
    handle: *mut sys::tapps_plan,
}

// SAFETY: plans are immutable and may be used by any threads at once.
unsafe impl Send for Plan {}
unsafe impl Sync for Plan {}

impl Drop for Plan {
    fn drop(&mut self) {
        // SAFETY: the handle is ours.
        unsafe { sys::tapps_plan_release(self.handle) }
    }
}

impl Plan {
    /// The number of libraries.
    pub fn len(&self) -> usize {
        // SAFETY: the handle is ours.
        unsafe { sys::tapps_plan_count(self.handle) }
    }

    /// Whether there is nothing to look up.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The plan as JSON; see `tapps_plan_describe`.
    pub fn describe(&self) -> Result<String> {
        // SAFETY: the handle is ours.
        let value = call_value(|value, data, size, err| unsafe {
            sys::tapps_plan_describe(self.handle, value, data, size, err)
        })?;
        Ok(String::from_utf8_lossy(&value).into_owned())
    }

    /// Looks everything up. `on_progress` is called on a thread of the cache and should be short.
    /// `wait()` for it, or await it; dropping it cancels the run, and another one goes on where it
    /// stopped.
    pub fn run(&self, on_progress: impl FnMut(Progress) + Send + 'static) -> Operation<WarmResult> {
        let mut on_progress = on_progress;
        let tell = move |json: &str| {
            on_progress(Progress {
                total: member(json, "total"),
                done: member(json, "done"),
                json: json.to_owned(),
            })
        };
        let convert = |end: End| {
            let json = String::from_utf8_lossy(&end.result?).into_owned();
            Ok(WarmResult {
                total: member(&json, "total"),
                fetched: member(&json, "fetched"),
                skipped: member(&json, "skipped"),
                failed: member(&json, "failed"),
                json,
            })
        };
        Operation::of(self.cache.inner().driver().and_then(|driver| {
            // SAFETY: the run holds the plan.
            driver.submit(Some(Box::new(tell)), convert, |queue, id, op, err| unsafe {
                sys::tapps_queue_warm(queue, self.handle, id, op, err)
            })
        }))
    }
}

impl Cache {
    /// What the documentation of a library says. The message of `Code::NOT_FOUND` has near names.
    pub fn docs(&self, library: &str, options: &DocsOptions) -> Result<Document> {
        let mut texts = Texts::default();
        let (library, options) = (texts.add(Some(library))?, options.native(&mut texts)?);
        // SAFETY: everything is borrowed for the call.
        let value = call_value(|value, data, size, err| unsafe {
            sys::tapps_docs_lookup(self.handle(), library, &options, value, data, size, err)
        })?;
        Ok(Document::of(value))
    }

    /// As docs, as a future.
    pub fn docs_async(&self, library: &str, options: &DocsOptions) -> Operation<Document> {
        let mut texts = Texts::default();
        let mut submit = || {
            let (library, options) = (texts.add(Some(library))?, options.native(&mut texts)?);
            let convert = |end: End| end.result.map(Document::of);
            // SAFETY: the library copies what it keeps.
            self.inner().driver()?.submit(None, convert, |queue, id, op, err| unsafe {
                sys::tapps_queue_docs(queue, library, &options, id, op, err)
            })
        };
        Operation::of(submit())
    }

    /// Reads the manifests below `root` and plans a lookup for every library found.
    pub fn plan(&self, root: impl AsRef<Path>, options: &WarmOptions) -> Result<Plan> {
        let mut texts = Texts::default();
        let root = root.as_ref().to_str();
        let root = root.ok_or_else(|| Error::new(Code::INVALID, "root: not UTF-8"))?;
        let root = texts.add(Some(root))?;
        let options = sys::tapps_warm_options {
            struct_size: size_of::<sys::tapps_warm_options>(),
            flags: flags(options.refresh, options.offline),
            paths: texts.lines(options.paths)?,
            url_template: texts.add(options.url_template)?,
            concurrency: number(options.concurrency),
            timeout_us: micros(options.timeout, UNLIMITED),
            max_requests: number(options.max_requests),
        };
        let mut handle = ptr::null_mut();
        // SAFETY: everything is borrowed for the call.
        call(|err| unsafe {
            sys::tapps_plan_open(self.handle(), root, &options, &mut handle, err)
        })?;
        Ok(Plan { cache: self.clone(), handle })
    }
}
