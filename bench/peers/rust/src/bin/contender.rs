//! moka, quick_cache and redb. usage: contender WORKLOAD SCRATCH moka|quick_cache|redb

use std::sync::Arc;

use contender::{serve, Store, Workload};
use redb::{Database, Durability, ReadableDatabase, TableDefinition};

/// The synchronous cache; values in an Arc, as its guide advises, because a get clones them. Room
/// for all.
struct Moka(moka::sync::Cache<String, Arc<[u8]>>);

impl Store for Moka {
    fn get(&self, key: &str) -> Option<u8> {
        self.0.get(key).map(|value| value[0])
    }
    fn put(&self, key: &str, value: &[u8]) {
        self.0.insert(key.to_owned(), value.into());
    }
    fn fill(&self, data: &Workload) {
        (0..data.count()).for_each(|i| self.put(data.key(i), data.value(i)));
        self.0.run_pending_tasks();
    }
}

/// The synchronous cache, values in an Arc for the same reason. Twice the room: its shards fill
/// unevenly.
struct QuickCache(quick_cache::sync::Cache<String, Arc<[u8]>>);

impl Store for QuickCache {
    fn get(&self, key: &str) -> Option<u8> {
        self.0.get(key).map(|value| value[0])
    }
    fn put(&self, key: &str, value: &[u8]) {
        self.0.insert(key.to_owned(), value.into());
    }
    fn fill(&self, data: &Workload) {
        (0..data.count()).for_each(|i| self.put(data.key(i), data.value(i)));
    }
}

/// A page cache of 8 MiB, so that gets go to the file. Durability::None does not write to the file
/// before the next commit that is Immediate, which syncs; there is nothing in between.
struct Redb(Database);

const TABLE: TableDefinition<&str, &[u8]> = TableDefinition::new("entries");

impl Redb {
    fn open(path: &str) -> Result<Self, redb::Error> {
        Ok(Redb(Database::builder().set_cache_size(8 << 20).create(path)?))
    }
    fn write<'a>(
        &self,
        entries: impl Iterator<Item = (&'a str, &'a [u8])>,
        durability: Durability,
    ) -> Result<(), redb::Error> {
        let mut transaction = self.0.begin_write()?;
        transaction.set_durability(durability).expect("a durability it knows");
        {
            let mut table = transaction.open_table(TABLE)?;
            for (key, value) in entries {
                table.insert(key, value)?;
            }
        }
        Ok(transaction.commit()?)
    }
    fn read(&self, key: &str) -> Result<Option<u8>, redb::Error> {
        let table = self.0.begin_read()?.open_table(TABLE)?;
        Ok(table.get(key)?.map(|value| value.value()[0]))
    }
}

impl Store for Redb {
    fn get(&self, key: &str) -> Option<u8> {
        self.read(key).expect("a read")
    }
    fn put(&self, key: &str, value: &[u8]) {
        self.write(std::iter::once((key, value)), Durability::None).expect("a commit");
    }
    fn fill(&self, data: &Workload) {
        for first in (0..data.count()).step_by(1024) {
            let end = (first + 1024).min(data.count());
            let durability =
                if end == data.count() { Durability::Immediate } else { Durability::None };
            let entries = (first..end).map(|i| (data.key(i), data.value(i)));
            self.write(entries, durability).expect("a commit");
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let room = 400_000;
    match arguments.last().map(String::as_str) {
        Some("moka") => serve(&arguments, |_| Moka(moka::sync::Cache::new(room))),
        Some("quick_cache") => {
            serve(&arguments, |_| QuickCache(quick_cache::sync::Cache::new(room as usize)));
        }
        Some("redb") => serve(&arguments, |path| Redb::open(path).expect("a database")),
        _ => panic!("usage: contender WORKLOAD SCRATCH moka|quick_cache|redb"),
    }
}
