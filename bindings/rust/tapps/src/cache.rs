use std::ffi::CStr;
use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tapps_sys as sys;

use crate::driver::{Driver, Operation};
use crate::native::{call, call_value, micros, Texts, UNLIMITED};
use crate::{Code, Error, OpenOptions, Result, Space};

/// How a cache stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum State {
    Ok,
    /// The file may not be written: new entries stay in memory.
    ReadOnly,
    /// No file: memory only.
    Memory,
    /// Another process holds the write lock for long; writes are waiting.
    Locked,
    /// The disk is full; writes are waiting.
    Full,
    /// The file fails otherwise; writes are waiting.
    Failed,
    WalPinned,
    Closed,
}

pub(crate) struct Inner {
    pub handle: *mut sys::tapps_cache,
    driver: Mutex<Option<Arc<Driver>>>,
}

// SAFETY: a cache may be used by any threads at once.
unsafe impl Send for Inner {}
unsafe impl Sync for Inner {}

impl Inner {
    pub fn driver(self: &Arc<Self>) -> Result<Arc<Driver>> {
        let mut driver = self.driver.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if driver.is_none() {
            *driver = Some(Driver::start(self)?);
        }
        Ok(driver.as_ref().expect("made above").clone())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Ok(Some(driver)) = self.driver.get_mut() {
            driver.stop();
        }
        // SAFETY: the handle is ours; what came of it holds what it needs.
        unsafe { sys::tapps_cache_release(self.handle) }
    }
}

/// An open cache, and its namespace "default". Clones are the same cache; the last one that goes
/// gives it back, and so do operations under way; what is queued is written in the background.
#[derive(Clone)]
pub struct Cache {
    default: Space,
}

impl Deref for Cache {
    type Target = Space;
    fn deref(&self) -> &Space {
        &self.default
    }
}

impl Cache {
    /// The user's cache, which all programs share.
    pub fn user() -> Result<Cache> {
        Cache::open_with(None::<&Path>, &OpenOptions::default())
    }

    /// The cache in a file, made when it is missing.
    pub fn open(path: impl AsRef<Path>) -> Result<Cache> {
        Cache::open_with(Some(path), &OpenOptions::default())
    }

    /// A cache without a file.
    pub fn memory() -> Result<Cache> {
        Cache::open(":memory:")
    }

    /// With options; without a path the user's. Opening a file again in one process gives the same
    /// store.
    pub fn open_with(path: Option<impl AsRef<Path>>, options: &OpenOptions) -> Result<Cache> {
        // SAFETY: takes and returns a number.
        let abi = unsafe { sys::tapps_abi() };
        if abi != sys::TAPPS_ABI {
            return Err(Error::new(Code::VERSION, wrong_abi(abi)));
        }
        let mut texts = Texts::default();
        let path = match &path {
            None => None,
            Some(path) => Some(
                path.as_ref()
                    .to_str()
                    .ok_or_else(|| Error::new(Code::INVALID, "path: not UTF-8"))?,
            ),
        };
        let (path, options) = (texts.add(path)?, options.native(&mut texts)?);
        let mut handle = ptr::null_mut();
        // SAFETY: texts and options live for the call.
        call(|err| unsafe { sys::tapps_cache_open(path, &options, &mut handle, err) })?;
        let inner = Arc::new(Inner { handle, driver: Mutex::new(None) });
        Ok(Cache { default: Space::new(inner, None) })
    }

    /// Another namespace, 1 to 255 bytes. Names that begin with "tapps." can only be read.
    pub fn space(&self, name: &str) -> Result<Space> {
        Ok(Space::new(self.inner().clone(), Some(crate::native::c_text(name)?)))
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.default.inner
    }

    pub(crate) fn handle(&self) -> *mut sys::tapps_cache {
        self.inner().handle
    }

    /// The path of the file, ":memory:" without one.
    pub fn path(&self) -> PathBuf {
        // SAFETY: the text lives as long as the handle.
        let text = unsafe { CStr::from_ptr(sys::tapps_cache_path(self.handle())) };
        PathBuf::from(text.to_string_lossy().into_owned())
    }

    /// How the cache stands.
    pub fn state(&self) -> State {
        // SAFETY: the handle is ours.
        match unsafe { sys::tapps_cache_state(self.handle()) } {
            sys::TAPPS_STATE_OK => State::Ok,
            sys::TAPPS_STATE_READ_ONLY => State::ReadOnly,
            sys::TAPPS_STATE_MEMORY => State::Memory,
            sys::TAPPS_STATE_LOCKED => State::Locked,
            sys::TAPPS_STATE_FULL => State::Full,
            sys::TAPPS_STATE_WAL_PINNED => State::WalPinned,
            sys::TAPPS_STATE_CLOSED => State::Closed,
            _ => State::Failed,
        }
    }

    /// A snapshot of everything counted by this process, as JSON.
    pub fn stats(&self) -> Result<String> {
        // SAFETY: the handle is ours.
        let value = call_value(|value, data, size, err| unsafe {
            sys::tapps_cache_stats(self.handle(), value, data, size, err)
        })?;
        Ok(String::from_utf8_lossy(&value).into_owned())
    }

    /// Returns when everything put before is committed.
    pub fn flush(&self, timeout: Option<Duration>) -> Result<()> {
        let timeout = micros(timeout, UNLIMITED);
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_cache_flush(self.handle(), timeout, err) })
    }

    /// As flush, as a future.
    pub fn flush_async(&self, timeout: Option<Duration>) -> Operation<()> {
        let timeout = micros(timeout, UNLIMITED);
        Operation::of(self.inner().driver().and_then(|driver| {
            driver.submit(
                None,
                |end| end.number().map(|_| ()),
                // SAFETY: the queue lives as long as the driver.
                |queue, id, op, err| unsafe { sys::tapps_queue_flush(queue, timeout, id, op, err) },
            )
        }))
    }

    /// Writes what is queued and closes, for all clones; within 5 s unless told otherwise. What is
    /// under way ends with `Code::CLOSED`.
    pub fn close(&self, deadline: Option<Duration>) -> Result<()> {
        let deadline = micros(deadline, UNLIMITED);
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_cache_close(self.handle(), deadline, err) })
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("path", &self.path()).field("state", &self.state()).finish()
    }
}

/// What to do about a library that was loaded in place of the one built against.
fn wrong_abi(found: i32) -> String {
    let (version, wanted) = (version(), sys::TAPPS_ABI);
    format!(
        "the libtapps that was loaded, {version}, has ABI {found} and this program was built for \
         {wanted}: install libtapps.so.{wanted}, name its folder in LD_LIBRARY_PATH, or build the \
         program again"
    )
}

/// The version of the library, "0.1.0".
pub fn version() -> &'static str {
    // SAFETY: a static text.
    unsafe { CStr::from_ptr(sys::tapps_version()) }.to_str().unwrap_or("")
}

#[cfg(test)]
mod tests {
    #[test]
    fn another_abi_is_explained() {
        let said = super::wrong_abi(7);
        for part in [super::version(), "ABI 7", "libtapps.so.0", "LD_LIBRARY_PATH"] {
            assert!(said.contains(part), "{said}");
        }
    }
}
