#include "storage/removal.h"

#include <string>
#include <utility>

#include "base/clock.h"
#include "storage/value_codec.h"

namespace tapps::storage {

Status Removal::Look(Connection& connection, std::shared_ptr<WriteGroup> group) {
  group_ = std::move(group);
  ids_.clear();
  last_ = true;
  const bool anew = std::exchange(anew_, false);
  if (group_ == nullptr) return {};
  if (anew) group_->removed_to = 0;
  Result<Statement> select =
      connection.Prepare("SELECT id, " TAPPS_STORED_BYTES_SQL " FROM entries WHERE id > ?4 AND " +
                         FilterSql(*group_->remove) + " ORDER BY id LIMIT ?5");
  if (!select.ok()) return std::move(select).status();
  BindFilter(*select, *group_->remove);
  select->Bind(4, group_->removed_to).Bind(5, kEntries);
  int64_t bytes = 0;
  int rc = SQLITE_ROW;
  while (bytes < kBytes && (rc = select->Step()) == SQLITE_ROW) {
    ids_.push_back(select->Int(0));
    bytes += select->Int(1);
  }
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
    return connection.Error(rc, "cannot find the entries to remove");
  }
  last_ = rc == SQLITE_DONE && static_cast<int64_t>(ids_.size()) < kEntries;
  return {};
}

int Removal::Apply(Connection& connection, EntryTable& entries, const WriteGroup& group) {
  erased_ = 0;
  if (&group != group_.get()) {  // it came to the front after Look
    group_.reset();
    return SQLITE_OK;
  }
  // Another entry may have come to have the id.
  Result<Statement> still =
      connection.Prepare("SELECT 1 FROM entries WHERE id = ?4 AND " + FilterSql(*group.remove));
  if (!still.ok()) return still.status().detail().sqlite_code;
  BindFilter(*still, *group.remove);
  for (const int64_t id : ids_) {
    const ScopedReset reset(*still);
    int rc = still->Bind(4, id).Step();
    if (rc == SQLITE_DONE) continue;
    if (rc == SQLITE_ROW) rc = entries.Erase(id);
    if (rc != SQLITE_OK) return rc;
    ++erased_;
  }
  return SQLITE_OK;
}

bool Removal::Proceed(const WriteQueue::Groups& groups) {
  if (groups.empty() || !groups.front()->remove) return false;
  WriteGroup& group = *groups.front();
  if (&group != group_.get()) return true;
  group.removed += erased_;
  if (!ids_.empty()) group.removed_to = ids_.back();
  if (last_) return false;
  group.slices.fetch_add(1, std::memory_order_relaxed);
  if (group.deadline_us != 0) {
    group.deadline_us = MonotonicNow() + group.patience_us;
  }
  return true;
}

}  // namespace tapps::storage
