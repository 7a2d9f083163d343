#ifndef TAPPS_TESTS_STRESS_CREW_H_
#define TAPPS_TESTS_STRESS_CREW_H_

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "tapps.h"

// Processes that use one cache file through tapps.h alone, and what they tell the test about it.
// The test's own process never opens the cache: workers are this program, started anew.
namespace tapps::stress {

inline constexpr int kMaxWorkers = 16;
inline constexpr int kKeys = 16;  // of each worker

// Shared memory between the test and its workers, in a file beside the cache. All atomics.
struct Board {
  std::atomic<int> go;        // workers wait for it to become 1
  std::atomic<int> waiting;   // workers that wait
  std::atomic<int> stop;      // workers end when it is 1
  std::atomic<int64_t> done;  // what the test counts
  std::atomic<int64_t> slowest_open_us;
  // Of a worker's process.
  struct Usage {
    std::atomic<int64_t> first_resident;  // bytes
    std::atomic<int64_t> most_resident;
    std::atomic<int64_t> most_threads;
    std::atomic<int64_t> most_descriptors;
  };
  Usage usage[kMaxWorkers];
  // Version of the last put tried, and of the last put acknowledged, by worker and key.
  std::atomic<int64_t> tried[kMaxWorkers][kKeys];
  std::atomic<int64_t> acknowledged[kMaxWorkers][kKeys];
};

// What a worker is started with.
struct Job {
  std::string folder;  // holds the cache and the board
  int worker;          // 0..kMaxWorkers - 1
  uint64_t seed;
  Board* board;

  std::string cache_path() const { return folder + "/cache.db"; }
};

// Registers a worker's main function by name; its result is the exit code, 0 for success.
using Main = int (*)(const Job&);
struct Register {
  Register(const char* name, Main main);
};

// Runs the worker named on the command line, if one is. Returns whether it was, and its exit code.
bool RunWorker(int argc, char** argv, int* exit_code);

// How long a stress test goes on: until $TAPPS_STRESS_COUNT of what it counts are done, when that
// is set; else for $TAPPS_STRESS_SECONDS, or 2 s.
class Budget {
 public:
  Budget();
  bool Left(int64_t done) const;

 private:
  const int64_t count_;
  const std::chrono::steady_clock::time_point deadline_;
};

// A folder with a board, and the workers started in it; killed and removed at the end.
class Crew {
 public:
  Crew();
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  Board& board() { return *board_; }
  std::string folder() const { return folder_.string(); }
  std::mt19937_64& random() { return random_; }
  // Starts a worker; it sees the board as it is.
  void Start(const std::string& name, int worker);
  // Waits until all workers started wait for `go`, and lets them go at once.
  void Go();
  // Lets them go, and stops them when the test's budget for Board::done is spent or one has ended;
  // returns as Join.
  std::string Work();
  void KillAll();
  // Kills one of them, which Join then knows nothing of.
  void Kill(int worker);
  // Waits for all workers; those that did not end well, as "name 3: exit code 1". Kills what still
  // runs after a minute.
  std::string Join();

 private:
  bool AllRun() const;

  struct Process {
    std::string name;
    int worker;
    pid_t pid;
  };

  std::filesystem::path folder_;
  Board* board_ = nullptr;
  std::vector<Process> processes_;
  std::mt19937_64 random_;
};

// Says how much was done, on standard output and in the test's report.
void Report(const char* what, int64_t number);

// What a worker does first when it is to start at the same time as others.
void WaitForGo(Board& board);

// The bytes that stand for a version of a key; sizes from 24 bytes to 20 KiB. VersionOf returns -1
// when the bytes are not exactly what some version of the key is.
std::string KeyName(int worker, int key);
std::string Payload(int worker, int key, int64_t version);
int64_t VersionOf(int worker, int key, const void* data, size_t size);

// Calls over the default options. Put returns the code. Get returns the version, -1 for bytes that
// are no version, -2 for a key that is not there, -3 for any other code.
int32_t Put(tapps_cache* cache, int worker, int key, int64_t version, int32_t durability);
int64_t Get(tapps_cache* cache, int worker, int key);

}  // namespace tapps::stress

#endif  // TAPPS_TESTS_STRESS_CREW_H_
