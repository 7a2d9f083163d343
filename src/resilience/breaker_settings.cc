#include "resilience/breaker_settings.h"

#include <algorithm>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "resilience/permit_table.h"

namespace tapps {
namespace {

constexpr int64_t kMaxDuration = 365 * kDay;

Status CheckDuration(const char* name, int64_t us) {
  if (us >= 1 && us <= kMaxDuration) return {};
  return {TAPPS_E_INVALID, "breaker settings: " + std::string(name) + " is " + std::to_string(us) +
                               " us, expected 1 us to 365 days"};
}

Status CheckCount(const char* name, int32_t value, int32_t max) {
  if (value >= 1 && value <= max) return {};
  return {TAPPS_E_INVALID, "breaker settings: " + std::string(name) + " is " +
                               std::to_string(value) + ", expected 1 to " + std::to_string(max)};
}

}  // namespace

BreakerSettings BreakerSettings::Default() {
  return {.failure_threshold = 5,
          .open_us = 30 * kSecond,
          .max_open_us = 5 * kMinute,
          .half_open_probes = 1,
          .close_after = 2,
          .max_concurrency = 5,
          .lease_us = 60 * kSecond,
          .max_waiting = 100,
          .failure_rate = kNone,
          .slow_rate = kNone,
          .slow_call_us = 5 * kSecond,
          .window_calls = 100,
          .window_us = kNone,
          .min_calls = 10,
          .retry = RetrySettings::Default()};
}

BreakerSettings BreakerSettings::Inherit(const BreakerSettings& parent) const {
  const auto either = [](auto own, auto inherited) { return own != 0 ? own : inherited; };
  BreakerSettings merged;
  merged.failure_threshold = either(failure_threshold, parent.failure_threshold);
  merged.open_us = either(open_us, parent.open_us);
  merged.max_open_us = either(max_open_us, std::max(parent.max_open_us, merged.open_us));
  merged.half_open_probes = either(half_open_probes, parent.half_open_probes);
  merged.close_after = either(close_after, parent.close_after);
  merged.max_concurrency = either(max_concurrency, parent.max_concurrency);
  merged.lease_us = either(lease_us, parent.lease_us);
  merged.max_waiting = either(max_waiting, parent.max_waiting);
  merged.failure_rate = either(failure_rate, parent.failure_rate);
  merged.slow_rate = either(slow_rate, parent.slow_rate);
  merged.slow_call_us = either(slow_call_us, parent.slow_call_us);
  merged.window_calls = either(window_calls, parent.window_calls);
  // A window by count of one's own is not overruled by an inherited one by time.
  merged.window_us = either(window_us, window_calls != 0 ? int64_t{kNone} : parent.window_us);
  merged.min_calls = either(min_calls, parent.min_calls);
  merged.retry = retry.Inherit(parent.retry);
  return merged;
}

Status BreakerSettings::Validate() const {
  constexpr int32_t kManyTimes = 1 << 30;
  TAPPS_RETURN_IF_ERROR(CheckCount("failure_threshold", failure_threshold, kManyTimes));
  TAPPS_RETURN_IF_ERROR(CheckDuration("open_us", open_us));
  TAPPS_RETURN_IF_ERROR(CheckDuration("max_open_us", max_open_us));
  if (max_open_us < open_us) {
    return {TAPPS_E_INVALID, "breaker settings: max_open_us is less than open_us"};
  }
  const bool unlimited = max_concurrency == kUnlimited;
  if (!unlimited) {
    TAPPS_RETURN_IF_ERROR(CheckCount("max_concurrency", max_concurrency, PermitTable::kMaxLimit));
  }
  TAPPS_RETURN_IF_ERROR(CheckCount("half_open_probes", half_open_probes,
                                   unlimited ? PermitTable::kMaxLimit : max_concurrency));
  TAPPS_RETURN_IF_ERROR(CheckCount("close_after", close_after, kManyTimes));
  TAPPS_RETURN_IF_ERROR(CheckDuration("lease_us", lease_us));
  TAPPS_RETURN_IF_ERROR(CheckCount("max_waiting", max_waiting, 1 << 16));
  if (failure_rate != kNone) TAPPS_RETURN_IF_ERROR(CheckCount("failure_rate", failure_rate, 100));
  if (slow_rate != kNone) TAPPS_RETURN_IF_ERROR(CheckCount("slow_rate", slow_rate, 100));
  TAPPS_RETURN_IF_ERROR(CheckDuration("slow_call_us", slow_call_us));
  TAPPS_RETURN_IF_ERROR(CheckCount("window_calls", window_calls, 4096));
  if (window_us != kNone) {
    TAPPS_RETURN_IF_ERROR(CheckDuration("window_us", window_us));
    if (window_us < kMillisecond) {
      return {TAPPS_E_INVALID, "breaker settings: window_us is less than 1 ms"};
    }
  } else if (min_calls > window_calls && (WatchesFailures() || WatchesSlow())) {
    return {TAPPS_E_INVALID, "breaker settings: min_calls is more than window_calls"};
  }
  if (retry.retries != kNone) TAPPS_RETURN_IF_ERROR(CheckCount("retries", retry.retries, 10));
  if (retry.reserve != kNone)
    TAPPS_RETURN_IF_ERROR(CheckCount("retry reserve", retry.reserve, 1000));
  if (retry.percent != kNone)
    TAPPS_RETURN_IF_ERROR(CheckCount("retry percent", retry.percent, 100));
  TAPPS_RETURN_IF_ERROR(CheckDuration("retry base_us", retry.base_us));
  TAPPS_RETURN_IF_ERROR(CheckDuration("retry max_delay_us", retry.max_delay_us));
  return CheckCount("min_calls", min_calls, kManyTimes);
}

}  // namespace tapps
