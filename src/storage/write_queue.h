#ifndef TAPPS_STORAGE_WRITE_QUEUE_H_
#define TAPPS_STORAGE_WRITE_QUEUE_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/value.h"
#include "storage/lease.h"

namespace tapps::storage {

// Whether one of the lines, which are separated by newlines, is `line`.
bool HasLine(std::string_view lines, std::string_view line);

// Which entries a bulk removal takes: those that meet every condition given. An empty space means
// every one but the library's own ("tapps.*").
struct Filter {
  std::string space;
  std::string prefix;
  std::string tag;
  bool Matches(std::string_view entry_space, std::string_view key, std::string_view tags) const;
};

struct EncodedValue;  // storage/value_codec.h
struct WriteGroup;

// One change of one key.
struct Record {
  enum class Kind {
    kPut,     // value
    kDelete,  // no value
    kTouch,   // value's times, if the key is there
  };
  Kind kind = Kind::kPut;
  uint64_t hash = 0;
  std::string space;
  std::string key;
  ValueRef value;
  // Given: the record is only applied when the entry has this version, or, for kAbsent, when a
  // plain get would not find it (no entry, expired, or negative). Such a record is not found by
  // WriteQueue::Find, as it may be refused.
  std::optional<int64_t> if_version;
  static constexpr int64_t kAbsent = 0;
  // The value as it goes into the file, where that was made beforehand.
  std::shared_ptr<const EncodedValue> encoded;
  bool unencoded = false;       // that is still to be made; the queue's
  int64_t feed_row = 0;         // of the transaction that stores it; 0: none yet; the queue's
  WriteGroup* alone = nullptr;  // where it may be replaced: its group; the queue's
  Record* next = nullptr;       // older record of the same hash; owned by the queue
  // About what it takes in memory and in a transaction, two index rows for each tag included.
  size_t Bytes() const {
    return key.size() + space.size() + (value ? value->footprint() + TagRows() : 0) + 200;
  }
  size_t TagRows() const {
    const std::string_view tags = value->text(TAPPS_TEXT_TAGS);
    if (tags.empty()) return 0;
    return 64 * (1 + static_cast<size_t>(std::count(tags.begin(), tags.end(), '\n')));
  }
};

// Records that are committed together, and who waits for that. A group without records is a
// barrier. When a condition of a record does not hold, or its lease is refused, nothing of the
// group is stored and `done` gets the refusal.
struct WriteGroup {
  std::vector<Record> records;
  std::optional<Filter> remove;       // a bulk removal; such a group has no records and no lease
  std::optional<LeaseRequest> lease;  // after those
  int32_t durability = 0;             // TAPPS_DURABILITY_ASYNC, SYNC or FULL
  bool urgent = false;                // somebody waits: do not wait for more to come
  int64_t deadline_us = 0;  // monotonic, for `done` to say TIMEOUT when not begun by then; 0: none
  int64_t patience_us = 0;  // of a removal with a deadline: each slice sets that anew
  // Called exactly once unless the group is withdrawn, without locks held. May be empty. What it
  // throws is dropped.
  std::function<void(Status)> done;
  // Called before that when a condition did not hold. May be empty.
  std::function<void()> refused;

  // Results, for `done` and who waits for it.
  int64_t removed = 0;             // entries, by `remove`
  std::atomic<int64_t> slices{0};  // of `remove`, committed with more to come (storage/removal.h)
  int64_t current_version = 0;     // with EXISTS for a condition: of the entry; 0: there is none
  int64_t lease_until_us = 0;      // end of the lease held now, by this group's owner or by another

  // Whether the group is nothing but puts and removals of keys that cannot be refused.
  bool Plain() const {
    return !remove && !lease &&
           std::none_of(records.begin(), records.end(),
                        [](const Record& record) { return record.if_version.has_value(); });
  }

  // The writer's own: why the group is not stored though the transaction is, and up to which id
  // `remove` is done.
  Status refusal;
  int64_t removed_to = 0;

  // The queue's own.
  int64_t seq = 0;
  int64_t queued_us = 0;  // monotonic
  size_t bytes = 0;
  bool plain = true;
};

// What was put and is not committed yet: a bounded first-in first-out queue that can be searched,
// so that a process reads its own writes before they are in the file. Any thread; one consumer.
//
// A put of a key whose last record still waits alone in its group replaces that record where it
// stands. A flush is therefore satisfied by the newer value, and order between different keys may
// be that of their first put. Nothing moves from behind a bulk removal or a conditional record of
// its key to before it.
class WriteQueue {
 public:
  // Groups move between queue and consumer without an allocation, which could fail.
  using Groups = std::list<std::shared_ptr<WriteGroup>>;

  WriteQueue(int64_t max_bytes, int64_t commit_interval_us)
      : max_bytes_(max_bytes), commit_interval_us_(commit_interval_us) {}

  // Adds a group, waiting up to timeout_us for room. `on_queued` runs under the queue's lock, the
  // group being as it was given: what it does to the memory tier happens in the order of the queue.
  // BUSY when there is no room, CLOSED after Stop. A group larger than the whole queue is taken
  // when the queue is empty. When memory runs out, nothing is added and `on_queued` does not run.
  Status Add(std::shared_ptr<WriteGroup> group, int64_t timeout_us,
             const std::function<void()>& on_queued);
  // Takes back a group the writer has not begun; false when it has. `done` will not be called.
  bool Withdraw(const std::shared_ptr<WriteGroup>& group);
  // While failing, Add does not wait for room: nothing will be written soon.
  void SetFailing(bool failing);

