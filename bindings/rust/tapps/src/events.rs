use std::ptr;
use std::time::Duration;

use tapps_sys as sys;

use crate::native::{call, micros, UNLIMITED};
use crate::{Cache, Code, Error, Result, Value};

/// What an event is about; combined in a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A breaker changed its state.
    Breaker,
    /// `Cache::state` changed.
    State,
}

impl EventKind {
    fn number(self) -> i32 {
        match self {
            EventKind::Breaker => sys::TAPPS_EVENT_BREAKER,
            EventKind::State => sys::TAPPS_EVENT_STATE,
        }
    }
}

/// Tells of a change.
#[derive(Clone, Debug)]
pub struct Event {
    /// What it is about.
    pub kind: EventKind,
    /// What the library says of it, a JSON object.
    pub json: String,
}

/// Events from the call of `Cache::events` on. As an iterator it waits, and ends when the cache is
/// closed.
pub struct Events {
    queue: *mut sys::tapps_queue,
}

// SAFETY: a queue may be used by any threads.
unsafe impl Send for Events {}

impl Drop for Events {
    fn drop(&mut self) {
        // SAFETY: the queue is ours.
        unsafe { sys::tapps_queue_release(self.queue) }
    }
}

impl Events {
    /// The next event; None when none comes within the timeout.
    pub fn next_within(&mut self, timeout: Duration) -> Result<Option<Event>> {
        let mut record = sys::tapps_record::default();
        let mut count = 0;
        // SAFETY: the queue is ours, the record lives for the call.
        let waited = call(|err| unsafe {
            let timeout = micros(Some(timeout), UNLIMITED);
            sys::tapps_queue_wait(self.queue, timeout, &mut record, 1, &mut count, err)
        });
        match waited {
            Err(error) if error.code() == Code::TIMEOUT => return Ok(None),
            Err(error) => return Err(error),
            Ok(()) => {}
        }
        let value = Value::own(record.value, record.data, record.size);
        if !record.error.is_null() {
            drop(Error::take(record.code, record.error));
        }
        let kind = if record.kind == sys::TAPPS_EVENT_STATE {
            EventKind::State
        } else {
            EventKind::Breaker
        };
        Ok(Some(Event { kind, json: String::from_utf8_lossy(&value).into_owned() }))
    }
}

impl Iterator for Events {
    type Item = Event;
    fn next(&mut self) -> Option<Event> {
        self.next_within(Duration::MAX).ok().flatten()
    }
}

impl Cache {
    /// Subscribes to events.
    pub fn events(&self, kinds: &[EventKind]) -> Result<Events> {
        let mut queue = ptr::null_mut();
        // SAFETY: the handle is ours.
        call(|err| unsafe { sys::tapps_queue_open(self.handle(), &mut queue, err) })?;
        let events = Events { queue };
        let bit = |kind: &EventKind| 1 << (kind.number() - sys::TAPPS_EVENT_PROGRESS);
        let bits = kinds.iter().map(bit).fold(0, |all, one: u32| all | one);
        // SAFETY: the queue is ours.
        call(|err| unsafe { sys::tapps_queue_subscribe(events.queue, bits, err) })?;
        Ok(events)
    }
}
