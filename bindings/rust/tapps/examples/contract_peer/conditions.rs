//! Questions about entries, conditional writes, loads, upkeep.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::Duration;

use tapps::*;

use crate::form::{hex, Form};
use crate::{matching, Answer, Peer};

enum Failure {
    Loader,
    Cache(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Cache(error)
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Arc::new(Unpark(thread::current())).into();
    let (mut context, mut future) = (Context::from_waker(&waker), Box::pin(future));
    loop {
        match Pin::as_mut(&mut future).poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}

/// What a step says about its loader.
struct Loader<'a> {
    form: &'a Form,
    loads: AtomicU32,
    begun: Barrier,
    callers: usize,
}

impl Loader<'_> {
    fn make(&self) -> std::result::Result<Vec<u8>, Failure> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        if self.callers > 1 {
            thread::sleep(Duration::from_millis(20)); // the load itself
        }
        match self.form.has("fail") {
            true => Err(Failure::Loader),
            false => Ok(self.form.bytes("value")),
        }
    }
}

impl Peer {
    pub fn condition(&mut self, form: &Form) -> Result<Option<Answer>> {
        let space = match self.cache {
            Some(_) => self.space(form)?,
            None => return Ok(None),
        };
        let mut answer: Answer = Vec::new();
        match form.text("do").unwrap_or("") {
            "contains" => {
                let found = match self.futures {
                    true => space.version_async(form.bytes("key")).wait()?,
                    false => space.version(form.bytes("key"))?,
                };
                match found {
                    Some(version) => answer.push(("version", version.to_string())),
                    None => answer.push(("code", "NOT_FOUND".to_owned())),
                }
            }
            "swap" => {
                let (key, value) = (form.bytes("key"), form.bytes("value"));
                let expected = form.number("version").filter(|n| *n != 0).map(|n| n as i64);
                let swap = Self::with_put_options(form, |options| match self.futures {
                    true => space.swap_async(key, expected, value, options).wait(),
                    false => space.swap(key, expected, value, options),
                })?;
                match swap {
                    Swap::Stored(version) => answer.push(("version", version.to_string())),
                    Swap::Kept(version) => {
                        answer.push(("version", version.unwrap_or(0).to_string()));
                        answer.push(("code", "EXISTS".to_owned()));
                    }
                }
            }
            "count" => {
                let prefix = form.bytes("prefix");
                let count = match self.futures {
                    true => space.count_async(matching(form, &prefix)).wait()?,
                    false => space.count(matching(form, &prefix))?,
                };
                answer.push(("count", count.entries.to_string()));
                answer.push(("bytes", count.bytes.to_string()));
            }
            "set_space" => {
                let options = SpaceOptions {
                    ttl: form.ms("ttl_ms"),
                    stale: form.ms("stale_ms"),
                    negative_ttl: form.ms("negative_ttl_ms"),
                };
                let given = ["ttl_ms", "stale_ms", "negative_ttl_ms"].iter().any(|n| form.has(n));
                space.set_defaults(given.then_some(&options))?;
            }
            "load" => return self.load(form, &space),
            _ => return self.upkeep(form),
        }
        Ok(Some(answer))
    }

    fn load(&self, form: &Form, space: &Space) -> Result<Option<Answer>> {
        let callers = form.number("at_once").unwrap_or(1) as usize;
        let begun = Barrier::new(callers);
        let loader = Loader { form, loads: AtomicU32::new(0), begun, callers };
        let call = || {
            loader.begun.wait();
            Self::with_put_options(form, |put| {
                let options = LoadOptions { put: put.clone(), ..Default::default() };
                let key = form.bytes("key");
                match self.futures {
                    true => block_on(space.load_async(key, &options, async { loader.make() })),
                    false => space.load_with(key, &options, || loader.make()),
                }
            })
        };
        let results: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..callers).map(|_| scope.spawn(call)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut answer: Answer = Vec::new();
        for result in results {
            match result {
                Ok(value) => answer.push(("value", hex(&value))),
                Err(Failure::Loader) => return Ok(Some(vec![("code", "LOADER".to_owned())])),
                Err(Failure::Cache(error)) => return Err(error),
            }
        }
        answer.push(("loads", loader.loads.load(Ordering::SeqCst).to_string()));
        Ok(Some(answer))
    }

    fn upkeep(&mut self, form: &Form) -> Result<Option<Answer>> {
        let cache = self.cache();
        let path = form.text("path").unwrap_or("");
        let answer = match (form.text("do").unwrap_or(""), self.futures) {
            ("survey", false) => ("json", cache.survey()?),
            ("survey", true) => ("json", cache.survey_async().wait()?),
            ("check", false) => ("json", cache.check(form.has("deep"))?),
            ("check", true) => ("json", cache.check_async(form.has("deep")).wait()?),
            ("compact", false) => ("freed", cache.compact(None)?.to_string()),
            ("compact", true) => ("freed", cache.compact_async(None).wait()?.to_string()),
            ("backup", futures) => {
                match futures {
                    true => cache.backup_async(path).wait()?,
                    false => cache.backup(path)?,
                }
                return Ok(Some(Vec::new()));
            }
            _ => return self.breaker(form),
        };
        Ok(Some(vec![answer]))
    }
}
