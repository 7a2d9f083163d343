#ifndef TAPPS_MEMORY_HOLD_H_
#define TAPPS_MEMORY_HOLD_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "base/mutex.h"
#include "base/per_process.h"
#include "base/thread_slot.h"
#include "base/value.h"

namespace tapps {

// How a reader keeps what it found without counting references, and how what was replaced is freed.
//
// Each thread has a few slots. A reader writes the address of what it found into one of them, then
// looks whether the place where it found it is unchanged; if so the object stays until the slot is
// emptied. A writer first changes the place, retires the object, and some time later frees those
// retired objects that are in no slot.
//
//     reader                                 writer
//     r1  read the line: version, value      w1  change the line: version odd, value, even
//     r2  slot = value                       w2  retire the old value
//     r3  (light fence)                      w3  heavy fence
//     r4  version unchanged? else r1         w4  read all slots; free what is in none
//     ..  use the value
//     r5  slot = empty
//
// Why nobody uses what was freed. Freeing needs w1 before w3 before w4. The heavy fence is
// membarrier(PRIVATE_EXPEDITED): every running thread of the process executes a full barrier
// between the call and its return (a thread that does not run passes one when it is scheduled). In
// a reader that barrier falls either
//   - before r2 takes effect: then r4 comes after the barrier and sees w1: the versions differ, the
//     value is not used; or
//   - after r2: then w4 comes after the barrier and sees the slot: the value is not freed.
// Between r2 and r4 the reader needs nothing but a compiler barrier, so a hit has no locked
// instruction. Where membarrier is missing, r2 is an atomic exchange and w3 a fence: the same
// argument with the single total order of sequentially consistent operations.
// r5 is a release store and w4 an acquire load: all use of the object happens before its end. A
// slot may be emptied by another thread than its owner's: the owner reads "empty" with acquire
// before it uses the slot again, which carries that thread's reads on to w4.
//
// A value held long. w4 finds it in a slot, sets `wanted` there and fences and looks again (the
// same argument with the roles of the two words exchanged); whoever empties the slot sees the mark
// and frees. So memory is given back with the last release, and a value that a host holds for
// hours costs the others nothing.
//
// A thread that has no free slot takes a counted reference under the protection of a scratch slot.
// Slots outlive their thread: the next thread with the same number finds some of them occupied.
class Hold {
 public:
  // Another reference to what the slot holds, by whoever has one.
  void Retain() { word_.fetch_add(kReference, std::memory_order_relaxed); }
  // Gives one reference back. Any thread.
  void Release() {
    if (word_.load(std::memory_order_relaxed) >= kReference && DropReference()) return;
    Clear();
    if (word_.load(std::memory_order_relaxed) != 0) Wanted();
  }
  const Value* value() const {
    return static_cast<const Value*>(object_.load(std::memory_order_relaxed));
  }

  // For readers: r2 to r4 (`unchanged` is r4), and taking it back.
  bool empty() const { return object_.load(std::memory_order_acquire) == nullptr; }
  template <typename Unchanged>
  bool Protect(const void* object, Unchanged unchanged);
  void Clear();

 private:
  friend class Reclaimer;
  static constexpr uint32_t kWanted = 1;
  static constexpr uint32_t kReference = 2;
  bool DropReference();
  void Wanted();

  std::atomic<const void*> object_{nullptr};
  std::atomic<uint32_t> word_{0};  // further references, and whether somebody waits to free it
};

// The slots of one thread.
struct alignas(64) ThreadHolds {
  static constexpr size_t kHandles = 5;
  Hold table;                          // the table being read
  Hold key;                            // a long key being compared
  Hold scratch;                        // a value on its way to a counted reference
  std::array<Hold, kHandles> handles;  // values that were handed out

  // The calling thread's; NULL when there are too many threads.
  static ThreadHolds* Mine() {
    const uint32_t slot = ThreadSlot();
    if (slot >= kThreadSlots) return nullptr;
    ThreadHolds* chunk = chunks_[slot / kChunk].load(std::memory_order_acquire);
    return (chunk ? chunk : AddChunk(slot / kChunk)) + slot % kChunk;
  }
  // A handle slot that is empty, or NULL.
  Hold* Free() {
    for (Hold& hold : handles) {
      if (hold.empty()) return &hold;
    }
    return nullptr;
  }

 private:
  friend class Reclaimer;
  static constexpr uint32_t kChunk = 64;
  static ThreadHolds* AddChunk(uint32_t chunk);
  static std::array<std::atomic<ThreadHolds*>, kThreadSlots / kChunk> chunks_;
};

// What was taken out of a table and is to be freed.
struct Retired {
  const void* object;
  void (*destroy)(const void*);
  size_t bytes;
};

// Frees retired objects that nobody holds. One a process; any thread.
class Reclaimer {
 public:
  static Reclaimer& Get();
  // At most kBatch objects and kBatchBytes wait, besides those that are held. Without memory for
  // the list, the objects are leaked.
  void Retire(const std::vector<Retired>& objects) noexcept;
  // Frees what can be freed now. Without memory for it, nothing.
  void Collect() noexcept;
  // Objects that wait, for tests.
  size_t waiting();

  // Whether readers may leave the fence to membarrier.
  static bool light_readers() { return light_.load(std::memory_order_relaxed); }
  // As if membarrier were missing, or not. While no other thread reads.
  static void SetLightReadersForTest(bool light) { light_.store(light); }

  static constexpr size_t kBatch = 64;
  static constexpr size_t kBatchBytes = size_t{1} << 20;

 private:
  friend class PerProcess<Reclaimer>;
  Reclaimer();
  void CollectLocked(std::vector<Retired>* free) REQUIRES(mu_);
  static bool Fence();
  static void Visit(void (*each)(Hold&, bool handle, void* context), void* context);

  static std::atomic<bool> light_;
  Mutex mu_;
  std::vector<Retired> retired_ GUARDED_BY(mu_);
  size_t new_objects_ GUARDED_BY(mu_) = 0;
  size_t new_bytes_ GUARDED_BY(mu_) = 0;
  bool again_ GUARDED_BY(mu_) = false;  // something was held by a reader for a moment only
};

// Gathers what is taken out of tables and retires it at the end of the scope. To be declared before
// the lock of what it is taken out of. Without memory for the list, an object is leaked: taking
// something out never fails.
class Retirement {
 public:
  Retirement() = default;
  ~Retirement() { Reclaimer::Get().Retire(objects_); }
  Retirement(const Retirement&) = delete;
  Retirement& operator=(const Retirement&) = delete;
  void Add(const Retired& object) noexcept {
    try {
      objects_.push_back(object);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): leaked
    }
  }

 private:
  std::vector<Retired> objects_;
};

template <typename Unchanged>
[[gnu::always_inline]] inline bool Hold::Protect(const void* object, Unchanged unchanged) {
  if (Reclaimer::light_readers()) {
    object_.store(object, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    object_.exchange(object, std::memory_order_seq_cst);
  }
  if (unchanged()) return true;
  Release();
  return false;
}

[[gnu::always_inline]] inline void Hold::Clear() {
  if (Reclaimer::light_readers()) {
    object_.store(nullptr, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    object_.exchange(nullptr, std::memory_order_seq_cst);
  }
}

}  // namespace tapps

#endif  // TAPPS_MEMORY_HOLD_H_
