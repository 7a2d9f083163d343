#include "base/pollable.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tapps {

Result<Pollable> Pollable::Make() {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd >= 0) return Pollable(fd);
  ErrorDetail detail;
  detail.sys_errno = errno;
  detail.message = "no event descriptor could be made";
  return Status(errno == ENOMEM ? TAPPS_E_NOMEM : TAPPS_E_IO, std::move(detail));
}

Pollable::Pollable(Pollable&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Pollable::~Pollable() {
  if (fd_ >= 0) close(fd_);
}

void Pollable::Signal() { (void)eventfd_write(fd_, 1); }  // fails only when it is readable for ever

void Pollable::Reset() {
  eventfd_t count = 0;
  (void)eventfd_read(fd_, &count);  // fails when it is not readable
}

}  // namespace tapps
