use std::ffi::{CStr, CString};
use std::ptr;
use std::slice;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tapps_sys as sys;

use crate::cache::Inner;
use crate::driver::{End, Operation};
use crate::native::{self, call, call_value, found, micros, size_of, Texts, NONE};
use crate::{Code, Durability, Error, Get, PutOptions, Result, Value};

const DEFAULT: &[u8] = b"default\0";

/// A namespace of a cache. Keys are 1 to 4,096 bytes.
#[derive(Clone)]
pub struct Space {
    pub(crate) inner: Arc<Inner>,
    name: Option<CString>,
}

/// Which entries `Space::delete_all` and `Space::count` mean: those that meet every condition given.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Matching<'a> {
    pub prefix: &'a [u8],
    pub tag: Option<&'a str>,
    /// In all namespaces but the library's own.
    pub everywhere: bool,
}

impl Space {
    pub(crate) fn new(inner: Arc<Inner>, name: Option<CString>) -> Space {
        Space { inner, name }
    }

    pub(crate) fn name(&self) -> *const std::os::raw::c_char {
        self.name.as_ref().map_or(ptr::null(), |name| name.as_ptr())
    }

    /// The name, also of the default one, for calls in which NULL means all.
    pub(crate) fn full_name(&self) -> *const std::os::raw::c_char {
        self.name.as_ref().map_or(DEFAULT.as_ptr().cast(), |name| name.as_ptr())
    }

