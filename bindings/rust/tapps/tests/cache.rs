use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread;
use std::time::Duration;

use tapps::*;

/// A folder of the test's own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("tapps-rust-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
    fn file(&self) -> PathBuf {
        self.0.join("cache.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An origin that takes connections and never answers; they end with the test's process.
fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let held: Vec<_> = listener.incoming().collect();
        drop(held);
    });
    url
}

struct CountWakes(AtomicU32);
impl Wake for CountWakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn what_is_shared_between_threads_may_be() {
    fn check<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    check::<Cache>();
    check::<Space>();
    check::<Value>();
    check::<Breaker>();
    check::<Plan>();
    check::<Error>();
    sent::<Operation<Option<Value>>>();
    sent::<Entries>();
    sent::<Events>();
}

#[test]
fn a_value_outlives_the_entry_and_the_cache() {
    let folder = Folder::new();
    let cache = Cache::open(folder.file()).unwrap();
    cache.put("a", vec![7; 5000]).unwrap();
    let value = cache.get("a").unwrap().unwrap();
    let same = value.clone();
    cache.delete("a").unwrap();
    cache.close(None).unwrap();
    drop((cache, value));
    assert_eq!(&*same, &[7; 5000][..]);
}

#[test]
fn errors_tell_what_to_do() {
    let cache = Cache::memory().unwrap();
    let error = cache.put("", "x").unwrap_err();
    assert_eq!(error.code(), Code::INVALID);
    assert_eq!(error.code().name(), "INVALID");
    assert!(error.to_string().contains("key"), "{error}");
    assert_eq!(cache.space("a\0b").err().unwrap().code(), Code::INVALID);
    assert_eq!(cache.touch("none", None).unwrap_err().code(), Code::NOT_FOUND);
}

#[test]
fn clones_on_many_threads_are_one_cache() {
    let folder = Folder::new();
    let cache = Cache::open(folder.file()).unwrap();
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let cache = cache.clone();
            thread::spawn(move || {
                for n in 0..300 {
                    let key = format!("{number}/{}", n % 10);
                    cache.put(&key, n.to_string()).unwrap();
                    assert_eq!(&*cache.get(&key).unwrap().unwrap(), n.to_string().as_bytes());
                    let later = cache.get_async(&key, Get::default()).wait().unwrap();
                    assert_eq!(&*later.unwrap(), n.to_string().as_bytes());
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_future_is_woken_once_and_a_dropped_one_leaves_nothing() {
    let folder = Folder::new();
    let cache = Cache::open(folder.file()).unwrap();
    let url = silent();
    let counter = Arc::new(CountWakes(AtomicU32::new(0)));
    let waker = counter.clone().into();
    let mut context = Context::from_waker(&waker);

    let mut fetch = cache.fetch_async(&url, &FetchOptions::default());
    assert!(Pin::new(&mut fetch).poll(&mut context).is_pending());
    drop(fetch);
    for _ in 0..200 {
        drop(cache.fetch_async(&url, &FetchOptions::default()));
    }
    assert_eq!(counter.0.load(Ordering::SeqCst), 0);

    let options = PutOptions { durability: Durability::Sync, ..Default::default() };
    let mut put = cache.put_async("a", "x", &options);
    let mut polls = 0;
    loop {
        polls += 1;
        match Pin::new(&mut put).poll(&mut context) {
            Poll::Ready(result) => break result.unwrap(),
            Poll::Pending => {
                while counter.0.load(Ordering::SeqCst) == 0 {
                    thread::yield_now();
                }
            }
        }
    }
    assert!(polls <= 2, "{polls}");
}

#[test]
fn close_ends_what_is_under_way() {
    let folder = Folder::new();
    let cache = Cache::open(folder.file()).unwrap();
    let fetch = cache.fetch_async(&silent(), &FetchOptions::default());
    let closing = cache.clone();
    let thread = thread::spawn(move || closing.close(None));
    assert_eq!(fetch.wait().unwrap_err().code(), Code::CLOSED);
    thread.join().unwrap().unwrap();
    assert_eq!(cache.get("a").unwrap_err().code(), Code::CLOSED);
    let late = cache.get_async("a", Get::default());
    assert_eq!(late.wait().unwrap_err().code(), Code::CLOSED);
}

#[test]
fn a_fetch_is_answered_from_memory_the_second_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        let head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nX-A: b\r\n";
        write!(stream, "{head}Content-Length: 5\r\n\r\nhello").unwrap();
    });
    let cache = Cache::memory().unwrap();
    let first = cache.fetch(&url, &FetchOptions::default()).unwrap();
    assert_eq!((first.status, first.served_from), (200, Origin::Network));
    assert_eq!(first.header("x-a"), Some("b"));
    let second = cache.fetch(&url, &FetchOptions::default()).unwrap();
    assert_eq!((second.text(), second.served_from), ("hello".into(), Origin::Memory));
}

#[test]
fn a_breaker_counts_errors_and_gives_places_back() {
    let cache = Cache::memory().unwrap();
    let options = BreakerOptions { failures: Some(2), ..Default::default() };
    let breaker = cache.breaker("b", Some(&options)).unwrap();
    for _ in 0..2 {
        assert!(matches!(breaker.call(|| Err::<(), _>("down")), Err(CallError::Failed("down"))));
    }
    match breaker.call(|| Ok::<_, ()>(5)) {
        Err(CallError::Rejected(error)) => {
            assert_eq!(error.code(), Code::OPEN_CIRCUIT);
            assert!(error.retry_after() > Duration::ZERO);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(breaker.read().state, BreakerState::Open);
    breaker.force(Mode::Auto).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = breaker.call(|| -> std::result::Result<(), ()> { panic!("on purpose") });
    }));
    assert!(panicked.is_err());
    assert_eq!(breaker.read().in_flight, 0);
}

#[test]
fn a_panic_counts_against_the_callee() {
    use std::panic::{catch_unwind, AssertUnwindSafe};
    use std::task::Waker;

    struct Nothing;
    impl Wake for Nothing {
        fn wake(self: Arc<Self>) {}
    }

    let breaker = Cache::memory().unwrap().breaker("b", None).unwrap();
    let fails = || -> std::result::Result<(), &str> { panic!("on purpose") };
    assert!(catch_unwind(AssertUnwindSafe(|| breaker.call(fails))).is_err());
    assert_eq!(breaker.read().failures, 1);

    let waker = Waker::from(Arc::new(Nothing));
    let mut context = Context::from_waker(&waker);
    let mut call = Box::pin(breaker.call_async(async { fails() }));
    assert!(catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut context))).is_err());
    assert_eq!(breaker.read().failures, 2);

    let mut call =
        Box::pin(breaker.call_async(std::future::pending::<std::result::Result<(), &str>>()));
    assert!(matches!(call.as_mut().poll(&mut context), Poll::Pending));
    drop(call);
    let info = breaker.read();
    assert_eq!((info.failures, info.ignored, info.in_flight), (2, 1, 0));
}
