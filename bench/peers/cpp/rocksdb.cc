// RocksDB as its tuning guide begins: the default options with a block cache, bloom filters and
// parallelism for the machine; values do not compress, so that compression is off. Writes go
// through its log, which is not synced: they survive the death of the process. A process locks the
// folder.

#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include "contender.h"

namespace {

class Store {
 public:
  enum Use { kInMemory, kOnDisk, kWrites };
  Store(const std::string& path, Use) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    options.IncreaseParallelism(2);
    options.OptimizeLevelStyleCompaction();
    rocksdb::BlockBasedTableOptions table;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
    table.block_cache = rocksdb::NewLRUCache(8 << 20);  // less than the data: gets go to the file
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.compression_per_level.clear();
    rocksdb::DB* db = nullptr;
    Must(rocksdb::DB::Open(options, path, &db));
    db_.reset(db);
  }

  template <typename F>
  bool Get(std::string_view key, F&& use) {
    rocksdb::PinnableSlice value;
    const rocksdb::Slice k(key.data(), key.size());
    if (!db_->Get({}, db_->DefaultColumnFamily(), k, &value).ok()) return false;
    use(value.data());
    return true;
  }
  bool Put(std::string_view key, std::string_view value) {
    return db_->Put({}, {key.data(), key.size()}, {value.data(), value.size()}).ok();
  }
  void Fill(const bench::Data& data) {
    constexpr size_t kBatch = 1024;
    rocksdb::WriteBatch batch;
    for (size_t i = 0; i < data.count(); ++i) {
      const auto key = data.key(i);
      const auto value = data.value(i);
      batch.Put({key.data(), key.size()}, {value.data(), value.size()});
      if (i % kBatch == kBatch - 1 || i + 1 == data.count()) {
        Must(db_->Write({}, &batch));
        batch.Clear();
      }
    }
  }
  bool Flush() { return true; }
  // The entries from its memory into its files, as after a restart.
  void Settle() { Must(db_->Flush({})); }

 private:
  static void Must(const rocksdb::Status& status) {
    if (!status.ok()) bench::Fail("RocksDB: " + status.ToString());
  }
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

int main(int argc, char** argv) { return bench::Serve<Store>(argc, argv); }
