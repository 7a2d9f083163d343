#ifndef TAPPS_CACHE_WAITER_H_
#define TAPPS_CACHE_WAITER_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"

namespace tapps {

// What one thread waits for and another brings, once. Shared by both, as the first may go earlier.
template <typename T>
class Waiter {
 public:
  void Finish(T result) {
    MutexLock lock(mu_);
    result_ = std::move(result);
    cv_.NotifyAll();
  }
  // Nothing when it has not come by then (monotonic).
  std::optional<T> WaitUntil(int64_t deadline_us) {
    MutexLock lock(mu_);
    while (!result_) {
      const int64_t left = deadline_us - MonotonicNow();
      if (left <= 0) return std::nullopt;
      cv_.WaitFor(mu_, left);
    }
    return std::move(result_);
  }
  T Wait() {
    MutexLock lock(mu_);
    while (!result_) cv_.Wait(mu_);
    return *std::move(result_);
  }

 private:
  Mutex mu_;
  CondVar cv_;
  std::optional<T> result_ GUARDED_BY(mu_);
};

}  // namespace tapps

#endif  // TAPPS_CACHE_WAITER_H_
