#include "base/histogram.h"

#include <algorithm>

namespace tapps {

int64_t Histogram::Count() const {
  int64_t count = 0;
  for (const auto& bucket : buckets_) count += bucket.load(std::memory_order_relaxed);
  return count;
}

int64_t Histogram::Quantile(double q) const {
  const int64_t count = Count();
  if (count == 0) return 0;
  const auto rank = static_cast<int64_t>(q * static_cast<double>(count - 1));
  int64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen > rank) return std::min(static_cast<int64_t>(UpperBound(i)), Max());
  }
  return Max();
}

Json Histogram::Describe() const {
  const auto us = [](int64_t ns) { return static_cast<double>(ns) / 1000; };
  return {{"count", Count()},          {"p50", us(Quantile(0.5))},    {"p90", us(Quantile(0.9))},
          {"p99", us(Quantile(0.99))}, {"p999", us(Quantile(0.999))}, {"max", us(Max())}};
}

}  // namespace tapps
