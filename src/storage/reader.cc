#include "storage/reader.h"

#include <cstring>
#include <new>

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
  kId,
  kHash,
};
constexpr char kColumns[] =
    "SELECT key, space, version, created, expires, stale_until, sliding, flags, checksum, "
    "content_type, source, tags, json, value, id, hash FROM entries WHERE ";

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
    "SELECT id, space, key, content_type, " TAPPS_VALUE_BYTES_SQL
    ", created, expires, last_used, hits, flags "
    "FROM entries WHERE id > ?1 AND (dead = 0 OR dead > ?2) AND (?3 = '' OR space = ?3) "
    "AND substr(key, 1, length(?4)) = ?4 ";
// Found by the index of tags, where all others are found by reading all entries.
constexpr char kTagged[] = "AND id IN (SELECT entry FROM tags WHERE tag = ?6) ";
constexpr char kPage[] = "ORDER BY id LIMIT ?5";

constexpr char kChunks[] = "SELECT bytes FROM chunks WHERE id BETWEEN ?1 AND ?2 ORDER BY id";

// No value is larger, whatever a damaged row says.
constexpr size_t kMaxLength = size_t{256} << 20;

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
  Result<Statement> find = reader->connection_->Prepare(std::string(kColumns) + "hash = ?1");
  if (!find.ok()) return std::move(find).status();
  reader->find_ = *std::move(find);
  return reader;
}

Result<ValueRef> Reader::Find(uint64_t hash, std::string_view space, std::string_view key) {
  const ScopedReset reset(find_);
  find_.Bind(1, static_cast<int64_t>(hash));
  int rc = SQLITE_ROW;
  while ((rc = find_.Step()) == SQLITE_ROW) {
    if (find_.Bytes(kKey) == key && find_.Bytes(kSpace) == space) return Build(find_, space);
  }
  if (rc == SQLITE_DONE) return Status::Bare(TAPPS_E_NOT_FOUND);
  return connection_->Error(rc, "cannot read an entry");
}

Result<ValueRef> Reader::FindById(int64_t id, uint64_t* hash, std::string* space,
                                  std::string* key) {
  TAPPS_RETURN_IF_ERROR(PrepareOnce((std::string(kColumns) + "id = ?1").c_str(), &find_by_id_));
  const ScopedReset reset(find_by_id_);
  const int rc = find_by_id_.Bind(1, id).Step();
  if (rc == SQLITE_DONE) return Status::Bare(TAPPS_E_NOT_FOUND);
  if (rc != SQLITE_ROW) return connection_->Error(rc, "cannot read an entry");
  *hash = static_cast<uint64_t>(find_by_id_.Int(kHash));
  *space = find_by_id_.Bytes(kSpace);
  *key = find_by_id_.Bytes(kKey);
  return Build(find_by_id_, *space);
}

Result<ValueRef> Reader::Build(Statement& row, std::string_view space) {
  const int64_t flags = row.Int(kFlags);
  ValueInfo info;
  info.version = row.Int(kVersion);
  info.created_us = row.Int(kCreated);
  info.expires_us = row.Int(kExpires);
  info.stale_until_us = row.Int(kStaleUntil);
  info.sliding_us = row.Int(kSliding);
  info.flags = static_cast<uint32_t>(flags & kPublicFlags);
  info.served_from = TAPPS_FROM_MEMORY;  // as it will be for all but the caller
  const std::vector<ValueText> texts = {{TAPPS_TEXT_CONTENT_TYPE, row.Bytes(kContentType)},
                                        {TAPPS_TEXT_SOURCE, row.Bytes(kSource)},
                                        {TAPPS_TEXT_TAGS, row.Bytes(kTags)},
                                        {TAPPS_TEXT_JSON, row.Bytes(kJson)}};
  const bool plain = (flags & (kZstdFlag | kChunksFlag)) == 0;
  const size_t size = plain ? row.Bytes(kValue).size() : static_cast<size_t>(flags >> kLengthShift);
  ValueRef value;
  bool whole = size <= kMaxLength;
  if (whole) {
    char* out = nullptr;
    value = Value::MakeUninitialized(size, info, texts, &out);
    if (plain) {
      const std::string_view bytes = row.Bytes(kValue);
      if (size > 0) std::memcpy(out, bytes.data(), size);
    } else {
      const Status decoded = Decode(row, flags, out, size);
      if (decoded.detail().sqlite_code != 0) return decoded;
      whole = decoded.ok();
    }
  }
  if (whole && Hash64(value->bytes()) == static_cast<uint64_t>(row.Int(kChecksum))) return value;
  return Status(TAPPS_E_CORRUPT, "the checksum of an entry in " + std::string(space) +
                                     " is wrong (key of " + std::to_string(row.Bytes(kKey).size()) +
                                     " bytes)");
}