    /// The value, or None.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Value>> {
        self.get_with(key, Get::default())
    }

    /// As get, with options.
    pub fn get_with(&self, key: impl AsRef<[u8]>, how: Get) -> Result<Option<Value>> {
        let key = key.as_ref();
        let options = how.native();
        let (mut value, mut data, mut size) = (ptr::null_mut(), ptr::null(), 0);
        // No error object for a miss, which is no failure here.
        // SAFETY: the key is borrowed for the call.
        let code = unsafe {
            let (key_data, none) = (key.as_ptr().cast(), ptr::null_mut());
            sys::tapps_cache_get(
                self.inner.handle,
                self.name(),
                key_data,
                key.len(),
                &options,
                &mut value,
                &mut data,
                &mut size,
                none,
            )
        };
        match code {
            sys::TAPPS_OK => Ok(Some(Value::own(value, data, size))),
            sys::TAPPS_E_NOT_FOUND => Ok(None),
            _ => self.explained(key, &options),
        }
    }

    /// Once more, for the words; what has come meanwhile is as good.
    #[cold]
    fn explained(&self, key: &[u8], options: &sys::tapps_get_options) -> Result<Option<Value>> {
        // SAFETY: the key is borrowed for the call.
        found(call_value(|value, data, size, err| unsafe {
            let key_data = key.as_ptr().cast();
            sys::tapps_cache_get(
                self.inner.handle,
                self.name(),
                key_data,
                key.len(),
                options,
                value,
                data,
                size,
                err,
            )
        }))
    }

    /// As get_with, as a future: what is in memory is there at the first poll.
    pub fn get_async(&self, key: impl AsRef<[u8]>, how: Get) -> Operation<Option<Value>> {
        let key = key.as_ref();
        let options = how.native();
        // SAFETY: the library copies the key.
        Operation::of(self.inner.driver().and_then(|driver| {
            driver.submit(
                None,
                |end| found(end.result),
                |queue, id, op, err| unsafe {
                    let key_data = key.as_ptr().cast();
                    sys::tapps_queue_get(
                        queue,
                        self.name(),
                        key_data,
                        key.len(),
                        &options,
                        id,
                        op,
                        err,
                    )
                },
            )
        }))
    }

    /// The values in the order of the keys, in one call and one view of the file.
    pub fn get_many<K: AsRef<[u8]>>(&self, keys: &[K], how: Get) -> Result<Vec<Option<Value>>> {
        let options = how.native();
        let mut items: Vec<sys::tapps_get_item> = keys
            .iter()
            .map(|key| sys::tapps_get_item {
                key: key.as_ref().as_ptr().cast(),
                key_size: key.as_ref().len(),
                ..Default::default()
            })
            .collect();
        // SAFETY: keys and items live for the call.
        call(|err| unsafe {
            let (first, count) = (items.as_mut_ptr(), items.len());
            let handle = self.inner.handle;
            sys::tapps_cache_get_many(handle, self.name(), first, count, &options, err)
        })?;
        // All become Values first, so that none is lost when one of them failed.
        let all: Vec<(i32, Value)> = items
            .iter()
            .map(|item| (item.code, Value::own(item.value, item.data, item.size)))
            .collect();
        all.into_iter()
            .map(|(code, value)| match code {
                sys::TAPPS_OK => Ok(Some(value)),
                sys::TAPPS_E_NOT_FOUND => Ok(None),
                code => Err(Error::take(code, ptr::null_mut())),
            })
            .collect()
    }

    /// Stores a copy of the value.
    pub fn put(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<()> {
        self.put_with(key, value, &PutOptions::default())
    }

    /// As put, with options.
    pub fn put_with(
        &self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>, options: &PutOptions,
    ) -> Result<()> {
        let (key, value) = (key.as_ref(), value.as_ref());
        let mut texts = Texts::default();
        let options = options.native(&mut texts)?;
        // SAFETY: everything is borrowed for the call.
        call(|err| unsafe {
            let (key_data, data) = (key.as_ptr().cast(), value.as_ptr().cast());
            sys::tapps_cache_put(
                self.inner.handle,
                self.name(),
                key_data,
                key.len(),
                data,
                value.len(),
                &options,
                err,
            )
        })
    }

    /// As put_with, as a future that ends when the durability asked for is reached.
    pub fn put_async(
        &self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>, options: &PutOptions,
    ) -> Operation<()> {
        let (key, value) = (key.as_ref(), value.as_ref());
        let mut texts = Texts::default();
        Operation::of(options.native(&mut texts).and_then(|options| {
            let nothing = |end: End| end.number().map(|_| ());
            // SAFETY: the library copies what it keeps.
            self.inner.driver()?.submit(None, nothing, |queue, id, op, err| unsafe {
                let (key_data, data) = (key.as_ptr().cast(), value.as_ptr().cast());
                sys::tapps_queue_put(
                    queue,
                    self.name(),
                    key_data,
                    key.len(),
                    data,
                    value.len(),
                    &options,
                    id,
                    op,
                    err,
                )
            })
        }))
    }

    /// Stores all of them in one transaction, or none.
    pub fn put_many<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self, entries: &[(K, V)], options: &PutOptions,
    ) -> Result<()> {
        let mut texts = Texts::default();
        let options = options.native(&mut texts)?;
        let items: Vec<sys::tapps_put_item> = entries
            .iter()
            .map(|(key, value)| sys::tapps_put_item {
                key: key.as_ref().as_ptr().cast(),
                key_size: key.as_ref().len(),
                data: value.as_ref().as_ptr().cast(),
                size: value.as_ref().len(),
            })
            .collect();
        // SAFETY: everything is borrowed for the call.
        call(|err| unsafe {
            let (first, count) = (items.as_ptr(), items.len());
            let handle = self.inner.handle;
            sys::tapps_cache_put_many(handle, self.name(), first, count, &options, err)
        })
    }

    /// Removes a key; one that is not there is no error.
    pub fn delete(&self, key: impl AsRef<[u8]>) -> Result<()> {
        self.delete_with(key, Durability::Async)
    }

    /// As delete, and waits for the commit or the disk.
    pub fn delete_with(&self, key: impl AsRef<[u8]>, durability: Durability) -> Result<()> {
        let (key, level) = (key.as_ref(), durability.native());
        // SAFETY: the key is borrowed for the call.
        call(|err| unsafe {
            let key_data = key.as_ptr().cast();
            let handle = self.inner.handle;
            sys::tapps_cache_delete(handle, self.name(), key_data, key.len(), level, err)
        })
    }

    /// Removes what meets every condition, committed; returns how many.
    pub fn delete_all(&self, what: Matching) -> Result<u64> {
        let mut texts = Texts::default();
        let filter = self.filter(what, &mut texts)?;
        let mut removed = 0;
        // SAFETY: everything is borrowed for the call.
        call(|err| unsafe {
            sys::tapps_cache_delete_all(self.inner.handle, &filter, &mut removed, err)
        })?;
        Ok(removed as u64)
    }

    /// As delete_all, as a future.
    pub fn delete_all_async(&self, what: Matching) -> Operation<u64> {
        let mut texts = Texts::default();
        Operation::of(self.filter(what, &mut texts).and_then(|filter| {
            let count = |end: End| end.number().map(|number| number as u64);
            // SAFETY: the library copies what it keeps.
            self.inner.driver()?.submit(None, count, |queue, id, op, err| unsafe {
                sys::tapps_queue_delete_all(queue, &filter, id, op, err)
            })
        }))
    }

    /// The pointers live as long as `self`, `what` and `texts`.
    pub(crate) fn filter(&self, what: Matching, texts: &mut Texts) -> Result<sys::tapps_filter> {
        Ok(sys::tapps_filter {
            struct_size: size_of::<sys::tapps_filter>(),
            space: if what.everywhere { ptr::null() } else { self.full_name() },
            prefix: what.prefix.as_ptr().cast(),
            prefix_size: what.prefix.len(),
            tag: texts.add(what.tag)?,
            ..Default::default()
        })
    }

    /// Gives an entry a new lifetime from now on: None is the cache's, Duration::MAX none.
    /// `Code::NOT_FOUND` when it is not there.
    pub fn touch(&self, key: impl AsRef<[u8]>, ttl: Option<Duration>) -> Result<()> {
        let (key, ttl) = (key.as_ref(), micros(ttl, NONE));
        // SAFETY: the key is borrowed for the call.
        call(|err| unsafe {
            let key_data = key.as_ptr().cast();
            let handle = self.inner.handle;
            sys::tapps_cache_touch(handle, self.name(), key_data, key.len(), ttl, err)
        })
    }

    /// Walks over committed entries whose keys begin with `prefix`, in no particular order.
    pub fn entries(&self, prefix: impl AsRef<[u8]>) -> Result<Entries> {
        self.walk(self.full_name(), prefix.as_ref())
    }

    /// As entries, over all namespaces.
    pub fn entries_everywhere(&self, prefix: impl AsRef<[u8]>) -> Result<Entries> {
        self.walk(ptr::null(), prefix.as_ref())
    }

    fn walk(&self, name: *const std::os::raw::c_char, prefix: &[u8]) -> Result<Entries> {
        let mut cursor = ptr::null_mut();
        // SAFETY: everything is borrowed for the call.
        call(|err| unsafe {
            let (data, handle) = (prefix.as_ptr().cast(), self.inner.handle);
            sys::tapps_cursor_open(handle, name, data, prefix.len(), &mut cursor, err)
        })?;
        Ok(Entries { cursor, ended: false })
    }
}

