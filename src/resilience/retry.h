#ifndef TAPPS_RESILIENCE_RETRY_H_
#define TAPPS_RESILIENCE_RETRY_H_

#include <cstdint>

#include "base/clock.h"

namespace tapps {

// How often and how soon a call that failed is made again. A field that is 0 is not set.
struct RetrySettings {
  static constexpr int32_t kNone = -1;

  int32_t retries = 0;       // of one call, 1 to 10; default 2; kNone: never
  int64_t base_us = 0;       // longest delay before the first; default 100 ms
  int64_t max_delay_us = 0;  // the bound doubles with each retry up to this; default 10 s
  // The budget of all calls together, Breaker::Retry's to keep.
  int32_t reserve = 0;  // retries before any call has earned one, 1 to 1,000; default 5; or kNone
  int32_t percent = 0;  // retries earned by a hundred calls, 1 to 100; default 10; or kNone

  RetrySettings Inherit(const RetrySettings& parent) const;
  static RetrySettings Default() { return {2, 100 * kMillisecond, 10 * kSecond, 5, 10}; }
  bool operator==(const RetrySettings&) const = default;
};

inline constexpr int64_t kLongestRetryAfter = kHour;

// How a call ended that might be made again.
struct RetryQuestion {
  int64_t attempt = 1;         // how often it was made
  bool idempotent = true;      // RFC 9110 9.2.2; what is not is never repeated
  int32_t status = 0;          // of the answer; 0: there was none
  int64_t retry_after_us = 0;  // what the service asked for; 0: nothing
};

enum class RetryVerdict : uint8_t {
  kRetry,
  kPointless,  // not idempotent, or an answer that another try would not change
  kExhausted,  // made as often as it may be
};

struct RetryDecision {
  RetryVerdict verdict = RetryVerdict::kPointless;
  int64_t delay_us = 0;
};

// Whether to try again, and when: full jitter (any time up to a bound that doubles), but not before
// the service said; `chance` is in [0, 1). The budget is Breaker::Retry's to keep.
RetryDecision DecideRetry(const RetrySettings& settings, const RetryQuestion& question,
                          double chance);

// 408, 429, 500, 502, 503, 504.
bool IsWorthRetrying(int32_t status);

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_RETRY_H_