// Fills `out` from a row, or its chunks, whose flags say how (storage/value_codec.h). Bare CORRUPT
// when they do not give `size` bytes.
Status Reader::Decode(Statement& row, int64_t flags, char* out, size_t size) {
  size_t filled = 0;
  const bool zstd = (flags & kZstdFlag) != 0;
  if (zstd) decompressor_.Begin(out, size);
  const auto take = [&](std::string_view part) {
    if (zstd) return decompressor_.Feed(part);
    if (part.size() > size - filled) return false;
    if (!part.empty()) std::memcpy(out + filled, part.data(), part.size());
    filled += part.size();
    return true;
  };
  bool right = true;
  if ((flags & kChunksFlag) == 0) {
    right = take(row.Bytes(kValue));
  } else {
    TAPPS_RETURN_IF_ERROR(PrepareOnce(kChunks, &chunks_));
    const ScopedReset reset(chunks_);
    // The statement of the row is still open: both see one state of the file.
    const int64_t first = row.Int(kId) * kChunkIds;
    chunks_.Bind(1, first).Bind(2, first + kChunkIds - 1);
    int rc = SQLITE_ROW;
    while (right && (rc = chunks_.Step()) == SQLITE_ROW) right = take(chunks_.Bytes(0));
    if (right && rc != SQLITE_DONE) return connection_->Error(rc, "cannot read an entry");
  }
  right = right && (zstd ? decompressor_.Complete() : filled == size);
  return right ? Status() : Status::Bare(TAPPS_E_CORRUPT);
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
    info.flags = static_cast<uint32_t>(head_.Int(kHeadFlags) & kPublicFlags);
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
  Result<Statement> count =
      connection_->Prepare("SELECT count(*), total(length(key) + " TAPPS_VALUE_BYTES_SQL
                           ") FROM entries "
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

bool Reader::InView() const { return sqlite3_get_autocommit(connection_->handle()) == 0; }

Result<std::vector<Listed>> Reader::List(std::string_view space, std::string_view prefix,
                                         int64_t after_id, int64_t now_us, size_t limit,
                                         std::string_view tag) {
  Result<Statement> list =
      connection_->Prepare(std::string(kList) + (tag.empty() ? "" : kTagged) + kPage);
  if (!list.ok()) return std::move(list).status();
  if (!tag.empty()) list->BindText(6, tag);
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
    entry.flags = static_cast<uint32_t>(list->Int(9) & kPublicFlags);
    found.push_back(std::move(entry));
  }
  if (rc != SQLITE_DONE) return connection_->Error(rc, "cannot list entries");
  return found;
}

Result<Reader::Totals> Reader::ReadTotals() {
  // A count of the rows takes as long as there are rows; a file of minor 0 has no totals.
  auto entries = connection_->QueryInt("SELECT coalesce(sum(entries), 0) FROM totals");
  if (!entries.ok()) entries = connection_->QueryInt("SELECT count(*) FROM entries");
  if (!entries.ok()) return entries.status();
  const auto page_size = connection_->QueryInt("PRAGMA page_size");
  const auto pages = connection_->QueryInt("PRAGMA page_count");
  const auto free = connection_->QueryInt("PRAGMA freelist_count");
  for (const auto* read : {&page_size, &pages, &free}) {
    if (!read->ok()) return read->status();
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
  if (reader->InView()) return;  // whoever had it did not come to the end
  MutexLock lock(mu_);
  if (generation != generation_ || idle_.size() >= kMaxIdle) return;
  try {
    idle_.push_back(std::move(reader));
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): it is closed, then
  }
}

void ReaderPool::Renew() {
  std::vector<std::unique_ptr<Reader>> closed;
  MutexLock lock(mu_);
  ++generation_;
  closed.swap(idle_);
}

}  // namespace tapps::storage
