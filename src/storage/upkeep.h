#ifndef TAPPS_STORAGE_UPKEEP_H_
#define TAPPS_STORAGE_UPKEEP_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "storage/entry_table.h"
#include "storage/limits.h"
#include "storage/sqlite.h"
#include "storage/use_log.h"

namespace tapps::storage {

// What keeps the database within its bounds and its notes of use fresh: slices of one transaction
// each, between the writer's commits, on its thread and connection. Where several processes write,
// nobody may come to his slices for a while: what a batch needs above the bounds is evicted in its
// own transaction.
//
//     expired entries -> victims, while there is too much -> notes of use -> free pages
//
// Victims. The hand goes round the table, in the order entries were made. Of each sample the
// quarter goes that has been idle for longest, where an entry that was used often counts as idle
// for less long; no more of it than there is too much of. An approximation of LRU that needs no
// index on the time of use, which every use would have to write. What was used in the last
// kJustUsed is passed over, until a whole round has found nothing else, for as long as it finds
// nothing else; or when a batch waits for the room.
class Upkeep {
 public:
  Upkeep(const Limits& limits, const Clock* clock, UseLog& uses, EntryTable& entries)
      : limits_(limits), clock_(clock), uses_(uses), entries_(entries) {}
  // As EntryTable::Prepare.
  Status Prepare(Connection& writer);
  void Reset() { sql_ = {}; }

  // One transaction at most; says whether there was something to do.
  Result<bool> Slice();
  // In the writer's transaction: evicts what is above the bounds when `bytes` are still to be added
  // and `entries` were added just now; no more than twice that of a file that is far above them.
  Status MakeRoom(int64_t bytes, int64_t entries);
  // Notes of use are due at the next Slice.
  void FlushUses() { next_flush_us_ = 0; }

  // Whether pages were given back since this was last asked: the file is cut at the checkpoint.
  bool TakeVacuumed() { return std::exchange(vacuumed_, false); }

  // As the totals have it.
  Result<int64_t> Entries() { return Int(kEntries); }
  int64_t evictions() const { return evictions_.load(std::memory_order_relaxed); }
  int64_t expirations() const { return expirations_.load(std::memory_order_relaxed); }
  // Of the entries last evicted, how long they were idle; kMaxIdle when nothing ever was.
  int64_t eviction_idle_us() const { return idle_us_.load(std::memory_order_relaxed); }

  static constexpr int64_t kFlushEvery = 10 * kSecond;
  static constexpr int64_t kJustUsed = 5 * kSecond;
  static constexpr int64_t kMaxIdle = 1 * kDay;

 private:
  enum Sql { kSelectDead, kSample, kNoteUse, kEntries, kPageCount, kFreePages, kSqlCount };
  struct Excess {
    int64_t bytes = 0;
    int64_t entries = 0;
    bool pages = false;  // free pages to be given back
    bool any() const { return bytes > 0 || entries > 0; }
  };
  struct Candidate {
    int64_t idle_us;  // weighed by the number of its uses
    int64_t id;
    int64_t bytes;
    int64_t last_used_us;
  };

  // How much is there above the bounds, when `bytes` are to be added.
  Result<Excess> Measure(int64_t bytes);
  Result<int64_t> Int(Sql which);
  int Expire(int64_t* count);
  struct Evicted {
    int64_t looked = 0;  // entries
    int64_t count = 0;
    int64_t bytes = 0;
    bool just_used = false;  // one of them was
  };
  int Evict(const Excess& excess, bool spare_used, Evicted* evicted);
  int EvictOrMoveOn(const Excess& excess, Evicted* evicted);
  int Sample(std::vector<Candidate>* sample);
  int NoteUses(int64_t* count);

  const Limits limits_;
  const Clock* const clock_;
  UseLog& uses_;
  EntryTable& entries_;
  Connection* writer_ = nullptr;
  std::array<Statement, kSqlCount> sql_;
  int64_t page_size_ = 4096;
  bool can_vacuum_ = true;
  bool vacuumed_ = false;
  int64_t hand_ = 0;        // the id last looked at
  int fruitless_ = 0;       // samples in a row with nothing to evict
  bool spare_used_ = true;  // what was just used is passed over
  int64_t next_flush_us_ = 0;
  std::atomic<int64_t> idle_us_{kMaxIdle};
  std::atomic<int64_t> evictions_{0};
  std::atomic<int64_t> expirations_{0};
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_UPKEEP_H_
