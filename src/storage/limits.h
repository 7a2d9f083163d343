#ifndef TAPPS_STORAGE_LIMITS_H_
#define TAPPS_STORAGE_LIMITS_H_

#include <algorithm>
#include <cstdint>

namespace tapps::storage {

// The bounds of a cache file, all from two numbers. The bound in bytes holds for the file set: the
// database with its free pages, -wal and -shm.
//
//     |  database                                         |  WAL, up to its hard cap  | -shm |
//     |  entries            | headroom of one transaction |  soft cap |               |      |
//
// The WAL is checkpointed from the soft cap on, and no transaction begins that may lead it past
// the hard cap. Only a single group larger than Batch() may do so, for as long as its commit takes.
struct Limits {
  int64_t bytes = 0;
  int64_t entries = 0;          // 0: no bound
  int64_t wal_hard = 64 << 20;  // at most; see WalHard()
  int64_t wal_soft = 8 << 20;

  int64_t WalHard() const { return std::min<int64_t>(wal_hard, bytes / 4); }
  int64_t WalSoft() const { return std::min<int64_t>(wal_soft, WalHard() / 4); }
  // Of one transaction's keys and values.
  int64_t Batch() const { return WalHard() / 4; }
  // Free pages given back in one transaction, which writes about as many of those it moves.
  int64_t VacuumPages(int64_t page_size) const {
    return std::clamp<int64_t>(Batch() / page_size, 16, 256);
  }
  // A WAL of this size can take one more transaction: half as much again for indexes and pages
  // written in part.
  int64_t WalStop() const { return WalHard() - Batch() - Batch() / 2; }
  // The index takes 8 bytes a frame, in steps of 32 KiB.
  int64_t Shm() const { return std::min<int64_t>(192 << 10, bytes / 16); }
  int64_t Database() const { return bytes - WalHard() - Shm(); }
  // What entries may fill, so that the next transaction still fits into Database().
  int64_t Used() const { return Database() - std::min(Batch(), Database() / 8); }
  // Values larger than this, with their texts, are refused: most of the cache would have to go for
  // them.
  int64_t Value() const { return Database() / 3; }
  // Likewise groups of records, with their keys.
  int64_t Group() const { return Database() / 8 * 3; }
  // Of one text of a value: they are read with every look at the entry's row.
  static constexpr int64_t kText = 1 << 20;
  // Of the hashes in the change feed.
  int64_t Feed() const { return std::min<int64_t>(4 << 20, Database() / 16); }
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_LIMITS_H_
