#ifndef TAPPS_STORAGE_COMPACT_H_
#define TAPPS_STORAGE_COMPACT_H_

#include <cstdint>
#include <string>

#include "base/result.h"
#include "storage/limits.h"

namespace tapps::storage {

struct CompactReport {
  int64_t bytes_before = 0;  // of the database file
  int64_t bytes_after = 0;
};

// Puts the totals of the cache file at `path` right, with one look at all entries, for which nobody
// waits; then gives all its free pages back to the file system, in slices of some milliseconds
// between which other writers have their turn. TIMEOUT when it is not done by `deadline_us`
// (monotonic), or a reader keeps the WAL at its hard cap until then: what was given back stays so.
Result<CompactReport> CompactDatabase(const std::string& path, const Limits& limits,
                                      int64_t deadline_us);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_COMPACT_H_
