#ifndef TAPPS_RESILIENCE_DESCRIBE_H_
#define TAPPS_RESILIENCE_DESCRIBE_H_

#include "base/json.h"
#include "cache/cache.h"
#include "resilience/registry.h"

namespace tapps {

// A list of the breakers of this process as they stand ("here": true), and of those the file
// remembers of others, each with "name", "state", "forced", "quota_us", "calls", "failed", "slow"
// (of the window; of others: when it opened) and, of others, "at_us" and "local" (see
// breaker_share.h).
Json DescribeBreakers(const BreakerRegistry& breakers, Cache& cache);

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_DESCRIBE_H_
