#include "storage/entry_table.h"

#include <endian.h>

#include <algorithm>
#include <string>
#include <utility>

namespace tapps::storage {
namespace {

constexpr const char* kSqlText[] = {
    "SELECT id, key, space, version, expires, dead, flags, " TAPPS_STORED_BYTES_SQL
    " "
    "FROM entries WHERE hash = ?1",
    "INSERT INTO entries(hash, space, key, version, created, expires, stale_until, dead, sliding, "
    "last_used, hits, flags, checksum, content_type, source, tags, json, value) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?5, 0, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    "UPDATE entries SET version = ?4, created = ?5, expires = ?6, stale_until = ?7, dead = ?8, "
    "sliding = ?9, last_used = ?5, flags = ?10, checksum = ?11, content_type = ?12, source = ?13, "
    "tags = ?14, json = ?15, value = ?16 WHERE id = ?17",
    "UPDATE entries SET version = ?2, expires = ?3, stale_until = ?4, dead = ?5, last_used = ?6 "
    "WHERE id = ?1",
    "DELETE FROM entries WHERE id = ?1 RETURNING space, " TAPPS_STORED_BYTES_SQL,
    "DELETE FROM tags WHERE entry = ?1",
    "INSERT OR IGNORE INTO tags(tag, entry) VALUES(?1, ?2)",
    "INSERT INTO totals VALUES(?1, ?2, ?3) ON CONFLICT(space) DO UPDATE SET "
    "entries = entries + excluded.entries, bytes = bytes + excluded.bytes",
    "DELETE FROM totals WHERE space = ?1 AND entries <= 0",
    "INSERT OR REPLACE INTO chunks VALUES(?1, ?2)",
};

// When nobody may be served an entry any more.
int64_t DeadAt(const ValueInfo& info) {
  return info.expires_us == 0 ? 0 : std::max(info.expires_us, info.stale_until_us);
}

}  // namespace

std::string FilterSql(const Filter& filter) {
  std::string where = filter.space.empty() ? "space NOT GLOB 'tapps.*'" : "space = ?1";
  if (!filter.prefix.empty()) where += " AND substr(key, 1, length(?2)) = ?2";
  if (!filter.tag.empty()) where += " AND id IN (SELECT entry FROM tags WHERE tag = ?3)";
  return where;
}

void BindFilter(Statement& statement, const Filter& filter) {
  if (!filter.space.empty()) statement.BindText(1, filter.space);
  if (!filter.prefix.empty()) statement.BindBlob(2, filter.prefix);
  if (!filter.tag.empty()) statement.BindText(3, filter.tag);
}

Status EntryTable::Prepare(Connection& connection) {
  connection_ = &connection;
  for (size_t i = 0; i < sql_.size(); ++i) {
    Result<Statement> statement = connection.Prepare(kSqlText[i]);
    if (!statement.ok()) return std::move(statement).status();
    sql_[i] = *std::move(statement);
  }
  return {};
}

int EntryTable::CheckConditions(WriteGroup& group) {
  for (const Record& record : group.records) {
    if (!record.if_version) continue;
    Found found;
    if (const int rc = Find(record, &found); rc != SQLITE_OK) return rc;
    const int64_t now = clock_->WallNow();
    const bool dead = found.id == 0 || (found.dead_us > 0 && found.dead_us <= now);
    const bool absent = dead || (found.expires_us > 0 && found.expires_us <= now) ||
                        (found.flags & TAPPS_VALUE_NEGATIVE) != 0;
    // A touch was in time when it was asked for.
    const bool there = record.kind == Record::Kind::kTouch ? found.id != 0 : !dead;
    const bool holds = *record.if_version == Record::kAbsent
                           ? absent
                           : there && found.version == *record.if_version;
    if (holds) continue;
    group.current_version = dead ? 0 : found.version;
    group.refusal =
        Status(TAPPS_E_EXISTS, dead ? "the entry is not there any more"
                                    : "the entry has version " + std::to_string(found.version));
    return SQLITE_OK;
  }
  return SQLITE_OK;
}

int EntryTable::Apply(WriteGroup& group, Changes* changes) {
  for (const Record& record : group.records) {
    if (const int rc = ApplyRecord(record); rc != SQLITE_OK) return rc;
    (record.if_version ? changes->told : changes->own).push_back(record.hash);
  }
  return SQLITE_OK;
}

int EntryTable::Find(const Record& record, Found* found) {
  Statement& find = sql_[kFind];
  const ScopedReset reset(find);
  find.Bind(1, static_cast<int64_t>(record.hash));
  int rc = SQLITE_ROW;
  while ((rc = find.Step()) == SQLITE_ROW) {
    if (find.Bytes(1) != record.key || find.Bytes(2) != record.space) continue;
    *found = {
        find.Int(0), find.Int(3), find.Int(4), find.Int(5), static_cast<uint32_t>(find.Int(6)),
        find.Int(7)};
    return SQLITE_OK;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int EntryTable::ApplyRecord(const Record& record) {
  Found found;
  if (const int rc = Find(record, &found); rc != SQLITE_OK) return rc;
  switch (record.kind) {
    case Record::Kind::kPut:
      return Upsert(record, found);
    case Record::Kind::kDelete:
      return found.id == 0 ? SQLITE_OK : Erase(found.id);
    case Record::Kind::kTouch:
      break;
  }
  if (found.id == 0) return SQLITE_OK;
  const ValueInfo& info = record.value->info();
  sql_[kTouch].Bind(1, found.id).Bind(2, info.version).Bind(3, info.expires_us);
  sql_[kTouch].Bind(4, info.stale_until_us).Bind(5, DeadAt(info));
  return sql_[kTouch].Bind(6, clock_->WallNow()).Run();
}

int EntryTable::Upsert(const Record& record, const Found& found) {
  int64_t id = found.id;
  const Value& value = *record.value;
  const ValueInfo& info = value.info();
  EncodedValue own;
  if (!record.encoded) own = encoder_.Encode(value);
  const EncodedValue& stored = record.encoded ? *record.encoded : own;
  const std::string_view bytes = stored.Bytes(value);
  const bool chunks = (stored.flags & kChunksFlag) != 0;
  const uint64_t length = htole64(bytes.size());
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
  sql.Bind(10, stored.flags).Bind(11, stored.checksum);
  sql.BindOptional(12, value.text(TAPPS_TEXT_CONTENT_TYPE));
  sql.BindOptional(13, value.text(TAPPS_TEXT_SOURCE));
  sql.BindOptional(14, value.text(TAPPS_TEXT_TAGS));
  sql.BindOptional(15, value.text(TAPPS_TEXT_JSON));
  sql.BindBlob(
      16, chunks ? std::string_view(reinterpret_cast<const char*>(&length), sizeof length) : bytes);
  if (const int rc = sql.Run(); rc != SQLITE_OK) return rc;
  const bool fresh = id == 0;
  if (fresh) id = sqlite3_last_insert_rowid(connection_->handle());
  const size_t counted = record.key.size() + (chunks ? value.bytes().size() : bytes.size());
  Count(record.space, fresh ? 1 : 0, static_cast<int64_t>(counted) - found.bytes);
  // After the update: that has removed the chunks of the value before.
  if (chunks) {
    if (const int rc = StoreChunks(id, bytes); rc != SQLITE_OK) return rc;
  }
  return SetTags(id, value.text(TAPPS_TEXT_TAGS), fresh);
}

int EntryTable::StoreChunks(int64_t id, std::string_view bytes) {
  for (int64_t at = id * kChunkIds; !bytes.empty(); ++at) {
    const std::string_view chunk = bytes.substr(0, kChunk);
    const int rc = sql_[kInsertChunk].Bind(1, at).BindBlob(2, chunk).Run();
    if (rc != SQLITE_OK) return rc;
    bytes.remove_prefix(chunk.size());
  }
  return SQLITE_OK;
}

int EntryTable::SetTags(int64_t id, std::string_view tags, bool fresh) {
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

int EntryTable::Erase(int64_t id) {
  if (const int rc = sql_[kDeleteTags].Bind(1, id).Run(); rc != SQLITE_OK) return rc;
  Statement& erase = sql_[kDelete];
  const ScopedReset reset(erase);
  int rc = erase.Bind(1, id).Step();
  if (rc == SQLITE_ROW) {
    Count(erase.Bytes(0), -1, -erase.Int(1));
    rc = erase.Step();
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void EntryTable::Count(std::string_view space, int64_t entries, int64_t bytes) {
  auto at = totals_.find(space);
  if (at == totals_.end()) at = totals_.emplace(std::string(space), Total()).first;
  at->second.entries += entries;
  at->second.bytes += bytes;
}

int EntryTable::StoreTotals() {
  int rc = SQLITE_OK;
  for (const auto& [space, total] : totals_) {
    if (rc != SQLITE_OK) break;
    if (total.entries == 0 && total.bytes == 0) continue;
    rc = sql_[kAddTotals].BindText(1, space).Bind(2, total.entries).Bind(3, total.bytes).Run();
    if (rc == SQLITE_OK && total.entries < 0) rc = sql_[kDropTotals].BindText(1, space).Run();
  }
  totals_.clear();
  return rc;
}

int EntryTable::CompareTotals(const std::function<bool()>& go_on) {
  totals_.clear();
  int rc = connection_->Exec("BEGIN");
  if (rc == SQLITE_OK) rc = CompareSnapshot(go_on);
  connection_->Rollback();  // nothing was written
  if (rc != SQLITE_OK) totals_.clear();
  return rc;
}

int EntryTable::CompareSnapshot(const std::function<bool()>& go_on) {
  Result<Statement> kept = connection_->Prepare("SELECT space, entries, bytes FROM totals");
  if (!kept.ok()) return kept.status().detail().sqlite_code;
  Result<Statement> rows =
      connection_->Prepare("SELECT space, " TAPPS_STORED_BYTES_SQL " FROM entries");
  if (!rows.ok()) return rows.status().detail().sqlite_code;
  int rc = SQLITE_ROW;
  while ((rc = kept->Step()) == SQLITE_ROW) Count(kept->Bytes(0), -kept->Int(1), -kept->Int(2));
  if (rc != SQLITE_DONE) return rc;
  for (int64_t seen = 0; (rc = rows->Step()) == SQLITE_ROW; ++seen) {
    Count(rows->Bytes(0), 1, rows->Int(1));
    if (seen % 1024 == 1023 && !go_on()) return SQLITE_INTERRUPT;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

}  // namespace tapps::storage
