#ifndef TAPPS_RESILIENCE_PERMIT_TABLE_H_
#define TAPPS_RESILIENCE_PERMIT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace tapps {

// The calls in flight of one breaker: a place for each, with the lease that frees it again.
//
// A permit is named by a token: the place's index in the low 16 bits, above it a 37-bit sequence
// number that changes whenever the place is freed. So a token fits 53 bits (a double, a JavaScript
// number), is never 0, and stops being valid the moment its permit ends. A place's sequence repeats
// after 137 billion permits. Sequences start at a number of the owner's choice, so that tokens of
// two tables seldom look alike.
//
// Not synchronised: the owner's lock covers it.
class PermitTable {
 public:
  static constexpr int32_t kMaxLimit = 4096;
  static constexpr int32_t kMaxPlaces = 1 << 16;  // when unlimited

  // `limit`: 1 to kMaxLimit places, all allocated here; or a negative number for "unlimited": the
  // table then doubles when it is full, up to kMaxPlaces, and keeps its size.
  PermitTable(int32_t limit, uint64_t first_sequence);

  // Occupies a place until End or `deadline`. Returns its token, or 0 when no place is free: then
  // Reclaim and MakeRoom may help.
  int64_t Take(int64_t deadline, uint64_t generation) {
    if (free_ < 0) return 0;
    const int32_t index = free_;
    Place& place = places_[static_cast<size_t>(index)];
    free_ = place.next_free;
    place.deadline = deadline;
    place.generation = generation;
    if (deadline < earliest_) earliest_ = deadline;
    ++taken_;
    return static_cast<int64_t>(place.sequence << kIndexBits) | index;
  }

  struct Ended {
    bool known = false;    // the token named a place that was still occupied
    bool expired = false;  // known, but its deadline had passed
    uint64_t generation = 0;
  };
  // Frees the token's place. Any number is accepted as a token.
  Ended End(int64_t token, int64_t now) {
    const auto index = static_cast<size_t>(token & kIndexMask);
    if (token <= 0 || index >= places_.size()) return {};
    Place& place = places_[index];
    if (place.deadline == kFree || place.sequence != static_cast<uint64_t>(token) >> kIndexBits) {
      return {};
    }
    const Ended ended{true, place.deadline <= now, place.generation};
    Free(static_cast<int32_t>(index));
    return ended;
  }

  struct Reclaimed {
    int32_t all = 0;
    int32_t of_generation = 0;
  };
  // Frees every place whose deadline has passed; says how many, and how many of them belonged to
  // `generation`. Looks at the places only when at least one may have expired.
  Reclaimed Reclaim(int64_t now, uint64_t generation);

  // Grows an unlimited table. Returns false when the table may not grow.
  bool MakeRoom();

  // Places occupied, including those whose deadline has passed but that were not reclaimed yet.
  int32_t taken() const { return taken_; }
  // Places whose deadline has passed but that were not reclaimed yet.
  int32_t CountExpired(int64_t now) const;

 private:
  static constexpr int kIndexBits = 16;
  static constexpr int64_t kIndexMask = (1 << kIndexBits) - 1;
  static constexpr uint64_t kSequenceMask = (uint64_t{1} << 37) - 1;
  static constexpr int64_t kFree = std::numeric_limits<int64_t>::max();

  struct Place {
    int64_t deadline = kFree;
    uint64_t generation = 0;
    uint64_t sequence = 0;  // 1 to kSequenceMask
    int32_t next_free = -1;
  };

  void Grow(int32_t size);
  void Free(int32_t index) {
    Place& place = places_[static_cast<size_t>(index)];
    place.deadline = kFree;
    place.sequence = Next(place.sequence);
    place.next_free = free_;
    free_ = index;
    --taken_;
  }
  static uint64_t Next(uint64_t sequence) { return sequence == kSequenceMask ? 1 : sequence + 1; }

  const bool unlimited_;
  const uint64_t first_sequence_;
  std::vector<Place> places_;
  int32_t free_ = -1;  // head of the list of free places
  int32_t taken_ = 0;
  int64_t earliest_ = kFree;  // no occupied place ends before this
};

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_PERMIT_TABLE_H_
