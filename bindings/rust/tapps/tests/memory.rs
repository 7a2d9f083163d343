//! A million operations leave nothing behind. A program of its own: it measures the process.

use tapps::*;

/// The memory this process has, in bytes; nothing where /proc does not say.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split_whitespace().nth(1)?.parse::<usize>().ok()? * 4096)
}

fn work(cache: &Cache, rounds: usize) {
    let value = vec![7; 1500];
    let memory = PutOptions { durability: Durability::Memory, tags: &["a"], ..Default::default() };
    let breaker = cache.breaker("b", None).unwrap();
    for n in 0..rounds {
        let key = (n % 50).to_string();
        cache.put_with(&key, &value, &memory).unwrap();
        assert_eq!(cache.get(&key).unwrap().map(|value| value.clone().len()), Some(1500));
        if n % 10 == 0 {
            drop(cache.get_async(&key, Get::default())); // cancelled, or ended already
            cache.get_async(&key, Get::default()).wait().unwrap();
            cache.put("", "no key").unwrap_err();
            cache.get_many(&["1", "2", "none"], Get::default()).unwrap();
            cache.load(&key, || Result::Ok("made")).unwrap();
            breaker.acquire().unwrap().success();
            let absent = format!("absent {n}");
            cache.load(&absent, || Err::<&str, _>(std::io::Error::from(std::io::ErrorKind::NotFound))).unwrap_err();
        }
    }
}

#[test]
fn memory_stays_flat_over_many_operations() {
    let before = resident();
    if before.is_none() {
        assert!(std::env::var_os("CI").is_none(), "in CI there has to be a /proc/self/statm");
        println!("skipped: no /proc/self/statm, where the memory of a process is read");
        return;
    }
    let cache = Cache::memory().unwrap();
    work(&cache, 20_000);
    let before = resident().unwrap();
    work(&cache, 400_000); // of two operations each, and more
    let grown = resident().unwrap().saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes more");
}