/// An entry as a walk meets it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ListedEntry {
    pub key: Vec<u8>,
    pub space: String,
    pub size: u64,
    pub content_type: Option<String>,
    pub created: Option<SystemTime>,
    pub expires: Option<SystemTime>,
    pub last_used: Option<SystemTime>,
    pub hits: u64,
    pub stale: bool,
    pub negative: bool,
}

/// A walk; see `Space::entries`. It ends after the last entry, and after a failure.
pub struct Entries {
    cursor: *mut sys::tapps_cursor,
    ended: bool,
}

// SAFETY: a cursor may be used by any thread, one at a time.
unsafe impl Send for Entries {}

impl Drop for Entries {
    fn drop(&mut self) {
        // SAFETY: the cursor is ours.
        unsafe { sys::tapps_cursor_release(self.cursor) }
    }
}

impl std::iter::FusedIterator for Entries {}

impl Iterator for Entries {
    type Item = Result<ListedEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut raw = sys::tapps_entry::default();
        // SAFETY: the cursor is ours; what the entry points to is copied before the next call.
        let moved = call(|err| unsafe { sys::tapps_cursor_next(self.cursor, &mut raw, err) });
        self.ended = moved.is_err();
        match moved {
            Err(error) if error.code() == Code::NOT_FOUND => None,
            Err(error) => Some(Err(error)),
            // SAFETY: as above.
            Ok(()) => Some(Ok(unsafe {
                ListedEntry {
                    key: slice::from_raw_parts(raw.key.cast(), raw.key_size).to_vec(),
                    space: CStr::from_ptr(raw.space).to_string_lossy().into_owned(),
                    size: raw.size as u64,
                    content_type: native::text(raw.content_type),
                    created: native::instant(raw.created_us),
                    expires: native::instant(raw.expires_us),
                    last_used: native::instant(raw.last_used_us),
                    hits: raw.hits as u64,
                    stale: raw.flags & sys::TAPPS_VALUE_STALE != 0,
                    negative: raw.flags & sys::TAPPS_VALUE_NEGATIVE != 0,
                }
            })),
        }
    }
}
