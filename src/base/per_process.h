#ifndef TAPPS_BASE_PER_PROCESS_H_
#define TAPPS_BASE_PER_PROCESS_H_

#include <atomic>

#include "base/fork_guard.h"

namespace tapps {

// A T that each process has one of: a child of fork gets a new one, since a lock in the parent's
// may have come over taken, by a thread that is not there. Made when first asked for and never
// destroyed: hosts use the library while the process exits. Any thread; for variables that live for
// ever, and constant initialised: a child must not wait for a thread that was making it, either.
template <typename T>
class PerProcess {
 public:
  constexpr PerProcess() = default;

  T& Get() {
    Own* own = own_.load(std::memory_order_acquire);
    if (own != nullptr && !own->fork.Forked()) return own->object;
    Own* const made = new Own();
    if (own_.compare_exchange_strong(own, made, std::memory_order_acq_rel)) return made->object;
    delete made;
    return own->object;
  }

 private:
  struct Own {
    const ForkGuard fork;
    T object;
  };
  std::atomic<Own*> own_ = nullptr;
};

}  // namespace tapps

#endif  // TAPPS_BASE_PER_PROCESS_H_
