// What an async put costs its caller, 5,000 a second: alone, while another process holds the write
// lock for ten seconds, while the disk is full, and at the size limit; and what a get of a value in
// memory costs beside the puts while the file cannot be written. The queue has room for all puts.
// Beside it a commit of one entry in raw SQLite and
// in LMDB, and the copy of the bytes into a new block, which shows what the machine does to any
// call.

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

#include "harness.h"
#include "peers/lmdb_store.h"
#include "peers/raw_sqlite.h"
#include "peers/tapps_cache.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr double kPeriodNs = 200'000;  // 5,000 a second
constexpr size_t kSlice = 4'000;       // puts
constexpr size_t kLockSeconds = 10;
constexpr size_t kFullSeconds = 5;
constexpr int64_t kQueueBytes = 256 << 20;

// Calls put(i) on a beat, whatever the call before took; spins in between, as a sleep would show
// the scheduler's delay. After a delay it does not catch up.
template <typename Put>
void Paced(size_t count, Samples* samples, Put put) {
  double next = NowNs();
  for (size_t i = 0; i < count; ++i) {
    while (NowNs() < next) {
    }
    next = std::max(next, NowNs() - kPeriodNs) + kPeriodNs;
    const uint64_t begin = Begin();
    put(i);
    samples->Add(begin, End());
  }
}

template <typename Put>
void Measure(Report& report, const char* row, const char* who, size_t count, Put put) {
  Samples samples(count);
  Paced(count, &samples, put);
  report.AddQuantiles(row, who, samples);
}

// Puts on a beat while the file cannot be written, each followed by a get of an early one.
void MeasureBoth(Report& report, const std::string& when, size_t count, TappsCache& tapps,
                 const Data& data) {
  Samples gets(count);
  size_t refused = 0;
  size_t missed = 0;
  Samples puts(count);
  double next = NowNs();
  for (size_t i = 0; i < count; ++i) {
    while (NowNs() < next) {
    }
    next = std::max(next, NowNs() - kPeriodNs) + kPeriodNs;
    uint64_t begin = Begin();
    refused += tapps.Put(data.key(i), data.value(i)) != TAPPS_OK;
    puts.Add(begin, End());
    begin = Begin();
    missed += !tapps.Hit(data.key(i % 1000));
    gets.Add(begin, End());
  }
  report.AddQuantiles("async put, " + when, "tapps", puts);
  report.Add("async put, " + when, "tapps", "refused", "of " + std::to_string(count),
             static_cast<double>(refused));
  report.AddQuantiles("get, " + when, "tapps", gets);
  report.Add("get, " + when, "tapps", "missed", "of " + std::to_string(count),
             static_cast<double>(missed));
}

