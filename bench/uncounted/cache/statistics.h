#ifndef TAPPS_BENCH_UNCOUNTED_CACHE_STATISTICS_H_
#define TAPPS_BENCH_UNCOUNTED_CACHE_STATISTICS_H_

// Stands before the real cache/statistics.h where the library is compiled without counting: the
// same members, which count and time nothing. bench/counting.cc holds one against the other.

#include "base/counter.h"

namespace tapps {

struct NoCounter : Counter {
  void Add(int64_t = 1) {}
  int64_t Mine() const { return 1; }  // never the one in kSample
};

}  // namespace tapps

#define Counter NoCounter
#include "../../../src/cache/statistics.h"
#undef Counter

#endif  // TAPPS_BENCH_UNCOUNTED_CACHE_STATISTICS_H_
