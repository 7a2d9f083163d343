// What it costs a memory hit to know that no other process has changed the entry: hits of a cache
// with a file against hits of one without, and the check by itself. Beside it PRAGMA data_version,
// SQLite's own way to ask.

#include "harness.h"
#include "peers/raw_sqlite.h"
#include "peers/tapps_cache.h"
#include "storage/change_feed.h"
#include "workload.h"

using namespace bench;

int main() {
  const Folder folder;
  const Data data(64);
  const std::string path = folder.File("tapps.db");
  TappsCache with(path);
  TappsCache without(":memory:");
  with.Fill(data);
  without.Fill(data);
  RawSqlite file(path, RawSqlite::OfTapps{});
  sqlite3_stmt* data_version = file.Prepare("PRAGMA data_version");
  // Of a file of its own: this program has its own copy of the code.
  const std::string other = folder.File("other.db");
  { TappsCache(other).Fill(data); }
  auto feed = tapps::storage::ChangeFeed::Open(other, 1);
  Check(feed.ok() && (*feed)->mapped(), "no change feed");

  Report report;
  double with_ns = 0;
  double without_ns = 0;
  const auto both = [&] {
    report.Add("coherence check", "hit less hit without a file", "mean", "ns",
               with_ns - without_ns);
  };
  for (int round = 0; round < 41; ++round) {
    const auto hit_with = [&] {
      with_ns = LoopNs(20'000, 500, [&](size_t i) { Keep(with.Hit(data.key(i % 64))); });
    };
    const auto hit_without = [&] {
      without_ns = LoopNs(20'000, 500, [&](size_t i) { Keep(without.Hit(data.key(i % 64))); });
    };
    if (round % 2 == 0) {
      hit_with();
      hit_without();
    } else {
      hit_without();
      hit_with();
    }
    both();
    report.Add("coherence check", "tapps", "mean", "ns",
               LoopNs(100'000, 5000, [&](size_t) { Keep((*feed)->Current()); }));
    report.Add("coherence check", "sqlite", "mean", "ns", LoopNs(2'000, 20, [&](size_t) {
                 sqlite3_step(data_version);
                 Keep(sqlite3_column_int64(data_version, 0));
                 sqlite3_reset(data_version);
               }));
  }
  sqlite3_finalize(data_version);
}
