#include "storage/copy_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

#include "storage/file_check.h"

namespace tapps::storage {
namespace {

Status SystemError(const std::string& what) {
  ErrorDetail detail;
  detail.sys_errno = errno;
  detail.message = what + ": " + std::strerror(errno);
  int32_t code = TAPPS_E_IO;
  if (errno == EACCES || errno == EPERM || errno == ELOOP) code = TAPPS_E_DENIED;
  if (errno == EROFS) code = TAPPS_E_READ_ONLY;
  if (errno == ENOSPC || errno == EDQUOT) code = TAPPS_E_FULL;
  if (errno == ENOENT || errno == ENOTDIR) code = TAPPS_E_NOT_FOUND;
  return Status(code, std::move(detail));
}

Status Sync(const std::string& path, int flags) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) return SystemError("cannot sync " + path);
  const int rc = fsync(fd);
  const Status failure = rc == 0 ? Status() : SystemError("cannot sync " + path);
  close(fd);
  return failure;
}

// Lets `fill` write a new file beside `path`, then puts it there.
Status Place(Connection& source, const std::string& path,
             const std::function<Status(const std::string&)>& fill) {
  const char* own = sqlite3_db_filename(source.handle(), "main");
  const Result<FileId> target = IdentifyFile(path);
  if (own != nullptr && target.ok()) {
    const Result<FileId> self = IdentifyFile(own);
    if (self.ok() && *self == *target) {
      return Status(TAPPS_E_EXISTS, path + " is the cache file itself");
    }
  }
  std::string temporary = path + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);  // 0600
  if (fd < 0) return SystemError("cannot make a file beside " + path);
  close(fd);
  Status status = fill(temporary);
  if (status.ok()) status = Sync(temporary, 0);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = SystemError("cannot rename the copy to " + path);
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
  if (fd < 0) return SystemError("cannot write " + path);
  std::vector<char> block(1 << 20);
  Status status;
  for (sqlite3_int64 at = 0; at < size && status.ok();) {
    const auto part = static_cast<int>(std::min<sqlite3_int64>(size - at, 1 << 20));
    if (file->pMethods->xRead(file, block.data(), part, at) != SQLITE_OK) {
      std::memset(block.data(), 0, static_cast<size_t>(part));  // a hole for what cannot be read
    }
    const ssize_t written = write(fd, block.data(), static_cast<size_t>(part));
    if (written <= 0) status = SystemError("cannot write " + path);
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
