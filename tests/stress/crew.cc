#include "stress/crew.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace tapps::stress {
namespace {

using std::chrono::steady_clock;

std::map<std::string, Main>& Mains() {
  static std::map<std::string, Main> mains;
  return mains;
}

Board* MapBoard(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof(Board)) != 0) throw std::runtime_error("cannot make a board");
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) throw std::runtime_error("cannot map the board");
  return static_cast<Board*>(memory);  // a new file is zero, which is what the atomics begin with
}

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

}  // namespace

Register::Register(const char* name, Main main) { Mains()[name] = main; }

bool RunWorker(int argc, char** argv, int* exit_code) {
  if (argc != 6 || std::strcmp(argv[1], "--worker") != 0) return false;
  const Job job{argv[3], std::atoi(argv[4]), std::strtoull(argv[5], nullptr, 10),
                MapBoard(std::string(argv[3]) + "/board")};
  *exit_code = Mains().at(argv[2])(job);
  return true;
}

Crew::Crew() : random_(static_cast<uint64_t>(FromEnvironment("TAPPS_STRESS_SEED", 1))) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tapps-stress-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
  folder_ = pattern;
  board_ = MapBoard(folder_.string() + "/board");
}

Crew::~Crew() {
  KillAll();
  Join();
  munmap(board_, sizeof(Board));
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Crew::Start(const std::string& name, int worker) {
  const std::string words[] = {
      "stress_tests",           "--worker", name, folder_.string(), std::to_string(worker),
      std::to_string(random_())};
  char* argv[7] = {};
  for (int i = 0; i < 6; ++i) argv[i] = const_cast<char*>(words[i].c_str());
  pid_t pid = 0;
  if (posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, argv, environ) != 0) {
    throw std::runtime_error("cannot start a worker");
  }
  processes_.push_back({name, worker, pid});
}

void Crew::Go() {
  const auto limit = steady_clock::now() + std::chrono::minutes(1);
  while (board_->waiting < static_cast<int>(processes_.size()) && steady_clock::now() < limit) {
    std::this_thread::yield();
  }
  board_->go = 1;
}

bool Crew::AllRun() const {
  for (const Process& process : processes_) {
    siginfo_t ended{};
    const auto pid = static_cast<id_t>(process.pid);
    if (waitid(P_PID, pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != 0) {
      return false;
    }
  }
  return true;
}

std::string Crew::Work() {
  Go();
  const Budget budget;  // from now on
  while (budget.Left(board_->done) && AllRun()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  board_->stop = 1;
  return Join();
}

void Crew::KillAll() {
  for (const Process& process : processes_) kill(process.pid, SIGKILL);
}

void Crew::Kill(int worker) {
  std::erase_if(processes_, [worker](const Process& process) {
    if (process.worker != worker) return false;
    kill(process.pid, SIGKILL);
    return waitpid(process.pid, nullptr, 0) == process.pid;
  });
}

std::string Crew::Join() {
  std::string failures;
  const auto limit = steady_clock::now() + std::chrono::minutes(1);
  for (const Process& process : processes_) {
    int status = 0;
    bool killed = false;
    while (waitpid(process.pid, &status, WNOHANG) == 0) {
      if (!killed && steady_clock::now() > limit) {
        kill(process.pid, SIGKILL);
        killed = true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (status == 0) continue;
    failures += process.name + " " + std::to_string(process.worker) + ": ";
    failures += killed              ? "hung"
                : WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                                    : "signal " + std::to_string(WTERMSIG(status));
    failures += "\n";
  }
  processes_.clear();
  return failures;
}

Budget::Budget()
    : count_(FromEnvironment("TAPPS_STRESS_COUNT", 0)),
      deadline_(steady_clock::now() +
                std::chrono::seconds(FromEnvironment("TAPPS_STRESS_SECONDS", 2))) {}

bool Budget::Left(int64_t done) const {
  return count_ > 0 ? done < count_ : steady_clock::now() < deadline_;
}

void Report(const char* what, int64_t number) {
  testing::Test::RecordProperty(what, std::to_string(number));
  std::printf("%s: %lld\n", what, static_cast<long long>(number));
  std::fflush(stdout);
}

void WaitForGo(Board& board) {
  ++board.waiting;
  while (board.go == 0) std::this_thread::yield();
}

std::string KeyName(int worker, int key) {
  return "worker " + std::to_string(worker) + " key " + std::to_string(key);
}

std::string Payload(int worker, int key, int64_t version) {
  std::mt19937_64 random(static_cast<uint64_t>((version * kMaxWorkers + worker) * kKeys + key));
  const size_t words = 3 + (random() % 16 == 0 ? random() % 2560 : random() % 64);
  std::string bytes(words * sizeof(uint64_t), '\0');
  for (size_t i = 0; i < words; ++i) {
    const uint64_t word = i == 0 ? static_cast<uint64_t>(version) : random();
    std::memcpy(bytes.data() + i * sizeof(word), &word, sizeof(word));
  }
  return bytes;
}

int64_t VersionOf(int worker, int key, const void* data, size_t size) {
  int64_t version = 0;
  if (size < sizeof(version)) return -1;
  std::memcpy(&version, data, sizeof(version));
  const std::string expected = Payload(worker, key, version);
  return expected.size() == size && std::memcmp(expected.data(), data, size) == 0 ? version : -1;
}

int32_t Put(tapps_cache* cache, int worker, int key, int64_t version, int32_t durability) {
  const std::string name = KeyName(worker, key);
  const std::string bytes = Payload(worker, key, version);
  tapps_put_options options = {};
  options.struct_size = sizeof(options);
  options.durability = durability;
  return tapps_cache_put(cache, nullptr, name.data(), name.size(), bytes.data(), bytes.size(),
                         &options, nullptr);
}

int64_t Get(tapps_cache* cache, int worker, int key) {
  const std::string name = KeyName(worker, key);
  tapps_value* value = nullptr;
  const void* data = nullptr;
  size_t size = 0;
  const int32_t code = tapps_cache_get(cache, nullptr, name.data(), name.size(), nullptr, &value,
                                       &data, &size, nullptr);
  if (code == TAPPS_E_NOT_FOUND) return -2;
  if (code != TAPPS_OK) return -3;
  const int64_t version = VersionOf(worker, key, data, size);
  tapps_value_release(value);
  return version;
}

}  // namespace tapps::stress
