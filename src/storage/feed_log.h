#ifndef TAPPS_STORAGE_FEED_LOG_H_
#define TAPPS_STORAGE_FEED_LOG_H_

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "storage/limits.h"
#include "storage/sqlite.h"

namespace tapps::storage {

// The change feed as the writer adds to it (storage/change_feed.h says how it is read); on its
// connection, inside of its transaction. Functions return SQLite result codes.
class FeedLog {
 public:
  // The origin of rows that every process is to read, the writer's own too.
  static constexpr int64_t kNobody = 0;

  // Of `limits` a part is the feed's. On a connection that outlives this object or the next Reset.
  Status Prepare(Connection& connection, const Limits& limits);
  void Reset() { *this = {}; }
  // Adds a row and, now and then, removes the oldest.
  int Append(int64_t origin, const std::vector<uint64_t>& hashes);
  // Adds a row that tells every process, this one too, that everything may have changed.
  int AppendEverything();
  // The number of the row last added.
  int64_t last() const { return last_; }

 private:
  int Add();
  int Trim();

  Connection* connection_ = nullptr;
  Statement add_;
  Statement floor_;
  Statement trim_;
  int64_t last_ = 0;
  int64_t kept_bytes_ = 0;
  int64_t rows_until_trim_ = 0;
  int64_t bytes_ = 0;  // added since the last trim
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_FEED_LOG_H_
