use std::ffi::CStr;
use std::fmt;
use std::time::Duration;

use tapps_sys as sys;

#[path = "codes.rs"]
mod codes;

/// Why a call failed: the codes of `tapps.h`. More may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code(pub i32);

impl Code {
    /// Its name in `tapps.h`, "NOT_FOUND".
    pub fn name(self) -> &'static str {
        let known = codes::NAMES.iter().find(|(number, _)| *number == self.0);
        known.map_or("UNKNOWN", |(_, name)| name)
    }
}

/// A failure of tapps.
#[derive(Clone, Debug)]
pub struct Error {
    code: Code,
    message: String,
    sqlite: i32,
    errno: i32,
    http_status: i32,
    retry_after: Duration,
}

impl Error {
    /// What a program decides by.
    pub fn code(&self) -> Code {
        self.code
    }
    /// One line on what failed and why.
    pub fn message(&self) -> &str {
        &self.message
    }
    /// SQLite's extended result code, or 0.
    pub fn sqlite_code(&self) -> i32 {
        self.sqlite
    }
    /// `errno` of the system call that failed, or 0.
    pub fn errno(&self) -> i32 {
        self.errno
    }
    /// Status of the HTTP answer that made the call fail, or 0.
    pub fn http_status(&self) -> i32 {
        self.http_status
    }
    /// How long to wait before trying again; zero when not known.
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }

    pub(crate) fn new(code: Code, message: impl Into<String>) -> Error {
        Error {
            code,
            message: message.into(),
            sqlite: 0,
            errno: 0,
            http_status: 0,
            retry_after: Duration::ZERO,
        }
    }

    /// Makes an error of what a call returned, and gives `raw` back.
    pub(crate) fn take(code: i32, raw: *mut sys::tapps_error) -> Error {
        // SAFETY: `raw` is NULL, which all of these accept, or ours to release.
        unsafe {
            let text = if raw.is_null() {
                sys::tapps_code_meaning(code)
            } else {
                sys::tapps_error_message(raw)
            };
            let micros = sys::tapps_error_retry_after_us(raw);
            let error = Error {
                code: Code(code),
                message: CStr::from_ptr(text).to_string_lossy().into_owned(),
                sqlite: sys::tapps_error_sqlite(raw),
                errno: sys::tapps_error_errno(raw),
                http_status: sys::tapps_error_http_status(raw),
                retry_after: Duration::from_micros(micros.max(0) as u64),
            };
            sys::tapps_error_release(raw);
            error
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> std::io::Error {
        std::io::Error::new(std::io::ErrorKind::Other, error)
    }
}
