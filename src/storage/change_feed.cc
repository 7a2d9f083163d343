#include "storage/change_feed.h"

#include <endian.h>

#include <cstring>
#include <utility>

namespace tapps::storage {
namespace {

// Offsets in the WAL-index header.
constexpr size_t kVersionAt = 0;
constexpr size_t kChangeAt = 8;
constexpr size_t kInitAt = 12;
constexpr size_t kFrameChecksumAt = 24;
constexpr size_t kHeaderSize = 48;  // and a second copy of it behind
constexpr uint32_t kKnownVersion = 3007000;
constexpr int kRegionSize = 32768;

template <typename T>
T Load(const volatile char* at) {
  return __atomic_load_n(reinterpret_cast<const volatile T*>(at), __ATOMIC_ACQUIRE);
}

}  // namespace

std::string PackHashes(const std::vector<uint64_t>& hashes) {
  std::string packed(hashes.size() * sizeof(uint64_t), '\0');
  char* out = packed.data();
  for (const uint64_t hash : hashes) {
    const uint64_t le = htole64(hash);
    std::memcpy(out, &le, sizeof le);
    out += sizeof le;
  }
  return packed;
}

Result<std::unique_ptr<ChangeFeed>> ChangeFeed::Open(const std::string& path, int64_t origin,
                                                     Watch watch) {
  Result<Connection> connection = Connection::Open(path, Connection::Mode::kReadOnly);
  if (!connection.ok()) return std::move(connection).status();
  std::unique_ptr<ChangeFeed> feed(new ChangeFeed(*std::move(connection), origin));
  TAPPS_RETURN_IF_ERROR(feed->Start(watch));
  return feed;
}

Status ChangeFeed::Start(Watch watch) {
  MutexLock lock(mu_);
  int tries = 0;
  connection_.SetBusyHandler([&tries] { return ++tries < 100; });
  Result<Statement> rows =
      connection_.Prepare("SELECT seq, origin, hashes FROM changes WHERE seq >= ?1 ORDER BY seq");
  if (!rows.ok()) return std::move(rows).status();
  rows_ = *std::move(rows);
  Result<Statement> data_version = connection_.Prepare("PRAGMA data_version");
  if (!data_version.ok()) return std::move(data_version).status();
  data_version_ = *std::move(data_version);
  // The first read maps the WAL-index.
  Result<int64_t> newest = connection_.QueryInt("SELECT max(seq) FROM changes");
  if (!newest.ok()) return std::move(newest).status();
  if (watch == Watch::kMapped) MapHeader();
  Result<int64_t> version = DataVersion();
  if (!version.ok()) return std::move(version).status();
  seen_.store(header_ ? Word() : static_cast<uint64_t>(*version), std::memory_order_release);
  // The words are read before the position: what is committed in between is read once more.
  newest = connection_.QueryInt("SELECT max(seq) FROM changes");
  if (!newest.ok()) return std::move(newest).status();
  position_ = *newest;
  published_.store(position_, std::memory_order_release);
  connection_.SetBusyHandler(nullptr);
  return {};
}

void ChangeFeed::MapHeader() {
  sqlite3_file* file = nullptr;
  const int rc =
      sqlite3_file_control(connection_.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  // In-memory databases have no methods, memdb ones no shared memory.
  if (rc != SQLITE_OK || !file || !file->pMethods || file->pMethods->iVersion < 2 ||
      !file->pMethods->xShmMap) {
    return;
  }
  void volatile* region = nullptr;
  if (file->pMethods->xShmMap(file, 0, kRegionSize, 0, &region) != SQLITE_OK || !region) return;
  const auto* header = static_cast<const volatile char*>(region);
  if (Load<uint32_t>(header + kVersionAt) != kKnownVersion ||
      Load<uint8_t>(header + kInitAt) != 1) {
    return;
  }
  // A commit under way makes the copies differ for a moment; a layout that is not the one known
  // makes them differ always.
  for (int tries = 0; tries < 1000; ++tries) {
    char copy[2 * kHeaderSize];
    for (size_t i = 0; i < sizeof copy; ++i) copy[i] = header[i];
    if (std::memcmp(copy, copy + kHeaderSize, kHeaderSize) == 0) {
      header_ = header;
      return;
    }
  }
}

uint64_t ChangeFeed::Word() const {
  const uint64_t checksum = Load<uint64_t>(header_ + kFrameChecksumAt);
  const uint64_t change = Load<uint32_t>(header_ + kChangeAt);
  return checksum ^ (change * 0x9E3779B97F4A7C15u);
}

Result<int64_t> ChangeFeed::DataVersion() {
  const ScopedReset reset(data_version_);
  const int rc = data_version_.Step();
  if (rc != SQLITE_ROW) return connection_.Error(rc, "cannot read the version of the file");
  return data_version_.Int(0);
}

void ChangeFeed::MoveTo(ChangeFeed& fresh) {
  MutexLock lock(mu_);
  const MutexLock theirs(fresh.mu_);
  std::swap(rows_, fresh.rows_);
  std::swap(data_version_, fresh.data_version_);
  std::swap(connection_, fresh.connection_);
  position_ = fresh.position_;
  published_.store(position_, std::memory_order_release);
  seen_.store(fresh.seen_.load(std::memory_order_relaxed), std::memory_order_release);
}

bool ChangeFeed::Current() {
  if (header_) return Word() == seen_.load(std::memory_order_acquire);
  MutexLock lock(mu_);
  const Result<int64_t> version = DataVersion();
  return version.ok() && static_cast<uint64_t>(*version) == seen_.load(std::memory_order_relaxed);
}

Status ChangeFeed::Advance(Sink& sink) {
  MutexLock lock(mu_);
  uint64_t word = 0;
  if (header_) {
    word = Word();
    if (word == seen_.load(std::memory_order_relaxed)) return {};  // another caller was first
  } else {
    const Result<int64_t> version = DataVersion();
    if (!version.ok()) return version.status();
    word = static_cast<uint64_t>(*version);
  }
  TAPPS_RETURN_IF_ERROR(ReadRows(sink));
  published_.store(position_, std::memory_order_release);
  seen_.store(word, std::memory_order_release);
  return {};
}

Status ChangeFeed::ReadRows(Sink& sink) {
  const ScopedReset reset(rows_);
  rows_.Bind(1, position_);
  int rc = rows_.Step();
  const bool known = rc == SQLITE_ROW && rows_.Int(0) == position_;
  if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
    if (known) {
      rc = rows_.Step();
    } else {
      sink.OnEverythingChanged();
      if (rc == SQLITE_DONE) {  // the numbers start anew below our position
        const Result<int64_t> newest = connection_.QueryInt("SELECT max(seq) FROM changes");
        if (!newest.ok()) return newest.status();
        position_ = *newest;
        return {};
      }
    }
  }
  for (; rc == SQLITE_ROW; rc = rows_.Step()) {
    position_ = rows_.Int(0);
    if (rows_.Int(1) == origin_) continue;
    const std::string_view packed = rows_.Bytes(2);
    if (rows_.IsNull(2) && known) sink.OnEverythingChanged();
    for (size_t i = 0; i + sizeof(uint64_t) <= packed.size(); i += sizeof(uint64_t)) {
      uint64_t hash;
      std::memcpy(&hash, packed.data() + i, sizeof hash);
      sink.OnChanged(le64toh(hash));
    }
  }
  return rc == SQLITE_DONE ? Status() : connection_.Error(rc, "cannot read the change feed");
}

}  // namespace tapps::storage
