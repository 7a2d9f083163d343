//! What operations do when caches, wakers and callbacks end before them.

use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::mpsc::channel;
use std::sync::Arc;
use std::task::{Context, Wake};
use std::thread;
use std::time::Duration;

use tapps::*;

/// What `work` returns; a failure when it takes for ever.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = channel();
    thread::spawn(move || send.send(work()));
    receive.recv_timeout(Duration::from_secs(20)).expect("it ends")
}

/// An origin that answers one request.
fn origin() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
    });
    url
}

#[test]
fn an_operation_outlives_the_cache_it_came_from() {
    let operation = {
        let cache = Cache::memory().unwrap();
        cache.fetch_async(&origin(), &FetchOptions::default())
    };
    let answer = in_time(move || operation.wait()).unwrap();
    assert_eq!(answer.text(), "hello");
}

struct PanicsWhenWoken;
impl Wake for PanicsWhenWoken {
    fn wake(self: Arc<Self>) {
        panic!("on purpose, by a waker");
    }
}

#[test]
fn a_waker_that_panics_leaves_other_operations_alone() {
    let cache = Cache::memory().unwrap();
    let breaker = cache
        .breaker("b", Some(&BreakerOptions { max_concurrency: Some(1), ..Default::default() }))
        .unwrap();
    let held = breaker.acquire().unwrap();
    let mut waiting = breaker.wait_async(Duration::from_secs(20));
    let waker = Arc::new(PanicsWhenWoken).into();
    let polled = Pin::new(&mut waiting).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    held.success();
    in_time(move || waiting.wait()).unwrap().success();
    let later = cache.get_async("none", Get::default());
    assert!(in_time(move || later.wait()).unwrap().is_none());
}

#[test]
fn a_progress_callback_that_panics_ends_its_run_alone() {
    let folder = std::env::temp_dir().join(format!("tapps-rust-driver-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("requirements.txt"), "one==1.0\ntwo==2.0\n").unwrap();
    let cache = Cache::memory().unwrap();
    let plan = cache.plan(&folder, &WarmOptions { offline: true, ..Default::default() }).unwrap();
    let run = plan.run(|_| panic!("on purpose, by a callback"));
    assert_eq!(in_time(move || run.wait()).err().unwrap().code(), Code::CANCELLED);
    let later = cache.get_async("none", Get::default());
    assert!(in_time(move || later.wait()).unwrap().is_none());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_stale_window_may_have_no_end() {
    let cache = Cache::memory().unwrap();
    let (ttl, stale) = (Some(Duration::from_millis(1)), Some(Duration::MAX));
    cache.put_with("key", "old", &PutOptions { ttl, stale, ..Default::default() }).unwrap();
    while cache.get("key").unwrap().is_some() {}
    assert_eq!(&*cache.get_with("key", Get::ALLOW_STALE).unwrap().unwrap(), b"old");
}

#[test]
fn a_walk_that_fails_ends() {
    let cache = Cache::memory().unwrap();
    cache.put("a", "x").unwrap();
    let mut walk = cache.entries("").unwrap();
    cache.close(None).unwrap();
    assert_eq!(walk.next().unwrap().unwrap_err().code(), Code::CLOSED);
    assert!(walk.next().is_none());
}

#[test]
fn urls_with_line_breaks_are_refused() {
    let cache = Cache::memory().unwrap();
    for wrong in ["", "\n", "http://a.example/\rb"] {
        let urls = ["http://127.0.0.1:1/", wrong];
        let refused = cache.fetch_many(&urls, &FetchOptions::default(), 1);
        assert_eq!(refused.err().unwrap().code(), Code::INVALID);
    }
}
