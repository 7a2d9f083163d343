//! Futures over a completion queue.
//!
//! A thread of ours waits in `tapps_queue_wait` and wakes. The library could tell by a callback, but
//! that may not block nor call tapps, and what a waker does is the executor's business. The thread
//! starts with the first operation and ends with the last handle of the cache, of which every
//! operation has one.
//!
//! Wakers and callbacks are foreign: they are called and dropped without the lock, and what they
//! throw ends nobody else's operation.

use std::collections::HashMap;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Context, Poll, Waker};
use std::thread;

use tapps_sys as sys;

use crate::cache::Inner;
use crate::native::call;
use crate::{Code, Error, Result, Value};

const BATCH: usize = 64;

type OnProgress = Box<dyn FnMut(&str) + Send>;

/// Returns the lease or the permit that a record carries when nobody takes it.
pub(crate) type GiveBack = Box<dyn FnOnce(i64) + Send>;

/// How an operation ended.
pub(crate) struct End {
    pub result: Result<Value>,
    pub number: i64,
    pub bytes: i64,
}

impl End {
    fn failed(error: Error) -> End {
        End { result: Err(error), number: 0, bytes: 0 }
    }

    /// The number of one that went well.
    pub fn number(self) -> Result<i64> {
        self.result.map(|_| self.number)
    }
}

enum State {
    Waiting(Option<Waker>, Option<OnProgress>),
    Ended(End),
}

/// Calls what is foreign; false when it panicked.
fn guarded(foreign: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(foreign)).is_ok()
}

/// Wakes who waited, and drops what an operation had.
fn wake(before: State) {
    guarded(|| {
        if let State::Waiting(Some(waker), _) = before {
            waker.wake();
        }
    });
}

pub(crate) struct Driver {
    cache: Weak<Inner>,
    queue: *mut sys::tapps_queue,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    last: u64,
    stop: bool,
    operations: HashMap<u64, State>,
    left: HashMap<u64, GiveBack>, // of operations that were dropped
}

// SAFETY: queues may be used by any threads at once.
unsafe impl Send for Driver {}
unsafe impl Sync for Driver {}

impl Drop for Driver {
    fn drop(&mut self) {
        // SAFETY: nobody else has the queue any more.
        unsafe { sys::tapps_queue_release(self.queue) }
    }
}

impl Driver {
    pub fn start(cache: &Arc<Inner>) -> Result<Arc<Driver>> {
        let mut queue = ptr::null_mut();
        // SAFETY: the cache is open or closed, not released.
        call(|err| unsafe { sys::tapps_queue_open(cache.handle, &mut queue, err) })?;
        let cache = Arc::downgrade(cache);
        let driver = Arc::new(Driver { cache, queue, table: Mutex::default() });
        let its = driver.clone();
        thread::Builder::new()
            .name("tapps-rust".to_owned())
            .spawn(move || its.run())
            .map_err(|error| Error::new(Code::NOMEM, format!("no thread: {error}")))?;
        Ok(driver)
    }

    /// Ends the thread.
    pub fn stop(&self) {
        self.lock().stop = true;
        let options = crate::Get::CACHED_ONLY.native();
        // A lookup that ends at once wakes it. When the cache is closed, the wait ends by itself.
        // SAFETY: the key is borrowed for the call.
        unsafe {
            let key = b"\0".as_ptr().cast();
            let (op, err) = (ptr::null_mut(), ptr::null_mut());
            sys::tapps_queue_get(self.queue, ptr::null(), key, 1, &options, 0, op, err);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn run(&self) {
        struct AtTheEnd<'a>(&'a Driver);
        impl Drop for AtTheEnd<'_> {
            fn drop(&mut self) {
                self.0.end_all();
            }
        }
        let _nobody_waits_then = AtTheEnd(self);
        let mut records = [sys::tapps_record::default(); BATCH];
        loop {
            let mut count = 0;
            // SAFETY: the queue lives as long as `self`; the records are ours.
            let code = unsafe {
                let records = records.as_mut_ptr();
                let forever = sys::TAPPS_UNLIMITED.into();
                let err = ptr::null_mut();
                sys::tapps_queue_wait(self.queue, forever, records, BATCH, &mut count, err)
            };
            if code != sys::TAPPS_OK {
                return;
            }
            for record in &records[..count] {
                self.hand_out(record);
            }
            if self.lock().stop {
                return;
            }
        }
    }

