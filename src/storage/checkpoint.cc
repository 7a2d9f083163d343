#include "storage/checkpoint.h"

namespace tapps::storage {
namespace {

// Locks of the WAL-index ("WAL-mode File Format", section 2.3): 3 is that of readers which use the
// database alone, 4 to 7 those of readers which use the WAL.
constexpr int kFirstReadMark = 4;
constexpr int kReadMarks = 4;

}  // namespace

bool WalIsUnused(Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (!file || !file->pMethods || file->pMethods->iVersion < 2 || !file->pMethods->xShmLock) {
    return true;
  }
  const auto lock = [file](int flags) {
    return file->pMethods->xShmLock(file, kFirstReadMark, kReadMarks, flags);
  };
  if (lock(SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE) != SQLITE_OK) return false;
  lock(SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
  return true;
}

Result<CheckpointResult> Checkpoint(Connection& writer, Connection& checkpointer) {
  if (const int rc = writer.Exec("BEGIN IMMEDIATE"); rc != SQLITE_OK) {
    return writer.Error(rc, "cannot lock the file for a checkpoint");
  }
  CheckpointResult result;
  const int rc = sqlite3_wal_checkpoint_v2(checkpointer.handle(), "main", SQLITE_CHECKPOINT_PASSIVE,
                                           &result.frames, &result.copied);
  if (!writer.Rollback()) return writer.Error(SQLITE_NOMEM, "cannot unlock the file");
  if (rc != SQLITE_OK) return checkpointer.Error(rc, "cannot checkpoint the WAL");
  return result;
}

}  // namespace tapps::storage
