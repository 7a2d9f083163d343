use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tapps_sys as sys;

use crate::cache::Inner;
use crate::driver::{End, Operation};
use crate::native::{self, call, micros, number, size_of, Texts, NONE, UNLIMITED};
use crate::options::number_or_none;
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
    /// Callers that wait for a place.
    pub max_waiting: Option<u64>,
    /// Percent of failures in the window that open it; None: not watched.
    pub failure_rate: Option<u64>,
    /// Percent of slow calls in the window that open it; None: not watched.
    pub slow_rate: Option<u64>,
    /// A call that takes as long is slow.
    pub slow: Option<Duration>,
    /// The window is as many latest calls.
    pub window_calls: Option<u64>,
    /// The window is so much time instead.
    pub window: Option<Duration>,
    /// Calls in the window below which rates say nothing.
    pub min_calls: Option<u64>,
    /// Of one call; 0: none.
    pub retries: Option<u64>,
    /// Longest delay before the first retry; doubles with each.
    pub retry: Option<Duration>,
    /// Doubling ends here.
    pub max_retry: Option<Duration>,
    /// Retries of all calls before any has earned one; 0: none.
    pub retry_reserve: Option<u64>,
    /// Retries that a hundred calls earn; 0: none.
    pub retry_percent: Option<u64>,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Well, or refused for reasons of the caller's own: the service is well.
    Success,
    /// An error of the service, a time-out.
    Failure,
    /// Says nothing about the service.
    Ignored,
    /// A failure whose reason may lie with this process alone; others are not told.
    LocalFailure,
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
    /// Callers in line.
    pub waiting: i64,
    /// The longest wait the service asked any caller for.
    pub quota: Duration,
    /// In the window now; zeros unless rates are watched.
    pub window_calls: i64,
    pub window_failures: i64,
    pub window_slow: i64,
}

/// Why a guarded call has no result.
#[derive(Debug)]
pub enum CallError<E> {
    /// It was not made: `Code::OPEN_CIRCUIT`, `Code::QUOTA` or `Code::BUSY`.
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

/// A circuit breaker with bounded concurrency, for the program's own calls. A clone is the same one.
#[derive(Clone)]
pub struct Breaker {
    shared: Arc<Shared>,
}

struct Shared {
    cache: Arc<Inner>,
    handle: *mut sys::tapps_breaker,
}

// SAFETY: breakers may be used by any threads at once.
unsafe impl Send for Shared {}
unsafe impl Sync for Shared {}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the handle is ours.
        unsafe { sys::tapps_breaker_release(self.handle) }
    }
}

/// The right to make one call. Dropped without a report it is ignored by the breaker.
#[must_use = "dropping it reports that the call is to be ignored"]
pub struct Permit {
    breaker: Arc<Shared>,
    number: i64,
    outcome: Outcome,
}

impl Permit {
    fn new(breaker: Arc<Shared>, number: i64) -> Permit {
        Permit { breaker, number, outcome: Outcome::Ignored }
    }
    /// The call went well.
    pub fn success(self) {
        self.report(Outcome::Success);
    }
    /// The call failed.
    pub fn failure(self) {
        self.report(Outcome::Failure);
    }
    /// How the call went.
    pub fn report(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let outcome = match self.outcome {
            Outcome::Success => sys::TAPPS_OUTCOME_SUCCESS,
            Outcome::Failure => sys::TAPPS_OUTCOME_FAILURE,
            Outcome::Ignored => sys::TAPPS_OUTCOME_IGNORED,
            Outcome::LocalFailure => sys::TAPPS_OUTCOME_LOCAL_FAILURE,
        };
        // SAFETY: the permit holds the breaker.
        unsafe { sys::tapps_breaker_report(self.breaker.handle, self.number, outcome) }
    }
}

