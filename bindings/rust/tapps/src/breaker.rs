use std::fmt;
use std::future::Future;
use std::ptr;
use std::time::Duration;

use tapps_sys as sys;

use crate::native::{self, call, micros, number, size_of, Texts, UNLIMITED};
use crate::{Cache, Error, Result};

/// When a breaker opens. `None` is the default of `tapps.h`.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct BreakerOptions {
    /// Consecutive ones that open it.
    pub failures: Option<u64>,
    /// Of probes that close it again.
    pub successes: Option<u64>,
    /// First time it stays open.
    pub open: Option<Duration>,
    /// Doubling ends here.
    pub max_open: Option<Duration>,
    /// Calls under way at once; u64::MAX: no limit.
    pub max_concurrency: Option<u64>,
    /// At once while half open.
    pub probes: Option<u64>,
    /// A call that has not ended by then gives its place back.
    pub lease: Option<Duration>,
}

/// Whether calls are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BreakerState {
    Closed,
    Open,
    HalfOpen,
}

/// What a breaker is held at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By what it counts; setting it closes the breaker and forgets.
    Auto,
    /// Lets nothing through.
    Open,
    /// Lets everything through.
    Closed,
}

/// How a breaker stands; totals are since it was made.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct BreakerInfo {
    pub state: BreakerState,
    pub forced: Mode,
    pub failures_in_row: i64,
    pub in_flight: i64,
    /// Zero unless open.
    pub retry_after: Duration,
    pub successes: i64,
    pub failures: i64,
    pub ignored: i64,
    pub rejected: i64,
    pub transitions: i64,
}

/// Why a guarded call has no result.
#[derive(Debug)]
pub enum CallError<E> {
    /// It was not made: `Code::OPEN_CIRCUIT` or `Code::BUSY`.
    Rejected(Error),
    /// It was made and failed.
    Failed(E),
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Rejected(error) => error.fmt(f),
            CallError::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for CallError<E> {}

/// A circuit breaker with bounded concurrency, for the program's own calls.
pub struct Breaker {
    handle: *mut sys::tapps_breaker,
}

// SAFETY: breakers may be used by any threads at once.
unsafe impl Send for Breaker {}
unsafe impl Sync for Breaker {}

impl Drop for Breaker {
    fn drop(&mut self) {
        // SAFETY: the handle is ours.
        unsafe { sys::tapps_breaker_release(self.handle) }
    }
}

/// The right to make one call. Dropped without a report it is ignored by the breaker.
#[must_use = "dropping it reports that the call is to be ignored"]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    number: i64,
    outcome: i32,
}

impl Permit<'_> {
    /// The call went well.
    pub fn success(mut self) {
        self.outcome = sys::TAPPS_OUTCOME_SUCCESS;
    }
    /// The call failed.
    pub fn failure(mut self) {
        self.outcome = sys::TAPPS_OUTCOME_FAILURE;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        // SAFETY: the breaker lives longer than the permit.
        unsafe { sys::tapps_breaker_report(self.breaker.handle, self.number, self.outcome) }
    }
}

impl Breaker {
    /// Asks to make a call: `Code::OPEN_CIRCUIT` or `Code::BUSY`, at once, when it may not be made.
    pub fn acquire(&self) -> Result<Permit<'_>> {
        let mut number = 0;
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_breaker_acquire(self.handle, &mut number, err) })?;
        Ok(Permit { breaker: self, number, outcome: sys::TAPPS_OUTCOME_IGNORED })
    }

    /// Runs a call under a permit; its error counts against the callee, a panic is ignored.
    pub fn call<T, E>(
        &self, operation: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, CallError<E>> {
        let permit = self.acquire().map_err(CallError::Rejected)?;
        settle(permit, operation())
    }

    /// As call; when there is no result, the answer is that of `fallback`.
    pub fn call_or<T, E>(
        &self, operation: impl FnOnce() -> std::result::Result<T, E>,
        fallback: impl FnOnce(CallError<E>) -> T,
    ) -> T {
        self.call(operation).unwrap_or_else(fallback)
    }

    /// As call, for futures. One that is dropped before its end is ignored.
    pub async fn call_async<T, E>(
        &self, operation: impl Future<Output = std::result::Result<T, E>>,
    ) -> std::result::Result<T, CallError<E>> {
        let permit = self.acquire().map_err(CallError::Rejected)?;
        settle(permit, operation.await)
    }

    /// Holds it open or closed.
    pub fn force(&self, mode: Mode) -> Result<()> {
        let mode = match mode {
            Mode::Auto => sys::TAPPS_BREAKER_AUTO,
            Mode::Open => sys::TAPPS_BREAKER_FORCE_OPEN,
            Mode::Closed => sys::TAPPS_BREAKER_FORCE_CLOSED,
        };
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_breaker_force(self.handle, mode, err) })
    }

    /// How it stands.
    pub fn read(&self) -> BreakerInfo {
        let mut raw = sys::tapps_breaker_info::default();
        // SAFETY: the handle is ours.
        unsafe { sys::tapps_breaker_read(self.handle, &mut raw) };
        BreakerInfo {
            state: match raw.state {
                sys::TAPPS_BREAKER_OPEN => BreakerState::Open,
                sys::TAPPS_BREAKER_HALF_OPEN => BreakerState::HalfOpen,
                _ => BreakerState::Closed,
            },
            forced: match raw.forced {
                sys::TAPPS_BREAKER_FORCE_OPEN => Mode::Open,
                sys::TAPPS_BREAKER_FORCE_CLOSED => Mode::Closed,
                _ => Mode::Auto,
            },
            failures_in_row: raw.failures_in_row,
            in_flight: raw.in_flight,
            retry_after: native::duration(raw.retry_after_us),
            successes: raw.successes,
            failures: raw.failures,
            ignored: raw.ignored,
            rejected: raw.rejected,
            transitions: raw.transitions,
        }
    }
}

fn settle<T, E>(
    permit: Permit, result: std::result::Result<T, E>,
) -> std::result::Result<T, CallError<E>> {
    match result {
        Ok(value) => {
            permit.success();
            Ok(value)
        }
        Err(error) => {
            permit.failure();
            Err(CallError::Failed(error))
        }
    }
}

impl Cache {
    /// The breaker of that name, made when it is not there. With options that differ from those of
    /// one that is there: `Code::EXISTS`; None takes it as it is.
    pub fn breaker(&self, name: &str, options: Option<&BreakerOptions>) -> Result<Breaker> {
        let mut texts = Texts::default();
        let name = texts.add(Some(name))?;
        let native = options.map(|o| sys::tapps_breaker_options {
            struct_size: size_of::<sys::tapps_breaker_options>(),
            failures: number(o.failures),
            successes: number(o.successes),
            open_us: micros(o.open, UNLIMITED),
            max_open_us: micros(o.max_open, UNLIMITED),
            max_concurrency: number(o.max_concurrency),
            probes: number(o.probes),
            lease_us: micros(o.lease, UNLIMITED),
            ..Default::default()
        });
        let options = native.as_ref().map_or(ptr::null(), |o| o as *const _);
        let mut handle = ptr::null_mut();
        // SAFETY: everything is borrowed for the call.
        call(|err| unsafe {
            sys::tapps_breaker_open(self.handle(), name, options, &mut handle, err)
        })?;
        Ok(Breaker { handle })
    }
}
