#ifndef TAPPS_STORAGE_CHECK_H_
#define TAPPS_STORAGE_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace tapps::storage {

struct CheckReport {
  int64_t entries = 0;                // looked at
  int64_t damaged = 0;                // of those, with a wrong checksum: gets miss them
  std::vector<std::string> problems;  // of the file, as SQLite words them; kMaxProblems at most
  bool ok() const { return damaged == 0 && problems.empty(); }

  static constexpr int kMaxProblems = 20;
};

// Looks for damage in the cache file at `path` while it is in use; changes nothing. Quickly: its
// pages, and the checksums of a sample of the entries; `deep`: indexes and every entry too. Reads
// all of the file and keeps its WAL from beginning anew meanwhile. A failure means that it could
// not look.
Result<CheckReport> CheckDatabase(const std::string& path, bool deep);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_CHECK_H_
