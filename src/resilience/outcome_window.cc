#include "resilience/outcome_window.h"

#include <algorithm>

namespace tapps {

OutcomeWindow::OutcomeWindow(int32_t calls, int64_t window_us)
    : slots_(window_us > 0 ? 0 : static_cast<size_t>(std::max(calls, 0))),
      width_(window_us > 0 ? std::max<int64_t>(1, window_us / static_cast<int64_t>(kBuckets)) : 0) {
}

void OutcomeWindow::Add(uint64_t generation, int64_t now, bool failed, bool slow) {
  if (!slots_.empty()) {
    Put(generation << 2 | (slow ? 2 : 0) | (failed ? 1 : 0));
    return;
  }
  if (width_ == 0) return;
  const int64_t number = now / width_;
  Bucket& bucket = buckets_[static_cast<size_t>(number) % kBuckets];
  const uint64_t tag = Tag(generation, number);
  if ((bucket.good.load(std::memory_order_relaxed) & kTagMask) != tag) {
    bucket.failed = bucket.slow = bucket.bad = 0;
    bucket.good.store(tag, std::memory_order_relaxed);
  }
  if (!failed && !slow) {
    bucket.good.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  ++bucket.bad;
  if (failed) ++bucket.failed;
  if (slow) ++bucket.slow;
}

OutcomeWindow::Sum OutcomeWindow::Count(uint64_t generation, int64_t now) const {
  Sum sum;
  for (const std::atomic<uint64_t>& slot : slots_) {
    const uint64_t value = slot.load(std::memory_order_relaxed);
    if (value >> 2 != generation) continue;
    ++sum.calls;
    sum.failed += static_cast<int64_t>(value & 1);
    sum.slow += static_cast<int64_t>(value >> 1 & 1);
  }
  if (width_ == 0) return sum;
  const int64_t last = now / width_;
  for (int64_t number = last; number > last - static_cast<int64_t>(kBuckets) && number >= 0;
       --number) {
    const Bucket& bucket = buckets_[static_cast<size_t>(number) % kBuckets];
    const uint64_t good = bucket.good.load(std::memory_order_relaxed);
    if ((good & kTagMask) != Tag(generation, number)) continue;
    sum.calls += static_cast<int64_t>(good & ~kTagMask) + bucket.bad;
    sum.failed += bucket.failed;
    sum.slow += bucket.slow;
  }
  return sum;
}

}  // namespace tapps
