#ifndef TAPPS_BASE_POLLABLE_H_
#define TAPPS_BASE_POLLABLE_H_

#include <cstdint>

#include "base/result.h"

namespace tapps {

// A descriptor that can be made readable, for hosts that wait in poll, epoll or libuv. Any thread.
class Pollable {
 public:
  static Result<Pollable> Make();
  ~Pollable();
  Pollable(Pollable&& other) noexcept;
  Pollable& operator=(Pollable&&) = delete;

  // Makes it readable; edge-triggered watchers see an edge also when it was readable before.
  void Signal();
  // Makes it not readable.
  void Reset();
  int64_t fd() const { return fd_; }

 private:
  explicit Pollable(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace tapps

#endif  // TAPPS_BASE_POLLABLE_H_
