// The writer's upkeep: what keeps the file within its bounds, in slices between commits.

#include <algorithm>
#include <utility>
#include <vector>

#include "storage/checkpoint.h"
#include "storage/writer.h"

namespace tapps::storage {
namespace {

constexpr int kCheckpointFrames = 1000;         // a WAL of 4 MiB
constexpr int64_t kBudget = 20 * kMillisecond;  // of one call
constexpr int64_t kExpirySlice = 256;           // entries
constexpr int64_t kEvictionSample = 256;  // entries looked at, of which the oldest quarter goes
constexpr int64_t kVacuumPages = 256;
constexpr int64_t kWalReserve = 8 << 20;

}  // namespace

// The part of the bound that the database file may fill; the rest is the WAL's.
int64_t Writer::DatabaseBound() const {
  return options_.disk_bytes - std::min(kWalReserve, options_.disk_bytes / 4);
}

Result<int64_t> Writer::Pragma(Sql which) {
  const ScopedReset reset(sql_[which]);
  const int rc = sql_[which].Step();
  if (rc != SQLITE_ROW) return writer_.Error(rc, "cannot read the size of the file");
  return sql_[which].Int(0);
}

Status Writer::Upkeep() {
  const int64_t until = Clock::Real().MonotonicNow() + kBudget;
  bool more = true;
  while (more && Clock::Real().MonotonicNow() < until) {
    const Result<int64_t> pages = Pragma(kPageCount);
    const Result<int64_t> free = Pragma(kFreePages);
    if (!pages.ok()) return pages.status();
    if (!free.ok()) return free.status();
    const bool too_full = (*pages - *free) * page_size_ > DatabaseBound();
    const bool too_large =
        *free > 0 && (*pages * page_size_ > DatabaseBound() || *free > *pages / 4 + 1024);
    const Result<bool> worked = UpkeepSlice(too_full, too_large);
    if (!worked.ok()) return worked.status();
    more = *worked;
  }
  return CheckpointIfDue();
}

// One transaction at most; says whether there was something to do.
Result<bool> Writer::UpkeepSlice(bool evict, bool vacuum) {
  std::vector<int64_t> expired;
  Statement& dead = sql_[kSelectDead];
  {
    const ScopedReset reset(dead);
    dead.Bind(1, options_.clock->WallNow()).Bind(2, kExpirySlice);
    while (dead.Step() == SQLITE_ROW) expired.push_back(dead.Int(0));
  }
  std::vector<int64_t> evicted;
  if (evict && expired.empty()) evicted = ChooseVictims();
  if (expired.empty() && evicted.empty() && !vacuum) return false;

  int rc = writer_.Exec("BEGIN IMMEDIATE");
  for (const int64_t id : expired) {
    if (rc == SQLITE_OK) rc = entries_.Erase(id);
  }
  for (const int64_t id : evicted) {
    if (rc == SQLITE_OK) rc = entries_.Erase(id);
  }
  if (rc == SQLITE_OK && vacuum) {
    rc = writer_.Exec(("PRAGMA incremental_vacuum(" + std::to_string(kVacuumPages) + ")").c_str());
  }
  if (rc == SQLITE_OK) rc = writer_.Exec("COMMIT");
  if (rc != SQLITE_OK) {
    const Status failure = writer_.Error(rc, "cannot remove old entries");
    if (!sqlite3_get_autocommit(writer_.handle())) writer_.Exec("ROLLBACK");
    return failure;
  }
  stats_.expirations.fetch_add(static_cast<int64_t>(expired.size()), std::memory_order_relaxed);
  stats_.evictions.fetch_add(static_cast<int64_t>(evicted.size()), std::memory_order_relaxed);
  return true;
}

// Goes round the table like the hand of a clock; of each sample the quarter that was not used for
// longest goes. An approximation of LRU that needs no index on the time of use, which every use
// would have to write.
std::vector<int64_t> Writer::ChooseVictims() {
  std::vector<std::pair<int64_t, int64_t>> sample;  // (last used, id)
  Statement& oldest = sql_[kSelectOldest];
  for (int tries = 0; tries < 2 && sample.empty(); ++tries) {
    const ScopedReset reset(oldest);
    oldest.Bind(1, hand_).Bind(2, kEvictionSample);
    while (oldest.Step() == SQLITE_ROW) sample.emplace_back(oldest.Int(1), oldest.Int(0));
    hand_ = sample.size() < kEvictionSample ? 0 : sample.back().second;
  }
  const size_t quarter = (sample.size() + 3) / 4;
  std::partial_sort(sample.begin(), sample.begin() + static_cast<ptrdiff_t>(quarter), sample.end());
  std::vector<int64_t> victims;
  for (size_t i = 0; i < quarter; ++i) victims.push_back(sample[i].second);
  return victims;
}

Status Writer::CheckpointIfDue() {
  if (wal_frames_ < checkpoint_at_frames_) {
    // The WAL started anew, or is short.
    if (wal_frames_ < kCheckpointFrames) checkpoint_at_frames_ = kCheckpointFrames;
    return {};
  }
  const Result<CheckpointResult> result = Checkpoint(writer_, checkpointer_);
  if (!result.ok()) return result.status();
  stats_.checkpoints.fetch_add(1, std::memory_order_relaxed);
  // Frames that a reader pins are tried again when as many new ones have come, not after every
  // commit.
  checkpoint_at_frames_ = wal_frames_ + kCheckpointFrames;
  return {};
}

}  // namespace tapps::storage
