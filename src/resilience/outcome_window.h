#ifndef TAPPS_RESILIENCE_OUTCOME_WINDOW_H_
#define TAPPS_RESILIENCE_OUTCOME_WINDOW_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tapps {

// The latest calls of a breaker: how many, how many of them failed, how many were slow. By count:
// the last N calls. By time: those of the last window_us, forgotten a tenth of it at a time.
//
// Good calls are recorded by any thread without a lock (AddGood); everything else by one thread at
// a time, under the owner's lock. What was recorded in an earlier generation does not count; a
// good call that races with the change of generation may be missed.
class OutcomeWindow {
 public:
  // Both 0: off, nothing is kept. Both set: by time.
  OutcomeWindow(int32_t calls, int64_t window_us);

  // A call that neither failed nor was slow. False: not recorded, call Add under the lock.
  bool AddGood(uint64_t generation, int64_t now) {
    if (!slots_.empty()) {
      Put(generation << 2);
      return true;
    }
    if (width_ == 0) return true;
    const int64_t number = now / width_;
    std::atomic<uint64_t>& good = buckets_[static_cast<size_t>(number) % kBuckets].good;
    const uint64_t tag = Tag(generation, number);
    uint64_t word = good.load(std::memory_order_relaxed);
    while ((word & kTagMask) == tag) {
      if (good.compare_exchange_weak(word, word + 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }

  // The rest: one thread at a time.
  void Add(uint64_t generation, int64_t now, bool failed, bool slow);
  struct Sum {
    int64_t calls = 0;
    int64_t failed = 0;
    int64_t slow = 0;
  };
  Sum Count(uint64_t generation, int64_t now) const;

 private:
  static constexpr size_t kBuckets = 10;
  static constexpr uint64_t kTagMask = ~uint64_t{0xffffffff};
  struct Bucket {
    std::atomic<uint64_t> good{0};  // tag, and the good calls in the low 32 bits
    int64_t failed = 0;             // not good because failed, whether slow or not
    int64_t slow = 0;
    int64_t bad = 0;  // failed or slow
  };

  // Never 0, and another one for each bucket's turn and generation that are near each other.
  static uint64_t Tag(uint64_t generation, int64_t number) {
    return ((generation << 20) + static_cast<uint64_t>(number) + 1) << 32 | uint64_t{1} << 63;
  }
  void Put(uint64_t slot) {
    const size_t index = head_.fetch_add(1, std::memory_order_relaxed) % slots_.size();
    slots_[index].store(slot, std::memory_order_relaxed);
  }

  std::vector<std::atomic<uint64_t>> slots_;  // by count: generation, slow, failed; 0: empty
  std::atomic<size_t> head_{0};
  const int64_t width_;  // by time: of a bucket; 0: not by time
  std::array<Bucket, kBuckets> buckets_;
};

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_OUTCOME_WINDOW_H_
