#ifndef TAPPS_BASE_SYSTEM_ERROR_H_
#define TAPPS_BASE_SYSTEM_ERROR_H_

#include <cstdint>
#include <string>

#include "base/status.h"

namespace tapps {

// What an errno means, in English whatever the host's locale is. Any thread.
std::string SystemText(int error);

// The code of a call that failed with an errno; IO where nothing more is known. Any thread.
int32_t SystemCode(int error);

// A failed system call: `what` was being done, `error` is its errno. Any thread.
Status SystemError(const std::string& what, int error);
Status SystemError(int32_t code, const std::string& what, int error);

}  // namespace tapps

#endif  // TAPPS_BASE_SYSTEM_ERROR_H_
