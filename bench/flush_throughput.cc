// Puts a second until all of them are committed: 100,000 new entries of 1 KiB into a new file.
// tapps: async puts by one thread, then flush; raw SQLite and LMDB: transactions of 1,024.

#include <memory>

#include "harness.h"
#include "peers/lmdb_store.h"
#include "peers/raw_sqlite.h"
#include "peers/tapps_cache.h"
#include "workload.h"

using namespace bench;

int main() {
  const Data data(100'000);
  Report report;
  // Opening and closing are not counted, and every round has a new file.
  const auto measure = [&](const char* who, auto open) {
    const Folder folder;
    auto store = open(folder.File("file"));
    const double began = NowNs();
    store->Fill(data);
    report.Add("persisted puts", who, "rate", "/s",
               static_cast<double>(data.count()) / (NowNs() - began) * 1e9);
  };
  using std::make_unique;
  Alternate(5, {
                   [&] {
                     measure("tapps", [](const std::string& path) {
                       tapps_open_options options{};
                       options.put_timeout_us = 60'000'000;  // waits for room in the queue
                       return make_unique<TappsCache>(path, options);
                     });
                   },
                   [&] {
                     measure("sqlite",
                             [](const std::string& path) { return make_unique<RawSqlite>(path); });
                   },
                   [&] {
                     measure("lmdb", [](const std::string& path) {
                       return make_unique<LmdbStore>(path, MDB_NOSYNC);
                     });
                   },
                   [&] {
                     measure("lmdb, nometasync", [](const std::string& path) {
                       return make_unique<LmdbStore>(path, MDB_NOMETASYNC);
                     });
                   },
               });
}
