#include "storage/writer.h"

#include <algorithm>
#include <utility>

#include "storage/checkpoint.h"

namespace tapps::storage {
namespace {

constexpr size_t kBatchBytes = 16 << 20;       // of one transaction
constexpr int64_t kLockedAfter = 1 * kSecond;  // of waiting, the state says so
constexpr int64_t kRetryAfter = 200 * kMillisecond;
constexpr int64_t kGiveUp = 60 * kSecond;  // after Stop, with nothing going right

constexpr const char* kSqlText[] = {
    "SELECT id FROM entries WHERE dead > 0 AND dead <= ?1 LIMIT ?2",
    "SELECT id, last_used FROM entries WHERE id > ?1 ORDER BY id LIMIT ?2",
    "PRAGMA page_count",
    "PRAGMA freelist_count",
};

int64_t Monotonic() { return Clock::Real().MonotonicNow(); }

bool IsEnvironment(int32_t code) {
  return code != TAPPS_E_TOO_LARGE && code != TAPPS_E_INTERNAL && code != TAPPS_E_INVALID;
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::Open(Options options, std::shared_ptr<WriteQueue> queue) {
  std::unique_ptr<Writer> made(new Writer(std::move(options), std::move(queue)));
  TAPPS_RETURN_IF_ERROR(made->Connect());
  return made;
}

Status Writer::Connect() {
  const Result<int64_t> generation = options_.file_generation();
  if (!generation.ok()) return generation.status();
  if (*generation == generation_) return {};
  sql_ = {};  // before the connection they belong to
  entries_.Reset();
  leases_.Reset();
  feed_.Reset();
  Result<Connection> writer = Connection::Open(options_.path, Connection::Mode::kReadWrite);
  if (!writer.ok()) return std::move(writer).status();
  Result<Connection> checkpointer = Connection::Open(options_.path, Connection::Mode::kReadWrite);
  if (!checkpointer.ok()) return std::move(checkpointer).status();
  writer_ = *std::move(writer);
  checkpointer_ = *std::move(checkpointer);
  hand_ = 0;
  wal_frames_ = 0;
  checkpoint_at_frames_ = 0;
  TAPPS_RETURN_IF_ERROR(PrepareStatements());
  generation_ = *generation;
  return {};
}

Status Writer::PrepareStatements() {
  writer_.SetBusyHandler([this] { return KeepWaitingForLock(); });
  writer_.Exec("PRAGMA synchronous=NORMAL");
  for (size_t i = 0; i < sql_.size(); ++i) {
    Result<Statement> statement = writer_.Prepare(kSqlText[i]);
    if (!statement.ok()) return std::move(statement).status();
    sql_[i] = *std::move(statement);
  }
  TAPPS_RETURN_IF_ERROR(entries_.Prepare(writer_));
  TAPPS_RETURN_IF_ERROR(leases_.Prepare(writer_));
  TAPPS_RETURN_IF_ERROR(feed_.Prepare(writer_));
  const Result<int64_t> page_size = writer_.QueryInt("PRAGMA page_size", 4096);
  if (!page_size.ok()) return page_size.status();
  page_size_ = *page_size;
  sqlite3_wal_hook(
      writer_.handle(),
      [](void* self, sqlite3*, const char*, int frames) {
        static_cast<Writer*>(self)->wal_frames_ = frames;
        return SQLITE_OK;
      },
      this);
  return {};
}

bool Writer::KeepWaitingForLock() {
  const int64_t now = Monotonic();
  if (lock_wait_began_us_ == 0) lock_wait_began_us_ = now;
  const Status why(TAPPS_E_TIMEOUT, "another process holds the write lock of the cache file");
  if (now - lock_wait_began_us_ >= kLockedAfter) {
    SetState(TAPPS_STATE_LOCKED, why);
    queue_->SetFailing(true);
  }
  queue_->ExpireOverdue(why);
  if (!queue_->stopped()) return true;
  if (stop_began_us_ == 0) stop_began_us_ = now;
  return now - stop_began_us_ < kGiveUp;
}

void Writer::Run() {
  while (queue_->WaitForWork()) {
    Groups groups;
    const int64_t began = Monotonic();
    const Status status = WriteBatch(&groups);
    lock_wait_began_us_ = 0;
    if (status.ok()) {
      stats_.commit_ns.Record((Monotonic() - began) * 1000);
      SetState(TAPPS_STATE_OK, status);
      queue_->SetFailing(false);
      queue_->Finish(groups, status);
      if (const Status upkeep = Upkeep(); !upkeep.ok()) Fail(upkeep);
      continue;
    }
    stats_.failures.fetch_add(1, std::memory_order_relaxed);
    if (!IsEnvironment(status.code())) {
      queue_->Finish(groups, status);  // trying again would fail again
      continue;
    }
    queue_->Return(groups);
    Fail(status);
    if (status.code() != TAPPS_E_BUSY) queue_->FailWaiting(status);
    if (queue_->stopped()) {
      if (stop_began_us_ == 0) stop_began_us_ = Monotonic();
      if (Monotonic() - stop_began_us_ >= kGiveUp) break;
    }
    queue_->WaitForRetry(kRetryAfter);
  }
  // What could not be written in all that time is answered, not dropped in silence.
  queue_->Finish(queue_->Take(SIZE_MAX),
                 Status(TAPPS_E_IO, "the cache was closed before it could be written"));
}

void Writer::Fail(const Status& why) {
  int32_t state = TAPPS_STATE_FAILED;
  if (why.code() == TAPPS_E_BUSY) state = TAPPS_STATE_LOCKED;
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

Status Writer::WriteBatch(Groups* groups) {
  TAPPS_RETURN_IF_ERROR(Connect());
  const bool full = queue_->NeedsFull();
  if (full) writer_.Exec("PRAGMA synchronous=FULL");
  int rc = writer_.Exec("BEGIN IMMEDIATE");
  const char* what = "cannot lock the cache file for writing";
  Changes changes;
  if (rc == SQLITE_OK) {
    what = "cannot write the cache file";
    *groups = queue_->Take(kBatchBytes);
    for (const auto& group : *groups) {
      if (rc == SQLITE_OK) rc = Apply(*group, &changes);
    }
    if (rc == SQLITE_OK) rc = AddFeedRows(changes);
    if (rc == SQLITE_OK) rc = writer_.Exec("COMMIT");
  }
  Status status = rc == SQLITE_OK ? Status() : writer_.Error(rc, what);
  if (rc != SQLITE_OK && !sqlite3_get_autocommit(writer_.handle())) writer_.Exec("ROLLBACK");
  if (full) writer_.Exec("PRAGMA synchronous=NORMAL");
  if (!status.ok()) return status;
  stats_.commits.fetch_add(1, std::memory_order_relaxed);
  stats_.records.fetch_add(static_cast<int64_t>(changes.size()), std::memory_order_relaxed);
  // A group that wants to be on the platter came after synchronous was chosen: it waits for the
  // next round's sync, which covers every frame before it.
  if (!full && std::any_of(groups->begin(), groups->end(), [](const auto& group) {
        return group->durability == TAPPS_DURABILITY_FULL;
      })) {
    writer_.Exec("PRAGMA synchronous=FULL");
    rc = feed_.Append(options_.origin, {});
    Status synced = rc == SQLITE_OK ? Status() : writer_.Error(rc, "cannot sync the cache file");
    writer_.Exec("PRAGMA synchronous=NORMAL");
    return synced;
  }
  return {};
}

int Writer::Apply(WriteGroup& group, Changes* changes) {
  group.refusal = {};
  if (const int rc = entries_.CheckConditions(group); rc != SQLITE_OK) return rc;
  if (group.lease && group.refusal.ok()) {
    const int rc = leases_.Apply(*group.lease, options_.clock->WallNow(), &group.refusal,
                                 &group.lease_until_us);
    if (rc != SQLITE_OK) return rc;
  }
  return group.refusal.ok() ? entries_.Apply(group, changes) : SQLITE_OK;
}

int Writer::AddFeedRows(const Changes& changes) {
  if (!changes.own.empty()) {
    if (const int rc = feed_.Append(options_.origin, changes.own); rc != SQLITE_OK) return rc;
  }
  return changes.told.empty() ? SQLITE_OK : feed_.Append(FeedLog::kNobody, changes.told);
}

}  // namespace tapps::storage
