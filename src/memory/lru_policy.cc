#include "memory/lru_policy.h"

namespace tapps {

EntryId LruPolicy::Add(uint64_t hash, int64_t weight, uint32_t place) {
  if (clock_.load(std::memory_order_relaxed) >= kRebaseAt) {
    Rebase();
    order_.Rebuild();
  }
  order_.Reserve(1);
  const EntryId id = entries_.Take(hash, weight, place);
  entries_.At(id).stamp.store(Tick(), std::memory_order_relaxed);
  order_.Push(id);
  return id;
}

void LruPolicy::Reweigh(EntryId id, int64_t weight) { entries_.At(id).SetWeight(weight); }

void LruPolicy::Remove(EntryId id) {
  entries_.Free(id);
  order_.Removed();
}

Policy::Victim LruPolicy::Evict() {
  const EntryId id = order_.Oldest();
  const Victim victim = VictimOf(id);
  Remove(id);
  return victim;
}

}  // namespace tapps
