#include "storage/copy_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

#include "base/system_error.h"
#include "storage/file_check.h"

namespace tapps::storage {
namespace {

Status Sync(const std::string& path, int flags) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) return SystemError("cannot sync " + path, errno);
  const int rc = fsync(fd);
  const Status failure = rc == 0 ? Status() : SystemError("cannot sync " + path, errno);
  close(fd);
  return failure;
}

// What SQLite keeps beside a database: a WAL that stays there would be read into another file that
// comes to have the name.
constexpr std::array kCompanions = {"-wal", "-shm", "-journal"};

Status CheckTarget(Connection& source, const std::string& path) {
  const char* const name = sqlite3_db_filename(source.handle(), "main");
  if (name == nullptr) return {};
  const std::string own = name;
  const Result<FileId> target = IdentifyFile(path);
  const Result<FileId> self = IdentifyFile(own);
  if (path == own || (target.ok() && self.ok() && *self == *target)) {
    return Status(TAPPS_E_EXISTS, path + " is the cache file itself");
  }
  for (const char* companion : kCompanions) {
    if (path == own + companion) return Status(TAPPS_E_EXISTS, path + " is the cache file's own");
  }
  return {};
}

// Lets `fill` write a new file beside `given`, then puts it there.
Status Place(Connection& source, const std::string& given,
             const std::function<Status(const std::string&)>& fill) {
  const Result<std::string> resolved = ResolveFolder(given, false);
  if (!resolved.ok()) return resolved.status();
  const std::string& path = *resolved;
  TAPPS_RETURN_IF_ERROR(CheckTarget(source, path));
  std::string temporary = path + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);  // 0600
  if (fd < 0) return SystemError("cannot make a file beside " + path, errno);
  close(fd);
  Status status = fill(temporary);
  if (status.ok()) status = Sync(temporary, 0);
  if (status.ok()) {
    for (const char* companion : kCompanions) unlink((path + companion).c_str());
  }
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = SystemError("cannot rename the copy to " + path, errno);
  }
  if (status.ok()) return Sync(FolderOf(path), O_DIRECTORY);
  unlink(temporary.c_str());
  unlink((temporary + "-journal").c_str());
  return status;
}

Status Backup(Connection& source, const std::string& path) {
  Result<Connection> target = Connection::Open(path, Connection::Mode::kReadWrite);
  if (!target.ok()) return std::move(target).status();
  target->Exec("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF");  // it is synced as a whole
  sqlite3_backup* backup = sqlite3_backup_init(target->handle(), "main", source.handle(), "main");
  if (backup == nullptr) {
    return target->Error(sqlite3_extended_errcode(target->handle()), "cannot begin to copy");
  }
  int rc = SQLITE_OK;
  // All in one step: a step that ends gives up its snapshot.
  for (int tries = 0; tries < 500; ++tries) {
    rc = sqlite3_backup_step(backup, -1);
    if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED) break;
    sqlite3_sleep(10);
  }
  sqlite3_backup_finish(backup);
  return rc == SQLITE_DONE ? Status() : target->Error(rc, "cannot copy the cache file");
}

Status Raw(Connection& source, const std::string& path) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(source.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  sqlite3_int64 size = 0;
  if (file == nullptr || file->pMethods == nullptr ||
      file->pMethods->xFileSize(file, &size) != SQLITE_OK) {
    return Status(TAPPS_E_IO, "cannot read the damaged file");
  }
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return SystemError("cannot write " + path, errno);
  std::vector<char> block(1 << 20);
  Status status;
  for (sqlite3_int64 at = 0; at < size && status.ok();) {
    const auto part = static_cast<int>(std::min<sqlite3_int64>(size - at, 1 << 20));
    if (file->pMethods->xRead(file, block.data(), part, at) != SQLITE_OK) {
      std::memset(block.data(), 0, static_cast<size_t>(part));  // a hole for what cannot be read
    }
    const ssize_t written = write(fd, block.data(), static_cast<size_t>(part));
    if (written <= 0) status = SystemError("cannot write " + path, errno);
    at += written;
  }
  close(fd);
  return status;
}

}  // namespace

Status CopyDatabase(Connection& source, const std::string& path) {
  return Place(source, path, [&](const std::string& to) { return Backup(source, to); });
}

Status CopyRaw(Connection& source, const std::string& path) {
  return Place(source, path, [&](const std::string& to) { return Raw(source, to); });
}

}  // namespace tapps::storage
