#include "base/fork_guard.h"

#include <pthread.h>

namespace tapps {

std::atomic<uint32_t> ForkGuard::epoch_now_{1};

uint32_t ForkGuard::Epoch() {
  static const int installed =
      pthread_atfork(nullptr, nullptr, [] { epoch_now_.fetch_add(1, std::memory_order_relaxed); });
  (void)installed;
  return epoch_now_.load(std::memory_order_relaxed);
}

}  // namespace tapps
