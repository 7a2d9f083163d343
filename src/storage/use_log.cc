#include "storage/use_log.h"

namespace tapps::storage {

void UseLog::Note(uint64_t hash) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  if (hash == 0) return;
  if (!any_.load(kRelaxed)) any_.store(true, kRelaxed);
  Slot& slot = slots_[hash % kSlots];
  const uint64_t there = slot.hash.load(kRelaxed);
  const uint32_t count = slot.count.load(kRelaxed);
  if (there == hash) {
    if (count < kEnough) slot.count.store(count + 1, kRelaxed);
  } else if (there == 0 || count <= 1) {
    slot.hash.store(hash, kRelaxed);
    slot.count.store(1, kRelaxed);
  } else {
    slot.count.store(count - 1, kRelaxed);  // whoever comes often enough gets the place
  }
}

std::vector<UseLog::Use> UseLog::Take(size_t max) {
  std::vector<Use> taken;
  any_.store(false, std::memory_order_relaxed);
  for (size_t i = 0; i < kSlots && taken.size() < max; ++i) {
    Slot& slot = slots_[hand_++ % kSlots];
    if (slot.hash.load(std::memory_order_relaxed) == 0) continue;
    const uint64_t hash = slot.hash.exchange(0, std::memory_order_relaxed);
    const uint32_t count = slot.count.exchange(0, std::memory_order_relaxed);
    if (hash != 0) taken.push_back({hash, count == 0 ? 1 : count});
  }
  if (taken.size() == max) any_.store(true, std::memory_order_relaxed);
  return taken;
}

}  // namespace tapps::storage
