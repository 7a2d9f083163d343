//! Hits of the Rust binding; ../../README.md has the protocol.
//!
//! usage: contender WORKLOAD SCRATCH WHO

use std::hint::black_box;
use std::io::{stdin, stdout, BufRead, Write};
use std::time::Instant;
use std::{env, fs};

use tapps::Cache;

const KEY_BYTES: usize = 40;
const VALUE_BYTES: usize = 1024;
const HOT_KEYS: usize = 1000;
const CHUNK: usize = 500;

/// The median of the means of chunks.
fn timed(order: &[usize], mut step: impl FnMut(usize)) -> f64 {
    let mut means: Vec<f64> = order
        .chunks_exact(CHUNK)
        .map(|chunk| {
            let began = Instant::now();
            chunk.iter().for_each(|&i| step(i));
            began.elapsed().as_nanos() as f64 / CHUNK as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    means[means.len() / 2]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [workload, scratch, who] = &arguments[..] else {
        return Err("usage: contender WORKLOAD SCRATCH WHO".into());
    };
    let keys = fs::read(format!("{workload}/keys.bin"))?;
    let keys: Vec<&[u8]> = keys.chunks_exact(KEY_BYTES).take(HOT_KEYS).collect();
    let pool = fs::read(format!("{workload}/pool.bin"))?;
    let order: Vec<usize> = fs::read(format!("{workload}/zipf.u32"))?
        .chunks_exact(4)
        .map(|n| u32::from_le_bytes([n[0], n[1], n[2], n[3]]) as usize % HOT_KEYS)
        .collect();
    let cache = Cache::open(format!("{scratch}/cache.db"))?;
    for (i, key) in keys.iter().enumerate() {
        let at = i * 61 % (pool.len() - VALUE_BYTES);
        cache.put(key, &pool[at..at + VALUE_BYTES])?;
    }
    for row in stdin().lock().lines() {
        let row = row?;
        let with = timed(&order, |i| {
            let value = cache.get(keys[i]).expect("a get failed").expect("a miss");
            black_box(value[0]);
        });
        let without = timed(&order, |i| {
            black_box(keys[i][0]);
        });
        let ns = with - without;
        println!(r#"{{"row":"{row}","who":"{who}","metric":"mean","unit":"ns","value":{ns:.2}}}"#);
        println!();
        stdout().flush()?;
    }
    Ok(())
}
