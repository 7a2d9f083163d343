#ifndef TAPPS_MEMORY_LRU_POLICY_H_
#define TAPPS_MEMORY_LRU_POLICY_H_

#include "memory/policy.h"

namespace tapps {

// Exact LRU: the entry whose last use is longest ago goes. O(log n) an eviction, each use of an
// entry paid for once.
class LruPolicy final : public Policy {
 public:
  LruPolicy() : order_(entries_, kResident) { hit_record_ = HitRecord::kStamp; }
  EntryId Add(uint64_t hash, int64_t weight, uint32_t place) override;
  void Reweigh(EntryId id, int64_t weight) override;
  void Remove(EntryId id) override;
  Victim Evict() override;

  void SetClockForTest(uint32_t clock) { clock_ = clock; }

 private:
  static constexpr uint32_t kResident = 1;
  StampHeap order_;
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_LRU_POLICY_H_