    /// Ends what still waits; what has ended stays as it is.
    fn end_all(&self) {
        let mut table = self.lock();
        table.stop = true;
        let mut waiting = Vec::new();
        for state in table.operations.values_mut() {
            if let State::Waiting(..) = state {
                waiting.push(std::mem::replace(state, State::Ended(End::failed(closed()))));
            }
        }
        let left = std::mem::take(&mut table.left);
        drop(table); // what they hold may come back here when it goes
        drop(left);
        waiting.into_iter().for_each(wake);
    }

    /// Ends an operation that has not ended before; false when there is none.
    fn end(&self, id: u64, end: End) -> bool {
        let mut table = self.lock();
        let before = match table.operations.get_mut(&id) {
            Some(state @ State::Waiting(..)) => std::mem::replace(state, State::Ended(end)),
            Some(State::Ended(_)) => return true,
            None => return false,
        };
        drop(table);
        wake(before);
        true
    }

    /// Tells of progress. When the callback panics, so ends the operation that has it.
    fn tell(&self, record: &sys::tapps_record, progress: &str) {
        let taken = match self.lock().operations.get_mut(&record.user_data) {
            Some(State::Waiting(_, on_progress)) => on_progress.take(),
            _ => None,
        };
        let mut on_progress = match taken {
            Some(on_progress) => on_progress,
            None => return,
        };
        if guarded(|| on_progress(progress)) {
            match self.lock().operations.get_mut(&record.user_data) {
                Some(State::Waiting(_, place)) => {
                    *place = Some(on_progress);
                    return;
                }
                _ => {} // it was left, or has ended, meanwhile
            }
            guarded(|| drop(on_progress));
            return;
        }
        guarded(|| drop(on_progress));
        let panicked = Error::new(Code::CANCELLED, "the callback for its progress panicked");
        self.end(record.user_data, End::failed(panicked));
        // SAFETY: the queue lives as long as `self`.
        unsafe { sys::tapps_queue_cancel(self.queue, record.op) }
    }

    fn hand_out(&self, record: &sys::tapps_record) {
        let value = Value::own(record.value, record.data, record.size);
        if record.kind == sys::TAPPS_EVENT_PROGRESS {
            return self.tell(record, &String::from_utf8_lossy(&value));
        }
        let result = match record.code {
            sys::TAPPS_OK => Ok(value),
            sys::TAPPS_E_CANCELLED => {
                // Not by us: what is dropped is not waited for.
                drop(Error::take(record.code, record.error));
                Err(closed())
            }
            code => Err(Error::take(code, record.error)),
        };
        let end = End { result, number: record.number, bytes: record.bytes };
        if !self.end(record.user_data, end) {
            let give_back = self.lock().left.remove(&record.user_data);
            if let (Some(give_back), true) = (give_back, record.number > 0) {
                give_back(record.number);
            }
        }
    }

    /// Submits an operation: `submit(queue, user_data, op, err)`.
    pub fn submit<T>(
        self: &Arc<Self>, on_progress: Option<OnProgress>,
        convert: impl FnOnce(End) -> Result<T> + Send + 'static,
        submit: impl FnOnce(*mut sys::tapps_queue, u64, *mut i64, *mut *mut sys::tapps_error) -> i32,
    ) -> Result<Operation<T>> {
        let id = self.expect(1, on_progress)?;
        let mut op = 0;
        if let Err(error) = call(|err| submit(self.queue, id, &mut op, err)) {
            let refused = self.lock().operations.remove(&id);
            drop(refused);
            return Err(error);
        }
        Ok(self.operation(id, op, convert))
    }

