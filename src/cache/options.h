#ifndef TAPPS_CACHE_OPTIONS_H_
#define TAPPS_CACHE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "memory/eviction_policy.h"
#include "tapps.h"

namespace tapps {

inline constexpr size_t kMaxKeyBytes = 4096;
inline constexpr size_t kMaxSpaceBytes = 255;
inline constexpr size_t kMaxValueBytes = size_t{256} << 20;

// As tapps_open_options in tapps.h, with the defaults filled in. Times in microseconds.
struct CacheOptions {
  bool read_only = false;
  int64_t memory_bytes = int64_t{64} << 20;
  int64_t memory_entries = TAPPS_UNLIMITED;
  int64_t disk_bytes = int64_t{1} << 30;
  int64_t queue_bytes = int64_t{32} << 20;
  int64_t commit_interval_us = 20 * kMillisecond;
  int64_t open_timeout_us = 5 * kSecond;
  int64_t put_timeout_us = 3 * kSecond;
  int64_t ttl_us = TAPPS_NONE;
  EvictionPolicy policy = EvictionPolicy::kAdaptive;  // of memory
  int64_t disk_entries = TAPPS_UNLIMITED;
  int64_t preload_bytes = 0;
  int64_t wal_bytes = 8 << 20;
  int64_t max_wal_bytes = 64 << 20;
  // How long a load or fetch waits for the right to be the only one of all processes.
  int64_t lease_wait_us = 50 * kMillisecond;
  const Clock* clock = &Clock::Real();

  bool operator==(const CacheOptions&) const = default;
};

// Names an entry. An empty space means "default".
struct Key {
  std::string_view space;
  std::string_view bytes;
};

struct GetOptions {
  bool cached_only = false;
  bool allow_stale = false;
  bool peek = false;
  bool show_negative = false;  // a negative entry is returned, marked, in place of NOT_FOUND
};

// As tapps_put_options in tapps.h. Views are borrowed for the call.
struct PutOptions {
  int32_t durability = TAPPS_DURABILITY_ASYNC;
  bool negative = false;
  bool sliding = false;
  int64_t ttl_us = 0;      // 0: the cache's (negative: 60 s); TAPPS_NONE: none
  int64_t stale_us = 0;    // TAPPS_UNLIMITED: for ever
  int64_t timeout_us = 0;  // 0: the cache's put_timeout_us
  std::string_view content_type;
  std::string_view source;
  std::string_view tags;
  std::string_view json;
};

// As tapps_space_options in tapps.h; 0: the cache's default.
struct SpaceOptions {
  int64_t ttl_us = 0;
  int64_t stale_us = 0;
  int64_t negative_ttl_us = 0;
};

// As tapps_load_options in tapps.h, with the defaults filled in.
struct LoadOptions {
  int64_t timeout_us = 30 * kSecond;  // TAPPS_NONE: no wait
  int64_t lease_us = 30 * kSecond;
  int64_t early_us = 0;      // 0: as measured; TAPPS_NONE: no early refresh
  bool cached_only = false;  // WOULD_BLOCK unless memory has an answer that needs no load
};

}  // namespace tapps

#endif  // TAPPS_CACHE_OPTIONS_H_
