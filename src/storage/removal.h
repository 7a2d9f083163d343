#ifndef TAPPS_STORAGE_REMOVAL_H_
#define TAPPS_STORAGE_REMOVAL_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "storage/entry_table.h"
#include "storage/sqlite.h"
#include "storage/write_queue.h"

namespace tapps::storage {

// The writer's bulk removal (WriteGroup::remove), in slices: as many transactions as it takes, so
// that neither the write lock is held nor the WAL grows for as long as there are entries to remove.
//
//     Look (without the write lock) -> transaction: Apply -> commit -> Proceed --more--> Look ...
//
// Entries are looked at once, in the order of their ids. So the removal takes every entry that
// was there when it began; of those that others put meanwhile it may take some. The group stays the
// first of the queue until it is done: what this process put after it is written after it.
class Removal {
 public:
  // A slice ends with the entry that reaches one of these.
  static constexpr int64_t kEntries = 4096;
  static constexpr int64_t kBytes = int64_t{8} << 20;

  // The connection is another: ids may be those of other entries now, and the next Look begins with
  // the first.
  void StartAnew() { anew_ = true; }
  // Finds the next entries to remove. Without a group: none.
  Status Look(Connection& connection, std::shared_ptr<WriteGroup> group);
  // In the transaction: erases of those what is still to be removed. SQLite's code.
  int Apply(Connection& connection, EntryTable& entries, const WriteGroup& group);
  // After the commit of `groups`: whether it was a slice with more to come after it.
  bool Proceed(const WriteQueue::Groups& groups);

 private:
  std::shared_ptr<WriteGroup> group_;
  std::vector<int64_t> ids_;
  bool anew_ = false;
  bool last_ = true;    // there is nothing after them
  int64_t erased_ = 0;  // by the transaction under way
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_REMOVAL_H_