// Runs this program again, as a process that holds the write lock.
pid_t HoldLock(const char* self, const std::string& path) {
  int ready[2];
  Check(pipe(ready) == 0, "pipe failed");
  const pid_t child = fork();
  if (child == 0) {
    dup2(ready[1], STDOUT_FILENO);
    execl(self, self, "--hold", path.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ready[1]);
  char byte = 0;
  Check(read(ready[0], &byte, 1) == 1, "the other process did not take the lock");
  close(ready[0]);
  return child;
}

int Hold(const char* path) {
  sqlite3* db = nullptr;
  Check(sqlite3_open(path, &db) == SQLITE_OK, "open failed");
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_busy_timeout(db, 2000);
  Check(sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK, "no lock");
  Check(write(STDOUT_FILENO, "x", 1) == 1, "write failed");
  sleep(kLockSeconds);
  sqlite3_close(db);
  return 0;
}

void Alone(Report& report, const Folder& folder, const Data& data) {
  TappsCache tapps(folder.File("tapps.db"));
  RawSqlite sqlite(folder.File("sqlite.db"));
  LmdbStore lmdb(folder.File("lmdb"), MDB_NOSYNC);
  size_t at = 0;
  const auto measure = [&](const char* who, auto put) {
    Measure(report, "async put", who, kSlice, [&](size_t i) { put((at + i) % data.count()); });
    at += kSlice;
  };
  Alternate(5, {
                   [&] {
                     measure("tapps", [&](size_t i) {
                       Check(tapps.Put(data.key(i), data.value(i)) == TAPPS_OK, "put failed");
                     });
                   },
                   [&] {
                     measure("sqlite", [&](size_t i) {
                       sqlite.Begin();
                       sqlite.Put(data.key(i), data.value(i));
                       sqlite.Commit();
                     });
                   },
                   [&] {
                     measure("lmdb", [&](size_t i) {
                       lmdb.Begin();
                       lmdb.Put(data.key(i), data.value(i));
                       lmdb.Commit();
                     });
                   },
                   [&] {
                     measure("a copy", [&](size_t i) {
                       auto block = std::make_unique<char[]>(kValueBytes);
                       std::memcpy(block.get(), data.value(i).data(), kValueBytes);
                       Keep(block.get());
                     });
                   },
               });
}

void Locked(Report& report, const Folder& folder, const Data& data, const char* self) {
  const std::string path = folder.File("locked.db");
  tapps_open_options options{};
  options.queue_bytes = kQueueBytes;
  TappsCache tapps(path, options);
  for (size_t i = 0; i < 1000; ++i) tapps.Put(data.key(i), data.value(i));
  tapps.Flush();
  const pid_t holder = HoldLock(self, path);
  MeasureBoth(report, "write lock held elsewhere", 5000 * kLockSeconds, tapps, data);
  waitpid(holder, nullptr, 0);
}

std::atomic<bool> disk_full = false;

ssize_t WriteUnlessFull(int fd, const void* bytes, size_t size, off_t at) {
  if (!disk_full) return pwrite(fd, bytes, size, at);
  errno = ENOSPC;
  return -1;
}

void OnAFullDisk(Report& report, const Folder& folder, const Data& data) {
  sqlite3_vfs* const vfs = sqlite3_vfs_find("unix");
  const auto write = reinterpret_cast<sqlite3_syscall_ptr>(WriteUnlessFull);
  bool watched = false;
  for (const char* name : {"pwrite", "pwrite64"}) {
    watched |= vfs != nullptr && vfs->xSetSystemCall(vfs, name, write) == SQLITE_OK;
  }
  Check(watched, "SQLite's writes cannot be watched");
  tapps_open_options options{};
  options.queue_bytes = kQueueBytes;
  TappsCache tapps(folder.File("full.db"), options);
  for (size_t i = 0; i < 1000; ++i) tapps.Put(data.key(i), data.value(i));
  tapps.Flush();
  disk_full = true;
  MeasureBoth(report, "disk full", 5000 * kFullSeconds, tapps, data);
  Check(tapps_cache_state(tapps.handle()) == TAPPS_STATE_FULL, "the disk was not full");
  disk_full = false;
  for (const char* name : {"pwrite", "pwrite64"}) vfs->xSetSystemCall(vfs, name, nullptr);
}

void AtLimit(Report& report, const Folder& folder, const Data& data) {
  tapps_open_options options{};
  options.disk_bytes = 16 << 20;
  TappsCache tapps(folder.File("limit.db"), options);
  for (size_t i = 0; i < 20'000; ++i) tapps.Put(data.key(i), data.value(i));
  tapps.Flush();
  for (size_t slice = 0; slice < 3; ++slice) {
    Measure(report, "async put, at the size limit", "tapps", kSlice, [&](size_t i) {
      const size_t key = 20'000 + slice * kSlice + i;
      Check(tapps.Put(data.key(key), data.value(key)) == TAPPS_OK, "put failed");
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--hold") == 0) return Hold(argv[2]);
  const Folder folder;
  const Data data(100'000);
  Report report;
  Alone(report, folder, data);
  Locked(report, folder, data, argv[0]);
  OnAFullDisk(report, folder, data);
  AtLimit(report, folder, data);
}
