#include "resilience/retry.h"

#include <algorithm>

namespace tapps {

RetrySettings RetrySettings::Inherit(const RetrySettings& parent) const {
  const auto either = [](auto own, auto inherited) { return own != 0 ? own : inherited; };
  RetrySettings merged;
  merged.retries = either(retries, parent.retries);
  merged.base_us = either(base_us, parent.base_us);
  merged.max_delay_us = either(max_delay_us, std::max(parent.max_delay_us, merged.base_us));
  merged.reserve = either(reserve, parent.reserve);
  merged.percent = either(percent, parent.percent);
  return merged;
}

bool IsWorthRetrying(int32_t status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

RetryDecision DecideRetry(const RetrySettings& settings, const RetryQuestion& question,
                          double chance) {
  if (!question.idempotent) return {};
  if (question.status != 0 && !IsWorthRetrying(question.status)) return {};
  if (question.attempt > std::max(settings.retries, 0)) return {RetryVerdict::kExhausted, 0};
  int64_t bound = std::min(settings.base_us, settings.max_delay_us);
  for (int64_t i = 1; i < question.attempt && bound < settings.max_delay_us; ++i) {
    bound = std::min(bound * 2, settings.max_delay_us);
  }
  const auto jitter = static_cast<int64_t>(chance * static_cast<double>(bound));
  const int64_t asked = std::clamp<int64_t>(question.retry_after_us, 0, kLongestRetryAfter);
  // Jitter after what was asked for, too: others were asked for the same.
  return {RetryVerdict::kRetry, asked + jitter};
}

}  // namespace tapps
