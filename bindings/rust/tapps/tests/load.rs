use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Wake};
use std::thread;
use std::time::Duration;

use tapps::*;

struct Nobody;
impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[test]
fn one_of_all_threads_loads() {
    let cache = Cache::memory().unwrap();
    let (loads, begun) = (AtomicU32::new(0), Barrier::new(8));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                begun.wait();
                let made = cache.load("key", || -> std::result::Result<_, Failure> {
                    loads.fetch_add(1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(10)); // the load itself
                    Ok("made")
                });
                assert_eq!(&*made.unwrap(), b"made");
            });
        }
    });
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    assert_eq!(&*cache.get("key").unwrap().unwrap(), b"made");
}

#[test]
fn a_loader_that_fails_or_panics_leaves_the_key_to_the_next() {
    let cache = Cache::memory().unwrap();
    let failed = cache.load("key", || Err::<&str, Failure>("down".into()));
    assert_eq!(failed.unwrap_err().to_string(), "down");
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = cache.load("key", || -> Result<&str> { panic!("on purpose") });
    }));
    assert!(panicked.is_err());
    let put = PutOptions { json: Some("no JSON"), ..Default::default() };
    let wrong = LoadOptions { put, ..Default::default() };
    let refused = cache.load_with("key", &wrong, || Result::Ok("x"));
    assert_eq!(refused.unwrap_err().code(), Code::INVALID);
    let at_once = LoadOptions { timeout: Some(Duration::ZERO), ..Default::default() };
    let made = cache.load_with("key", &at_once, || Result::Ok("one")).unwrap();
    assert_eq!((&*made, made.clone().len()), (&b"one"[..], 3));
}

#[test]
fn a_dropped_load_gives_the_right_to_load_back() {
    let cache = Cache::memory().unwrap();
    let waker = Arc::new(Nobody).into();
    let mut context = Context::from_waker(&waker);
    let at_once = LoadOptions { timeout: Some(Duration::ZERO), ..Default::default() };
    {
        let make = std::future::pending::<Result<&str>>();
        let options = LoadOptions::default();
        let mut load = Box::pin(cache.load_async("key", &options, make));
        for _ in 0..200 {
            assert!(Pin::as_mut(&mut load).poll(&mut context).is_pending());
            thread::sleep(Duration::from_millis(1)); // until the lease is there
            match cache.load_with("key", &at_once, || Result::Ok("not yet")) {
                Err(error) if error.code() == Code::TIMEOUT => break,
                _ => cache.delete("key").unwrap(),
            }
        }
    }
    // One that is dropped before it was polled a second time, whatever had come by then.
    for _ in 0..50 {
        let make = std::future::pending::<Result<&str>>();
        let options = LoadOptions::default();
        let mut load = Box::pin(cache.load_async("key", &options, make));
        assert!(Pin::as_mut(&mut load).poll(&mut context).is_pending());
    }
    let made = cache.load("key", || Result::Ok("made")).unwrap();
    assert_eq!(&*made, b"made");
}

#[test]
fn a_stale_value_is_served_when_its_loader_fails() {
    let cache = Cache::memory().unwrap();
    let options = PutOptions {
        ttl: Some(Duration::from_millis(1)),
        stale: Some(Duration::from_secs(600)),
        ..Default::default()
    };
    cache.put_with("key", "old", &options).unwrap();
    while cache.get("key").unwrap().is_some() {}
    let failed = || Err::<&str, Failure>("down".into());
    assert_eq!(&*cache.load("key", failed).unwrap(), b"old");
    assert_eq!(&*cache.load("key", || Result::Ok("new")).unwrap(), b"new");
}

#[test]
fn of_two_swaps_one_succeeds() {
    let cache = Cache::memory().unwrap();
    let put = PutOptions::default();
    assert_eq!(cache.version("key").unwrap(), None);
    let first = match cache.swap("key", None, "one", &put).unwrap() {
        Swap::Stored(version) => version,
        other => panic!("{other:?}"),
    };
    assert_eq!(cache.swap("key", None, "two", &put).unwrap(), Swap::Kept(Some(first)));
    assert_eq!(cache.swap_async("none", Some(7), "x", &put).wait().unwrap(), Swap::Kept(None));
    assert!(matches!(cache.swap("key", Some(first), "three", &put).unwrap(), Swap::Stored(_)));
    assert!(cache.contains("key").unwrap() && !cache.contains("none").unwrap());
}

#[test]
fn a_place_at_the_breaker_is_waited_for() {
    let cache = Cache::memory().unwrap();
    let options = BreakerOptions { max_concurrency: Some(1), ..Default::default() };
    let breaker = cache.breaker("b", Some(&options)).unwrap();
    let held = breaker.acquire().unwrap();
    assert_eq!(breaker.wait(Duration::from_millis(2)).err().unwrap().code(), Code::TIMEOUT);
    let waits = breaker.wait_async(Duration::from_secs(10));
    held.success();
    waits.wait().unwrap().report(Outcome::Success);
    // What nobody takes is given back.
    drop(breaker.wait_async(Duration::from_secs(10)));
    breaker.wait(Duration::from_secs(10)).unwrap().success();
    assert_eq!(breaker.read().successes, 3);
    assert!(breaker.retry(1, Some(503), None).is_ok());
    assert_eq!(breaker.retry(1, Some(404), None).unwrap_err().code(), Code::UNSUPPORTED);
    breaker.limit(0, Duration::from_secs(60)).unwrap();
    assert_eq!(breaker.acquire().err().unwrap().code(), Code::QUOTA);
}
