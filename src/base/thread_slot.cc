#include "base/thread_slot.h"

#include <array>
#include <atomic>
#include <bit>

namespace tapps::internal {
namespace {

constexpr uint32_t kBits = 64;
// A bit for each slot: taken. No lock, so that a forked child cannot inherit one that is held.
std::array<std::atomic<uint64_t>, kThreadSlots / kBits> taken{};

struct Returner {
  uint32_t slot = kThreadSlots;
  ~Returner() {
    thread_slot = kThreadSlots + 1;  // for destructors that run after this one
    if (slot == kThreadSlots) return;
    taken[slot / kBits].fetch_and(~(uint64_t{1} << slot % kBits), std::memory_order_release);
  }
};

uint32_t Take() {
  for (uint32_t i = 0; i < taken.size(); ++i) {
    uint64_t bits = taken[i].load(std::memory_order_relaxed);
    while (~bits != 0) {
      const auto free = static_cast<uint32_t>(std::countr_one(bits));
      if (taken[i].compare_exchange_weak(bits, bits | uint64_t{1} << free,
                                         std::memory_order_acquire, std::memory_order_relaxed)) {
        return i * kBits + free;
      }
    }
  }
  return kThreadSlots;
}

}  // namespace

constinit thread_local uint32_t thread_slot = 0;

uint32_t TakeThreadSlot() {
  thread_local Returner returner;
  returner.slot = Take();
  thread_slot = returner.slot + 1;
  return returner.slot;
}

}  // namespace tapps::internal
