#ifndef TAPPS_BASE_HISTOGRAM_H_
#define TAPPS_BASE_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/json.h"

namespace tapps {

// A histogram of durations in nanoseconds with 16 steps an octave: quantiles are right within 1/16.
// Any thread; recording is two relaxed additions.
class Histogram {
 public:
  void Record(int64_t ns) {
    const uint64_t v = ns < 0 ? 0 : static_cast<uint64_t>(ns);
    buckets_[Bucket(v)].fetch_add(1, std::memory_order_relaxed);
    uint64_t max = max_.load(std::memory_order_relaxed);
    while (v > max && !max_.compare_exchange_weak(max, v, std::memory_order_relaxed)) {
    }
  }

  int64_t Count() const;
  // The upper bound of the bucket that holds the quantile q (0..1); 0 when nothing was recorded.
  int64_t Quantile(double q) const;
  int64_t Max() const { return static_cast<int64_t>(max_.load(std::memory_order_relaxed)); }
  // {"count", "p50", "p90", "p99", "p999", "max"}, in microseconds.
  Json Describe() const;

 private:
  static constexpr int kSubBits = 4;
  static constexpr size_t kBuckets = (40 - kSubBits + 1) << kSubBits;  // up to 2^40 ns, 18 minutes

  static size_t Bucket(uint64_t v) {
    if (v < (1u << kSubBits)) return v;
    const int shift = std::bit_width(v) - 1 - kSubBits;
    const size_t bucket = (static_cast<size_t>(shift + 1) << kSubBits) + ((v >> shift) & 15);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  static uint64_t UpperBound(size_t bucket) {
    if (bucket < (1u << kSubBits)) return bucket;
    const size_t shift = (bucket >> kSubBits) - 1;
    return ((16 + (bucket & 15) + 1) << shift) - 1;
  }

  std::array<std::atomic<uint32_t>, kBuckets> buckets_{};
  std::atomic<uint64_t> max_{0};
};

}  // namespace tapps

#endif  // TAPPS_BASE_HISTOGRAM_H_
