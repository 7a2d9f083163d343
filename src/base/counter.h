#ifndef TAPPS_BASE_COUNTER_H_
#define TAPPS_BASE_COUNTER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tapps {

// A number of this thread, small and dense: picks the slot of a striped structure.
inline size_t ThreadIndex() {
  static std::atomic<size_t> next{0};
  thread_local const size_t index = next.fetch_add(1, std::memory_order_relaxed);
  return index;
}

// Counts events from many threads without sharing a cache line between them; reading sums up. Any
// thread.
class Counter {
 public:
  void Add(int64_t n = 1) {
    slots_[ThreadIndex() % kSlots].n.fetch_add(n, std::memory_order_relaxed);
  }
  int64_t Read() const {
    int64_t sum = 0;
    for (const Slot& slot : slots_) sum += slot.n.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr size_t kSlots = 8;
  struct alignas(64) Slot {
    std::atomic<int64_t> n{0};
  };
  std::array<Slot, kSlots> slots_;
};

}  // namespace tapps

#endif  // TAPPS_BASE_COUNTER_H_
