#ifndef TAPPS_STORAGE_SQLITE_H_
#define TAPPS_STORAGE_SQLITE_H_

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tapps::storage {

class Connection;

// A prepared statement. One thread at a time.
class Statement {
 public:
  Statement() = default;
  ~Statement() { sqlite3_finalize(stmt_); }
  Statement(Statement&& other) noexcept
      : stmt_(std::exchange(other.stmt_, nullptr)), bound_(other.bound_) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(stmt_, other.stmt_);
    std::swap(bound_, other.bound_);
    return *this;
  }

  // Parameters count from 1. Bytes are borrowed until the statement is reset. What cannot be bound
  // (too large, no memory) is an error of the next Step or Run: it would stand as NULL.
  Statement& Bind(int index, int64_t value) {
    return Bound(sqlite3_bind_int64(stmt_, index, value));
  }
  Statement& BindText(int index, std::string_view text) {
    return Bound(
        sqlite3_bind_text64(stmt_, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  Statement& BindNull(int index) { return Bound(sqlite3_bind_null(stmt_, index)); }
  // Empty text is stored as NULL.
  Statement& BindOptional(int index, std::string_view text) {
    return text.empty() ? BindNull(index) : BindText(index, text);
  }
  Statement& BindBlob(int index, std::string_view bytes) {
    // A NULL pointer would bind NULL: an empty blob needs an address.
    return Bound(sqlite3_bind_blob64(stmt_, index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                                     SQLITE_STATIC));
  }

  // SQLITE_ROW, SQLITE_DONE, or an error code.
  int Step() { return bound_ == SQLITE_OK ? sqlite3_step(stmt_) : bound_; }
  // Runs to the end and resets; SQLITE_OK or an error code.
  int Run() {
    int rc = SQLITE_ROW;
    while (rc == SQLITE_ROW) rc = Step();
    Reset();
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
  }
  void Reset() {
    sqlite3_reset(stmt_);
    bound_ = SQLITE_OK;
  }

  bool prepared() const { return stmt_ != nullptr; }
  // Columns count from 0; views live until the next Step or Reset.
  int64_t Int(int column) const { return sqlite3_column_int64(stmt_, column); }
  bool IsNull(int column) const { return sqlite3_column_type(stmt_, column) == SQLITE_NULL; }
  // data() is NULL for NULL and for no bytes.
  std::string_view Bytes(int column) const {
    const void* data = sqlite3_column_blob(stmt_, column);
    return {static_cast<const char*>(data),
            static_cast<size_t>(sqlite3_column_bytes(stmt_, column))};
  }

 private:
  friend class Connection;
  Statement& Bound(int rc) {
    if (bound_ == SQLITE_OK) bound_ = rc;
    return *this;
  }

  sqlite3_stmt* stmt_ = nullptr;
  int bound_ = SQLITE_OK;  // the first failure to bind since the last Reset
};

// Resets a statement at the end of a scope, so that no read transaction stays open by accident.
class ScopedReset {
 public:
  explicit ScopedReset(Statement& statement) : statement_(statement) {}
  ~ScopedReset() { statement_.Reset(); }
  ScopedReset(const ScopedReset&) = delete;
  ScopedReset& operator=(const ScopedReset&) = delete;

 private:
  Statement& statement_;
};

// A connection to a database file, configured as every connection of tapps must be: no automatic
// checkpoint and none on close (storage/checkpoint.h says why), no memory mapping of the file,
// symbolic links refused, also among the folders of the path (ResolveFolder). One thread at a time.
class Connection {
 public:
  enum class Mode { kReadOnly, kReadWrite };

  // Not open.
  Connection() = default;
  // Opens an existing file. IO, DENIED, READ_ONLY, CORRUPT, UNSUPPORTED.
  static Result<Connection> Open(const std::string& path, Mode mode);
  ~Connection() { sqlite3_close(db_); }
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;

  // While a lock of another process is in the way, `keep_waiting` is asked again and again, at
  // growing intervals of 0.2 to 10 ms. NULL: fail at once.
  void SetBusyHandler(std::function<bool()> keep_waiting);

  int Exec(const char* sql) { return sqlite3_exec(db_, sql, nullptr, nullptr, nullptr); }
  // Undoes the transaction that is open, if one is. That may need memory, too: false when only
  // closing the connection helps.
  bool Rollback();
  Result<Statement> Prepare(std::string_view sql);
  // The first column of the first row of a query; `otherwise` when there is none.
  Result<int64_t> QueryInt(std::string_view sql, int64_t otherwise = 0);

  // The failure of the last call, with `what` was being done in front.
  Status Error(int rc, std::string_view what) const;
  sqlite3* handle() const { return db_; }

 private:
  struct Busy {
    std::function<bool()> keep_waiting;
  };
  static int OnBusy(void* context, int calls);

  sqlite3* db_ = nullptr;
  std::unique_ptr<Busy> busy_;  // its address is SQLite's context
};

// The TAPPS_E_* code for an SQLite result code; `sys_errno` tells a full disk and a lack of
// permission from other failures.
int32_t CodeOf(int sqlite_code, int sys_errno);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_SQLITE_H_
