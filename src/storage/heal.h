#ifndef TAPPS_STORAGE_HEAL_H_
#define TAPPS_STORAGE_HEAL_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "storage/limits.h"
#include "storage/sqlite.h"

namespace tapps::storage {

struct HealReport {
  bool damaged = false;  // false: nothing was found, or another process has healed it
  std::string copy;      // of the damaged file
  int64_t saved = 0;     // entries taken over from it
};

// Makes a damaged cache file whole again, while other processes have it open:
//
//     healers' lock -> write lock -> check again -> copy aside -> reset in place -> tables
//         -> intact entries of the copy, in slices
//
// The file is never renamed or unlinked: who has it open would go on with a file that nobody else
// sees. The lock among healers is that of checkpoints in the WAL-index, which ends with its process
// and which no commit needs; it is held until the tables are made. What is taken over is written as
// others write: between them, and within the bounds of the WAL. Copies are called
// PATH.damaged-TIME; the newest kCopies are kept.
//
// `known` says that the file was a cache of ours when it was opened; otherwise its header has to
// say so, else CORRUPT and it is left as it is. BUSY when a lock, or room in the WAL, cannot be had
// for `patience_us`; each is waited for anew.
Result<HealReport> Heal(const std::string& path, bool known, const Clock& clock,
                        const Limits& limits, int64_t patience_us);

// What a process has seen of damage to the file. Any thread.
struct DamageStats {
  std::atomic<int64_t> healed{0};
  std::atomic<int64_t> failed{0};  // to heal it
  std::atomic<int64_t> saved{0};   // entries taken over
};

// Tells a TAPPS_EVENT_* and its data.
using EventSink = std::function<void(int32_t kind, const Json& data)>;

// Counts the end of Heal and tells it (TAPPS_EVENT_DAMAGE); NULL: nobody is told.
void Account(const Result<HealReport>& end, DamageStats& stats, const EventSink& tell);

// Whether a failure is SQLite's word that the file is damaged, not that a checksum of ours is
// wrong.
bool IsDamage(const Status& status);

inline constexpr size_t kCopies = 3;

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_HEAL_H_
