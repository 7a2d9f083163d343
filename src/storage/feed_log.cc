#include "storage/feed_log.h"

#include <string>
#include <utility>

#include "storage/change_feed.h"

namespace tapps::storage {
namespace {

constexpr int64_t kRows = 4096;      // kept for readers that come late
constexpr int64_t kTrimEvery = 256;  // rows, or a quarter of the bytes kept
constexpr int64_t kLargestRow = 16;  // part of the bytes kept; more hashes are "everything"

}  // namespace

Status FeedLog::Prepare(Connection& connection, const Limits& limits) {
  connection_ = &connection;
  kept_bytes_ = limits.Feed();
  const std::pair<Statement*, const char*> all[] = {
      {&add_, "INSERT INTO changes(seq, origin, hashes) SELECT max(seq) + 1, ?1, ?2 FROM changes"},
      {&floor_,
       "SELECT max(seq) FROM (SELECT seq, row_number() OVER newest AS n, sum(length(hashes)) "
       "OVER newest AS bytes FROM changes WINDOW newest AS (ORDER BY seq DESC)) "
       "WHERE n > ?1 OR bytes > ?2"},
      {&trim_, "DELETE FROM changes WHERE seq <= ?1"},
  };
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = connection.Prepare(sql);
    if (!prepared.ok()) return std::move(prepared).status();
    *statement = *std::move(prepared);
  }
  return {};
}

int FeedLog::Append(int64_t origin, const std::vector<uint64_t>& hashes) {
  add_.Bind(1, origin);
  const std::string packed = PackHashes(hashes);
  const auto size = static_cast<int64_t>(packed.size());
  if (size > kept_bytes_ / kLargestRow) {
    add_.BindNull(2);
  } else {
    add_.BindBlob(2, packed);
    bytes_ += size;
  }
  return Add();
}

int FeedLog::AppendEverything() {
  add_.Bind(1, kNobody).BindNull(2);
  return Add();
}

int FeedLog::Add() {
  if (const int rc = add_.Run(); rc != SQLITE_OK) return rc;
  last_ = sqlite3_last_insert_rowid(connection_->handle());
  if (--rows_until_trim_ > 0 && bytes_ < kept_bytes_ / 4) return SQLITE_OK;
  rows_until_trim_ = kTrimEvery;
  bytes_ = 0;
  return Trim();
}

int FeedLog::Trim() {
  const ScopedReset reset(floor_);
  if (const int rc = floor_.Bind(1, kRows).Bind(2, kept_bytes_).Step(); rc != SQLITE_ROW) return rc;
  const int64_t seq = floor_.Int(0);
  floor_.Reset();
  return trim_.Bind(1, seq).Run();
}

}  // namespace tapps::storage
