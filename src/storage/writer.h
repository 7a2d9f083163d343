#ifndef TAPPS_STORAGE_WRITER_H_
#define TAPPS_STORAGE_WRITER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "base/mutex.h"
#include "base/result.h"
#include "storage/entry_table.h"
#include "storage/feed_log.h"
#include "storage/heal.h"
#include "storage/lease.h"
#include "storage/limits.h"
#include "storage/removal.h"
#include "storage/sqlite.h"
#include "storage/upkeep.h"
#include "storage/use_log.h"
#include "storage/wal_keeper.h"
#include "storage/write_queue.h"

namespace tapps::storage {

// What the writer counts. Any thread.
struct WriterStats {
  std::atomic<int64_t> commits{0};
  std::atomic<int64_t> records{0};
  std::atomic<int64_t> failures{0};     // tries of a commit that failed
  std::atomic<int64_t> evictions{0};    // entries removed for room
  std::atomic<int64_t> expirations{0};  // entries removed because nobody may be served them
  std::atomic<int64_t> checkpoints{0};
  std::atomic<int64_t> eviction_bursts{0};
  Histogram commit_ns;
};

// The one thread of a process that writes the file, "tapps-writer".
//
//     wait until a group is due -> encode its values -> take the write lock -> take the groups ->
//     one transaction:
//         apply records, add one row to the change feed -> commit -> answer who waits
//     -> a slice of upkeep: expired entries, the byte bound, free pages, the checkpoint
//
// Invariants
//  1. Groups are taken from the queue only with the write lock held. A group not taken can be
//     withdrawn: a caller whose time is up while another process holds the lock learns that nothing
//     was written. Values are compressed before, while their groups wait, as all processes wait for
//     the lock; only one that was replaced at the last moment is compressed with the lock held. The
//     frames of at most a batch are kept besides what the queue counts.
//  2. What is taken stays searchable in the queue until it is committed, and goes back to the
//     queue's front when the transaction fails: nothing acknowledged is dropped while the process
//     lives. Of a batch that can never be committed, only the groups at fault are dropped. What
//     is committed is never applied again, whatever fails afterwards.
//  3. The feed row is part of the transaction (storage/change_feed.h). Removals that change no
//     value anybody may be served (eviction, expiry) add none.
//  4. Upkeep is done in bounded slices between commits, on this thread only, and does not insist on
//     the write lock.
//  5. The bounds are looked at with the write lock held, whoever else writes: a transaction evicts
//     what its batch needs above the bound of the database, and does not begin when it could lead
//     the WAL past its hard cap.
class Writer {
 public:
  struct Options {
    std::string path;
    int64_t origin = 0;
    Limits limits;
    UseLog* uses = nullptr;
    const Clock* clock = nullptr;  // wall time, for expiry
    // Called on this thread when `state` (TAPPS_STATE_*) changes.
    std::function<void(int32_t state, const Status& why)> on_state;
    // Called on this thread: TAPPS_EVENT_DAMAGE, TAPPS_EVENT_EVICTION. May be NULL.
    EventSink on_event;
    DamageStats* damage = nullptr;
    // Set by who finds the file damaged; the writer heals it and resets this.
    std::atomic<bool>* damaged = nullptr;
    // How often the path has come to name another file; asked before every batch, while waiting for
    // the write lock, and when it is held.
    std::function<Result<int64_t>()> file_generation;
  };

  // Opens nothing: what is wrong with the file is met, told and healed by the thread.
  Writer(Options options, std::shared_ptr<WriteQueue> queue)
      : options_(std::move(options)),
        queue_(std::move(queue)),
        entries_(options_.clock),
        upkeep_(options_.limits, options_.clock, *options_.uses, entries_),
        wal_(options_.limits) {}

  // The thread's body; returns when the queue is stopped and empty, or could not be emptied for
  // `kGiveUp` after that. Throws nothing: where memory runs out, it tries again later.
  void Run();
  int32_t state() const { return state_.load(std::memory_order_relaxed); }
  const WriterStats& stats() const { return stats_; }

 private:
  using Groups = WriteQueue::Groups;

  // Opens the two connections, anew when the path has come to name another file.
  Status Connect();
  bool Work(int64_t* idle_us);
  bool WriteDue();
  void FinishBatch();
  void AfterFailure(const Status& why);
  void RunOutOfMemory();
  void FinishTaken(const Status& status);
  void TryToWrite();
  int64_t DoUpkeep();
  bool IsTransient(const Status& status);
  void HealFile();
  void WatchEvictions();
  bool KeepWaitingForLock();
  bool PathChanged();
  bool TimeToGiveUp();
  // Makes what the file gets of the values that a batch would have now.
  void EncodeValues();
  Status Begin();
  Status WriteGroups(Changes* changes);
  // One transaction of groups from the queue, which become taken_. When it fails before the commit,
  // everything is rolled back; committed_ says whether that was reached.
  Status WriteBatch();
  Status SyncNow();
  int Apply(WriteGroup& group, Changes* changes);
  int AddFeedRows(const Changes& changes);

  void SetState(int32_t state, const Status& why);
  void Fail(const Status& why);

  const Options options_;
  const std::shared_ptr<WriteQueue> queue_;
  Connection writer_;
  Connection checkpointer_;
  int64_t generation_ = -1;  // of the file they are on

  ValueEncoder encoder_;
  EntryTable entries_;
  LeaseTable leases_;
  Removal removal_;
  FeedLog feed_;
  Upkeep upkeep_;
  WalKeeper wal_;

  std::atomic<int32_t> state_{0};
  WriterStats stats_;
  Groups taken_;                    // from the queue, and neither finished nor returned
  bool committed_ = false;          // they are in the file
  size_t one_by_one_ = 0;           // groups to be tried alone: their batch can never be committed
  int64_t lock_wait_began_us_ = 0;  // monotonic; 0: not waiting
  int64_t next_path_look_us_ = 0;
  bool path_changed_ = false;  // found so since the batch was begun
  int64_t stop_began_us_ = 0;
  int64_t upkeep_lock_until_us_ = 0;  // upkeep waits for the write lock no longer; 0: not in upkeep
  int64_t next_heal_us_ = 0;          // a file that stays damaged is not copied again and again
  int64_t burst_began_us_ = 0;        // of the second in which evictions are counted
  int64_t burst_base_ = 0;            // evictions before it
  int64_t next_burst_us_ = 0;         // not told before
  int sql_errors_ = 0;                // in a row
  int64_t pinned_since_us_ = 0;       // no commit because of the WAL's hard cap; 0: not so
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_WRITER_H_