    /// Submits many at once: `submit(queue, user_data of the first, ops, err)`.
    pub fn submit_many<T>(
        self: &Arc<Self>, count: usize,
        convert: impl FnOnce(End) -> Result<T> + Clone + Send + 'static,
        submit: impl FnOnce(*mut sys::tapps_queue, u64, *mut i64, *mut *mut sys::tapps_error) -> i32,
    ) -> Result<Vec<Operation<T>>> {
        let first = self.expect(count, None)?;
        let mut ops = vec![0; count];
        if let Err(error) = call(|err| submit(self.queue, first, ops.as_mut_ptr(), err)) {
            let mut table = self.lock();
            (0..count as u64).for_each(|n| drop(table.operations.remove(&(first + n))));
            return Err(error);
        }
        let numbered = (first..).zip(ops);
        Ok(numbered.map(|(id, op)| self.operation(id, op, convert.clone())).collect())
    }

    /// Makes room for `count` ends, whose ids follow upon the one returned.
    fn expect(&self, count: usize, mut on_progress: Option<OnProgress>) -> Result<u64> {
        let mut table = self.lock();
        if table.stop {
            return Err(closed());
        }
        let first = table.last + 1;
        table.last += count as u64;
        for id in first..=table.last {
            table.operations.insert(id, State::Waiting(None, on_progress.take()));
        }
        Ok(first)
    }

    fn operation<T>(
        self: &Arc<Self>, id: u64, op: i64, convert: impl FnOnce(End) -> Result<T> + Send + 'static,
    ) -> Operation<T> {
        let (driver, cache) = (self.clone(), self.cache.upgrade());
        let running = Running { driver, _cache: cache, id, op, give_back: None };
        Operation { running: Some(running), failed: None, convert: Some(Box::new(convert)) }
    }
}

fn closed() -> Error {
    Error::new(Code::CLOSED, "the cache was closed")
}

struct Running {
    driver: Arc<Driver>,
    _cache: Option<Arc<Inner>>, // whose end would be that of the driver
    id: u64,
    op: i64,
    give_back: Option<GiveBack>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut table = self.driver.lock();
        let state = table.operations.remove(&self.id);
        if let (Some(State::Waiting(..)), Some(_)) = (&state, &self.give_back) {
            table.left.extend(self.give_back.take().map(|give_back| (self.id, give_back)));
        }
        drop(table);
        match state {
            Some(State::Waiting(..)) => {
                // SAFETY: the queue lives as long as the driver.
                unsafe { sys::tapps_queue_cancel(self.driver.queue, self.op) }
            }
            Some(State::Ended(end)) if end.number > 0 => {
                if let Some(give_back) = self.give_back.take() {
                    give_back(end.number);
                }
            }
            _ => {}
        }
    }
}

type Convert<T> = Box<dyn FnOnce(End) -> Result<T> + Send>;

/// A running operation: a future for any executor. Dropping it cancels it.
#[must_use = "dropping it cancels it"]
pub struct Operation<T> {
    running: Option<Running>,
    failed: Option<Error>,
    convert: Option<Convert<T>>,
}

impl<T> Operation<T> {
    /// One that could not be submitted.
    pub(crate) fn of(submitted: Result<Operation<T>>) -> Operation<T> {
        submitted.unwrap_or_else(|error| Operation {
            running: None,
            failed: Some(error),
            convert: None,
        })
    }

    /// With what is done to a lease or permit that comes after the operation was dropped.
    pub(crate) fn or(mut self, give_back: impl FnOnce(i64) + Send + 'static) -> Operation<T> {
        if let Some(running) = &mut self.running {
            running.give_back = Some(Box::new(give_back));
        }
        self
    }

    /// Waits for the end on this thread.
    pub fn wait(self) -> Result<T> {
        struct Unpark(thread::Thread);
        impl std::task::Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Arc::new(Unpark(thread::current())).into();
        let mut context = Context::from_waker(&waker);
        let mut operation = Box::pin(self);
        loop {
            match operation.as_mut().poll(&mut context) {
                Poll::Ready(result) => return result,
                Poll::Pending => thread::park(),
            }
        }
    }
}

