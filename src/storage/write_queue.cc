#include "storage/write_queue.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "storage/value_codec.h"

namespace tapps::storage {
namespace {

// A batch is written without waiting for more when it is as large as this.
constexpr int64_t kBatchBytes = 4 << 20;
// The consumer lets producers have the lock after so many groups.
constexpr size_t kGroupsAtOnce = 8;
// The consumer looks by itself for so long after it has written.
constexpr int64_t kBusyIntervals = 10;

bool HasUnencoded(const WriteGroup& group) {
  return std::any_of(group.records.begin(), group.records.end(),
                     [](const Record& record) { return record.unencoded; });
}

// A copy of a failure; without memory for its message, of its code.
Status CopyOf(const Status& status) {
  try {
    return status;
  } catch (const std::bad_alloc&) {
    return Status::Bare(status.code());
  }
}

// Others wait for their answers too: what a callback throws must not keep these back.
void Answer(const WriteGroup& group, const Status& status) {
  if (!group.done) return;
  try {
    if (!status.ok() && group.slices > 0) {
      group.done(Status(TAPPS_E_OUTCOME_UNKNOWN, status.detail()));  // a part of it was done
      return;
    }
    group.done(CopyOf(status));
  } catch (const std::exception&) {
  }
}

}  // namespace

bool HasLine(std::string_view lines, std::string_view line) {
  while (true) {
    const size_t end = lines.find('\n');
    if (lines.substr(0, end) == line) return true;
    if (end == std::string_view::npos) return false;
    lines.remove_prefix(end + 1);
  }
}

bool Filter::Matches(std::string_view entry_space, std::string_view key,
                     std::string_view tags) const {
  if (space.empty() ? entry_space.starts_with("tapps.") : entry_space != space) return false;
  return key.starts_with(prefix) && (tag.empty() || HasLine(tags, tag));
}

Status WriteQueue::Add(std::shared_ptr<WriteGroup> group, int64_t timeout_us,
                       const std::function<void()>& on_queued) {
  bool unencoded = false;
  for (Record& record : group->records) {
    group->bytes += record.Bytes();
    record.unencoded = record.kind == Record::Kind::kPut && !record.encoded && record.value &&
                       ValueEncoder::IsSlow(*record.value);
    unencoded |= record.unencoded;
  }
  group->plain = group->Plain();
  const auto size = static_cast<int64_t>(group->bytes);
  const int64_t now = MonotonicNow();
  MutexLock lock(mu_);
  while (bytes_ + size > max_bytes_ && pending_ > 0 && !stopped_) {
    const int64_t left =
        failing_ || timeout_us == TAPPS_NONE ? 0 : now + timeout_us - MonotonicNow();
    if (left <= 0) return Status(TAPPS_E_BUSY, "the write queue is full");
    room_.WaitFor(mu_, left);
  }
  if (stopped_) return Status(TAPPS_E_CLOSED, "the cache was closed");
  if (Record* const last = Replaceable(*group)) {
    if (on_queued) on_queued();
    look_ |= unencoded;
    Replace(*last, *group);
    return {};
  }
  Groups place;
  place.push_back(group);
  Link(*group);
  if (on_queued) on_queued();
  look_ |= unencoded;
  waiting_.splice(waiting_.end(), place);
  group->seq = next_seq_++;
  if (group->remove) removal_seq_ = group->seq;
  group->queued_us = now;
  Count(*group, 1);
  ++pending_;
  bytes_ += size;
  // The writer sleeps until there is a first group, then until that is due: wake it for what
  // changes that.
  if (idle_ || group->urgent || bytes_ >= kBatchBytes) work_.NotifyOne();
  return {};
}

void WriteQueue::Count(const WriteGroup& group, int64_t change) {
  if (group.urgent) urgent_ += change;
  if (group.durability == TAPPS_DURABILITY_FULL) full_ += change;
  if (group.done) answered_ += change;
  if (change > 0 && group.deadline_us != 0) {
    next_deadline_us_ = std::min(next_deadline_us_, group.deadline_us);
  }
}

Record* WriteQueue::Replaceable(const WriteGroup& group) {
  if (group.records.size() != 1 || group.urgent || group.done || !group.plain) return nullptr;
  const Record& fresh = group.records[0];
  if (fresh.kind == Record::Kind::kTouch) return nullptr;
  const auto chain = newest_.find(fresh.hash);
  if (chain == newest_.end()) return nullptr;
  Record& last = *chain->second;
  const bool same = last.key == fresh.key && last.space == fresh.space;
  return same && last.alone != nullptr && last.alone->seq > removal_seq_ ? &last : nullptr;
}

void WriteQueue::Replace(Record& last, WriteGroup& group) {
  Record& fresh = group.records[0];
  WriteGroup& older = *last.alone;
  last.kind = fresh.kind;
  std::swap(last.value, fresh.value);
  last.encoded = fresh.encoded;
  last.unencoded = fresh.unencoded;
  bytes_ += static_cast<int64_t>(group.bytes) - static_cast<int64_t>(older.bytes);
  older.bytes = group.bytes;
}

void WriteQueue::Link(WriteGroup& group) {
  size_t linked = 0;
  try {
    for (Record& record : group.records) {
      if (record.if_version) {
        // What is put before the condition is looked at stays before it.
        const auto chain = newest_.find(record.hash);
        Record* at = chain == newest_.end() ? nullptr : chain->second;
        for (; at != nullptr; at = at->next) at->alone = nullptr;
      } else {
        Record*& head = newest_[record.hash];
        record.next = head;
        head = &record;
      }
      ++linked;
    }
  } catch (const std::bad_alloc&) {
    while (linked > 0) UnlinkRecord(group.records[--linked]);
    throw;
  }
  if (group.records.size() == 1 && !group.urgent && !group.done && group.plain) {
    group.records[0].alone = &group;
  }
}

void WriteQueue::UnlinkRecord(Record& record) {
  if (record.if_version) return;
  record.alone = nullptr;
  const auto chain = newest_.find(record.hash);
  Record** at = &chain->second;
  while (*at != &record) at = &(*at)->next;
  *at = record.next;
  if (chain->second == nullptr) newest_.erase(chain);
}

void WriteQueue::Unlink(WriteGroup& group) {
  for (Record& record : group.records) UnlinkRecord(record);
  pending_.fetch_sub(1, std::memory_order_release);
  bytes_ -= static_cast<int64_t>(group.bytes);
  room_.NotifyAll();
}

void WriteQueue::SetFailing(bool failing) {
  MutexLock lock(mu_);
  failing_ = failing;
  if (failing) room_.NotifyAll();
}

std::optional<ValueRef> WriteQueue::Find(uint64_t hash, std::string_view space,
                                         std::string_view key, int64_t position) {
  if (empty()) return std::nullopt;
  MutexLock lock(mu_);
  const auto chain = newest_.find(hash);
  if (chain == newest_.end()) return std::nullopt;
  for (const Record* record = chain->second; record; record = record->next) {
    if (record->key != key || record->space != space) continue;
    const bool stored = record->feed_row != 0 && record->feed_row <= position;
    return stored ? std::nullopt : std::optional(record->value);
  }
  return std::nullopt;
}

template <typename Step>
void WriteQueue::ForEach(const Groups& groups, Step&& step) {
  for (auto at = groups.begin(); at != groups.end();) {
    MutexLock lock(mu_);
    for (size_t i = 0; i < kGroupsAtOnce && at != groups.end(); ++i) step(**at++);
  }
}

void WriteQueue::Storing(const Groups& groups, int64_t feed_row) {
  ForEach(groups, [feed_row](WriteGroup& group) {
    for (Record& record : group.records) record.feed_row = feed_row;
  });
}

bool WriteQueue::Due() {
  if (waiting_.empty()) return false;
  return stopped_ || urgent_ > 0 || bytes_ >= kBatchBytes ||
         MonotonicNow() - waiting_.front()->queued_us >= commit_interval_us_;
}

WriteQueue::Work WriteQueue::WaitForWork(int64_t idle_us) {
  MutexLock lock(mu_);
  const int64_t began = MonotonicNow();
  const int64_t until = began + idle_us;
  while (!Due()) {
    if (waiting_.empty() && stopped_) return Work::kStopped;
    const int64_t now = MonotonicNow();
    const int64_t idle_left = until - now;
    if (idle_left <= 0) return Work::kIdle;
    if (!waiting_.empty()) {
      const int64_t due = waiting_.front()->queued_us + commit_interval_us_ - now;
      work_.WaitFor(mu_, std::clamp<int64_t>(due, 1, idle_left));
    } else if (now - began < kBusyIntervals * commit_interval_us_) {
      // More comes soon, most likely. To wake this thread would cost a producer some 20 us, and it
      // is early enough to look before the first group is due.
      work_.WaitFor(mu_, std::clamp<int64_t>(commit_interval_us_, 1, idle_left));
    } else {
      idle_ = true;
      work_.WaitFor(mu_, idle_left);
      idle_ = false;
    }
  }
  return Work::kDue;
}

void WriteQueue::WaitForRetry(int64_t us) {
  MutexLock lock(mu_);
  work_.WaitFor(mu_, us);
}

std::vector<WriteQueue::Unencoded> WriteQueue::FindUnencoded(size_t max_bytes) {
  MutexLock lock(mu_);
  std::vector<Unencoded> found;
  if (!look_) return found;
  size_t bytes = 0;
  for (const auto& group : waiting_) {
    if (bytes != 0 && bytes + group->bytes > max_bytes) break;
    bytes += group->bytes;
    for (Record& record : group->records) {
      if (record.unencoded) found.push_back({group, &record, record.value, nullptr});
    }
  }
  look_ = false;
  return found;
}

void WriteQueue::SetEncoded(const std::vector<Unencoded>& puts) {
  MutexLock lock(mu_);
  for (const Unencoded& put : puts) {
    if (put.record->value.get() != put.value.get()) continue;
    put.record->encoded = put.encoded;
    put.record->unencoded = false;
  }
}

WriteQueue::Groups WriteQueue::Take(size_t max_bytes) {
  MutexLock lock(mu_);
  Groups taken;
  size_t bytes = 0;
  while (!waiting_.empty()) {
    const WriteGroup& group = *waiting_.front();
    if (!taken.empty() &&
        (group.remove || bytes + group.bytes > max_bytes || HasUnencoded(group))) {
      break;
    }
    Count(group, -1);
    for (Record& record : waiting_.front()->records) record.alone = nullptr;
    bytes += group.bytes;
    taken.splice(taken.end(), waiting_, waiting_.begin());
    if (group.remove) break;
  }
  look_ = !waiting_.empty();
  return taken;
}

std::shared_ptr<WriteGroup> WriteQueue::FirstRemoval() {
  MutexLock lock(mu_);
  return !waiting_.empty() && waiting_.front()->remove ? waiting_.front() : nullptr;
}

bool WriteQueue::NeedsFull() {
  MutexLock lock(mu_);
  return full_ > 0;
}

void WriteQueue::Return(Groups groups) {
  MutexLock lock(mu_);
  for (const auto& group : groups) Count(*group, 1);
  waiting_.splice(waiting_.begin(), groups);
  look_ = true;
}

void WriteQueue::Finish(const Groups& groups, const Status& status) {
  ForEach(groups, [this](WriteGroup& group) REQUIRES(mu_) { Unlink(group); });
  for (const auto& group : groups) {
    if (status.ok() && !group->refusal.ok() && group->refused) group->refused();
    Answer(*group, status.ok() ? group->refusal : status);
  }
}

template <typename Condition>
WriteQueue::Groups WriteQueue::Extract(Condition&& condition) {
  Groups extracted;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto group = at++;
    if (!condition(**group)) continue;
    Count(**group, -1);
    Unlink(**group);
    extracted.splice(extracted.end(), waiting_, group);
  }
  return extracted;
}

