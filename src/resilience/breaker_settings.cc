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
          .lease_us = 60 * kSecond};
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
  return merged;
}

Status BreakerSettings::Validate() const {
  constexpr int32_t kManyTimes = 1'000'000;
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
  return CheckDuration("lease_us", lease_us);
}

}  // namespace tapps
