#ifndef TAPPS_BENCH_PEERS_RAW_SQLITE_H_
#define TAPPS_BENCH_PEERS_RAW_SQLITE_H_

#include <sqlite3.h>

#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "harness.h"
#include "workload.h"

namespace bench {

// SQLite without anything around it: WAL, synchronous=NORMAL, the fastest schema known for puts (a
// rowid that counts up, a unique index on the key's 64-bit hash), prepared statements, no mutexes.
class RawSqlite {
 public:
  explicit RawSqlite(const std::string& path) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    Must(sqlite3_open_v2(path.c_str(), &db_, flags, nullptr));
    Exec(
        "PRAGMA busy_timeout=60000; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE IF NOT EXISTS e(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, key BLOB NOT "
        "NULL,"
        " value BLOB NOT NULL);"
        "CREATE UNIQUE INDEX IF NOT EXISTS e_hash ON e(hash)");
    put_ = Prepare(
        "INSERT INTO e(hash, key, value) VALUES(?1, ?2, ?3)"
        " ON CONFLICT(hash) DO UPDATE SET key = excluded.key, value = excluded.value");
    get_ = Prepare("SELECT key, value FROM e WHERE hash = ?1");
  }
  // Reads a cache file of tapps: the bare SELECT that a disk hit is held against.
  struct OfTapps {};
  RawSqlite(const std::string& path, OfTapps) {
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    Must(sqlite3_open_v2(path.c_str(), &db_, flags, nullptr));
    // A connection that closes must not checkpoint a file it shares.
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    get_ = Prepare("SELECT key, value FROM entries WHERE hash = ?1");
  }
  ~RawSqlite() {
    sqlite3_finalize(get_);
    sqlite3_finalize(put_);
    sqlite3_close(db_);
  }
  RawSqlite(const RawSqlite&) = delete;
  RawSqlite& operator=(const RawSqlite&) = delete;

  static int64_t HashOf(std::string_view key) {
    return static_cast<int64_t>(std::hash<std::string_view>()(key));
  }

  // One read transaction; the key compared, the value given to use(const char*) and not copied.
  template <typename Use>
  bool Get(std::string_view key, int64_t hash, Use&& use) {
    sqlite3_bind_int64(get_, 1, hash);
    bool hit = false;
    if (sqlite3_step(get_) == SQLITE_ROW) {
      const void* found = sqlite3_column_blob(get_, 0);
      hit = static_cast<size_t>(sqlite3_column_bytes(get_, 0)) == key.size() &&
            std::memcmp(found, key.data(), key.size()) == 0;
      use(static_cast<const char*>(sqlite3_column_blob(get_, 1)));
      Keep(sqlite3_column_bytes(get_, 1));
    }
    sqlite3_reset(get_);
    return hit;
  }
  bool Hit(std::string_view key, int64_t hash) {
    return Get(key, hash, [](const char* value) { Keep(value); });
  }
  bool Hit(std::string_view key) { return Hit(key, HashOf(key)); }

  void Put(std::string_view key, std::string_view value) {
    sqlite3_bind_int64(put_, 1, HashOf(key));
    sqlite3_bind_blob(put_, 2, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    sqlite3_bind_blob(put_, 3, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    Check(sqlite3_step(put_) == SQLITE_DONE, "SQLite: insert failed");
    sqlite3_reset(put_);
  }
  void Begin() { Exec("BEGIN IMMEDIATE"); }
  void Commit() { Exec("COMMIT"); }

  void Fill(const Data& data, size_t per_transaction = 1024) {
    for (size_t i = 0; i < data.count(); ++i) {
      if (i % per_transaction == 0) Begin();
      Put(data.key(i), data.value(i));
      if (i % per_transaction == per_transaction - 1 || i + 1 == data.count()) Commit();
    }
  }

  void Exec(const char* sql) { Must(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* Prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    Must(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
    return statement;
  }

 private:
  void Must(int rc) {
    if (rc != SQLITE_OK) Fail(std::string("SQLite: ") + sqlite3_errmsg(db_));
  }
  sqlite3* db_ = nullptr;
  sqlite3_stmt* get_ = nullptr;
  sqlite3_stmt* put_ = nullptr;
};

}  // namespace bench

#endif  // TAPPS_BENCH_PEERS_RAW_SQLITE_H_
