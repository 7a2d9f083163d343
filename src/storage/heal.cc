#include "storage/heal.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include "storage/copy_file.h"
#include "storage/entry_table.h"
#include "storage/feed_log.h"
#include "storage/file_check.h"
#include "storage/reader.h"
#include "storage/schema.h"
#include "storage/wal_keeper.h"

namespace tapps::storage {
namespace {

constexpr size_t kSliceEntries = 200;
constexpr int64_t kSliceBytes = 2 << 20;

// How long one thing is waited for.
class Patience {
 public:
  explicit Patience(int64_t us) : us_(us) { Renew(); }
  void Renew() { until_us_ = MonotonicNow() + us_; }
  bool left() const { return MonotonicNow() < until_us_; }

 private:
  const int64_t us_;
  int64_t until_us_ = 0;
};

sqlite3_file* FileOf(Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

// Whether the header of the file, read past SQLite's own checks, is one of ours ("Database File
// Format", section 1.3: application id at 68, big-endian).
bool HeaderIsOurs(Connection& connection) {
  sqlite3_file* file = FileOf(connection);
  unsigned char header[100];
  if (file == nullptr || file->pMethods->xRead(file, header, sizeof header, 0) != SQLITE_OK) {
    return false;
  }
  const int64_t application =
      (int64_t{header[68]} << 24) | (header[69] << 16) | (header[70] << 8) | header[71];
  return std::memcmp(header, "SQLite format 3", 16) == 0 && application == kApplicationId;
}

// The lock of checkpoints in the WAL-index, held by a connection that has no transaction open.
class HealersLock {
 public:
  static constexpr int kCheckpointLock = 1;
  ~HealersLock() { Release(); }
  void Release() {
    if (file_ != nullptr) {
      file_->pMethods->xShmLock(file_, kCheckpointLock, 1,
                                SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    }
    file_ = nullptr;
  }
  bool Take(Connection& connection, const Patience& patience) {
    // A read, whatever comes of it, maps the WAL-index.
    connection.Exec("PRAGMA user_version");
    sqlite3_file* file = FileOf(connection);
    if (file == nullptr || file->pMethods->iVersion < 2 || !file->pMethods->xShmLock) return false;
    while (file->pMethods->xShmLock(file, kCheckpointLock, 1,
                                    SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE) != SQLITE_OK) {
      if (!patience.left()) return false;
      sqlite3_sleep(2);
    }
    file_ = file;
    return true;
  }

 private:
  sqlite3_file* file_ = nullptr;
};

bool IsWhole(Connection& connection) {
  Result<Statement> check = connection.Prepare("PRAGMA quick_check(1)");
  return check.ok() && check->Step() == SQLITE_ROW && check->Bytes(0) == "ok";
}

void RemoveOldCopies(const std::string& path) {
  const std::string folder = FolderOf(path);
  const std::string prefix = path.substr(path.find_last_of('/') + 1) + ".damaged-";
  std::vector<std::string> copies;
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return;
  while (const dirent* entry = readdir(dir)) {
    if (std::string_view(entry->d_name).starts_with(prefix)) copies.emplace_back(entry->d_name);
  }
  closedir(dir);
  std::sort(copies.begin(), copies.end(), std::greater<>());
  for (size_t i = kCopies; i < copies.size(); ++i) unlink((folder + "/" + copies[i]).c_str());
}

Status Reset(Connection& connection) {
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_RESET_DATABASE, 1, nullptr);
  const int rc = connection.Exec("VACUUM");
  const Status status = rc == SQLITE_OK ? Status() : connection.Error(rc, "cannot reset the file");
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_RESET_DATABASE, 0, nullptr);
  return status;
}

// A file that was cut is shorter than its header says, and SQLite reads nothing of it: with a
// length of 0 there, it goes by the file's own ("Database File Format", section 1.3.7).
void TrustLengthOfFile(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  constexpr char kZero[4] = {};
  constexpr off_t kPagesAt = 28;
  (void)!pwrite(fd, kZero, sizeof kZero, kPagesAt);
  close(fd);
}

// Ids of the copy's entries, as far as they can be read. Around a damaged page it skips ids, twice
// as many each time.
std::vector<int64_t> ReadableIds(Connection& copy) {
  constexpr int64_t kLast = int64_t{1} << 50;
  std::vector<int64_t> ids;
  Result<Statement> next = copy.Prepare("SELECT id FROM entries WHERE id > ?1 ORDER BY id");
  if (!next.ok()) return ids;
  int64_t at = 0;
  for (int64_t skip = 1; at < kLast; skip *= 2) {
    next->Bind(1, at);
    int rc = SQLITE_ROW;
    // Pages in the wrong place may lead back.
    while ((rc = next->Step()) == SQLITE_ROW && next->Int(0) > at) {
      at = next->Int(0);
      ids.push_back(at);
      skip = 1;
    }
    next->Reset();
    if (rc == SQLITE_DONE) break;
    at += skip;
  }
  return ids;
}

// One transaction of entries taken over.
class Slice {
 public:
  Slice(Connection& target, const Clock& clock, const Limits& limits, Patience& patience)
      : target_(target), patience_(patience), limits_(limits), entries_(&clock), wal_(limits) {}
  Status Prepare(const std::string& path, Connection& checkpointer) {
    TAPPS_RETURN_IF_ERROR(entries_.Prepare(target_));
    TAPPS_RETURN_IF_ERROR(feed_.Prepare(target_, limits_));
    return wal_.Prepare(path, target_, checkpointer);
  }
  void Add(Record record) {
    record.encoded = std::make_shared<const EncodedValue>(encoder_.Encode(*record.value));
    bytes_ += static_cast<int64_t>(record.Bytes());
    group_.emplace_back();
    group_.back().records.push_back(std::move(record));
  }
  bool full() const {
    return group_.size() >= kSliceEntries || bytes_ >= std::min(kSliceBytes, limits_.Batch());
  }
  Status Store(int64_t* saved) {
    TAPPS_RETURN_IF_ERROR(WaitForRoom());
    Changes changes;
    int64_t stored = 0;
    patience_.Renew();
    int rc = target_.Exec("BEGIN IMMEDIATE");
    for (WriteGroup& group : group_) {
      if (rc == SQLITE_OK) rc = entries_.CheckConditions(group);
      if (rc != SQLITE_OK || !group.refusal.ok()) continue;  // there is a newer one
      rc = entries_.Apply(group, &changes);
      ++stored;
    }
    if (rc == SQLITE_OK) rc = entries_.StoreTotals();
    if (rc == SQLITE_OK) rc = feed_.Append(FeedLog::kNobody, changes.told);
    if (rc == SQLITE_OK) rc = target_.Exec("COMMIT");
    if (rc != SQLITE_OK) {
      const Status failure = target_.Error(rc, "cannot take over entries");
      target_.Rollback();
      return failure;
    }
    *saved += stored;
    group_.clear();
    bytes_ = 0;
    patience_.Renew();
    const Status checkpointed = wal_.CheckpointIfDue();
    return checkpointed.code() == TAPPS_E_BUSY ? Status() : checkpointed;  // somebody else does it
  }

