#include "base/thread_slot.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <bit>

namespace tapps::internal {
namespace {

constexpr uint32_t kBits = 64;
// A bit for each slot: taken. No lock, so that a forked child cannot inherit one that is held.
std::array<std::atomic<uint64_t>, kThreadSlots / kBits> taken{};

void Return(uint32_t slot) {
  taken[slot / kBits].fetch_and(~(uint64_t{1} << slot % kBits), std::memory_order_release);
}

// Gives a thread's slot back at its end. Not a thread_local with a destructor: without memory to
// register that, glibc ends the process.
struct AtThreadEnd {
  AtThreadEnd() {
    made = pthread_key_create(&key, [](void* slot_and_one) {
             thread_slot = kThreadSlots + 1;  // for destructors that run after this one
             Return(static_cast<uint32_t>(reinterpret_cast<uintptr_t>(slot_and_one)) - 1);
           }) == 0;
  }
  bool Give(uint32_t slot) const {
    return made && pthread_setspecific(key, reinterpret_cast<void*>(uintptr_t{slot} + 1)) == 0;
  }
  pthread_key_t key{};
  bool made = false;
};
const AtThreadEnd at_thread_end;

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
  uint32_t slot = Take();
  if (slot != kThreadSlots && !at_thread_end.Give(slot)) {
    Return(slot);
    slot = kThreadSlots;
  }
  thread_slot = slot + 1;
  return slot;
}

}  // namespace tapps::internal
