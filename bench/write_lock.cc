// How long the write lock of the file is held for values that are compressed: all other processes
// that write wait that long. Puts of 256 KiB of text, as fast as the queue takes them.
//
// SQLite is asked to make its calls of fcntl through a function of this program, which watches the
// write lock: byte 120 of the file -shm ("WAL-mode File Format", section 2.3).

#include <fcntl.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <string>
#include <vector>

#include "harness.h"
#include "peers/tapps_cache.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kPuts = 400;
constexpr size_t kBytes = size_t{256} << 10;
constexpr off_t kWriteLock = 120;

double taken = 0;  // when; 0: it is free
std::vector<double> holds;

int WatchedFcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  const int result = fcntl(fd, command, argument);
  if (command != F_SETLK || result != 0) return result;
  const auto* lock = static_cast<const struct flock*>(argument);
  if (lock->l_start > kWriteLock || lock->l_start + lock->l_len <= kWriteLock) return result;
  if (lock->l_type == F_WRLCK) {
    taken = NowNs();
  } else if (lock->l_type == F_UNLCK && taken != 0) {
    holds.push_back(NowNs() - taken);
    taken = 0;
  }
  return result;
}

// Text that becomes about a quarter of its size.
std::string Text(size_t seed) {
  std::string text;
  for (size_t i = seed * 1000; text.size() < kBytes; ++i) {
    text += "{\"name\": \"package-" + std::to_string(i * 7919) +
            "\", \"stars\": " + std::to_string(i * i % 65'536) + "},\n";
  }
  text.resize(kBytes);
  return text;
}

void Measure(Report& report) {
  const Folder folder;
  tapps_open_options options{};
  options.put_timeout_us = 60'000'000;  // waits for room in the queue
  TappsCache cache(folder.File("tapps.db"), options);
  std::vector<std::string> texts;
  for (size_t i = 0; i < 16; ++i) texts.push_back(Text(i));
  cache.Flush();
  holds.clear();
  const double began = NowNs();
  for (size_t i = 0; i < kPuts; ++i) {
    Check(cache.Put("key " + std::to_string(i), texts[i % texts.size()]) == TAPPS_OK, "put failed");
  }
  cache.Flush();
  const double took = NowNs() - began;
  double sum = 0;
  for (const double hold : holds) sum += hold;
  const auto add = [&](const char* metric, const char* unit, double value) {
    report.Add("write lock, puts of 256 KiB", "tapps", metric, unit, value);
  };
  add("held a put", "us", sum / kPuts / 1e3);
  add("longest", "ms", *std::max_element(holds.begin(), holds.end()) / 1e6);
  add("held of the time", "%", sum / took * 100);
  add("puts a second, flushed", "", kPuts / took * 1e9);
}

}  // namespace

int main() {
  sqlite3_vfs* const vfs = sqlite3_vfs_find("unix");
  Check(vfs != nullptr &&
            vfs->xSetSystemCall(vfs, "fcntl",
                                reinterpret_cast<sqlite3_syscall_ptr>(WatchedFcntl)) == SQLITE_OK,
        "SQLite's calls cannot be watched");
  Report report;
  for (int round = 0; round < 5; ++round) Measure(report);
}