bool WriteQueue::Withdraw(const std::shared_ptr<WriteGroup>& group) {
  MutexLock lock(mu_);
  return !Extract([&](const WriteGroup& waiting) { return &waiting == group.get(); }).empty();
}

void WriteQueue::ExpireOverdue(const Status& why) {
  Groups overdue;
  {
    MutexLock lock(mu_);
    const int64_t now = MonotonicNow();
    if (now < next_deadline_us_) return;
    int64_t next = kNever;
    overdue = Extract([&](const WriteGroup& group) {
      if (group.deadline_us == 0) return false;
      const bool over = group.deadline_us <= now;
      if (!over) next = std::min(next, group.deadline_us);
      return over;
    });
    next_deadline_us_ = next;
  }
  if (overdue.empty()) return;
  Status late = Status::Bare(TAPPS_E_TIMEOUT);
  try {
    late = Status(TAPPS_E_TIMEOUT, why.detail());
  } catch (const std::bad_alloc&) {
  }
  for (const auto& group : overdue) Answer(*group, late);
}

void WriteQueue::FailWaiting(const Status& why) {
  Groups failed;
  {
    MutexLock lock(mu_);
    if (answered_ == 0) return;
    failed = Extract([](const WriteGroup& group) { return static_cast<bool>(group.done); });
  }
  for (const auto& group : failed) Answer(*group, why);
}

void WriteQueue::Stop() {
  MutexLock lock(mu_);
  stopped_ = true;
  work_.NotifyAll();
  room_.NotifyAll();
}

bool WriteQueue::stopped() {
  MutexLock lock(mu_);
  return stopped_;
}

}  // namespace tapps::storage