  // The newest pending record of a key: a value, a NULL value for a removal, or nothing. Not one
  // that was stored by the transaction of row `position` of the change feed or before it: who has
  // seen that row finds in the file what it stored, or what others have put in its place since.
  std::optional<ValueRef> Find(uint64_t hash, std::string_view space, std::string_view key,
                               int64_t position);
  bool empty() const { return pending_.load(std::memory_order_acquire) == 0; }
  int64_t pending() const { return pending_.load(std::memory_order_relaxed); }
  int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // Consumer: waits until groups should be written, for at most `idle_us`.
  enum class Work { kDue, kIdle, kStopped };  // kStopped: and empty
  Work WaitForWork(int64_t idle_us);
  // Consumer: waits before another try; ends early when it is stopped meanwhile.
  void WaitForRetry(int64_t us);
  // A put whose value is to be encoded before its group is taken.
  struct Unencoded {
    std::shared_ptr<WriteGroup> group;  // keeps the record
    Record* record;
    ValueRef value;
    std::shared_ptr<const EncodedValue> encoded;  // the consumer's answer
  };
  // Consumer: those among the groups that Take(max_bytes) could take.
  std::vector<Unencoded> FindUnencoded(size_t max_bytes);
  // Consumer: hands in the answers. A put that was replaced meanwhile stays unencoded.
  void SetEncoded(const std::vector<Unencoded>& puts);
  // Consumer: takes groups from the front, as many as fit into `max_bytes` and have no unencoded
  // put, but at least one; a bulk removal alone. They can still be found.
  Groups Take(size_t max_bytes);
  // Consumer: the first group if it is a bulk removal, else NULL.
  std::shared_ptr<WriteGroup> FirstRemoval();
  bool NeedsFull();
  // Consumer: before the commit of the transaction that has this row of the change feed; 0: it is
  // rolled back.
  void Storing(const Groups& groups, int64_t feed_row);
  // Consumer: puts groups back to the front after a failure.
  void Return(Groups groups);
  // Consumer: forgets groups that are committed (or refused) and calls their `done`.
  void Finish(const Groups& groups, const Status& status);
  // Consumer: answers TIMEOUT, with the reason given, to groups whose deadline has passed and
  // forgets them.
  void ExpireOverdue(const Status& why);
  // Consumer: gives all who wait the reason why nothing is written, and forgets their groups.
  void FailWaiting(const Status& why);

  // Nothing can be added any more; the consumer drains what is there.
  void Stop();
  bool stopped();

 private:
  // The record that a plain put or removal may replace, or NULL.
  Record* Replaceable(const WriteGroup& group) REQUIRES(mu_);
  void Replace(Record& last, WriteGroup& group) REQUIRES(mu_);
  void Link(WriteGroup& group) REQUIRES(mu_);
  void Unlink(WriteGroup& group) REQUIRES(mu_);
  void UnlinkRecord(Record& record) REQUIRES(mu_);
  // Counts a group that begins (1) or ends (-1) to wait.
  void Count(const WriteGroup& group, int64_t change) REQUIRES(mu_);
  // Calls `step` for each group, letting others have the lock now and then.
  template <typename Step>
  void ForEach(const Groups& groups, Step&& step) EXCLUDES(mu_);
  bool Due() REQUIRES(mu_);
  template <typename Condition>
  Groups Extract(Condition&& condition) REQUIRES(mu_);

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  const int64_t max_bytes_;
  const int64_t commit_interval_us_;

  Mutex mu_;
  CondVar work_;  // for the consumer
  CondVar room_;  // for producers
  Groups waiting_ GUARDED_BY(mu_);
  std::unordered_map<uint64_t, Record*> newest_ GUARDED_BY(mu_);  // by hash; chained through next
  int64_t next_seq_ GUARDED_BY(mu_) = 1;
  int64_t removal_seq_ GUARDED_BY(mu_) = 0;  // nothing queued before the last bulk removal moves
  // Of waiting_: many groups may wait for long, and a caller who puts must not wait for a look at
  // each of them.
  int64_t urgent_ GUARDED_BY(mu_) = 0;
  int64_t full_ GUARDED_BY(mu_) = 0;                   // with TAPPS_DURABILITY_FULL
  int64_t answered_ GUARDED_BY(mu_) = 0;               // with `done`
  int64_t next_deadline_us_ GUARDED_BY(mu_) = kNever;  // no deadline is before this
  bool failing_ GUARDED_BY(mu_) = false;
  bool stopped_ GUARDED_BY(mu_) = false;
  bool look_ GUARDED_BY(mu_) = false;  // there may be unencoded puts that were not looked at
  bool idle_ GUARDED_BY(mu_) = false;  // the consumer waits for the first group
  std::atomic<int64_t> pending_{0};    // groups waiting or taken
  std::atomic<int64_t> bytes_{0};      // of those
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_WRITE_QUEUE_H_
