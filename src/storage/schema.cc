#include "storage/schema.h"

#include <time.h>

#include <string>

#include "base/clock.h"

namespace tapps::storage {
namespace {

// The rowid counts up, so that puts append to the table; keys are found through their hash. Times
// are microseconds UTC, 0 for "never". `dead` is when nobody may be served the entry any more: the
// end of its lifetime or of its stale window.
constexpr char kCreate[] = R"sql(
CREATE TABLE entries(
  id INTEGER PRIMARY KEY,
  hash INTEGER NOT NULL,
  space TEXT NOT NULL,
  key BLOB NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  stale_until INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  sliding INTEGER NOT NULL,
  last_used INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  content_type TEXT,
  source TEXT,
  tags TEXT,
  json TEXT,
  value BLOB NOT NULL
);
CREATE INDEX entries_hash ON entries(hash);
CREATE INDEX entries_dead ON entries(dead) WHERE dead > 0;
CREATE TABLE tags(
  tag TEXT NOT NULL,
  entry INTEGER NOT NULL,
  PRIMARY KEY(tag, entry)
) WITHOUT ROWID;
CREATE INDEX tags_entry ON tags(entry);
CREATE TABLE changes(
  seq INTEGER PRIMARY KEY,
  origin INTEGER NOT NULL,
  hashes BLOB
);
)sql";

// What minor 1 added. Older releases write `entries` without knowing of these, hence the triggers.
// `chunks` holds the value of an entry that is too large for a row; its id is the entry's id * 4096
// + the chunk's place. `totals` counts the entries of each namespace, as far as this and later
// releases have written them.
constexpr char kCreateMinor1[] = R"sql(
CREATE TABLE IF NOT EXISTS leases(
  name TEXT PRIMARY KEY,
  token INTEGER NOT NULL,
  since INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  boot INTEGER NOT NULL,
  pids INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  started INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunks(
  id INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
);
CREATE TRIGGER IF NOT EXISTS entries_delete AFTER DELETE ON entries WHEN old.flags & 512 BEGIN
  DELETE FROM chunks WHERE id BETWEEN old.id * 4096 AND old.id * 4096 + 4095;
END;
CREATE TRIGGER IF NOT EXISTS entries_update AFTER UPDATE OF value ON entries
WHEN old.flags & 512 BEGIN
  DELETE FROM chunks WHERE id BETWEEN old.id * 4096 AND old.id * 4096 + 4095;
END;
CREATE TABLE IF NOT EXISTS totals(
  space TEXT PRIMARY KEY,
  entries INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) WITHOUT ROWID;
INSERT OR REPLACE INTO totals
  SELECT space, count(*), sum(length(key) + length(value)) FROM entries GROUP BY space;
)sql";

Status Foreign(const char* why) {
  return Status(TAPPS_E_CORRUPT, std::string("this is not a tapps cache file: ") + why);
}

enum class Found { kOurs, kOlder, kEmpty };

// Reads who made the file, inside a transaction; writes nothing.
Result<Found> Inspect(Connection& connection) {
  const Result<int64_t> application = connection.QueryInt("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const Result<int64_t> version = connection.QueryInt("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*application == kApplicationId) {
    const int64_t major = *version / 1000;
    if (major == kFormatMajor) return *version < kFormatVersion ? Found::kOlder : Found::kOurs;
    return Status(TAPPS_E_VERSION, "the cache file has format " + std::to_string(major) +
                                       ", this release of tapps reads format " +
                                       std::to_string(kFormatMajor));
  }
  const Result<int64_t> tables = connection.QueryInt("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*application != 0 || *version != 0 || *tables != 0) {
    return Foreign("it is a database of another program");
  }
  return Found::kEmpty;
}

// The same from one snapshot: another process may be making the tables at this moment.
Result<Found> InspectAtOnce(Connection& connection) {
  if (const int rc = connection.Exec("BEGIN"); rc != SQLITE_OK) {
    return connection.Error(rc, "cannot read the cache file");
  }
  Result<Found> found = Inspect(connection);
  connection.Rollback();  // nothing was written
  return found;
}

// Switching to WAL takes an exclusive lock, and SQLite does not ask the busy handler on all its
// paths there.
Status EnterWal(Connection& connection, const std::function<bool()>& keep_waiting) {
  while (true) {
    Result<Statement> statement = connection.Prepare("PRAGMA journal_mode=WAL");
    int rc = SQLITE_BUSY;
    if (statement.ok()) {
      rc = statement->Step();
      if (rc == SQLITE_ROW && statement->Bytes(0) == "wal") return {};
      if (rc == SQLITE_ROW) {
        return Status(TAPPS_E_UNSUPPORTED, "this file system does not support SQLite's WAL mode");
      }
    } else {
      rc = statement.status().detail().sqlite_code;
    }
    if ((rc & 0xFF) != SQLITE_BUSY && (rc & 0xFF) != SQLITE_LOCKED) {
      return connection.Error(rc, "cannot enter WAL mode");
    }
    if (!keep_waiting()) return connection.Error(rc, "cannot enter WAL mode");
    const timespec pause{0, 2'000'000};
    nanosleep(&pause, nullptr);
  }
}

// Makes the tables, or those that an older minor lacks.
Status CreateTables(Connection& connection) {
  if (const int rc = connection.Exec("BEGIN IMMEDIATE"); rc != SQLITE_OK) {
    return connection.Error(rc, "cannot lock the cache file to make its tables");
  }
  // Another process may have been first.
  const Result<Found> found = Inspect(connection);
  int rc = SQLITE_OK;
  if (found.ok() && *found == Found::kEmpty) {
    rc = connection.Exec(kCreate);
    // The feed is never empty, and a file made anew continues no older one's numbers.
    const std::string first =
        "INSERT INTO changes VALUES(" + std::to_string(Clock::Real().WallNow()) + ", 0, x'')";
    if (rc == SQLITE_OK) rc = connection.Exec(first.c_str());
  }
  if (found.ok() && *found != Found::kOurs) {
    if (rc == SQLITE_OK) rc = connection.Exec(kCreateMinor1);
    const std::string stamp = "PRAGMA application_id=" + std::to_string(kApplicationId) +
                              "; PRAGMA user_version=" + std::to_string(kFormatVersion);
    if (rc == SQLITE_OK) rc = connection.Exec(stamp.c_str());
  }
  if (found.ok() && rc == SQLITE_OK) rc = connection.Exec("COMMIT");
  if (found.ok() && rc == SQLITE_OK) return {};
  Status failure = found.ok() ? connection.Error(rc, "cannot make the tables") : found.status();
  connection.Rollback();
  return failure;
}

}  // namespace

Status CheckSchema(Connection& connection) {
  const Result<Found> found = InspectAtOnce(connection);
  if (!found.ok()) return found.status();
  return *found == Found::kEmpty ? Foreign("it is empty") : Status();
}

Status PrepareSchema(Connection& connection, const std::function<bool()>& keep_waiting) {
  connection.SetBusyHandler(keep_waiting);
  Result<Found> found = InspectAtOnce(connection);
  if (!found.ok()) return std::move(found).status();
  if (*found == Found::kEmpty) {
    // Takes effect in a database without tables only: freed pages can be given back in slices.
    connection.Exec("PRAGMA auto_vacuum=INCREMENTAL");
  }
  TAPPS_RETURN_IF_ERROR(EnterWal(connection, keep_waiting));
  if (*found == Found::kOurs) return {};
  return CreateTables(connection);
}

}  // namespace tapps::storage
