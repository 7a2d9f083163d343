#include "storage/compact.h"

#include <sched.h>

#include <functional>
#include <utility>

#include "storage/entry_table.h"
#include "storage/wal_keeper.h"

namespace tapps::storage {

Result<CompactReport> CompactDatabase(const std::string& path, const Limits& limits,
                                      int64_t deadline_us) {
  Result<Connection> writer = Connection::Open(path, Connection::Mode::kReadWrite);
  if (!writer.ok()) return std::move(writer).status();
  Result<Connection> checkpointer = Connection::Open(path, Connection::Mode::kReadWrite);
  if (!checkpointer.ok()) return std::move(checkpointer).status();
  const auto in_time = [deadline_us] { return MonotonicNow() < deadline_us; };
  writer->SetBusyHandler(in_time);
  writer->Exec("PRAGMA synchronous=NORMAL");
  WalKeeper wal(limits);
  TAPPS_RETURN_IF_ERROR(wal.Prepare(path, *writer, *checkpointer));
  const Result<int64_t> page_size = writer->QueryInt("PRAGMA page_size", 4096);
  if (!page_size.ok()) return page_size.status();
  const auto bytes = [&]() -> int64_t {
    const Result<int64_t> pages = writer->QueryInt("PRAGMA page_count");
    return pages.ok() ? *pages * *page_size : 0;
  };
  const auto make_room = [&]() -> Status {
    while (true) {
      const Result<bool> room = wal.MakeRoom();
      if (!room.ok() || *room) return room.status();
      if (!in_time()) {
        return Status(TAPPS_E_TIMEOUT, "a reader keeps the WAL of the cache file at its bound");
      }
      sqlite3_sleep(5);
    }
  };
  const auto slice = [&](const std::function<int()>& work) -> Status {
    TAPPS_RETURN_IF_ERROR(make_room());
    int rc = writer->Exec("BEGIN IMMEDIATE");
    if (rc == SQLITE_OK) rc = work();
    if (rc == SQLITE_OK) rc = writer->Exec("COMMIT");
    if (rc == SQLITE_OK) return wal.CheckpointIfDue();
    const Status failure = writer->Error(rc, "cannot compact the cache file");
    writer->Rollback();
    return failure;
  };
  CompactReport report;
  report.bytes_before = bytes();
  EntryTable entries(&Clock::Real());
  TAPPS_RETURN_IF_ERROR(entries.Prepare(*writer));
  if (const int rc = entries.CompareTotals(in_time); rc != SQLITE_OK) {
    if (!in_time()) return Status(TAPPS_E_TIMEOUT, "the deadline passed while counting entries");
    return writer->Error(rc, "cannot count the entries");
  }
  TAPPS_RETURN_IF_ERROR(slice([&] { return entries.StoreTotals(); }));
  const std::string vacuum =
      "PRAGMA incremental_vacuum(" + std::to_string(limits.VacuumPages(*page_size)) + ")";
  int64_t before = -1;
  while (true) {
    const Result<int64_t> free = writer->QueryInt("PRAGMA freelist_count");
    if (!free.ok()) return free.status();
    if (*free == 0 || *free == before) break;
    if (!in_time()) return Status(TAPPS_E_TIMEOUT, "the deadline passed while compacting");
    before = *free;
    TAPPS_RETURN_IF_ERROR(slice([&] { return writer->Exec(vacuum.c_str()); }));
    sched_yield();
  }
  wal.MakeDue();
  TAPPS_RETURN_IF_ERROR(wal.CheckpointIfDue());
  report.bytes_after = bytes();
  return report;
}

}  // namespace tapps::storage
