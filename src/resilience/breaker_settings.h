#ifndef TAPPS_RESILIENCE_BREAKER_SETTINGS_H_
#define TAPPS_RESILIENCE_BREAKER_SETTINGS_H_

#include <cstdint>

#include "base/status.h"
#include "resilience/retry.h"

namespace tapps {

// How a breaker behaves. A field that is 0 is not set: it is inherited.
struct BreakerSettings {
  static constexpr int32_t kNone = -1;
  static constexpr int32_t kUnlimited = -2;

  int32_t failure_threshold = 0;  // failures in a row that open it; default 5, from 1
  int64_t open_us = 0;            // first open period; default 30 s
  int64_t max_open_us = 0;        // longest open period; default 5 min (or open_us, if longer)
  int32_t half_open_probes = 0;   // probes in flight at once; default 1, from 1 to max_concurrency
  int32_t close_after = 0;        // probes that must succeed to close it; default 2, from 1
  int32_t max_concurrency = 0;    // calls in flight at once; default 5, 1 to 4096, or kUnlimited:
                                  // at most the 65,536 there are tokens for
  int64_t lease_us = 0;           // life of a permit nobody reports; default 60 s
  int32_t max_waiting = 0;        // callers who wait for a place; default 100, 1 to 65,536

  // A sliding window over the latest calls: opens when at least min_calls are in it and so many
  // percent of them failed or were slow. Looked at whenever a call fails or is slow.
  int32_t failure_rate = 0;  // percent, 1 to 100; default kNone: not watched
  int32_t slow_rate = 0;     // percent, 1 to 100; default kNone: not watched
  int64_t slow_call_us = 0;  // such a call is slow, to some milliseconds; default 5 s. While
                             // slow_rate is watched a slow probe fails.
  int32_t window_calls = 0;  // how many calls are looked at; default 100, 1 to 4,096
  int64_t window_us = 0;     // how long back instead; default kNone: by count; from 1 ms
  int32_t min_calls = 0;     // default 10, from 1

  RetrySettings retry = {};

  bool WatchesFailures() const { return failure_rate > 0; }
  bool WatchesSlow() const { return slow_rate > 0; }

  // These settings with every 0 replaced by the field of `parent`.
  BreakerSettings Inherit(const BreakerSettings& parent) const;
  // The values named above as defaults.
  static BreakerSettings Default();
  // Every field in its range? Durations are 1 us to 365 days. INVALID names the first that is not.
  Status Validate() const;

  bool operator==(const BreakerSettings&) const = default;
};

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_BREAKER_SETTINGS_H_
