#include "storage/writer.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "storage/change_feed.h"
#include "storage/checkpoint.h"

namespace tapps::storage {
namespace {

constexpr size_t kBatchBytes = 16 << 20;       // of one transaction
constexpr size_t kMaxFeedHashes = 32768;       // in one feed row; more are "everything"
constexpr int64_t kFeedRows = 4096;            // kept for readers that come late
constexpr int64_t kTrimEvery = 256;            // commits
constexpr size_t kTrimBytes = 1 << 20;         // or bytes of hashes
constexpr int64_t kFeedBytes = 4 << 20;        // kept
constexpr int64_t kLockedAfter = 1 * kSecond;  // of waiting, the state says so
constexpr int64_t kRetryAfter = 200 * kMillisecond;
constexpr int64_t kGiveUp = 60 * kSecond;  // after Stop, with nothing going right

constexpr const char* kSqlText[] = {
    "SELECT id, key, space, tags IS NOT NULL FROM entries WHERE hash = ?1",
    "INSERT INTO entries(hash, space, key, version, created, expires, stale_until, dead, sliding, "
    "last_used, hits, flags, checksum, content_type, source, tags, json, value) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?5, 0, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    "UPDATE entries SET version = ?4, created = ?5, expires = ?6, stale_until = ?7, dead = ?8, "
    "sliding = ?9, last_used = ?5, flags = ?10, checksum = ?11, content_type = ?12, source = ?13, "
    "tags = ?14, json = ?15, value = ?16 WHERE id = ?17",
    "UPDATE entries SET version = ?2, expires = ?3, stale_until = ?4, dead = ?5, last_used = ?6 "
    "WHERE id = ?1",
    "DELETE FROM entries WHERE id = ?1",
    "DELETE FROM tags WHERE entry = ?1",
    "INSERT OR IGNORE INTO tags(tag, entry) VALUES(?1, ?2)",
    "INSERT INTO changes(seq, origin, hashes) SELECT max(seq) + 1, ?1, ?2 FROM changes",
    "SELECT max(seq) FROM (SELECT seq, row_number() OVER newest AS n, sum(length(hashes)) OVER "
    "newest "
    "AS bytes FROM changes WINDOW newest AS (ORDER BY seq DESC)) WHERE n > ?1 OR bytes > ?2",
    "DELETE FROM changes WHERE seq <= ?1",
    "SELECT id FROM entries WHERE dead > 0 AND dead <= ?1 LIMIT ?2",
    "SELECT id, last_used FROM entries WHERE id > ?1 ORDER BY id LIMIT ?2",
    "PRAGMA page_count",
    "PRAGMA freelist_count",
};

int64_t Monotonic() { return Clock::Real().MonotonicNow(); }

bool IsEnvironment(int32_t code) {
  return code != TAPPS_E_TOO_LARGE && code != TAPPS_E_INTERNAL && code != TAPPS_E_INVALID;
}

// When nobody may be served an entry any more.
int64_t DeadAt(const ValueInfo& info) {
  return info.expires_us == 0 ? 0 : std::max(info.expires_us, info.stale_until_us);
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
  std::vector<uint64_t> changed;
  if (rc == SQLITE_OK) {
    what = "cannot write the cache file";
    *groups = queue_->Take(kBatchBytes);
    for (const auto& group : *groups) {
      if (rc == SQLITE_OK) rc = Apply(*group, &changed);
    }
    if (rc == SQLITE_OK && !changed.empty()) rc = AddFeedRow(changed);
    if (rc == SQLITE_OK) rc = writer_.Exec("COMMIT");
  }
  Status status = rc == SQLITE_OK ? Status() : writer_.Error(rc, what);
  if (rc != SQLITE_OK && !sqlite3_get_autocommit(writer_.handle())) writer_.Exec("ROLLBACK");
  if (full) writer_.Exec("PRAGMA synchronous=NORMAL");
  if (!status.ok()) return status;
  stats_.commits.fetch_add(1, std::memory_order_relaxed);
  stats_.records.fetch_add(static_cast<int64_t>(changed.size()), std::memory_order_relaxed);
  // A group that wants to be on the platter came after synchronous was chosen: it waits for the
  // next round's sync, which covers every frame before it.
  if (!full && std::any_of(groups->begin(), groups->end(), [](const auto& group) {
        return group->durability == TAPPS_DURABILITY_FULL;
      })) {
    writer_.Exec("PRAGMA synchronous=FULL");
    rc = AddFeedRow({});
    Status synced = rc == SQLITE_OK ? Status() : writer_.Error(rc, "cannot sync the cache file");
    writer_.Exec("PRAGMA synchronous=NORMAL");
    return synced;
  }
  return {};
}

int Writer::Apply(WriteGroup& group, std::vector<uint64_t>* changed) {
  for (const Record& record : group.records) {
    if (const int rc = ApplyRecord(record); rc != SQLITE_OK) return rc;
    changed->push_back(record.hash);
  }
  if (!group.remove) return SQLITE_OK;
  return RemoveAll(*group.remove, group, changed);
}

int Writer::FindId(const Record& record, int64_t* id) {
  Statement& find = sql_[kFindId];
  const ScopedReset reset(find);
  find.Bind(1, static_cast<int64_t>(record.hash));
  int rc = SQLITE_ROW;
  while ((rc = find.Step()) == SQLITE_ROW) {
    if (find.Bytes(1) == record.key && find.Bytes(2) == record.space) {
      *id = find.Int(0);
      return SQLITE_OK;
    }
  }
  *id = 0;
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int Writer::ApplyRecord(const Record& record) {
  int64_t id = 0;
  if (const int rc = FindId(record, &id); rc != SQLITE_OK) return rc;
  switch (record.kind) {
    case Record::Kind::kPut:
      return Upsert(record, id);
    case Record::Kind::kDelete:
      return id == 0 ? SQLITE_OK : Erase(id);
    case Record::Kind::kTouch:
      break;
  }
  if (id == 0) return SQLITE_OK;
  const ValueInfo& info = record.value->info();
  sql_[kTouch].Bind(1, id).Bind(2, info.version).Bind(3, info.expires_us);
  sql_[kTouch].Bind(4, info.stale_until_us).Bind(5, DeadAt(info));
  return sql_[kTouch].Bind(6, options_.clock->WallNow()).Run();
}

int Writer::Upsert(const Record& record, int64_t id) {
  const Value& value = *record.value;
  const ValueInfo& info = value.info();
  Statement& sql = sql_[id == 0 ? kInsert : kUpdate];
  if (id == 0) {
    sql.Bind(1, static_cast<int64_t>(record.hash))
        .BindText(2, record.space)
        .BindBlob(3, record.key);
  } else {
    sql.Bind(17, id);
  }
  sql.Bind(4, info.version).Bind(5, info.created_us).Bind(6, info.expires_us);
  sql.Bind(7, info.stale_until_us).Bind(8, DeadAt(info)).Bind(9, info.sliding_us);
  sql.Bind(10, info.flags & TAPPS_VALUE_NEGATIVE);
  sql.Bind(11, static_cast<int64_t>(Hash64(value.bytes())));
  sql.BindOptional(12, value.text(TAPPS_TEXT_CONTENT_TYPE));
  sql.BindOptional(13, value.text(TAPPS_TEXT_SOURCE));
  sql.BindOptional(14, value.text(TAPPS_TEXT_TAGS));
  sql.BindOptional(15, value.text(TAPPS_TEXT_JSON));
  sql.BindBlob(16, value.bytes());
  if (const int rc = sql.Run(); rc != SQLITE_OK) return rc;
  const bool fresh = id == 0;
  if (fresh) id = sqlite3_last_insert_rowid(writer_.handle());
  return SetTags(id, value.text(TAPPS_TEXT_TAGS), fresh);
}

int Writer::SetTags(int64_t id, std::string_view tags, bool fresh) {
  if (!fresh) {
    if (const int rc = sql_[kDeleteTags].Bind(1, id).Run(); rc != SQLITE_OK) return rc;
  }
  while (!tags.empty()) {
    const size_t end = std::min(tags.find('\n'), tags.size());
    if (end > 0) {
      const int rc = sql_[kInsertTag].BindText(1, tags.substr(0, end)).Bind(2, id).Run();
      if (rc != SQLITE_OK) return rc;
    }
    tags.remove_prefix(std::min(end + 1, tags.size()));
  }
  return SQLITE_OK;
}

int Writer::Erase(int64_t id) {
  if (const int rc = sql_[kDeleteTags].Bind(1, id).Run(); rc != SQLITE_OK) return rc;
  return sql_[kDelete].Bind(1, id).Run();
}

int Writer::RemoveAll(const Filter& filter, WriteGroup& group, std::vector<uint64_t>* changed) {
  std::string where = " WHERE ";
  where += filter.space.empty() ? "space NOT GLOB 'tapps.*'" : "space = ?1";
  if (!filter.prefix.empty()) where += " AND substr(key, 1, length(?2)) = ?2";
  if (!filter.tag.empty()) where += " AND id IN (SELECT entry FROM tags WHERE tag = ?3)";
  Result<Statement> select = writer_.Prepare("SELECT id, hash FROM entries" + where);
  if (!select.ok()) return select.status().detail().sqlite_code;
  if (!filter.space.empty()) select->BindText(1, filter.space);
  if (!filter.prefix.empty()) select->BindBlob(2, filter.prefix);
  if (!filter.tag.empty()) select->BindText(3, filter.tag);
  std::vector<int64_t> ids;
  int rc = SQLITE_ROW;
  while ((rc = select->Step()) == SQLITE_ROW) {
    ids.push_back(select->Int(0));
    changed->push_back(static_cast<uint64_t>(select->Int(1)));
  }
  if (rc != SQLITE_DONE) return rc;
  for (const int64_t id : ids) {
    if (rc = Erase(id); rc != SQLITE_OK) return rc;
  }
  group.removed = static_cast<int64_t>(ids.size());
  return SQLITE_OK;
}

int Writer::AddFeedRow(const std::vector<uint64_t>& changed) {
  Statement& add = sql_[kAddRow];
  add.Bind(1, options_.origin);
  const std::string packed = PackHashes(changed);
  if (changed.size() > kMaxFeedHashes) {
    add.BindNull(2);
  } else {
    add.BindBlob(2, packed);
    feed_bytes_ += packed.size();
  }
  if (const int rc = add.Run(); rc != SQLITE_OK) return rc;
  if (--commits_until_trim_ > 0 && feed_bytes_ < kTrimBytes) return SQLITE_OK;
  commits_until_trim_ = kTrimEvery;
  feed_bytes_ = 0;
  return TrimFeed();
}

int Writer::TrimFeed() {
  Statement& floor = sql_[kFeedFloor];
  const ScopedReset reset(floor);
  if (const int rc = floor.Bind(1, kFeedRows).Bind(2, kFeedBytes).Step(); rc != SQLITE_ROW)
    return rc;
  const int64_t seq = floor.Int(0);
  floor.Reset();
  return sql_[kTrimRows].Bind(1, seq).Run();
}

}  // namespace tapps::storage
