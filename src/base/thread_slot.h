#ifndef TAPPS_BASE_THREAD_SLOT_H_
#define TAPPS_BASE_THREAD_SLOT_H_

#include <cstdint>

namespace tapps {

inline constexpr uint32_t kThreadSlots = 4096;

namespace internal {
// 0: not asked for yet; else the slot + 1. The static TLS model saves a call on every use.
extern constinit thread_local uint32_t thread_slot __attribute__((tls_model("initial-exec")));
uint32_t TakeThreadSlot();
}  // namespace internal

// A number that no other living thread has: dense, the lowest free one, given back when the thread
// ends. What the last owner did happens before what the next one does. kThreadSlots: all are taken,
// or the thread is ending; share what belongs to nobody then. Any thread; lock-free.
inline uint32_t ThreadSlot() {
  const uint32_t slot = internal::thread_slot;
  return slot != 0 ? slot - 1 : internal::TakeThreadSlot();
}

}  // namespace tapps

#endif  // TAPPS_BASE_THREAD_SLOT_H_
