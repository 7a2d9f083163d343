//! Conversions to and from what the library takes and gives.

use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_void};
use std::ptr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tapps_sys as sys;

use crate::{Code, Error, Result, Value};

pub(crate) const NONE: i64 = sys::TAPPS_NONE as i64;
pub(crate) const UNLIMITED: i64 = sys::TAPPS_UNLIMITED as i64;

/// Texts for the length of a call.
#[derive(Default)]
pub(crate) struct Texts(Vec<CString>);

impl Texts {
    /// NULL for None. The pointer lives as long as `self`.
    pub fn add(&mut self, text: Option<&str>) -> Result<*const c_char> {
        match text {
            None => Ok(ptr::null()),
            Some(text) => {
                self.0.push(c_text(text)?);
                Ok(self.0[self.0.len() - 1].as_ptr())
            }
        }
    }
    /// One a line; NULL for none.
    pub fn lines<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<*const c_char> {
        self.joined(texts, "\n")
    }
    /// With something in between; NULL for none.
    pub fn joined<T: AsRef<str>>(&mut self, texts: &[T], between: &str) -> Result<*const c_char> {
        if texts.is_empty() {
            return Ok(ptr::null());
        }
        let all: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        self.add(Some(&all.join(between)))
    }
}

pub(crate) fn c_text(text: &str) -> Result<CString> {
    CString::new(text)
        .map_err(|_| Error::new(Code::INVALID, format!("a text contains a NUL: {text:?}")))
}

/// None is the default; `infinite` stands for Duration::MAX.
pub(crate) fn micros(duration: Option<Duration>, infinite: i64) -> i64 {
    match duration {
        None => 0,
        Some(Duration::MAX) => infinite,
        Some(duration) => i64::try_from(duration.as_micros()).unwrap_or(i64::MAX).max(1),
    }
}

/// As micros, where no time at all is "none".
pub(crate) fn micros_or_none(duration: Option<Duration>) -> i64 {
    match duration {
        Some(Duration::ZERO) => NONE,
        other => micros(other, UNLIMITED),
    }
}

pub(crate) fn number(value: Option<u64>) -> i64 {
    match value {
        None => 0,
        Some(u64::MAX) => UNLIMITED,
        Some(value) => i64::try_from(value).unwrap_or(i64::MAX),
    }
}

pub(crate) fn instant(us: i64) -> Option<SystemTime> {
    (us != 0).then(|| UNIX_EPOCH + duration(us))
}

pub(crate) fn duration(us: i64) -> Duration {
    Duration::from_micros(us.max(0) as u64)
}

pub(crate) fn size_of<T>() -> u32 {
    std::mem::size_of::<T>() as u32
}

/// SAFETY of callers: `text` is NULL or a text that lives for the call.
pub(crate) unsafe fn text(text: *const c_char) -> Option<String> {
    (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
}

/// Runs a call whose last argument is `err`.
pub(crate) fn call(function: impl FnOnce(*mut *mut sys::tapps_error) -> i32) -> Result<()> {
    let mut raw = ptr::null_mut();
    match function(&mut raw) {
        sys::TAPPS_OK => Ok(()),
        code => Err(Error::take(code, raw)),
    }
}

/// As call, for functions that also return a value.
pub(crate) fn call_value(
    function: impl FnOnce(
        *mut *mut sys::tapps_value,
        *mut *const c_void,
        *mut usize,
        *mut *mut sys::tapps_error,
    ) -> i32,
) -> Result<Value> {
    let (mut value, mut data, mut size) = (ptr::null_mut(), ptr::null(), 0);
    call(|err| function(&mut value, &mut data, &mut size, err))?;
    Ok(Value::own(value, data, size))
}

/// NOT_FOUND as None.
pub(crate) fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.code() == Code::NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    }
}

/// The number behind `"name":` in a JSON object of the library. Unescaped quotes are in no string,
/// so that the first match is a member.
pub(crate) fn json_number(json: &str, name: &str) -> Option<i64> {
    let at = json.find(&format!("\"{name}\":"))? + name.len() + 3;
    let digits: String = json[at..]
        .chars()
        .skip_while(|c| *c == ' ')
        .take_while(|c| c.is_ascii_digit() || *c == '-')
        .collect();
    digits.parse().ok()
}
