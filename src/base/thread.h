#ifndef TAPPS_BASE_THREAD_H_
#define TAPPS_BASE_THREAD_H_

#include <functional>
#include <thread>

#include "base/result.h"

namespace tapps {

// Starts a thread called "tapps-NAME" (at most 15 bytes) with all signals blocked, so that the
// host's handlers never run on it. NOMEM when the system has no thread to give. `body` must not
// throw.
Result<std::thread> StartThread(const char* name, std::function<void()> body);

}  // namespace tapps

#endif  // TAPPS_BASE_THREAD_H_
