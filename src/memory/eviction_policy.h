#ifndef TAPPS_MEMORY_EVICTION_POLICY_H_
#define TAPPS_MEMORY_EVICTION_POLICY_H_

#include <cstdint>

namespace tapps {

// What goes when memory is full.
enum class EvictionPolicy : int32_t {
  kAdaptive = 0,  // AdaptivePolicy, its share chosen by ShareTuner
  kLru = 1,       // LruPolicy: exact within a shard
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_EVICTION_POLICY_H_
