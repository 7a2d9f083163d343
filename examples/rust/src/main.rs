//! once: runs a command, unless its result for these inputs is known.
//!
//!     cargo run -- schema.json generate.py -- python3 generate.py schema.json
//!
//! What stands before `--` are the files the result depends on, what stands behind it is the command.
//! Its output is kept under the hash of both. Of many that start at the same time, in any number of
//! processes, one runs the command and the others wait for its output (unless the disk is too busy
//! for them to tell each other). A command that fails is not kept: the next one tries again.

use std::error::Error;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::process::{exit, Command, Stdio};
use std::time::Duration;

use tapps::{Cache, Durability, LoadOptions, OpenOptions, PutOptions};

type Failure = Box<dyn Error>;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
const LONGEST_RUN: Duration = Duration::from_secs(3600);

/// The command, the folder and what is in the files, as a key of the cache.
fn fingerprint(command: &[String], files: &[String]) -> Result<String, Failure> {
    let mut parts = vec![std::env::current_dir()?
        .into_os_string()
        .into_encoded_bytes()];
    parts.extend(command.iter().map(|word| word.clone().into_bytes()));
    for file in files {
        parts.push(file.clone().into_bytes());
        parts.push(std::fs::read(file).map_err(|error| format!("{file}: {error}"))?);
    }
    // Two hashes that begin differently: 128 bits.
    let hash = |seed: u64| {
        let mut hasher = std::collections::hash_map::DefaultHasher::new();
        seed.hash(&mut hasher);
        parts.hash(&mut hasher);
        hasher.finish()
    };
    Ok(format!("{:016x}{:016x}", hash(1), hash(2)))
}

fn output_of(command: &[String]) -> Result<Vec<u8>, Failure> {
    let name = &command[0];
    let made = Command::new(name)
        .args(&command[1..])
        .stderr(Stdio::inherit())
        .output();
    let made = made.map_err(|error| format!("{name}: {error}"))?;
    match made.status.success() {
        true => Ok(made.stdout),
        false => Err(format!("{name}: {}", made.status).into()),
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let split = arguments.iter().position(|word| word == "--");
    let (files, command) = match split {
        Some(at) if at + 1 < arguments.len() => (&arguments[..at], &arguments[at + 1..]),
        _ => return Err("usage: once [FILE...] -- COMMAND [ARGUMENT...]".into()),
    };
    let path = std::env::var_os("TAPPS_CACHE");
    let results = Cache::open_with(path, &OpenOptions::default())?.space("once")?;
    let options = LoadOptions {
        timeout: Some(LONGEST_RUN),
        lease: Some(LONGEST_RUN),
        early: Some(Duration::ZERO), // what is known does not grow old
        put: PutOptions {
            ttl: Some(WEEK),
            source: Some(&command[0]),
            durability: Durability::Sync, // this process ends at once
            ..Default::default()
        },
    };
    let key = fingerprint(command, files)?;
    let output = results.load_with(key, &options, || output_of(command))?;
    std::io::stdout().write_all(&output)?;
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(error) = run(&arguments) {
        eprintln!("once: {error}");
        exit(1);
    }
}
