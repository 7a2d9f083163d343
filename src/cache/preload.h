#ifndef TAPPS_CACHE_PRELOAD_H_
#define TAPPS_CACHE_PRELOAD_H_

#include <memory>

namespace tapps {

class TieredCache;

// Reads what was used last, up to options().preload_bytes, into memory on a thread of its own,
// "tapps-preload", which ends by itself, early when the cache is closed or goes. Without a thread
// to be had, nothing is read.
void Preload(const std::shared_ptr<TieredCache>& cache);

}  // namespace tapps

#endif  // TAPPS_CACHE_PRELOAD_H_