impl Breaker {
    /// Asks to make a call: `Code::OPEN_CIRCUIT`, `Code::QUOTA` or `Code::BUSY`, at once, when it may
    /// not be made.
    pub fn acquire(&self) -> Result<Permit> {
        let mut number = 0;
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_breaker_acquire(self.handle(), &mut number, err) })?;
        Ok(Permit::new(self.shared.clone(), number))
    }

    /// As acquire, but waits for a place, in the order of asking. `Code::TIMEOUT` when the wait is
    /// over, `Code::BUSY` when too many wait already.
    pub fn wait(&self, wait: Duration) -> Result<Permit> {
        let (wait, mut number) = (waiting(wait), 0);
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_breaker_wait(self.handle(), wait, &mut number, err) })?;
        Ok(Permit::new(self.shared.clone(), number))
    }

    /// As wait, as a future.
    pub fn wait_async(&self, wait: Duration) -> Operation<Permit> {
        let (wait, its, left) = (waiting(wait), self.shared.clone(), self.shared.clone());
        let permit = move |end: End| end.number().map(|number| Permit::new(its, number));
        Operation::of(self.shared.cache.driver().and_then(|driver| {
            // SAFETY: the library holds the breaker while somebody waits.
            driver.submit(None, permit, |queue, id, op, err| unsafe {
                sys::tapps_queue_acquire(queue, self.handle(), wait, id, op, err)
            })
        }))
        .or(move |number| drop(Permit::new(left, number)))
    }

    /// How long to wait before a call that failed, and may be repeated, is made once more.
    /// `attempt`: how often it was made, from 1; `status`: what HTTP answered; `retry_after`: what
    /// the service asked for. `Code::UNSUPPORTED`: the status is not worth another try;
    /// `Code::FULL`: it was made as often as it may be, or the budget of retries is used up.
    pub fn retry(
        &self, attempt: u32, status: Option<u16>, retry_after: Option<Duration>,
    ) -> Result<Duration> {
        let (status, after, mut delay) =
            (status.map_or(0, i32::from), micros(retry_after, i64::MAX), 0);
        // SAFETY: the handle is ours.
        call(|err| unsafe {
            let (handle, attempt) = (self.handle(), attempt.into());
            sys::tapps_breaker_retry(handle, attempt, status, after, &mut delay, err)
        })?;
        Ok(native::duration(delay))
    }

    /// Tells what the service said: it takes no more than so many further calls within that time;
    /// 0 for "not before". Then calls fail with `Code::QUOTA`, in every process of the user.
    pub fn limit(&self, calls: u64, within: Duration) -> Result<()> {
        let (calls, within) = (calls as i64, micros(Some(within), i64::MAX));
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_breaker_limit(self.handle(), calls, within, err) })
    }

    fn handle(&self) -> *mut sys::tapps_breaker {
        self.shared.handle
    }

    /// Runs a call under a permit; its error counts against the callee, and so does a panic.
    pub fn call<T, E>(
        &self, operation: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, CallError<E>> {
        let mut permit = self.acquire().map_err(CallError::Rejected)?;
        permit.outcome = Outcome::Failure; // of a panic
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
        let mut permit = self.acquire().map_err(CallError::Rejected)?;
        let mut operation = operation;
        // SAFETY: nothing can move it any more, its name being hidden.
        let operation = unsafe { Pin::new_unchecked(&mut operation) };
        let result = Watched { operation, permit: &mut permit }.await;
        settle(permit, result)
    }

    /// Holds it open or closed.
    pub fn force(&self, mode: Mode) -> Result<()> {
        let mode = match mode {
            Mode::Auto => sys::TAPPS_BREAKER_AUTO,
            Mode::Open => sys::TAPPS_BREAKER_FORCE_OPEN,
            Mode::Closed => sys::TAPPS_BREAKER_FORCE_CLOSED,
        };
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_breaker_force(self.handle(), mode, err) })
    }

    /// How it stands.
    pub fn read(&self) -> BreakerInfo {
        let mut raw = sys::tapps_breaker_info::default();
        // SAFETY: the handle is ours.
        unsafe { sys::tapps_breaker_read(self.handle(), &mut raw) };
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
            waiting: raw.waiting,
            quota: native::duration(raw.quota_us),
            window_calls: raw.window_calls,
            window_failures: raw.window_failures,
            window_slow: raw.window_slow,
        }
    }
}

/// A call under a permit: a panic of it is a failure, and dropping it while it waits is ignored.
struct Watched<'a, F> {
    operation: Pin<&'a mut F>,
    permit: &'a mut Permit,
}

impl<F: Future> Future for Watched<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        this.permit.outcome = Outcome::Failure;
        let polled = this.operation.as_mut().poll(context);
        if polled.is_pending() {
            this.permit.outcome = Outcome::Ignored;
        }
        polled
    }
}

/// At least a microsecond; "for ever" is a long time.
fn waiting(wait: Duration) -> i64 {
    micros(Some(wait), Duration::from_secs(365 * 24 * 3600).as_micros() as i64)
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
            max_waiting: number(o.max_waiting),
            failure_rate: number(o.failure_rate),
            slow_rate: number(o.slow_rate),
            slow_us: micros(o.slow, UNLIMITED),
            window_calls: number(o.window_calls),
            window_us: micros(o.window, UNLIMITED),
            min_calls: number(o.min_calls),
            retries: if o.retries == Some(0) { NONE } else { number(o.retries) },
            retry_us: micros(o.retry, UNLIMITED),
            max_retry_us: micros(o.max_retry, UNLIMITED),
            retry_reserve: number_or_none(o.retry_reserve),
            retry_percent: number_or_none(o.retry_percent),
            ..Default::default()
        });
        let options = native.as_ref().map_or(ptr::null(), |o| o as *const _);
        let mut handle = ptr::null_mut();
        // SAFETY: everything is borrowed for the call.
        call(|err| unsafe {
            sys::tapps_breaker_open(self.handle(), name, options, &mut handle, err)
        })?;
        Ok(Breaker { shared: Arc::new(Shared { cache: self.inner().clone(), handle }) })
    }
}
