#ifndef TAPPS_BASE_COUNTER_H_
#define TAPPS_BASE_COUNTER_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "base/thread_slot.h"

namespace tapps {

// Counts events from many threads without sharing a cache line between them; reading sums up. The
// first threads have a number each and add to it without a locked instruction; the others share
// one. Any thread.
class Counter {
 public:
  void Add(int64_t n = 1) {
    const uint32_t thread = ThreadSlot();
    if (thread < kOwned) {
      std::atomic<int64_t>& own = slots_[thread].n;
      own.store(own.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    } else {
      slots_[kOwned].n.fetch_add(n, std::memory_order_relaxed);
    }
  }
  // What this thread has counted, or the threads it shares a number with.
  int64_t Mine() const {
    return slots_[std::min(ThreadSlot(), kOwned)].n.load(std::memory_order_relaxed);
  }
  int64_t Read() const {
    int64_t sum = 0;
    for (const Slot& slot : slots_) sum += slot.n.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr uint32_t kOwned = 15;
  struct alignas(64) Slot {
    std::atomic<int64_t> n{0};
  };
  std::array<Slot, kOwned + 1> slots_;
};

}  // namespace tapps

#endif  // TAPPS_BASE_COUNTER_H_
