#include "resilience/permit_table.h"

#include <algorithm>

namespace tapps {
namespace {
constexpr int32_t kFirstSize = 16;  // of an unlimited table
}

PermitTable::PermitTable(int32_t limit, uint64_t first_sequence)
    : unlimited_(limit < 0),
      first_sequence_(std::max<uint64_t>(first_sequence & kSequenceMask, 1)) {
  Grow(unlimited_ ? kFirstSize : limit);
}

void PermitTable::Grow(int32_t size) {
  const auto old_size = static_cast<int32_t>(places_.size());
  places_.resize(static_cast<size_t>(size));
  for (int32_t i = size - 1; i >= old_size; --i) {
    Place& place = places_[static_cast<size_t>(i)];
    place.sequence = first_sequence_;
    place.next_free = free_;
    free_ = i;
  }
}

bool PermitTable::MakeRoom() {
  const auto size = static_cast<int32_t>(places_.size());
  if (!unlimited_ || size >= kMaxPlaces) return false;
  Grow(size * 2);
  return true;
}

PermitTable::Reclaimed PermitTable::Reclaim(int64_t now, uint64_t generation) {
  Reclaimed reclaimed;
  if (now < earliest_) return reclaimed;
  earliest_ = kFree;
  for (size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    if (place.deadline <= now) {
      ++reclaimed.all;
      if (place.generation == generation) ++reclaimed.of_generation;
      Free(static_cast<int32_t>(i));
    } else {
      earliest_ = std::min(earliest_, place.deadline);
    }
  }
  return reclaimed;
}

int32_t PermitTable::CountExpired(int64_t now) const {
  return static_cast<int32_t>(std::count_if(places_.begin(), places_.end(),
                                            [now](const Place& p) { return p.deadline <= now; }));
}

}  // namespace tapps
