//! The protocol of ../../README.md for peers in Rust.

use std::hint::{black_box, spin_loop};
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

const KEY_BYTES: usize = 40;
const VALUE_BYTES: usize = 1024;
const BUDGET: Duration = Duration::from_secs(1);
const PUTS_BUDGET: Duration = Duration::from_secs(2);
const BEAT: Duration = Duration::from_micros(200); // 5,000 a second
const PACED_PUTS: usize = 2_000;

/// The keys, values and orders that are the same for every contender.
pub struct Workload {
    keys: Vec<u8>,
    pool: Vec<u8>,
    zipf: Vec<u32>,
    uniform: Vec<u32>,
}

impl Workload {
    fn read(folder: &str) -> Self {
        let file = |name: &str| std::fs::read(format!("{folder}/{name}")).expect("the workload");
        let order = |name: &str| {
            let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
            file(name).chunks_exact(4).map(number).collect()
        };
        Workload {
            keys: file("keys.bin"),
            pool: file("pool.bin"),
            zipf: order("zipf.u32"),
            uniform: order("uniform.u32"),
        }
    }
    pub fn count(&self) -> usize {
        self.keys.len() / KEY_BYTES
    }
    pub fn key(&self, i: usize) -> &str {
        std::str::from_utf8(&self.keys[i * KEY_BYTES..(i + 1) * KEY_BYTES]).expect("UTF-8")
    }
    pub fn value(&self, i: usize) -> &[u8] {
        let at = i * 61 % (self.pool.len() - VALUE_BYTES);
        &self.pool[at..at + VALUE_BYTES]
    }
}

/// What is measured. Reading, single puts and persisting each have a store of their own.
pub trait Store {
    /// The first byte of a value.
    fn get(&self, key: &str) -> Option<u8>;
    /// As the caller of a single put pays for it.
    fn put(&self, key: &str, value: &[u8]);
    /// Everything, until it survives the death of the process, if the store can do that.
    fn fill(&self, data: &Workload);
}

/// Serves standard input to its end; open(path) makes a store there.
pub fn serve<S: Store>(arguments: &[String], open: impl Fn(&str) -> S) {
    let [workload, scratch, who] = arguments else {
        panic!("usage: contender WORKLOAD SCRATCH WHO");
    };
    let data = Workload::read(workload);
    let (mut filled, mut paced, mut put) = (None, None, 0);
    for line in std::io::stdin().lock().lines() {
        let row = line.expect("a line");
        let show = |metric: &str, unit: &str, value: f64| {
            println!(
                r#"{{"row":"{row}","who":"{who}","metric":"{metric}","unit":"{unit}","value":{value}}}"#
            );
        };
        let ready = || {
            let store = open(&format!("{scratch}/filled"));
            store.fill(&data);
            store
        };
        match row.as_str() {
            "memory hit, caches" => {
                let store = filled.get_or_insert_with(ready);
                show("zipf", "ns", gets(store, &data, &data.zipf, 1000));
                show("uniform", "ns", gets(store, &data, &data.uniform, 1000));
            }
            "disk hit, stores" => {
                let store = filled.get_or_insert_with(ready);
                show("uniform", "ns", gets(store, &data, &data.uniform, 50));
            }
            "put, stores" => {
                let store = paced.get_or_insert_with(|| open(&format!("{scratch}/put")));
                let samples = puts(store, &data, &mut put);
                show("p50", "ns", samples[samples.len() / 2]);
                show("p99", "ns", samples[samples.len() * 99 / 100]);
            }
            "persisted puts, stores" => {
                let path = format!("{scratch}/persist");
                let store = open(&path);
                let began = Instant::now();
                store.fill(&data);
                show("rate", "/s", data.count() as f64 / began.elapsed().as_secs_f64());
                drop(store);
                let _ = std::fs::remove_file(&path);
                let _ = std::fs::remove_dir_all(&path);
            }
            _ => panic!("no such row: {row}"),
        }
        println!();
        std::io::stdout().flush().expect("standard output");
    }
}

/// The mean of a get in this order, less the loop around it. A key is copied first: a caller has it
/// at hand, in the processor's cache.
fn gets<S: Store>(store: &S, data: &Workload, order: &[u32], chunk: usize) -> f64 {
    let mut buffer = [0u8; KEY_BYTES];
    let mut measure = |step: &dyn Fn(&[u8; KEY_BYTES], &[u32])| {
        let (mut means, start) = (Vec::new(), Instant::now());
        for part in order.chunks_exact(chunk) {
            let began = Instant::now();
            step(&buffer, part);
            means.push(began.elapsed().as_secs_f64() * 1e9 / chunk as f64);
            if start.elapsed() > BUDGET {
                break;
            }
        }
        buffer[0] = black_box(buffer[0]);
        means.sort_by(f64::total_cmp);
        means[means.len() / 2]
    };
    let with = measure(&|buffer, part| {
        let mut key = *buffer;
        for &i in part {
            key.copy_from_slice(data.key(i as usize).as_bytes());
            let text = black_box(std::str::from_utf8(&key).expect("UTF-8"));
            black_box(store.get(text).expect("a hit"));
        }
    });
    let without = measure(&|buffer, part| {
        let mut key = *buffer;
        for &i in part {
            key.copy_from_slice(data.key(i as usize).as_bytes());
            black_box(std::str::from_utf8(&key).expect("UTF-8"));
        }
    });
    with - without
}

/// Single puts on a beat, sorted by what they cost, in nanoseconds.
fn puts<S: Store>(store: &S, data: &Workload, put: &mut usize) -> Vec<f64> {
    let start = Instant::now();
    let (mut samples, mut next) = (Vec::with_capacity(PACED_PUTS), start);
    while samples.len() < PACED_PUTS && start.elapsed() < PUTS_BUDGET {
        let i = *put % data.count();
        *put += 1;
        while Instant::now() < next {
            spin_loop();
        }
        next = next.max(Instant::now() - BEAT) + BEAT;
        let began = Instant::now();
        store.put(data.key(i), data.value(i));
        samples.push(began.elapsed().as_secs_f64() * 1e9);
    }
    samples.sort_by(f64::total_cmp);
    samples
}
