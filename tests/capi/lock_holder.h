#ifndef TAPPS_TESTS_CAPI_LOCK_HOLDER_H_
#define TAPPS_TESTS_CAPI_LOCK_HOLDER_H_

#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

#include "capi/api.h"

namespace tapps::capi {

// A program with a SQLite of its own that holds the write lock; of a new file, which it makes, also
// that for reading.
class LockHolder {
 public:
  LockHolder(const std::string& path, const std::string& marker) {
    const std::string command =
        "python3 -c 'import os,sqlite3,sys\nos.umask(0o077)\n"
        "c=sqlite3.connect(sys.argv[1],isolation_level=None)\nc.execute(\"BEGIN EXCLUSIVE\")\n"
        "open(sys.argv[2],\"w\").close()\nsys.stdin.read()\nc.execute(\"ROLLBACK\")\nc.close()' " +
        path + " " + marker;
    pipe_ = popen(command.c_str(), "w");
    held_ = pipe_ != nullptr && Eventually([&] { return std::filesystem::exists(marker); });
  }
  ~LockHolder() { LetGo(); }
  bool held() const { return held_; }
  void LetGo() {
    if (pipe_ != nullptr) pclose(pipe_);
    pipe_ = nullptr;
  }

 private:
  FILE* pipe_;
  bool held_ = false;
};

// Whether this process has a descriptor of the file.
inline bool HasOpen(const std::string& path) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    if (std::filesystem::read_symlink(entry.path(), error) == path) return true;
  }
  return false;
}

// An open of a file that another process keeps locked, on a thread of its own: it waits until its
// time is up. Ends with the object.
class WaitingOpen {
 public:
  WaitingOpen(const std::string& path, const std::string& marker) : holder_(path, marker) {
    opener_ = std::thread([path] {
      int32_t code = TAPPS_OK;
      EXPECT_EQ(Open(path, nullptr, &code), nullptr);
      EXPECT_EQ(code, TAPPS_E_TIMEOUT);
    });
    waits_ = holder_.held() && Eventually([&] { return HasOpen(path); });
  }
  ~WaitingOpen() { opener_.join(); }
  bool waits() const { return waits_; }

 private:
  LockHolder holder_;
  std::thread opener_;
  bool waits_ = false;
};

}  // namespace tapps::capi

#endif  // TAPPS_TESTS_CAPI_LOCK_HOLDER_H_
