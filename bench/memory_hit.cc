// A hit in memory, release included, beside what a program pays that keeps the same entries in
// SQLite or LMDB: 100,000 entries of 1 KiB, Zipf 0.99, one thread.

#include "harness.h"
#include "peers/lmdb_store.h"
#include "peers/raw_sqlite.h"
#include "peers/tapps_cache.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kEntries = 100'000;
constexpr size_t kCalls = 100'000;

// Single calls for the quantiles, then a loop for the mean, less what the loop itself takes. The
// key is copied first: a caller has it at hand, in the processor's cache.
template <typename Get>
void Measure(Report& report, const char* who, const Data& data, const std::vector<uint32_t>& order,
             size_t calls, Get get) {
  Samples samples(calls);
  char key[kKeyBytes];
  for (size_t i = 0; i < calls; ++i) {
    data.key(order[i]).copy(key, kKeyBytes);
    const uint64_t begin = Begin();
    const bool hit = get(std::string_view(key, kKeyBytes));
    const uint64_t end = End();
    Check(hit, "a miss");
    samples.Add(begin, end);
  }
  report.AddQuantiles("memory hit", who, samples);
  const auto loop = [&](auto&& body) {
    return LoopNs(calls, 1000, [&](size_t i) {
      data.key(order[i]).copy(key, kKeyBytes);
      body(std::string_view(key, kKeyBytes));
    });
  };
  const double with = loop([&](std::string_view k) { Keep(get(k)); });
  const double without = loop([](std::string_view k) { Keep(k.data()); });
  report.Add("memory hit", who, "mean", "ns", with - without);
}

}  // namespace

int main() {
  const Folder folder;
  const Data data(kEntries);
  const std::vector<uint32_t> order = ZipfOrder(kEntries, kCalls, 1);
  tapps_open_options options{};
  options.memory_bytes = int64_t{512} << 20;
  TappsCache tapps(folder.File("tapps.db"), options);
  RawSqlite sqlite(folder.File("sqlite.db"));
  LmdbStore lmdb(folder.File("lmdb"), MDB_NOSYNC);
  tapps.Fill(data);
  sqlite.Fill(data);
  lmdb.Fill(data);

  Report report;
  Alternate(7, {
                   [&] {
                     Measure(report, "tapps", data, order, kCalls,
                             [&](std::string_view key) { return tapps.Hit(key); });
                   },
                   [&] {
                     Measure(report, "sqlite", data, order, kCalls / 5,
                             [&](std::string_view key) { return sqlite.Hit(key); });
                   },
                   [&] {
                     Measure(report, "lmdb", data, order, kCalls,
                             [&](std::string_view key) { return lmdb.Hit(key); });
                   },
               });
}
