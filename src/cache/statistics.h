#ifndef TAPPS_CACHE_STATISTICS_H_
#define TAPPS_CACHE_STATISTICS_H_

#include <chrono>
#include <cstdint>

#include "base/counter.h"
#include "base/histogram.h"
#include "base/json.h"

namespace tapps {

// What a cache counts. Each lookup is counted once: as one kind of hit, or as a miss. Any thread.
struct CacheStatistics {
  Counter memory_hits;
  Counter disk_hits;
  Counter stale_hits;
  Counter negative_hits;
  Counter misses;
  Counter writes;
  Counter write_failures;
  Counter read_failures;
  Counter damaged_values;   // read, with a wrong checksum
  Counter invalidations;    // keys dropped because another process changed them
  Histogram memory_get_ns;  // one in kSample
  Histogram disk_get_ns;
  Histogram put_ns;   // one in kSample
  Histogram sync_ns;  // from a write to its commit, for those who wait for it
  Histogram load_ns;  // from a load to its value or lease

  static constexpr uint32_t kSample = 64;

  // The members "hits", "misses", "hit_rate", ...: see tapps_cache_stats.
  void Describe(Json* json) const;
};

// Times a scope into a histogram.
class ScopedTimer {
 public:
  explicit ScopedTimer(Histogram* histogram) : histogram_(histogram) {
    if (histogram_) began_ = std::chrono::steady_clock::now();
  }
  ~ScopedTimer() {
    if (!histogram_) return;
    const auto took = std::chrono::steady_clock::now() - began_;
    histogram_->Record(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  }
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;
  // Records elsewhere, or nowhere (NULL).
  void Into(Histogram* histogram) { histogram_ = histogram; }

 private:
  Histogram* histogram_;
  std::chrono::steady_clock::time_point began_;
};

// True once in `period` calls of this thread.
inline bool Sampled(uint32_t period) {
  thread_local uint32_t calls = 0;
  return ++calls % period == 0;
}

}  // namespace tapps

#endif  // TAPPS_CACHE_STATISTICS_H_
