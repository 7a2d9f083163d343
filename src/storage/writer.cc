#include "storage/writer.h"

#include <algorithm>
#include <new>
#include <utility>

#include "storage/schema.h"

namespace tapps::storage {
namespace {

constexpr int64_t kLockedAfter = 1 * kSecond;  // of waiting, the state says so
constexpr int64_t kRetryAfter = 200 * kMillisecond;
// Between slices of a bulk removal: who polls for the write lock gets it.
constexpr int64_t kBreath = 10 * kMillisecond;
constexpr int64_t kPinnedAfter = 100 * kMillisecond;  // likewise, of a WAL that cannot begin anew
constexpr int64_t kTryEvery = 1 * kSecond;            // while the state is not OK and nobody writes
constexpr int64_t kRetryPinned = 5 * kMillisecond;
constexpr int64_t kLookAtPath = 100 * kMillisecond;  // while waiting for the write lock
constexpr int64_t kUpkeepBudget = 20 * kMillisecond;
constexpr int64_t kUpkeepLockWait = 20 * kMillisecond;
constexpr int64_t kHealEvery = 60 * kSecond;
constexpr int64_t kHealPatience = 5 * kSecond;
// Evictions of so many, and of so large a part of the entries, within a second are a burst.
constexpr int64_t kBurst = 64;
constexpr int64_t kBurstPart = 8;
constexpr int64_t kBurstEvery = 10 * kSecond;  // told
constexpr int kMaxSqlErrors = 10;
constexpr int kMaxBegins = 4;
constexpr int64_t kGiveUp = 60 * kSecond;  // after Stop, with nothing going right

}  // namespace

Status Writer::Connect() {
  const Result<int64_t> generation = options_.file_generation();
  if (!generation.ok()) return generation.status();
  // What could not be rolled back ends with its connection.
  if (writer_.handle() != nullptr && !writer_.Rollback()) generation_ = -1;
  if (*generation == generation_) return {};
  entries_.Reset();  // statements go before the connection they belong to
  upkeep_.Reset();
  leases_.Reset();
  feed_.Reset();
  Result<Connection> writer = Connection::Open(options_.path, Connection::Mode::kReadWrite);
  if (!writer.ok()) return std::move(writer).status();
  Result<Connection> checkpointer = Connection::Open(options_.path, Connection::Mode::kReadWrite);
  if (!checkpointer.ok()) return std::move(checkpointer).status();
  writer_ = *std::move(writer);
  checkpointer_ = *std::move(checkpointer);
  // Usually nothing is to be done; a file that was healed may still lack its tables.
  const int64_t patience = MonotonicNow() + kLockedAfter;
  TAPPS_RETURN_IF_ERROR(PrepareSchema(writer_, [patience] { return MonotonicNow() < patience; }));
  writer_.SetBusyHandler([this] { return KeepWaitingForLock(); });
  writer_.Exec("PRAGMA synchronous=NORMAL");
  TAPPS_RETURN_IF_ERROR(entries_.Prepare(writer_));
  TAPPS_RETURN_IF_ERROR(leases_.Prepare(writer_));
  TAPPS_RETURN_IF_ERROR(feed_.Prepare(writer_, options_.limits));
  TAPPS_RETURN_IF_ERROR(upkeep_.Prepare(writer_));
  TAPPS_RETURN_IF_ERROR(wal_.Prepare(options_.path, writer_, checkpointer_));
  removal_.StartAnew();
  generation_ = *generation;
  return {};
}

bool Writer::KeepWaitingForLock() {
  const int64_t now = MonotonicNow();
  if (upkeep_lock_until_us_ != 0) return now < upkeep_lock_until_us_;
  if (lock_wait_began_us_ == 0) lock_wait_began_us_ = now;
  const Status why(TAPPS_E_TIMEOUT, "another process holds the write lock of the cache file");
  if (now - lock_wait_began_us_ >= kLockedAfter) {
    SetState(TAPPS_STATE_LOCKED, why);
    queue_->SetFailing(true);
  }
  queue_->ExpireOverdue(why);
  EncodeValues();  // of what has come meanwhile
  if (now >= next_path_look_us_) {
    next_path_look_us_ = now + kLookAtPath;
    if (PathChanged()) return false;
  }
  return !TimeToGiveUp();
}

// Whether what is written would go to a file that the path does not name any more.
bool Writer::PathChanged() {
  const Result<int64_t> generation = options_.file_generation();
  path_changed_ = !generation.ok() || *generation != generation_;
  return path_changed_;
}

void Writer::EncodeValues() {
  auto puts = queue_->FindUnencoded(static_cast<size_t>(options_.limits.Batch()));
  for (WriteQueue::Unencoded& put : puts) {
    put.encoded = std::make_shared<const EncodedValue>(encoder_.Encode(*put.value));
  }
  if (!puts.empty()) queue_->SetEncoded(puts);
}

bool Writer::TimeToGiveUp() {
  if (!queue_->stopped()) return false;
  const int64_t now = MonotonicNow();
  if (stop_began_us_ == 0) stop_began_us_ = now;
  return now - stop_began_us_ >= kGiveUp;
}

void Writer::Run() {
  int64_t idle_us = Upkeep::kFlushEvery;
  bool more = true;
  while (more) {
    try {
      more = Work(&idle_us);
    } catch (const std::bad_alloc&) {
      RunOutOfMemory();
      more = !TimeToGiveUp();
      idle_us = kTryEvery;
    }
  }
  try {
    // What could not be written in all that time is answered, not dropped in silence.
    for (taken_ = queue_->Take(SIZE_MAX); !taken_.empty(); taken_ = queue_->Take(SIZE_MAX)) {
      FinishTaken(Status(TAPPS_E_IO, "the cache was closed before it could be written"));
    }
    if (state() == TAPPS_STATE_OK && Connect().ok()) {
      upkeep_.FlushUses();
      DoUpkeep();
    }
  } catch (const std::bad_alloc&) {
    do {
      FinishTaken(Status::Bare(TAPPS_E_NOMEM));
      taken_ = queue_->Take(SIZE_MAX);
    } while (!taken_.empty());
  }
}

// Does what is next; false when there is nothing left to do, or it is time to give up.
bool Writer::Work(int64_t* idle_us) {
  const WriteQueue::Work work = queue_->WaitForWork(*idle_us);
  if (work == WriteQueue::Work::kStopped) return false;
  if (work == WriteQueue::Work::kDue && !WriteDue()) return false;
  if (work == WriteQueue::Work::kIdle && state() != TAPPS_STATE_OK) TryToWrite();
  // While a commit fails there is nothing to keep up.
  *idle_us = state() == TAPPS_STATE_OK ? DoUpkeep() : kTryEvery;
  return true;
}

// Allocates nothing before the groups are back in the queue. The connections' statements may be in
// the middle of anything: they are made anew.
void Writer::RunOutOfMemory() {
  lock_wait_began_us_ = 0;
  upkeep_lock_until_us_ = 0;
  if (committed_) FinishTaken({});
  queue_->Return(std::exchange(taken_, {}));
  if (writer_.handle() != nullptr) writer_.Rollback();
  entries_.DropTotals();
  generation_ = -1;
  stats_.failures.fetch_add(1, std::memory_order_relaxed);
  const Status why = Status::Bare(TAPPS_E_NOMEM);
  try {
    Fail(why);
  } catch (const std::bad_alloc&) {  // the next change of state is told
  }
  queue_->FailWaiting(why);
  queue_->WaitForRetry(kRetryAfter);
}

// Forgets the groups that were taken, and answers who waits for them.
void Writer::FinishTaken(const Status& status) {
  committed_ = false;
  const Groups finished = std::exchange(taken_, {});
  one_by_one_ -= std::min(one_by_one_, finished.size());
  queue_->Finish(finished, status);
}

// After a commit. A bulk removal that is not done goes back to the queue for its next slice.
void Writer::FinishBatch() {
  if (!removal_.Proceed(taken_)) return FinishTaken({});
  if (TimeToGiveUp()) {
    return FinishTaken(Status(TAPPS_E_CLOSED, "the cache was closed before all was removed"));
  }
  committed_ = false;
  queue_->Return(std::exchange(taken_, {}));
  queue_->WaitForRetry(kBreath);
}

// Commits what is due, or waits a moment after a failure; false when it is time to give up.
bool Writer::WriteDue() {
  const int64_t began = MonotonicNow();
  path_changed_ = false;
  const Status status = WriteBatch();
  lock_wait_began_us_ = 0;
  if (path_changed_ && !committed_) return !TimeToGiveUp();  // nothing was taken; to the new file
  if (committed_) {
    pinned_since_us_ = 0;
    sql_errors_ = 0;
    stats_.commit_ns.Record((MonotonicNow() - began) * 1000);
    if (status.ok()) {
      SetState(TAPPS_STATE_OK, status);
      queue_->SetFailing(false);
      WatchEvictions();
    } else {
      Fail(status);
    }
    FinishBatch();
    return true;
  }
  if (pinned_since_us_ == 0) stats_.failures.fetch_add(1, std::memory_order_relaxed);
  // Where nothing was taken, what is to be written cannot be at fault.
  if (!IsTransient(status) && !taken_.empty()) {
    if (taken_.size() == 1) {
      if (!taken_.front()->done) Fail(status);  // nobody else hears of it
      FinishTaken(status);                      // trying again would fail again
    } else {
      one_by_one_ = taken_.size();
      queue_->Return(std::exchange(taken_, {}));
    }
    return true;
  }
  queue_->Return(std::exchange(taken_, {}));
  AfterFailure(status);
  if (TimeToGiveUp()) return false;
  queue_->WaitForRetry(pinned_since_us_ == 0 ? kRetryAfter : kRetryPinned);
  return true;
}

// What cannot be written now may be later: tells who waits.
void Writer::AfterFailure(const Status& why) {
  if (IsDamage(why)) HealFile();
  if (pinned_since_us_ == 0 || MonotonicNow() - pinned_since_us_ >= kPinnedAfter) Fail(why);
  if (why.code() != TAPPS_E_BUSY) queue_->FailWaiting(why);
  queue_->ExpireOverdue(why);
}

// Nobody may be writing any more when what was wrong with the file is over.
void Writer::TryToWrite() {
  Status status = Connect();
  if (status.ok()) status = Begin();
  if (status.ok()) {
    int rc = feed_.Append(options_.origin, {});
    if (rc == SQLITE_OK) rc = writer_.Exec("COMMIT");
    if (rc != SQLITE_OK) {
      status = writer_.Error(rc, "cannot write the cache file");
      writer_.Rollback();
    }
  }
  lock_wait_began_us_ = 0;
  if (!status.ok()) return;
  SetState(TAPPS_STATE_OK, status);
  queue_->SetFailing(false);
}

// One helping of upkeep; returns how long it can wait for the next one, in microseconds.
int64_t Writer::DoUpkeep() {
  const auto work = [this]() -> Result<bool> {
    TAPPS_RETURN_IF_ERROR(Connect());
    const int64_t until = MonotonicNow() + kUpkeepBudget;
    Result<bool> more = true;
    while (*more && MonotonicNow() < until) {
      if (more = wal_.MakeRoom(); !more.ok() || !*more) return more;
      if (more = upkeep_.Slice(); !more.ok()) return more;
    }
    if (!*more && upkeep_.TakeVacuumed()) wal_.MakeDue();
    TAPPS_RETURN_IF_ERROR(wal_.CheckpointIfDue());
    return more;
  };
  upkeep_lock_until_us_ = MonotonicNow() + kUpkeepLockWait;
  const Result<bool> more = work();
  upkeep_lock_until_us_ = 0;
  WatchEvictions();
  stats_.expirations.store(upkeep_.expirations(), std::memory_order_relaxed);
  stats_.checkpoints.store(wal_.checkpoints(), std::memory_order_relaxed);
  if (more.ok()) return *more ? 0 : Upkeep::kFlushEvery;
  if (IsDamage(more.status())) HealFile();
  // Others who hold the write lock are busy with the same file, and keep it up as well.
  if (more.code() == TAPPS_E_BUSY) return kRetryAfter;
  generation_ = -1;  // a failure may stay with its connection
  Fail(more.status());
  return kTryEvery;
}

void Writer::WatchEvictions() {
  const int64_t now = MonotonicNow();
  const int64_t all = upkeep_.evictions();
  const int64_t before = stats_.evictions.exchange(all, std::memory_order_relaxed);
  if (now - burst_began_us_ >= kSecond) {
    burst_began_us_ = now;
    burst_base_ = before;
  }
  const int64_t evicted = all - burst_base_;
  if (evicted < kBurst || all == before || now < next_burst_us_) return;
  const Result<int64_t> left = upkeep_.Entries();
  if (!left.ok() || evicted < (*left + evicted) / kBurstPart) return;
  next_burst_us_ = now + kBurstEvery;
  stats_.eviction_bursts.fetch_add(1, std::memory_order_relaxed);
  if (!options_.on_event) return;
  options_.on_event(TAPPS_EVENT_EVICTION,
                    {{"evicted", evicted}, {"within_us", now - burst_began_us_}});
}

// Whether the same may succeed later: the fault is not in what is written.
bool Writer::IsTransient(const Status& status) {
  const int32_t code = status.code();
  if (code != TAPPS_E_TOO_LARGE && code != TAPPS_E_INTERNAL && code != TAPPS_E_INVALID) return true;
  // A table that is missing: another process is healing the file, or was killed while it did.
  if (status.detail().sqlite_code != SQLITE_ERROR) return false;
  generation_ = -1;
  return ++sql_errors_ <= kMaxSqlErrors;
}

void Writer::HealFile() {
  options_.damaged->store(false, std::memory_order_relaxed);
  const int64_t now = MonotonicNow();
  if (now < next_heal_us_) return;
  next_heal_us_ = now + kHealEvery;
  Fail(Status(TAPPS_E_CORRUPT, "the cache file is damaged and is being repaired"));
  // Another file that has come to stand at the path is only ours if its header says so.
  const bool known = options_.file_generation().ok();
  const Result<HealReport> report =
      Heal(options_.path, known, *options_.clock, options_.limits, kHealPatience);
  generation_ = -1;  // connect anew
  if (!report.ok()) Fail(report.status());
  Account(report, *options_.damage, options_.on_event);
}

void Writer::Fail(const Status& why) {
  int32_t state = TAPPS_STATE_FAILED;
  if (why.code() == TAPPS_E_BUSY) {
    state = pinned_since_us_ != 0 ? TAPPS_STATE_WAL_PINNED : TAPPS_STATE_LOCKED;
  }
  if (why.code() == TAPPS_E_FULL) state = TAPPS_STATE_FULL;
  if (why.code() == TAPPS_E_READ_ONLY || why.code() == TAPPS_E_DENIED)
    state = TAPPS_STATE_READ_ONLY;
  SetState(state, why);
  queue_->SetFailing(true);
}

void Writer::SetState(int32_t state, const Status& why) {
  if (state_.exchange(state, std::memory_order_relaxed) == state) return;
  if (options_.on_state) options_.on_state(state, why);
}

// Begins a transaction that may add a batch to the WAL.
Status Writer::Begin() {
  for (int tries = 0; tries < kMaxBegins; ++tries) {
    const Result<bool> room = wal_.MakeRoom();
    if (!room.ok()) return room.status();
    if (!*room) break;
    const int rc = writer_.Exec("BEGIN IMMEDIATE");
    if (rc != SQLITE_OK) return writer_.Error(rc, "cannot lock the cache file for writing");
    if (PathChanged()) {
      writer_.Exec("ROLLBACK");
      return Status(TAPPS_E_BUSY, "the cache file was replaced");
    }
    if (wal_.StillHasRoom()) {
      pinned_since_us_ = 0;
      return {};
    }
    writer_.Rollback();
  }
  if (pinned_since_us_ == 0) pinned_since_us_ = MonotonicNow();
  return Status(TAPPS_E_BUSY,
                "a reader in another program keeps the WAL of the cache file from beginning anew");
}

// The transaction's statements, up to its commit.
Status Writer::WriteGroups(Changes* changes) {
  int64_t bytes = 0;
  for (const auto& group : taken_) bytes += static_cast<int64_t>(group->bytes);
  TAPPS_RETURN_IF_ERROR(upkeep_.MakeRoom(bytes, 0));
  int rc = SQLITE_OK;
  for (const auto& group : taken_) {
    if (rc == SQLITE_OK) rc = Apply(*group, changes);
  }
  if (rc == SQLITE_OK) rc = entries_.StoreTotals();
  if (rc == SQLITE_OK && options_.limits.entries > 0) {
    TAPPS_RETURN_IF_ERROR(upkeep_.MakeRoom(0, static_cast<int64_t>(changes->size())));
  }
  if (rc == SQLITE_OK) rc = AddFeedRows(*changes);
  if (rc == SQLITE_OK) {
    if (changes->size() > 0) queue_->Storing(taken_, feed_.last());
    rc = writer_.Exec("COMMIT");
    if (rc != SQLITE_OK) queue_->Storing(taken_, 0);
  }
  committed_ = rc == SQLITE_OK;
  return committed_ ? Status() : writer_.Error(rc, "cannot write the cache file");
}

Status Writer::WriteBatch() {
  if (options_.damaged->load(std::memory_order_relaxed)) HealFile();
  TAPPS_RETURN_IF_ERROR(Connect());
  TAPPS_RETURN_IF_ERROR(removal_.Look(writer_, queue_->FirstRemoval()));
  EncodeValues();
  const bool full = queue_->NeedsFull();
  if (full) writer_.Exec("PRAGMA synchronous=FULL");
  Changes changes;
  Status status = Begin();
  if (status.ok()) {
    taken_ = queue_->Take(one_by_one_ > 0 ? 0 : static_cast<size_t>(options_.limits.Batch()));
    status = WriteGroups(&changes);
    if (!committed_) {
      writer_.Rollback();
      entries_.DropTotals();
    }
  }
  if (full) writer_.Exec("PRAGMA synchronous=NORMAL");
  if (!committed_) return status;
  stats_.commits.fetch_add(1, std::memory_order_relaxed);
  stats_.records.fetch_add(static_cast<int64_t>(changes.size()), std::memory_order_relaxed);
  return full ? Status() : SyncNow();
}

// A group that wants to be on the platter came after synchronous was chosen: it waits for one more
// sync, which covers every frame before it. Until then nobody knows whether it is there.
Status Writer::SyncNow() {
  bool any = false;
  for (const auto& group : taken_) {
    if (group->durability != TAPPS_DURABILITY_FULL || !group->refusal.ok()) continue;
    group->refusal = Status::Bare(TAPPS_E_OUTCOME_UNKNOWN);
    any = true;
  }
  if (!any) return {};
  writer_.Exec("PRAGMA synchronous=FULL");
  const int rc = feed_.Append(options_.origin, {});
  Status synced = rc == SQLITE_OK ? Status() : writer_.Error(rc, "cannot sync the cache file");
  writer_.Exec("PRAGMA synchronous=NORMAL");
  for (const auto& group : taken_) {
    if (group->refusal.code() != TAPPS_E_OUTCOME_UNKNOWN) continue;
    group->refusal = synced.ok() ? Status() : Status(TAPPS_E_OUTCOME_UNKNOWN, synced.detail());
  }
  return synced;
}

int Writer::Apply(WriteGroup& group, Changes* changes) {
  group.refusal = {};
  if (const int rc = entries_.CheckConditions(group); rc != SQLITE_OK) return rc;
  if (group.lease && group.refusal.ok()) {
    const int rc = leases_.Apply(*group.lease, options_.clock->WallNow(), &group.refusal,
                                 &group.lease_until_us);
    if (rc != SQLITE_OK) return rc;
  }
  if (group.remove) {
    changes->everything = true;  // also what memory has and the file has not any more
    return removal_.Apply(writer_, entries_, group);
  }
  return group.refusal.ok() ? entries_.Apply(group, changes) : SQLITE_OK;
}

int Writer::AddFeedRows(const Changes& changes) {
  if (changes.everything) return feed_.AppendEverything();
  if (!changes.own.empty()) {
    if (const int rc = feed_.Append(options_.origin, changes.own); rc != SQLITE_OK) return rc;
  }
  return changes.told.empty() ? SQLITE_OK : feed_.Append(FeedLog::kNobody, changes.told);
}

}  // namespace tapps::storage
