#ifndef TAPPS_STORAGE_WAL_KEEPER_H_
#define TAPPS_STORAGE_WAL_KEEPER_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "storage/checkpoint.h"
#include "storage/limits.h"

namespace tapps::storage {

// Keeps the WAL between its caps (storage/limits.h). The writer's, on its thread.
//
// A WAL begins anew, at the first commit after all of it was copied into the database, when no
// reader uses it at that moment. A reader that stays (a program that looks at the file with an open
// transaction, or a stopped process) pins it: frames are copied up to what that reader sees, and
// the WAL grows with each commit. At the hard cap commits stop until the reader has gone. Since
// nothing is committed then, readers that come and go find everything in the database and do not
// use the WAL: only one that stays can hold it.
class WalKeeper {
 public:
  explicit WalKeeper(const Limits& limits) : limits_(limits) {}
  // The connections must outlive this object or the next Prepare.
  Status Prepare(const std::string& path, Connection& writer, Connection& checkpointer);

  // Checkpoints when enough was committed; the writer is outside of a transaction.
  Status CheckpointIfDue();
  // The next CheckpointIfDue finds it due.
  void MakeDue() { due_at_ = 0; }
  // Whether the next transaction may be committed; checkpoints when it could not. The writer is
  // outside of a transaction. BUSY when it gives up waiting for the write lock.
  Result<bool> MakeRoom();
  // In the transaction that was begun after MakeRoom: whether nobody has used that room up.
  bool StillHasRoom() const;
  // The size of the WAL file; 0 when it cannot be told.
  int64_t FileBytes() const;

  int64_t checkpoints() const { return checkpoints_.load(std::memory_order_relaxed); }

 private:
  Result<CheckpointResult> CheckpointNow();

  const Limits limits_;
  std::string wal_path_;
  Connection* writer_ = nullptr;
  Connection* checkpointer_ = nullptr;
  int64_t page_size_ = 4096;
  int frames_ = 0;       // in the WAL, as SQLite's hook told after our last commit
  int due_at_ = 0;       // frames
  int64_t room_at_ = 0;  // size of the file, in bytes, when MakeRoom last looked
  std::atomic<int64_t> checkpoints_{0};
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_WAL_KEEPER_H_
