// A hit on disk with the file in the page cache: a memory tier that holds one entry, against the
// bare SELECT on the same file and against LMDB. 100,000 entries of 1 KiB, uniform.

#include <unordered_map>

#include "harness.h"
#include "peers/lmdb_store.h"
#include "peers/raw_sqlite.h"
#include "peers/tapps_cache.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kEntries = 100'000;
constexpr size_t kCalls = 30'000;

// The hashes tapps has stored, by the number of the key.
std::vector<int64_t> StoredHashes(const std::string& path, const Data& data) {
  std::unordered_map<std::string_view, size_t> numbers;
  for (size_t i = 0; i < data.count(); ++i) numbers[data.key(i)] = i;
  std::vector<int64_t> hashes(data.count());
  RawSqlite file(path, RawSqlite::OfTapps{});
  sqlite3_stmt* all = file.Prepare("SELECT key, hash FROM entries");
  while (sqlite3_step(all) == SQLITE_ROW) {
    const std::string_view key(static_cast<const char*>(sqlite3_column_blob(all, 0)), kKeyBytes);
    hashes[numbers.at(key)] = sqlite3_column_int64(all, 1);
  }
  sqlite3_finalize(all);
  return hashes;
}

template <typename Get>
void Measure(Report& report, const char* who, const std::vector<uint32_t>& order, Get get) {
  Samples samples(order.size());
  for (const uint32_t i : order) {
    const uint64_t begin = Begin();
    const bool hit = get(i);
    const uint64_t end = End();
    Check(hit, "a miss");
    samples.Add(begin, end);
  }
  report.AddQuantiles("disk hit", who, samples);
  report.Add("disk hit", who, "mean", "ns",
             LoopNs(order.size(), 50, [&](size_t i) { Keep(get(order[i])); }));
}

}  // namespace

int main() {
  const Folder folder;
  const Data data(kEntries);
  const std::vector<uint32_t> order = UniformOrder(kEntries, kCalls, 2);
  const std::string path = folder.File("tapps.db");
  tapps_open_options options{};
  options.memory_bytes = 64 << 10;
  options.memory_entries = 1;
  TappsCache tapps(path, options);
  tapps.Fill(data);
  const std::vector<int64_t> hashes = StoredHashes(path, data);
  RawSqlite bare(path, RawSqlite::OfTapps{});
  LmdbStore lmdb(folder.File("lmdb"), MDB_NOSYNC);
  lmdb.Fill(data);

  Report report;
  Alternate(
      7, {
             [&] {
               Measure(report, "tapps", order, [&](uint32_t i) { return tapps.Hit(data.key(i)); });
             },
             [&] {
               Measure(report, "sqlite", order,
                       [&](uint32_t i) { return bare.Hit(data.key(i), hashes[i]); });
             },
             [&] {
               Measure(report, "lmdb", order, [&](uint32_t i) { return lmdb.Hit(data.key(i)); });
             },
         });
}
