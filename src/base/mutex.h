#ifndef TAPPS_BASE_MUTEX_H_
#define TAPPS_BASE_MUTEX_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

// Clang's thread-safety attributes: `GUARDED_BY(mu_)` on a member, `REQUIRES(mu_)` on a function
// that must be called with it held. Checked by `./dev lint`, nothing in other compilers.
#if defined(__clang__)
#define TAPPS_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define TAPPS_THREAD_ATTRIBUTE(x)
#endif
#define CAPABILITY(x) TAPPS_THREAD_ATTRIBUTE(capability(x))
#define SCOPED_CAPABILITY TAPPS_THREAD_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(x) TAPPS_THREAD_ATTRIBUTE(guarded_by(x))
#define REQUIRES(...) TAPPS_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) TAPPS_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) TAPPS_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) TAPPS_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define EXCLUDES(...) TAPPS_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS TAPPS_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace tapps {

class CAPABILITY("mutex") Mutex {
 public:
  void Lock() ACQUIRE() { mu_.lock(); }
  void Unlock() RELEASE() { mu_.unlock(); }
  bool TryLock() TRY_ACQUIRE(true) { return mu_.try_lock(); }

 private:
  friend class CondVar;
  std::mutex mu_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mu) ACQUIRE(mu) : mu_(mu) { mu_.Lock(); }
  ~MutexLock() RELEASE() { mu_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
};

// Waits may wake without a reason: call them in a loop over the condition.
class CondVar {
 public:
  void Wait(Mutex& mu) REQUIRES(mu) {
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    cv_.wait(lock);
    lock.release();
  }
  // Returns false when timeout_us passed. Any number will do.
  bool WaitFor(Mutex& mu, int64_t timeout_us) REQUIRES(mu) {
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    const std::chrono::microseconds timeout(std::clamp<int64_t>(timeout_us, 0, kLongest));
    const bool in_time = cv_.wait_for(lock, timeout) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void NotifyOne() { cv_.notify_one(); }
  void NotifyAll() { cv_.notify_all(); }

 private:
  // Some 30 years: the clock's nanoseconds, and the time until then, do not overflow.
  static constexpr int64_t kLongest = 1'000'000'000'000'000;

  std::condition_variable cv_;
};

}  // namespace tapps

#endif  // TAPPS_BASE_MUTEX_H_
