#ifndef TAPPS_CAPI_GUARD_H_
#define TAPPS_CAPI_GUARD_H_

#include <new>
#include <utility>

#include "base/status.h"

struct tapps_error {
  tapps::Status status;
};

namespace tapps::capi {

// Turns a Status into what an exported function returns. Never throws: without memory for the
// error, the code alone is returned.
inline int32_t Report(Status&& status, tapps_error** err) noexcept {
  const int32_t code = status.code();
  if (err) *err = code == TAPPS_OK ? nullptr : new (std::nothrow) tapps_error{std::move(status)};
  return code;
}

// What the body returns, or NOMEM or INTERNAL for what it threw.
template <typename Body>
Status Attempt(Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return Status::Bare(TAPPS_E_NOMEM);
  } catch (...) {
    return Status::Bare(TAPPS_E_INTERNAL);
  }
}

// The firewall: every exported function that can fail runs its body in here. No exception crosses
// the ABI.
template <typename Body>
int32_t Guard(tapps_error** err, Body&& body) noexcept {
  return Report(Attempt(std::forward<Body>(body)), err);
}

// For functions without a result.
template <typename Body>
void Quietly(Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
  } catch (...) {  // NOLINT(bugprone-empty-catch): there is nobody to tell
  }
}

}  // namespace tapps::capi

#endif  // TAPPS_CAPI_GUARD_H_
