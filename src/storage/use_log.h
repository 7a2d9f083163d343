#ifndef TAPPS_STORAGE_USE_LOG_H_
#define TAPPS_STORAGE_USE_LOG_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace tapps::storage {

// Which entries were used since the last flush, gathered without a lock: reads never write. Notes
// may be lost when many keys are in use at once; those used most stay.
class UseLog {
 public:
  struct Use {
    uint64_t hash;
    uint32_t count;
  };

  UseLog() : slots_(new Slot[kSlots]) {}
  // Any thread; wait-free. A key noted often is a load of a line that nobody writes any more.
  void Note(uint64_t hash);
  // Whether anything was noted since the last Take.
  bool any() const { return any_.load(std::memory_order_relaxed); }
  // Takes up to `max` notes out of the log. One thread at a time.
  std::vector<Use> Take(size_t max);

 private:
  static constexpr size_t kSlots = 4096;
  static constexpr uint32_t kEnough = 32;  // a count between two flushes says no more above this
  struct Slot {
    std::atomic<uint64_t> hash{0};  // 0: free
    std::atomic<uint32_t> count{0};
  };

  const std::unique_ptr<Slot[]> slots_;
  std::atomic<bool> any_{false};
  size_t hand_ = 0;
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_USE_LOG_H_