impl<T> Future for Operation<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        let running = self.running.as_ref().expect("polled after its end");
        let mut place = Some(context.waker().clone());
        let end = {
            let mut table = running.driver.lock();
            match table.operations.get_mut(&running.id) {
                Some(State::Waiting(waker, _)) => {
                    std::mem::swap(waker, &mut place); // the former one goes after the lock
                    return Poll::Pending;
                }
                _ => match table.operations.remove(&running.id) {
                    Some(State::Ended(end)) => end,
                    _ => unreachable!("an operation is there until it is polled to its end"),
                },
            }
        };
        self.running = None;
        let convert = self.convert.take().expect("polled after its end");
        Poll::Ready(convert(end))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::task::Wake;
    use std::time::Duration;

    use super::*;
    use crate::{Breaker, BreakerOptions, Cache, Durability, Permit, PutOptions};

    /// A waker that has an operation and drops it when it is woken, or goes.
    struct Holds(Mutex<Option<Operation<Permit>>>);
    impl Wake for Holds {
        fn wake(self: Arc<Self>) {
            drop(self.0.lock().unwrap().take());
        }
    }

    /// A breaker whose only place is taken.
    fn full(cache: &Cache) -> (Breaker, Permit) {
        let options = BreakerOptions { max_concurrency: Some(1), ..Default::default() };
        let breaker = cache.breaker("full", Some(&options)).unwrap();
        let held = breaker.acquire().unwrap();
        (breaker, held)
    }

    fn holding(breaker: &Breaker) -> Waker {
        let waiting = breaker.wait_async(Duration::from_secs(60));
        Arc::new(Holds(Mutex::new(Some(waiting)))).into()
    }

    fn in_time(work: impl FnOnce() + Send + 'static) {
        let (send, receive) = channel();
        thread::spawn(move || {
            work();
            send.send(())
        });
        receive.recv_timeout(Duration::from_secs(20)).expect("it ends");
    }

    #[test]
    fn what_was_done_stays_so_when_the_cache_ends() {
        let cache = Cache::memory().unwrap();
        let options = PutOptions { durability: Durability::Memory, ..Default::default() };
        let put = cache.put_async("key", "x", &options);
        let driver = cache.inner().driver().unwrap();
        let id = put.running.as_ref().unwrap().id;
        while !matches!(driver.lock().operations.get(&id), Some(State::Ended(_))) {
            thread::yield_now();
        }
        driver.end_all();
        put.wait().unwrap();
    }

    #[test]
    fn wakers_are_woken_without_the_lock() {
        let cache = Cache::memory().unwrap();
        let (breaker, held) = full(&cache);
        let mut waiting = breaker.wait_async(Duration::from_secs(60));
        let waker = holding(&breaker);
        assert!(Pin::new(&mut waiting).poll(&mut Context::from_waker(&waker)).is_pending());
        let driver = cache.inner().driver().unwrap();
        in_time(move || driver.end_all());
        assert_eq!(waiting.wait().err().unwrap().code(), Code::CLOSED);
        held.success();
    }

    #[test]
    fn wakers_are_replaced_without_the_lock() {
        let cache = Cache::memory().unwrap();
        let (breaker, held) = full(&cache);
        let mut waiting = breaker.wait_async(Duration::from_secs(60));
        for _ in 0..2 {
            let waker = holding(&breaker);
            let (send, receive) = channel();
            thread::spawn(move || {
                let polled = Pin::new(&mut waiting).poll(&mut Context::from_waker(&waker));
                assert!(polled.is_pending());
                drop(waker);
                send.send(waiting)
            });
            waiting = receive.recv_timeout(Duration::from_secs(20)).expect("it ends");
        }
        in_time(move || drop(waiting));
        held.success();
    }
}
