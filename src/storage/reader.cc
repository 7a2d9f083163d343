#include "storage/reader.h"

#include <cstring>

#include "base/clock.h"
#include "base/hash.h"
#include "storage/entry_table.h"

namespace tapps::storage {
namespace {

// Columns of the statement behind Find, in its order.
enum FindColumn {
  kKey,
  kSpace,
  kVersion,
  kCreated,
  kExpires,
  kStaleUntil,
  kSliding,
  kFlags,
  kChecksum,
  kContentType,
  kSource,
  kTags,
  kJson,
  kValue,
};
constexpr char kFind[] =
    "SELECT key, space, version, created, expires, stale_until, sliding, flags, checksum, "
    "content_type, source, tags, json, value FROM entries WHERE hash = ?1";

enum HeadColumn {
  kHeadKey,
  kHeadSpace,
  kHeadVersion,
  kHeadCreated,
  kHeadExpires,
  kHeadStaleUntil,
  kHeadSliding,
  kHeadFlags
};
constexpr char kHead[] =
    "SELECT key, space, version, created, expires, stale_until, sliding, flags FROM entries "
    "WHERE hash = ?1";

constexpr char kList[] =
    "SELECT id, space, key, content_type, length(value), created, expires, last_used, hits, flags "
    "FROM entries WHERE id > ?1 AND (dead = 0 OR dead > ?2) AND (?3 = '' OR space = ?3) "
    "AND substr(key, 1, length(?4)) = ?4 ORDER BY id LIMIT ?5";

// Readers wait for a recovery or a change of mode by another process, never for a writer.
constexpr int64_t kMaxWait = 100 * kMillisecond;

}  // namespace

Result<std::unique_ptr<Reader>> Reader::Open(const std::string& path) {
  Result<Connection> connection = Connection::Open(path, Connection::Mode::kReadOnly);
  if (!connection.ok()) return std::move(connection).status();
  std::unique_ptr<Reader> reader(new Reader());
  reader->connection_ = std::make_unique<Connection>(*std::move(connection));
  const int rc = sqlite3_busy_timeout(reader->connection_->handle(), kMaxWait / kMillisecond);
  if (rc != SQLITE_OK) return reader->connection_->Error(rc, "cannot set a time-out");
  Result<Statement> find = reader->connection_->Prepare(kFind);
  if (!find.ok()) return std::move(find).status();
  reader->find_ = *std::move(find);
  return reader;
}

Result<ValueRef> Reader::Find(uint64_t hash, std::string_view space, std::string_view key) {
  const ScopedReset reset(find_);
  find_.Bind(1, static_cast<int64_t>(hash));
  int rc = SQLITE_ROW;
  while ((rc = find_.Step()) == SQLITE_ROW) {
    if (find_.Bytes(kKey) == key && find_.Bytes(kSpace) == space) return Build(space, key);
  }
  if (rc == SQLITE_DONE) return Status::Bare(TAPPS_E_NOT_FOUND);
  return connection_->Error(rc, "cannot read an entry");
}

Result<ValueRef> Reader::Build(std::string_view space, std::string_view key) {
  const std::string_view bytes = find_.Bytes(kValue);
  if (Hash64(bytes) != static_cast<uint64_t>(find_.Int(kChecksum))) {
    return Status(TAPPS_E_CORRUPT, "the checksum of an entry in " + std::string(space) +
                                       " is wrong (key of " + std::to_string(key.size()) +
                                       " bytes)");
  }
  ValueInfo info;
  info.version = find_.Int(kVersion);
  info.created_us = find_.Int(kCreated);
  info.expires_us = find_.Int(kExpires);
  info.stale_until_us = find_.Int(kStaleUntil);
  info.sliding_us = find_.Int(kSliding);
  info.flags = static_cast<uint32_t>(find_.Int(kFlags));
  info.served_from = TAPPS_FROM_MEMORY;  // as it will be for all but the caller
  const std::vector<ValueText> texts = {{TAPPS_TEXT_CONTENT_TYPE, find_.Bytes(kContentType)},
                                        {TAPPS_TEXT_SOURCE, find_.Bytes(kSource)},
                                        {TAPPS_TEXT_TAGS, find_.Bytes(kTags)},
                                        {TAPPS_TEXT_JSON, find_.Bytes(kJson)}};
  return Value::Make(bytes, info, texts);
}

Result<ValueInfo> Reader::Head(uint64_t hash, std::string_view space, std::string_view key) {
  TAPPS_RETURN_IF_ERROR(PrepareOnce(kHead, &head_));
  const ScopedReset reset(head_);
  head_.Bind(1, static_cast<int64_t>(hash));
  int rc = SQLITE_ROW;
  while ((rc = head_.Step()) == SQLITE_ROW) {
    if (head_.Bytes(kHeadKey) != key || head_.Bytes(kHeadSpace) != space) continue;
    ValueInfo info;
    info.version = head_.Int(kHeadVersion);
    info.created_us = head_.Int(kHeadCreated);
    info.expires_us = head_.Int(kHeadExpires);
    info.stale_until_us = head_.Int(kHeadStaleUntil);
    info.sliding_us = head_.Int(kHeadSliding);
    info.flags = static_cast<uint32_t>(head_.Int(kHeadFlags));
    info.served_from = TAPPS_FROM_DISK;
    return info;
  }
  if (rc == SQLITE_DONE) return Status::Bare(TAPPS_E_NOT_FOUND);
  return connection_->Error(rc, "cannot read an entry");
}

Status Reader::PrepareOnce(const char* sql, Statement* statement) {
  if (statement->prepared()) return {};
  Result<Statement> prepared = connection_->Prepare(sql);
  if (!prepared.ok()) return std::move(prepared).status();
  *statement = *std::move(prepared);
  return {};
}

Result<Reader::Count> Reader::CountEntries(const Filter& filter, int64_t now_us) {
  Result<Statement> count = connection_->Prepare(
      "SELECT count(*), total(length(key) + length(value)) FROM entries "
      "WHERE (dead = 0 OR dead > ?4) AND " +
      FilterSql(filter));
  if (!count.ok()) return std::move(count).status();
  BindFilter(*count, filter);
  const int rc = count->Bind(4, now_us).Step();
  if (rc != SQLITE_ROW) return connection_->Error(rc, "cannot count entries");
  return Count{count->Int(0), count->Int(1)};
}

Result<Lease> Reader::FindLease(const std::string& name) {
  const Status prepared = PrepareOnce(kFindLease, &find_lease_);
  // A file of an older minor that may only be read has no such table.
  if (prepared.detail().sqlite_code == SQLITE_ERROR) return Status::Bare(TAPPS_E_NOT_FOUND);
  TAPPS_RETURN_IF_ERROR(prepared);
  const ScopedReset reset(find_lease_);
  const int rc = find_lease_.BindText(1, name).Step();
  if (rc == SQLITE_ROW) return ReadLease(find_lease_);
  if (rc == SQLITE_DONE) return Status::Bare(TAPPS_E_NOT_FOUND);
  return connection_->Error(rc, "cannot read a lease");
}

Status Reader::BeginView() {
  const int rc = connection_->Exec("BEGIN");
  return rc == SQLITE_OK ? Status() : connection_->Error(rc, "cannot begin to read");
}

void Reader::EndView() { connection_->Exec("COMMIT"); }

Result<std::vector<Listed>> Reader::List(std::string_view space, std::string_view prefix,
                                         int64_t after_id, int64_t now_us, size_t limit) {
  Result<Statement> list = connection_->Prepare(kList);
  if (!list.ok()) return std::move(list).status();
  list->Bind(1, after_id).Bind(2, now_us).BindText(3, space).BindBlob(4, prefix);
  list->Bind(5, static_cast<int64_t>(limit));
  std::vector<Listed> found;
  int rc = SQLITE_ROW;
  while ((rc = list->Step()) == SQLITE_ROW) {
    Listed entry;
    entry.id = list->Int(0);
    entry.space = list->Bytes(1);
    entry.key = list->Bytes(2);
    entry.content_type = list->Bytes(3);
    entry.size = list->Int(4);
    entry.created_us = list->Int(5);
    entry.expires_us = list->Int(6);
    entry.last_used_us = list->Int(7);
    entry.hits = list->Int(8);
    entry.flags = static_cast<uint32_t>(list->Int(9));
    found.push_back(std::move(entry));
  }
  if (rc != SQLITE_DONE) return connection_->Error(rc, "cannot list entries");
  return found;
}

Result<Reader::Totals> Reader::ReadTotals() {
  const auto entries = connection_->QueryInt("SELECT count(*) FROM entries");
  if (!entries.ok()) return entries.status();
  const auto page_size = connection_->QueryInt("PRAGMA page_size");
  const auto pages = connection_->QueryInt("PRAGMA page_count");
  const auto free = connection_->QueryInt("PRAGMA freelist_count");
  if (!page_size.ok() || !pages.ok() || !free.ok()) {
    return Status(TAPPS_E_IO, "cannot read the size of the file");
  }
  return Totals{*entries, *pages * *page_size, *free * *page_size};
}

Result<ReaderPool::Lease> ReaderPool::Take() {
  int64_t generation = 0;
  {
    MutexLock lock(mu_);
    generation = generation_;
    if (!idle_.empty()) {
      std::unique_ptr<Reader> reader = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(reader), generation);
    }
  }
  Result<std::unique_ptr<Reader>> reader = Reader::Open(path_);
  if (!reader.ok()) return std::move(reader).status();
  return Lease(*this, *std::move(reader), generation);
}

void ReaderPool::Return(std::unique_ptr<Reader> reader, int64_t generation) {
  MutexLock lock(mu_);
  if (generation == generation_ && idle_.size() < kMaxIdle) idle_.push_back(std::move(reader));
}

void ReaderPool::Renew() {
  std::vector<std::unique_ptr<Reader>> closed;
  MutexLock lock(mu_);
  ++generation_;
  closed.swap(idle_);
}

}  // namespace tapps::storage