 private:
  Status WaitForRoom() {
    for (patience_.Renew(); true; sqlite3_sleep(5)) {
      const Result<bool> room = wal_.MakeRoom();
      if (room.ok() && *room) return {};
      if (!room.ok() && room.code() != TAPPS_E_BUSY) return room.status();
      if (!patience_.left()) return Status(TAPPS_E_BUSY, "the WAL cannot begin anew");
    }
  }

  Connection& target_;
  Patience& patience_;
  const Limits limits_;
  ValueEncoder encoder_;
  EntryTable entries_;
  FeedLog feed_;
  WalKeeper wal_;
  std::deque<WriteGroup> group_;
  int64_t bytes_ = 0;
};

// Takes over what is whole in the copy and has not been put anew meanwhile.
Status Salvage(const std::string& copy_path, Slice& slice, int64_t* saved) {
  Result<Connection> copy = Connection::Open(copy_path, Connection::Mode::kReadWrite);
  Result<std::unique_ptr<Reader>> reader = Reader::Open(copy_path);
  if (!copy.ok() || !reader.ok()) return {};  // not even its schema can be read
  for (const int64_t id : ReadableIds(*copy)) {
    Record record;
    Result<ValueRef> value = (*reader)->FindById(id, &record.hash, &record.space, &record.key);
    if (!value.ok()) continue;
    record.value = *std::move(value);
    record.if_version = Record::kAbsent;
    slice.Add(std::move(record));
    if (slice.full()) TAPPS_RETURN_IF_ERROR(slice.Store(saved));
  }
  return slice.Store(saved);
}

}  // namespace

void Account(const Result<HealReport>& end, DamageStats& stats, const EventSink& tell) {
  if (!end.ok()) {
    stats.failed.fetch_add(1, std::memory_order_relaxed);
    if (tell) tell(TAPPS_EVENT_DAMAGE, {{"what", "failed"}, {"why", end.status().message()}});
    return;
  }
  if (!end->damaged) return;
  stats.healed.fetch_add(1, std::memory_order_relaxed);
  stats.saved.fetch_add(end->saved, std::memory_order_relaxed);
  if (!tell) return;
  tell(TAPPS_EVENT_DAMAGE, {{"what", "healed"}, {"saved", end->saved}, {"copy", end->copy}});
}

bool IsDamage(const Status& status) {
  const int code = status.detail().sqlite_code & 0xFF;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

Result<HealReport> Heal(const std::string& path, bool known, const Clock& clock,
                        const Limits& limits, int64_t patience_us) {
  Result<Connection> writer = Connection::Open(path, Connection::Mode::kReadWrite);
  if (!writer.ok()) return std::move(writer).status();
  Result<Connection> holder = Connection::Open(path, Connection::Mode::kReadWrite);
  if (!holder.ok()) return std::move(holder).status();
  if (!known && !HeaderIsOurs(*writer)) {
    return Status(TAPPS_E_CORRUPT, "this is not a tapps cache file");
  }
  Patience patience(patience_us);
  const auto keep_waiting = [&patience] { return patience.left(); };
  writer->SetBusyHandler(keep_waiting);
  HealersLock lock;
  if (!lock.Take(*holder, patience) && HeaderIsOurs(*writer)) {
    return Status(TAPPS_E_BUSY, "another process is healing " + path);
  }
  HealReport report;
  patience.Renew();
  const int begun = writer->Exec("BEGIN IMMEDIATE");
  if ((begun & 0xFF) == SQLITE_BUSY) return writer->Error(begun, "cannot lock the damaged file");
  if (begun == SQLITE_OK && IsWhole(*writer)) {
    writer->Rollback();
    return report;
  }
  report.damaged = true;
  report.copy = path + ".damaged-" + std::to_string(clock.WallNow() / kSecond);
  Status copied = begun == SQLITE_OK ? CopyDatabase(*holder, report.copy)
                                     : Status(TAPPS_E_CORRUPT, "it cannot be read");
  if (!copied.ok()) copied = CopyRaw(*holder, report.copy);
  writer->Rollback();
  if (!copied.ok()) return copied;
  RemoveOldCopies(path);
  TrustLengthOfFile(report.copy);
  patience.Renew();
  TAPPS_RETURN_IF_ERROR(Reset(*writer));
  patience.Renew();
  TAPPS_RETURN_IF_ERROR(PrepareSchema(*writer, keep_waiting));
  lock.Release();  // who comes now finds the file whole; and checkpoints need this lock
  Slice slice(*writer, clock, limits, patience);
  Status salvaged = slice.Prepare(path, *holder);
  if (salvaged.ok()) salvaged = Salvage(report.copy, slice, &report.saved);
  for (const char* suffix : {"-wal", "-shm"}) unlink((report.copy + suffix).c_str());
  if (!salvaged.ok()) return salvaged;
  return report;
}

}  // namespace tapps::storage
