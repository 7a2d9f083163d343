#ifndef TAPPS_TESTS_HTTP_FULL_DISK_H_
#define TAPPS_TESTS_HTTP_FULL_DISK_H_

#include <sys/resource.h>

#include <csignal>

namespace tapps::test {

// As long as it lives, no file of this process grows beyond so many bytes: writes fail as on a full
// disk, after what still fits.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    (void)std::signal(SIGXFSZ, signal_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*const signal_)(int);
  rlimit before_ = {};
};

}  // namespace tapps::test

#endif  // TAPPS_TESTS_HTTP_FULL_DISK_H_
