#ifndef TAPPS_BASE_FORK_GUARD_H_
#define TAPPS_BASE_FORK_GUARD_H_

#include <atomic>
#include <cstdint>

namespace tapps {

// Tells objects of the parent from those of a forked child: SQLite connections, locks and threads
// do not survive fork. An object keeps the epoch it was made in; in a child the epoch differs.
// Costs one load, where getpid costs a system call.
class ForkGuard {
 public:
  ForkGuard() : epoch_(Epoch()) {}
  // True in a child of the process that made this object.
  bool Forked() const {
    return epoch_.load(std::memory_order_relaxed) != epoch_now_.load(std::memory_order_relaxed);
  }
  // From now on the object is this process's own.
  void Adopt() { epoch_.store(Epoch(), std::memory_order_relaxed); }

 private:
  static uint32_t Epoch();  // installs the pthread_atfork handler once
  static std::atomic<uint32_t> epoch_now_;

  std::atomic<uint32_t> epoch_;
};

}  // namespace tapps

#endif  // TAPPS_BASE_FORK_GUARD_H_
