use std::fmt;
use std::ops::Deref;
use std::os::raw::c_void;
use std::ptr;
use std::slice;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tapps_sys as sys;

use crate::native;

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Origin {
    Memory,
    Disk,
    Network,
    /// Stored; the origin confirmed it.
    Revalidated,
    /// Read from a package installed on this machine.
    Installed,
    Unknown,
}

/// What is known about an entry.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Info {
    /// Differs after every write of the key, and grows.
    pub version: i64,
    pub created: Option<SystemTime>,
    pub expires: Option<SystemTime>,
    pub stale_until: Option<SystemTime>,
    pub age: Duration,
    pub stale: bool,
    pub negative: bool,
    pub served_from: Origin,
    pub content_type: Option<String>,
    pub source: Option<String>,
    pub tags: Vec<String>,
    /// JSON of the writer's.
    pub json: Option<String>,
}

/// Immutable bytes of the library's, shared and not copied. A clone is another reference. Of what a
/// loader has just made, nothing but the bytes is known.
pub struct Value {
    handle: *mut sys::tapps_value,
    data: *const u8,
    size: usize,
    made: Option<Arc<[u8]>>, // bytes that are not the library's: `data` points there
}

// SAFETY: values are immutable and counted atomically.
unsafe impl Send for Value {}
unsafe impl Sync for Value {}

impl Value {
    /// Takes over a reference.
    pub(crate) fn own(handle: *mut sys::tapps_value, data: *const c_void, size: usize) -> Value {
        Value { handle, data: data.cast(), size, made: None }
    }

    /// What a loader made.
    pub(crate) fn made(bytes: &[u8]) -> Value {
        let made: Arc<[u8]> = bytes.into();
        Value { handle: ptr::null_mut(), data: made.as_ptr(), size: made.len(), made: Some(made) }
    }

    /// Whether a record came without a value.
    pub(crate) fn is_nothing(&self) -> bool {
        self.handle.is_null() && self.made.is_none()
    }

    /// What is known about it.
    pub fn info(&self) -> Info {
        let raw = self.numbers();
        let tags = self.text(sys::TAPPS_TEXT_TAGS).unwrap_or_default();
        Info {
            version: raw.version,
            created: native::instant(raw.created_us),
            expires: native::instant(raw.expires_us),
            stale_until: native::instant(raw.stale_until_us),
            age: native::duration(raw.age_us),
            stale: raw.flags & sys::TAPPS_VALUE_STALE != 0,
            negative: raw.flags & sys::TAPPS_VALUE_NEGATIVE != 0,
            served_from: origin(raw.served_from),
            content_type: self.text(sys::TAPPS_TEXT_CONTENT_TYPE),
            source: self.text(sys::TAPPS_TEXT_SOURCE),
            tags: tags.lines().map(str::to_owned).collect(),
            json: self.text(sys::TAPPS_TEXT_JSON),
        }
    }

    pub(crate) fn numbers(&self) -> sys::tapps_info {
        let mut raw = sys::tapps_info::default();
        if !self.handle.is_null() {
            // SAFETY: the handle is ours.
            unsafe { sys::tapps_value_info(self.handle, &mut raw) };
        }
        raw
    }

    pub(crate) fn text(&self, which: i32) -> Option<String> {
        // SAFETY: the handle is ours or NULL; the text lives as long as it.
        unsafe { native::text(sys::tapps_value_text(self.handle, which, ptr::null_mut())) }
    }
}

pub(crate) fn origin(number: i32) -> Origin {
    match number {
        sys::TAPPS_FROM_MEMORY => Origin::Memory,
        sys::TAPPS_FROM_DISK => Origin::Disk,
        sys::TAPPS_FROM_NETWORK => Origin::Network,
        sys::TAPPS_FROM_REVALIDATED => Origin::Revalidated,
        sys::TAPPS_FROM_INSTALLED => Origin::Installed,
        _ => Origin::Unknown,
    }
}

impl Deref for Value {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        if self.data.is_null() {
            return &[];
        }
        // SAFETY: the bytes live as long as the reference that `self` holds.
        unsafe { slice::from_raw_parts(self.data, self.size) }
    }
}

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Clone for Value {
    fn clone(&self) -> Value {
        if !self.handle.is_null() {
            // SAFETY: the handle is ours.
            unsafe { sys::tapps_value_retain(self.handle) };
        }
        let made = self.made.clone();
        Value { handle: self.handle, data: self.data, size: self.size, made }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: one release for the reference that `self` holds; NULL is accepted.
        unsafe { sys::tapps_value_release(self.handle) }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        **self == **other
    }
}
impl Eq for Value {}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} bytes)", self.size)
    }
}
