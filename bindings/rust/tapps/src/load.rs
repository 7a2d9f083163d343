use std::future::Future;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use tapps_sys as sys;

use crate::cache::Inner;
use crate::driver::{End, Operation};
use crate::native::{call, micros, micros_or_none, size_of, Texts, UNLIMITED};
use crate::{Code, Error, PutOptions, Result, Space, Value};

/// How to load. `None` is the default of `tapps.h`.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions<'a> {
    /// Of the wait for somebody else's load; zero: none.
    pub timeout: Option<Duration>,
    /// Time to load, after which somebody else may; 1 ms to 1 h.
    pub lease: Option<Duration>,
    /// How long a load takes, else measured; zero: no early refresh.
    pub early: Option<Duration>,
    /// Of what is loaded.
    pub put: PutOptions<'a>,
}

impl LoadOptions<'_> {
    fn native(&self) -> sys::tapps_load_options {
        sys::tapps_load_options {
            struct_size: size_of::<sys::tapps_load_options>(),
            timeout_us: micros_or_none(self.timeout),
            lease_us: micros(self.lease, UNLIMITED),
            early_us: micros_or_none(self.early),
            ..Default::default()
        }
    }
}

/// The right to load a key. Dropped without a value the next who waits gets it.
struct Lease {
    inner: Arc<Inner>,
    number: i64,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // SAFETY: the cache lives as long as `inner`; an ended lease is no error.
        unsafe { sys::tapps_cache_load_abandon(self.inner.handle, self.number) }
    }
}

impl Lease {
    /// Stores the value and hands it to all who wait. One that could not be stored is good all the
    /// same; wrong options are an error.
    fn finish(self, bytes: &[u8], options: &PutOptions) -> Result<Value> {
        let mut texts = Texts::default();
        let options = options.native(&mut texts)?;
        // SAFETY: everything is borrowed for the call.
        let done = call(|err| unsafe {
            let (handle, data) = (self.inner.handle, bytes.as_ptr().cast());
            sys::tapps_cache_load_finish(handle, self.number, data, bytes.len(), &options, err)
        });
        match done {
            Err(error) if [Code::INVALID, Code::UNSUPPORTED].contains(&error.code()) => Err(error),
            _ => Ok(Value::made(bytes)),
        }
    }
}

/// What a lookup for a loader gives: one of them, or both.
struct Found {
    value: Option<Value>,
    lease: Option<Lease>,
}

impl Found {
    /// Puts what the loader made in its place. When the loader failed, what there was is served.
    fn settle<B: AsRef<[u8]>, E: From<Error>>(
        self, made: std::result::Result<B, E>, put: &PutOptions,
    ) -> std::result::Result<Value, E> {
        let lease = self.lease.expect("a loader runs under a lease");
        match (made, self.value) {
            (Ok(bytes), _) => Ok(lease.finish(bytes.as_ref(), put)?),
            (Err(_), Some(value)) => Ok(value),
            (Err(error), None) => Err(error),
        }
    }
}

impl Space {
    /// The value of a key, which `make` makes when it is not there: one of all who ask, the threads
    /// of this process and other processes, makes it, and the others wait for what it made. When
    /// `make` fails, so does this call, and the next who waits makes the value. `Code::NOT_FOUND`:
    /// the key is remembered as not there.
    ///
    /// Near the end of a lifetime, and in the stale window, one caller at a time makes the
    /// successor while the others are served what there is; should `make` fail then, it is, too.
    ///
    /// ```
    /// # let cache = tapps::Cache::memory()?;
    /// let page = cache.load("page", || std::io::Result::Ok("made once"))?;
    /// assert_eq!(&*page, b"made once");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn load<B: AsRef<[u8]>, E: From<Error>>(
        &self, key: impl AsRef<[u8]>, make: impl FnOnce() -> std::result::Result<B, E>,
    ) -> std::result::Result<Value, E> {
        self.load_with(key, &LoadOptions::default(), make)
    }

    /// As load, with options.
    pub fn load_with<B: AsRef<[u8]>, E: From<Error>>(
        &self, key: impl AsRef<[u8]>, options: &LoadOptions,
        make: impl FnOnce() -> std::result::Result<B, E>,
    ) -> std::result::Result<Value, E> {
        let found = self.look_up(key.as_ref(), options)?;
        match found {
            Found { value: Some(value), lease: None } => Ok(value),
            found => found.settle(make(), &options.put),
        }
    }

    /// As load_with, for futures: `make` is polled only when this caller is to make the value.
    /// Dropping it gives the right to do so back.
    pub async fn load_async<B: AsRef<[u8]>, E: From<Error>>(
        &self, key: impl AsRef<[u8]>, options: &LoadOptions<'_>,
        make: impl Future<Output = std::result::Result<B, E>>,
    ) -> std::result::Result<Value, E> {
        let found = self.look_up_async(key.as_ref(), options).await?;
        match found {
            Found { value: Some(value), lease: None } => Ok(value),
            found => found.settle(make.await, &options.put),
        }
    }

    fn look_up(&self, key: &[u8], options: &LoadOptions) -> Result<Found> {
        let options = options.native();
        let (mut value, mut data, mut size, mut lease) = (ptr::null_mut(), ptr::null(), 0, 0);
        // SAFETY: everything is borrowed for the call.
        call(|err| unsafe {
            sys::tapps_cache_load(
                self.inner.handle,
                self.name(),
                key.as_ptr().cast(),
                key.len(),
                &options,
                &mut value,
                &mut data,
                &mut size,
                &mut lease,
                err,
            )
        })?;
        let value = (!value.is_null()).then(|| Value::own(value, data, size));
        Ok(self.found(value, lease))
    }

    fn look_up_async(&self, key: &[u8], options: &LoadOptions) -> Operation<Found> {
        let options = options.native();
        let (space, inner) = (self.clone(), self.inner.clone());
        let convert = move |end: End| {
            let value = end.result?;
            Ok(space.found((!value.is_nothing()).then_some(value), end.number))
        };
        // SAFETY: the library copies what it keeps.
        Operation::of(self.inner.driver().and_then(|driver| {
            driver.submit(None, convert, |queue, id, op, err| unsafe {
                let data = key.as_ptr().cast();
                sys::tapps_queue_load(queue, self.name(), data, key.len(), &options, id, op, err)
            })
        }))
        .or(move |number| drop(Lease { inner, number }))
    }

    fn found(&self, value: Option<Value>, lease: i64) -> Found {
        let lease = (lease > 0).then(|| Lease { inner: self.inner.clone(), number: lease });
        Found { value, lease }
    }
}
