#ifndef TAPPS_RESILIENCE_PERMIT_TABLE_H_
#define TAPPS_RESILIENCE_PERMIT_TABLE_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/mutex.h"

namespace tapps {

// The calls in flight of one breaker: a place for each, with the lease that frees it again.
//
//     FREE --Claim--> CLAIMED --Occupy--> BUSY --End--> ENDED --+
//      ^                 |                                      |
//      +-----------------+------------------Vacate--------------+
//
// A permit is named by a token: the place's index in the low 16 bits, above it a 37-bit sequence
// number that changes whenever the place becomes free. So a token fits 53 bits (a double, a
// JavaScript number), is never 0, and stops being valid the moment its permit ends. A place's
// sequence repeats after 137 billion permits. Sequences start at a number of the owner's choice, so
// that tokens of two tables seldom look alike.
//
// Any thread, without a lock: Claim and End move a place's word, which holds its sequence and its
// phase, by one compare-and-swap, so that one caller wins. Whoever took a place by Claim or End has
// it alone until Occupy or Vacate, and may use its fields like plain variables.
class PermitTable {
 public:
  static constexpr int32_t kMaxLimit = 4096;
  static constexpr int32_t kMaxPlaces = 1 << 16;  // when unlimited

  // Written by who has the place alone. `deadline` and `generation` are read by others while it is
  // busy, and what they read holds if the place's word is the same afterwards.
  struct alignas(64) Place {
    std::atomic<uint64_t> word{0};
    std::atomic<int64_t> deadline{0};
    std::atomic<uint64_t> generation{0};
    int64_t started = 0;
    uint32_t index = 0;
    bool probe = false;
    // What ended here in a way that needs no lock; owners before are not forgotten.
    std::atomic<int64_t> successes{0};
    std::atomic<int64_t> ignored{0};
  };

  // `limit`: 1 to kMaxLimit places, all allocated here; or a negative number for "unlimited": the
  // table then doubles when it is full, up to kMaxPlaces, and keeps its size.
  PermitTable(int32_t limit, uint64_t first_sequence);

  // A free place, taken for the caller; NULL when there is none: then EndExpired and Grow may help.
  Place* Claim() {
    const uint32_t size = size_.load(std::memory_order_acquire);
    uint32_t index = next_.load(std::memory_order_relaxed);
    if (index >= size) index = 0;
    for (uint32_t looked = 0; looked < size; ++looked) {
      Place& place = At(index);
      uint64_t word = place.word.load(std::memory_order_relaxed);
      if (Phase(word) == kFree &&
          place.word.compare_exchange_strong(word, word | kClaimed, std::memory_order_seq_cst,
                                             std::memory_order_relaxed)) {
        next_.store(index + 1, std::memory_order_relaxed);
        return &place;
      }
      if (++index == size) index = 0;
    }
    return nullptr;
  }
  // Claim's place is in flight from now on; returns its token.
  int64_t Occupy(Place* place) {
    const uint64_t sequence = place->word.load(std::memory_order_relaxed) >> kPhaseBits;
    place->word.store(sequence << kPhaseBits | kBusy, std::memory_order_release);
    return static_cast<int64_t>(sequence << kIndexBits) | place->index;
  }
  // Takes the token's place for the caller; NULL when it is not in flight. Any number is accepted.
  Place* End(int64_t token) {
    const auto index = static_cast<uint32_t>(token & kIndexMask);
    if (token <= 0 || index >= size_.load(std::memory_order_acquire)) return nullptr;
    Place& place = At(index);
    return EndAt(place, (static_cast<uint64_t>(token) >> kIndexBits) << kPhaseBits | kBusy)
               ? &place
               : nullptr;
  }
  // Gives a place back after Claim or End; its token is void.
  void Vacate(Place* place) {
    const uint64_t sequence = place->word.load(std::memory_order_relaxed) >> kPhaseBits;
    const uint64_t next = sequence == kSequenceMask ? 1 : sequence + 1;
    place->word.store(next << kPhaseBits | kFree, std::memory_order_release);
    next_.store(place->index, std::memory_order_relaxed);
  }

  struct Ended {
    int32_t all = 0;
    int32_t of_generation = 0;
  };
  // Frees every place whose deadline has passed; says how many, and how many of them belonged to
  // `generation`.
  Ended EndExpired(int64_t now, uint64_t generation);

  // Doubles an unlimited table. Returns false when it may not grow. One caller at a time.
  bool Grow();

  struct Census {
    int32_t taken = 0;    // not free
    int32_t expired = 0;  // of these: busy, with a deadline that has passed
    int32_t claimed = 0;  // of these: about to become busy or free
    int64_t successes = 0;
    int64_t ignored = 0;
  };
  // A look at all places; exact when nobody changes them meanwhile.
  Census Count(int64_t now) const;

 private:
  enum : uint64_t { kFree = 0, kClaimed = 1, kBusy = 2, kEnded = 3 };
  static constexpr int kPhaseBits = 2;
  static constexpr int kIndexBits = 16;
  static constexpr int64_t kIndexMask = (1 << kIndexBits) - 1;
  static constexpr uint64_t kSequenceMask = (uint64_t{1} << 37) - 1;
  static constexpr uint32_t kFirstSize = 16;  // of an unlimited table
  static constexpr size_t kChunks = 13;       // 16, 16, 32, ... 32,768 places: 65,536 in all

  static uint64_t Phase(uint64_t word) { return word & 3; }
  static bool EndAt(Place& place, uint64_t busy) {
    return place.word.compare_exchange_strong(busy, busy | kEnded, std::memory_order_seq_cst,
                                              std::memory_order_relaxed);
  }
  Place& At(uint32_t index) const {
    if (index < first_size_) return chunks_[0][index];
    const auto top = static_cast<uint32_t>(std::bit_width(index)) - 1;
    return chunks_[top - 3][index - (1U << top)];
  }
  void AddChunk(size_t chunk, uint32_t first, uint32_t count);

  const bool unlimited_;
  const uint64_t first_sequence_;
  const uint32_t first_size_;
  std::array<std::unique_ptr<Place[]>, kChunks> chunks_;  // published by size_
  std::atomic<uint32_t> size_{0};
  std::atomic<uint32_t> next_{0};  // where to look first: the place freed last, or the one after
                                   // the place taken last
};

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_PERMIT_TABLE_H_
