// At the size limit, with a foreign reader that pins the WAL now and then, nothing grows for ever.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "stress/crew.h"

namespace tapps::stress {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kUsers = 3;
constexpr int64_t kDiskBytes = 16 << 20;
constexpr int64_t kMemoryBytes = 1 << 20;
constexpr int64_t kQueueBytes = 1 << 20;

tapps_cache* OpenSmall(const Job& job) {
  tapps_open_options options{};
  options.struct_size = sizeof options;
  options.disk_bytes = kDiskBytes;
  options.memory_bytes = kMemoryBytes;
  options.queue_bytes = kQueueBytes;
  options.put_timeout_us = 1000;
  tapps_cache* cache = nullptr;
  (void)tapps_cache_open(job.cache_path().c_str(), &options, &cache, nullptr);
  return cache;
}

int64_t CountFiles(const std::string& folder) {
  int64_t files = 0;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(folder)) ++files;
  return files;
}

// Resident bytes of this process; another way than the library's own counting.
int64_t Resident() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

void NoteUsage(const Job& job) {
  Board::Usage& usage = job.board->usage[job.worker];
  const auto raise = [](std::atomic<int64_t>& most, int64_t now) {
    if (now > most) most = now;
  };
  raise(usage.most_threads, CountFiles("/proc/self/task"));
  raise(usage.most_descriptors, CountFiles("/proc/self/fd"));
  const int64_t resident = Resident();
  if (usage.first_resident == 0) usage.first_resident = resident;
  raise(usage.most_resident, resident);
}

// Puts, gets, deletes and touches of far more than fits.
int UseFullCache(const Job& job) {
  tapps_cache* cache = OpenSmall(job);
  if (cache == nullptr) return 10;
  std::mt19937_64 random(job.seed);
  WaitForGo(*job.board);
  int64_t operations = 0;
  for (; job.board->stop == 0; ++operations) {
    const int64_t version = static_cast<int64_t>(random() % 60'000);
    const int key = static_cast<int>(version % kKeys);
    const std::string name = "soak " + std::to_string(version);
    const std::string bytes = Payload(job.worker, key, version);
    int32_t code = TAPPS_OK;
    switch (random() % 8) {
      case 0:
        code = tapps_cache_delete(cache, nullptr, name.data(), name.size(), TAPPS_DURABILITY_ASYNC,
                                  nullptr);
        break;
      case 1:
        code = tapps_cache_touch(cache, nullptr, name.data(), name.size(), 60'000'000, nullptr);
        break;
      case 2:
      case 3:
        code = tapps_cache_put(cache, nullptr, name.data(), name.size(), bytes.data(), bytes.size(),
                               nullptr, nullptr);
        break;
      default: {
        tapps_value* value = nullptr;
        code = tapps_cache_get(cache, nullptr, name.data(), name.size(), nullptr, &value, nullptr,
                               nullptr, nullptr);
        tapps_value_release(value);
      }
    }
    // While the WAL is pinned the queue fills up.
    if (code != TAPPS_OK && code != TAPPS_E_NOT_FOUND && code != TAPPS_E_BUSY) {
      std::fprintf(stderr, "%s\n", tapps_code_name(code));
      return 11;
    }
    if (operations % 500 == 0) {
      NoteUsage(job);
      job.board->done += operations == 0 ? 0 : 500;
    }
  }
  tapps_cache_release(cache);
  return 0;
}

const Register kUse("use-full-cache", UseFullCache);

int64_t FileSet(const std::string& path) {
  int64_t bytes = 0;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(path + suffix, missing);
    if (!missing) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

// A program that looks at the file with an open transaction.
class ForeignReader {
 public:
  explicit ForeignReader(const std::string& path) {
    EXPECT_EQ(sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  }
  ~ForeignReader() { sqlite3_close(db_); }
  ForeignReader(const ForeignReader&) = delete;
  ForeignReader& operator=(const ForeignReader&) = delete;

  void Pin() { Run("BEGIN; SELECT count(*) FROM sqlite_schema"); }
  void Leave() { Run("COMMIT"); }

 private:
  void Run(const char* sql) { (void)sqlite3_exec(db_, sql, nullptr, nullptr, nullptr); }

  sqlite3* db_ = nullptr;
};

// Whether a commit gets through, in the end.
int PutSoon(const Job& job) {
  tapps_cache* cache = OpenSmall(job);
  if (cache == nullptr) return 30;
  const auto patience = steady_clock::now() + std::chrono::seconds(20);
  int32_t code = TAPPS_E_BUSY;
  while (code != TAPPS_OK && steady_clock::now() < patience) {
    code = Put(cache, job.worker, 0, 1, TAPPS_DURABILITY_SYNC);
  }
  tapps_cache_close(cache, 0, nullptr);
  tapps_cache_release(cache);
  return code == TAPPS_OK ? 0 : 31;
}

const Register kPutSoon("put-soon", PutSoon);

TEST(SoakStress, EverythingStaysBoundedAtTheSizeLimitWithAReaderThatPinsTheWal) {
  Crew crew;
  const std::string path = crew.folder() + "/cache.db";
  crew.Start("put-soon", kUsers);  // makes the file
  ASSERT_EQ(crew.Join(), "");
  for (int worker = 0; worker < kUsers; ++worker) crew.Start("use-full-cache", worker);
  std::atomic<bool> stop{false};
  int64_t most_bytes = 0;
  int64_t pins = 0;
  std::thread watcher([&] {
    ForeignReader reader(path);
    while (!stop) {
      reader.Pin();
      ++pins;
      for (int i = 0; i < 100 && !stop; ++i) {
        if (i == 60) reader.Leave();
        most_bytes = std::max(most_bytes, FileSet(path));
        std::this_thread::sleep_for(milliseconds(10));
      }
    }
  });
  const std::string failures = crew.Work();
  stop = true;
  watcher.join();
  EXPECT_EQ(failures, "");
  Report("operations", crew.board().done);
  Report("times pinned", pins);
  Report("largest file set, KiB", most_bytes >> 10);
  EXPECT_GT(crew.board().done, 0);
  EXPECT_LE(most_bytes, kDiskBytes);
  for (int worker = 0; worker < kUsers; ++worker) {
    const Board::Usage& usage = crew.board().usage[worker];
    Report("most resident, KiB", usage.most_resident >> 10);
    EXPECT_LE(usage.most_threads, 3);
    EXPECT_LE(usage.most_descriptors, 32);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // What the options allow, SQLite's page caches and malloc's slack.
    EXPECT_LE(usage.most_resident - usage.first_resident, 24 << 20);
#endif
  }
  crew.board().stop = 0;
  crew.Start("put-soon", kUsers + 1);
  EXPECT_EQ(crew.Join(), "") << "the file did not recover when the reader had left";
}

}  // namespace
}  // namespace tapps::stress
