//! None of these is needed for a cache to work well; they read or write the whole file.

use std::path::Path;
use std::time::Duration;

use tapps_sys as sys;

use crate::driver::{End, Operation};
use crate::native::{call, call_value, micros, Texts, UNLIMITED};
use crate::{Cache, Code, Error, Result, Value};

fn text(value: Value) -> String {
    String::from_utf8_lossy(&value).into_owned()
}

fn texts_of(end: End) -> Result<String> {
    end.result.map(text)
}

fn deep_flag(deep: bool) -> u32 {
    crate::options::flag(deep, sys::TAPPS_CHECK_DEEP)
}

fn utf8(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::new(Code::INVALID, "path: not UTF-8"))
}

impl Cache {
    /// Copies the cache as it stands to a file, which replaces what is there when all of it is
    /// copied.
    pub fn backup(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut texts = Texts::default();
        let path = texts.add(Some(utf8(path.as_ref())?))?;
        // SAFETY: the path lives for the call.
        call(|err| unsafe { sys::tapps_cache_backup(self.handle(), path, err) })
    }

    /// As backup, as a future.
    pub fn backup_async(&self, path: impl AsRef<Path>) -> Operation<()> {
        let mut texts = Texts::default();
        let mut submit = || {
            let path = texts.add(Some(utf8(path.as_ref())?))?;
            let nothing = |end: End| end.number().map(|_| ());
            // SAFETY: the library copies the path.
            self.inner().driver()?.submit(None, nothing, |queue, id, op, err| unsafe {
                sys::tapps_queue_backup(queue, path, id, op, err)
            })
        };
        Operation::of(submit())
    }

    /// Looks for damage in the file and changes nothing; what it found is JSON, see
    /// `tapps_cache_check`. Deep: at indexes and every entry, too.
    pub fn check(&self, deep: bool) -> Result<String> {
        // SAFETY: the handle is ours.
        let value = call_value(|value, data, size, err| unsafe {
            sys::tapps_cache_check(self.handle(), deep_flag(deep), value, data, size, err)
        })?;
        Ok(text(value))
    }

    /// As check, as a future.
    pub fn check_async(&self, deep: bool) -> Operation<String> {
        Operation::of(self.inner().driver().and_then(|driver| {
            // SAFETY: the queue lives as long as the driver.
            driver.submit(None, texts_of, |queue, id, op, err| unsafe {
                sys::tapps_queue_check(queue, deep_flag(deep), id, op, err)
            })
        }))
    }

    /// Gives unused space of the file back to the file system, within 30 s unless told otherwise;
    /// returns the bytes.
    pub fn compact(&self, timeout: Option<Duration>) -> Result<u64> {
        let (timeout, mut freed) = (micros(timeout, UNLIMITED), 0);
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_cache_compact(self.handle(), timeout, &mut freed, err) })?;
        Ok(freed as u64)
    }

    /// As compact, as a future.
    pub fn compact_async(&self, timeout: Option<Duration>) -> Operation<u64> {
        let timeout = micros(timeout, UNLIMITED);
        let freed = |end: End| end.number().map(|number| number as u64);
        Operation::of(self.inner().driver().and_then(|driver| {
            // SAFETY: the queue lives as long as the driver.
            driver.submit(None, freed, |queue, id, op, err| unsafe {
                sys::tapps_queue_compact(queue, timeout, id, op, err)
            })
        }))
    }

    /// Looks at every committed entry; what they are is JSON, see `tapps_cache_survey`.
    pub fn survey(&self) -> Result<String> {
        // SAFETY: the handle is ours.
        let value = call_value(|value, data, size, err| unsafe {
            sys::tapps_cache_survey(self.handle(), value, data, size, err)
        })?;
        Ok(text(value))
    }

    /// As survey, as a future.
    pub fn survey_async(&self) -> Operation<String> {
        Operation::of(self.inner().driver().and_then(|driver| {
            // SAFETY: the queue lives as long as the driver.
            driver.submit(None, texts_of, |queue, id, op, err| unsafe {
                sys::tapps_queue_survey(queue, id, op, err)
            })
        }))
    }
}
