#include "storage/checkpoint.h"

namespace tapps::storage {

Result<CheckpointResult> Checkpoint(Connection& writer, Connection& checkpointer) {
  if (const int rc = writer.Exec("BEGIN IMMEDIATE"); rc != SQLITE_OK) {
    return writer.Error(rc, "cannot lock the file for a checkpoint");
  }
  CheckpointResult result;
  const int rc = sqlite3_wal_checkpoint_v2(checkpointer.handle(), "main", SQLITE_CHECKPOINT_PASSIVE,
                                           &result.frames, &result.copied);
  writer.Exec("ROLLBACK");
  if (rc != SQLITE_OK) return checkpointer.Error(rc, "cannot checkpoint the WAL");
  return result;
}

}  // namespace tapps::storage
