#include "storage/sqlite.h"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace tapps::storage {

int32_t CodeOf(int sqlite_code, int sys_errno) {
  if (sys_errno == ENOSPC || sys_errno == EDQUOT) return TAPPS_E_FULL;
  if (sqlite_code == SQLITE_CANTOPEN_SYMLINK) return TAPPS_E_DENIED;
  switch (sqlite_code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
      return TAPPS_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return TAPPS_E_BUSY;
    case SQLITE_FULL:
      return TAPPS_E_FULL;
    case SQLITE_READONLY:
      return TAPPS_E_READ_ONLY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return TAPPS_E_DENIED;
    case SQLITE_CANTOPEN:
      if (sys_errno == EACCES || sys_errno == EPERM || sys_errno == ELOOP) return TAPPS_E_DENIED;
      return sys_errno == EROFS ? TAPPS_E_READ_ONLY : TAPPS_E_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return TAPPS_E_CORRUPT;
    case SQLITE_NOMEM:
      return TAPPS_E_NOMEM;
    case SQLITE_TOOBIG:
      return TAPPS_E_TOO_LARGE;
    case SQLITE_IOERR:
      return TAPPS_E_IO;
    default:
      return TAPPS_E_INTERNAL;
  }
}

Connection::Connection(Connection&& other) noexcept
    : db_(std::exchange(other.db_, nullptr)), busy_(std::move(other.busy_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(db_, other.db_);
  std::swap(busy_, other.busy_);
  return *this;
}

Result<Connection> Connection::Open(const std::string& path, Mode mode) {
  if (sqlite3_threadsafe() == 0) {
    return Status(TAPPS_E_UNSUPPORTED, "this process has an SQLite built without thread safety");
  }
  Connection connection;
  const int flags = (mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW |
                    SQLITE_OPEN_EXRESCODE;
  const int rc = sqlite3_open_v2(path.c_str(), &connection.db_, flags, nullptr);
  if (rc != SQLITE_OK) return connection.Error(rc, "cannot open " + path);
  sqlite3* db = connection.db_;
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_wal_autocheckpoint(db, 0);
  connection.Exec("PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY");
  return connection;
}

int Connection::OnBusy(void* context, int calls) {
  const auto* busy = static_cast<const Busy*>(context);
  try {
    if (!busy->keep_waiting()) return 0;
  } catch (const std::bad_alloc&) {  // SQLite's frames are no place to pass through
    return 0;
  }
  const timespec pause{0, 200'000L * std::min(1 << std::min(calls, 6), 50)};
  nanosleep(&pause, nullptr);
  return 1;
}

void Connection::SetBusyHandler(std::function<bool()> keep_waiting) {
  if (!keep_waiting) {
    sqlite3_busy_handler(db_, nullptr, nullptr);
    busy_.reset();
    return;
  }
  busy_ = std::make_unique<Busy>(Busy{std::move(keep_waiting)});
  sqlite3_busy_handler(db_, &Connection::OnBusy, busy_.get());
}

bool Connection::Rollback() {
  for (int tries = 0; tries < 2; ++tries) {
    if (sqlite3_get_autocommit(db_)) return true;
    if (Exec("ROLLBACK") != SQLITE_OK) sqlite3_db_release_memory(db_);
  }
  return sqlite3_get_autocommit(db_) != 0;
}

Result<Statement> Connection::Prepare(std::string_view sql) {
  Statement statement;
  const int rc = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &statement.stmt_, nullptr);
  if (rc != SQLITE_OK) return Error(rc, "cannot prepare a statement");
  return statement;
}

Result<int64_t> Connection::QueryInt(std::string_view sql, int64_t otherwise) {
  Result<Statement> statement = Prepare(sql);
  if (!statement.ok()) return std::move(statement).status();
  const int rc = statement->Step();
  if (rc == SQLITE_ROW) return statement->Int(0);
  if (rc == SQLITE_DONE) return otherwise;
  return Error(rc, "cannot read the file");
}

Status Connection::Error(int rc, std::string_view what) const {
  ErrorDetail detail;
  detail.sqlite_code = rc;
  // The system's error number is only meaningful for failures of the file layer.
  const int primary = rc & 0xFF;
  if (db_ && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL)) {
    detail.sys_errno = sqlite3_system_errno(db_);
  }
  const char* reason =
      db_ && sqlite3_extended_errcode(db_) == rc ? sqlite3_errmsg(db_) : sqlite3_errstr(rc);
  detail.message = std::string(what) + ": " + reason;
  const int32_t code = CodeOf(rc, detail.sys_errno);
  return Status(code, std::move(detail));
}

}  // namespace tapps::storage
