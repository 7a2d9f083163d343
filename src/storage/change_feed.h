#ifndef TAPPS_STORAGE_CHANGE_FEED_H_
#define TAPPS_STORAGE_CHANGE_FEED_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "storage/sqlite.h"

namespace tapps::storage {

// How a process learns what other processes have changed, at the cost of a load.
//
// In WAL mode every commit by any process rewrites the WAL-index header, which SQLite keeps in
// memory shared by all processes that have the file open ("WAL-mode File Format", section 2.1):
// iChange, a counter of commits, is at byte 8 and aFrameCksum, a checksum of the last frame, at
// byte 24. Recovery starts iChange at 0 again, hence both.
//
//     Current():  the two words are those last seen -> memory is as good as the file (nanoseconds)
//     Advance():  else read table `changes` from the last row seen -> drop what it names
//                 (microseconds)
//
// Each commit that changes entries adds one row to `changes` in the same transaction: who wrote it,
// and the hashes of its keys (NULL: too many, or all). Rows are numbered without gaps, from the
// time the file was made; the oldest are trimmed. A reader whose last row is gone drops everything.
//
// Invariants
//  1. The words are read before the rows, and published as seen after the rows' keys were dropped:
//     whoever finds the words unchanged finds memory without the keys of any commit that the words
//     count.
//  2. A commit is not reported to its caller before SQLite has written the header: who learns of a
//     commit finds the words changed.
//  3. A connection stays open as long as its mapping is read: SQLite unmaps it on close. Where the
//     layout is not the one known here, PRAGMA data_version answers instead, at the cost of two
//     microseconds.
class ChangeFeed {
 public:
  // Which keys a reader must forget.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void OnChanged(uint64_t hash) = 0;
    virtual void OnEverythingChanged() = 0;
  };

  // Opens a connection of its own to the file and starts at the newest row. `origin` marks rows of
  // this process, which it does not need to be told of.
  // kQuery never looks at the mapped header, as where its layout is not known.
  enum class Watch { kMapped, kQuery };
  static Result<std::unique_ptr<ChangeFeed>> Open(const std::string& path, int64_t origin,
                                                  Watch watch = Watch::kMapped);

  // Goes on with the file that `fresh` is on, opened with kQuery as this must be; threads may be
  // using this meanwhile. `fresh` is of no use afterwards.
  void MoveTo(ChangeFeed& fresh);

  // Whether nothing was committed, by anybody, since the last Advance. Any thread; wait-free with a
  // known layout.
  bool Current();
  // Tells `sink` what has changed since the last call. Any thread; one at a time runs, others wait
  // for it. After a failure nothing is published: the caller must not trust what it remembers.
  Status Advance(Sink& sink);

  // A row that has been read, and all before it: no older than those of the last Advance that this
  // thread has seen the end of. Wait-free.
  int64_t position() const { return published_.load(std::memory_order_acquire); }

  // Differs after every commit by anybody, for who keeps a position of their own; wait-free. 0
  // where the layout is not known: then it says nothing.
  uint64_t Stamp() const { return header_ != nullptr ? Word() | 1 : 0; }
  // Whether the mapped header is in use (else data_version).
  bool mapped() const { return header_ != nullptr; }

 private:
  ChangeFeed(Connection connection, int64_t origin)
      : connection_(std::move(connection)), origin_(origin) {}
  Status Start(Watch watch);
  void MapHeader() REQUIRES(mu_);
  uint64_t Word() const;
  Result<int64_t> DataVersion() REQUIRES(mu_);
  Status ReadRows(Sink& sink) REQUIRES(mu_);

  Mutex mu_;
  Connection connection_ GUARDED_BY(mu_);
  Statement rows_ GUARDED_BY(mu_);
  Statement data_version_ GUARDED_BY(mu_);
  const int64_t origin_;
  int64_t position_ GUARDED_BY(mu_) = 0;   // last row seen
  std::atomic<int64_t> published_{0};      // position_, when all rows up to it have been told
  const volatile char* header_ = nullptr;  // the WAL-index header; NULL: layout not known
  std::atomic<uint64_t> seen_{0};          // Word() or data_version when the rows were last read
};

// The hashes of a row of `changes`, as the writer stores them.
std::string PackHashes(const std::vector<uint64_t>& hashes);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_CHANGE_FEED_H_
