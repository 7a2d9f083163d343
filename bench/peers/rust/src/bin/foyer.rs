//! foyer with its defaults: the block engine over files, entries written on insertion, and hardly
//! any memory, so that gets go to the file. usage: foyer WORKLOAD SCRATCH foyer

use contender::{serve, Store, Workload};
use foyer::{
    BlockEngineConfig, DeviceBuilder, FsDeviceBuilder, HybridCache, HybridCacheBuilder,
    HybridCachePolicy,
};
use tokio::runtime::{Builder, Runtime};

struct Foyer {
    runtime: Runtime,
    cache: HybridCache<String, Vec<u8>>,
}

impl Foyer {
    fn open(path: &str) -> Self {
        let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let cache = runtime.block_on(async {
            let device = FsDeviceBuilder::new(path).with_capacity(1 << 30).build();
            HybridCacheBuilder::new()
                .with_policy(HybridCachePolicy::WriteOnInsertion)
                .memory(16)
                .with_shards(1)
                .storage()
                .with_engine_config(BlockEngineConfig::new(device.expect("a device")))
                .build()
                .await
                .expect("a cache")
        });
        Foyer { runtime, cache }
    }
}

impl Store for Foyer {
    fn get(&self, key: &str) -> Option<u8> {
        let found = self.runtime.block_on(self.cache.get(key)).expect("a get");
        found.map(|entry| entry.value()[0])
    }
    fn put(&self, key: &str, value: &[u8]) {
        self.cache.insert(key.to_owned(), value.to_vec());
    }
    /// Waits now and then: foyer drops what is inserted faster than it writes.
    fn fill(&self, data: &Workload) {
        for i in 0..data.count() {
            self.put(data.key(i), data.value(i));
            if i % 1000 == 999 || i + 1 == data.count() {
                self.runtime.block_on(self.cache.storage().wait());
            }
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    serve(&arguments, Foyer::open);
}
