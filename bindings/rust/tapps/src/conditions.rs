//! Questions about entries, conditional writes, defaults of namespaces.

use std::ptr;
use std::time::Duration;

use tapps_sys as sys;

use crate::driver::{End, Operation};
use crate::native::{call, found, micros, size_of, Texts, NONE, UNLIMITED};
use crate::{Code, Matching, PutOptions, Result, Space};

/// How a conditional write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the value may not have been stored"]
pub enum Swap {
    /// The value was stored and has this version.
    Stored(i64),
    /// The entry has another version than expected: this one, or there is none.
    Kept(Option<i64>),
}

/// Entries and the bytes of their keys and values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Count {
    pub entries: u64,
    pub bytes: u64,
}

/// What entries of a namespace get when their put does not say. `None` is as the cache has it;
/// `Duration::MAX` is no end.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct SpaceOptions {
    pub ttl: Option<Duration>,
    pub stale: Option<Duration>,
    /// Of entries that remember "not found".
    pub negative_ttl: Option<Duration>,
}

fn swapped(result: Result<()>, version: i64) -> Result<Swap> {
    match result {
        Ok(()) => Ok(Swap::Stored(version)),
        Err(error) if error.code() == Code::EXISTS => {
            Ok(Swap::Kept((version != 0).then_some(version)))
        }
        Err(error) => Err(error),
    }
}

impl Space {
    /// The version of an entry that a get would find, for swap. Reads no value and does not count
    /// as a use.
    pub fn version(&self, key: impl AsRef<[u8]>) -> Result<Option<i64>> {
        let (key, mut version) = (key.as_ref(), 0);
        // SAFETY: the key is borrowed for the call.
        let asked = call(|err| unsafe {
            let (handle, data) = (self.inner.handle, key.as_ptr().cast());
            sys::tapps_cache_contains(handle, self.name(), data, key.len(), &mut version, err)
        });
        found(asked.map(|()| version))
    }

    /// As version, as a future.
    pub fn version_async(&self, key: impl AsRef<[u8]>) -> Operation<Option<i64>> {
        let key = key.as_ref();
        let version = |end: End| found(end.number());
        // SAFETY: the library copies the key.
        Operation::of(self.inner.driver().and_then(|driver| {
            driver.submit(None, version, |queue, id, op, err| unsafe {
                let data = key.as_ptr().cast();
                sys::tapps_queue_contains(queue, self.name(), data, key.len(), id, op, err)
            })
        }))
    }

    /// Whether a get would find the key.
    pub fn contains(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        Ok(self.version(key)?.is_some())
    }

    /// Stores a copy of the value if the entry has the version expected, or if there is none and
    /// None is; committed on return. Of several swaps that expect one version, in any number of
    /// processes, one succeeds.
    pub fn swap(
        &self, key: impl AsRef<[u8]>, expected: Option<i64>, value: impl AsRef<[u8]>,
        options: &PutOptions,
    ) -> Result<Swap> {
        let (key, value, expected) = (key.as_ref(), value.as_ref(), expected.unwrap_or(0));
        let (mut texts, mut version) = (Texts::default(), 0);
        let options = options.native(&mut texts)?;
        // SAFETY: everything is borrowed for the call.
        let result = call(|err| unsafe {
            sys::tapps_cache_swap(
                self.inner.handle,
                self.name(),
                key.as_ptr().cast(),
                key.len(),
                expected,
                value.as_ptr().cast(),
                value.len(),
                &options,
                &mut version,
                err,
            )
        });
        swapped(result, version)
    }

    /// As swap, as a future.
    pub fn swap_async(
        &self, key: impl AsRef<[u8]>, expected: Option<i64>, value: impl AsRef<[u8]>,
        options: &PutOptions,
    ) -> Operation<Swap> {
        let (key, value, expected) = (key.as_ref(), value.as_ref(), expected.unwrap_or(0));
        let mut texts = Texts::default();
        let swap = |end: End| swapped(end.result.map(|_| ()), end.number);
        Operation::of(options.native(&mut texts).and_then(|options| {
            // SAFETY: the library copies what it keeps.
            self.inner.driver()?.submit(None, swap, |queue, id, op, err| unsafe {
                sys::tapps_queue_swap(
                    queue,
                    self.name(),
                    key.as_ptr().cast(),
                    key.len(),
                    expected,
                    value.as_ptr().cast(),
                    value.len(),
                    &options,
                    id,
                    op,
                    err,
                )
            })
        }))
    }

    /// Counts what meets every condition.
    pub fn count(&self, what: Matching) -> Result<Count> {
        let mut texts = Texts::default();
        let filter = self.filter(what, &mut texts)?;
        let (mut entries, mut bytes) = (0, 0);
        // SAFETY: everything is borrowed for the call.
        call(|err| unsafe {
            sys::tapps_cache_count(self.inner.handle, &filter, &mut entries, &mut bytes, err)
        })?;
        Ok(Count { entries: entries as u64, bytes: bytes as u64 })
    }

    /// As count, as a future.
    pub fn count_async(&self, what: Matching) -> Operation<Count> {
        let mut texts = Texts::default();
        let count = |end: End| {
            end.result?;
            Ok(Count { entries: end.number as u64, bytes: end.bytes as u64 })
        };
        Operation::of(self.filter(what, &mut texts).and_then(|filter| {
            // SAFETY: the library copies what it keeps.
            self.inner.driver()?.submit(None, count, |queue, id, op, err| unsafe {
                sys::tapps_queue_count(queue, &filter, id, op, err)
            })
        }))
    }

    /// Sets what entries get that are put from now on, in this process; None: as the cache has it.
    pub fn set_defaults(&self, options: Option<&SpaceOptions>) -> Result<()> {
        let native = options.map(|o| sys::tapps_space_options {
            struct_size: size_of::<sys::tapps_space_options>(),
            ttl_us: micros(o.ttl, NONE),
            stale_us: micros(o.stale, UNLIMITED),
            negative_ttl_us: micros(o.negative_ttl, NONE),
            ..Default::default()
        });
        let options = native.as_ref().map_or(ptr::null(), |o| o as *const _);
        // SAFETY: everything is borrowed for the call.
        call(|err| unsafe {
            sys::tapps_cache_set_space(self.inner.handle, self.full_name(), options, err)
        })
    }
}
