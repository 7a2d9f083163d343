#ifndef TAPPS_HTTP_QUOTA_FIELDS_H_
#define TAPPS_HTTP_QUOTA_FIELDS_H_

#include <cstdint>
#include <optional>

#include "http/headers.h"

namespace tapps::http {

// What an answer says of how many more requests its origin takes.
struct QuotaNews {
  int64_t calls = 0;         // left
  int64_t within_us = 0;     // until it takes more
  bool of_everybody = true;  // not just of who asked: an overload (503), not a quota
};

// Retry-After (RFC 9110 10.2.3) in seconds or as a date; never more than an hour, nullopt when
// there is none that can be read. A date that has passed is 0.
std::optional<int64_t> RetryAfter(const Headers& headers, int64_t now_us);

// Reads, in this order: Retry-After of a 429 or 503; RateLimit
// (draft-ietf-httpapi-ratelimit-headers: `"name";r=5;t=30`, or `limit=10, remaining=5, reset=30`);
// RateLimit-Remaining with RateLimit-Reset, and the same with X- in front, where a reset beyond a
// year is a date in seconds. nullopt: nothing was said, as by a 429 that names no time.
std::optional<QuotaNews> ReadQuota(int32_t status, const Headers& headers, int64_t now_us);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_QUOTA_FIELDS_H_
