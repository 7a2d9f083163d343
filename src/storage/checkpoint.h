#ifndef TAPPS_STORAGE_CHECKPOINT_H_
#define TAPPS_STORAGE_CHECKPOINT_H_

#include "storage/sqlite.h"

namespace tapps::storage {

// Copies the WAL into the database file, safe with every release of SQLite.
//
// SQLite 3.7.0 to 3.51.2 has a race (fixed in 3.51.3, 3.50.7 and 3.44.6): a PASSIVE checkpoint
// reads the WAL-index header; another process resets the WAL and commits; the checkpoint then
// notes, from the old header, that frames were copied which were not, and a committed transaction
// is lost. Automatic checkpoints and those at close are PASSIVE, and so is any other kind that
// finds the write lock taken. So no connection of tapps makes one by itself (storage/sqlite.h), and
// the writer makes them while nobody can commit:
//
//     writer connection:      BEGIN IMMEDIATE                                   ROLLBACK
//     checkpoint connection:                   wal_checkpoint(PASSIVE)
//
// Nothing here waits for readers: frames that a reader still needs stay for the next time.
struct CheckpointResult {
  int frames = 0;  // in the WAL
  int copied = 0;  // of those, in the database file now
};

// `writer` must be outside of a transaction; BUSY when its busy handler gives up waiting for the
// write lock.
Result<CheckpointResult> Checkpoint(Connection& writer, Connection& checkpointer);

// Whether no reader of any process uses the WAL at this moment, so that the next commit makes it
// begin anew if all of it was copied. Asks for the locks that SQLite asks for then; `connection`
// must not be in a transaction. True where the file layer is not one with shared memory.
bool WalIsUnused(Connection& connection);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_CHECKPOINT_H_
