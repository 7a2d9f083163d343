#include "resilience/permit_table.h"

#include <algorithm>

namespace tapps {

PermitTable::PermitTable(int32_t limit, uint64_t first_sequence)
    : unlimited_(limit < 0),
      first_sequence_(std::max<uint64_t>(first_sequence & kSequenceMask, 1)),
      first_size_(limit < 0 ? kFirstSize : static_cast<uint32_t>(limit)) {
  AddChunk(0, 0, first_size_);
  size_.store(first_size_, std::memory_order_release);
}

void PermitTable::AddChunk(size_t chunk, uint32_t first, uint32_t count) {
  chunks_[chunk] = std::make_unique<Place[]>(count);
  for (uint32_t i = 0; i < count; ++i) {
    chunks_[chunk][i].index = first + i;
    chunks_[chunk][i].word.store(first_sequence_ << kPhaseBits | kFree, std::memory_order_relaxed);
  }
}

bool PermitTable::Grow() {
  const uint32_t size = size_.load(std::memory_order_relaxed);
  if (!unlimited_ || size >= static_cast<uint32_t>(kMaxPlaces)) return false;
  AddChunk(static_cast<size_t>(std::bit_width(size)) - 4, size, size);
  next_.store(size, std::memory_order_relaxed);
  size_.store(size * 2, std::memory_order_release);
  return true;
}

PermitTable::Ended PermitTable::EndExpired(int64_t now, uint64_t generation) {
  Ended ended;
  const uint32_t size = size_.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < size; ++i) {
    Place& place = At(i);
    const uint64_t word = place.word.load(std::memory_order_acquire);
    if (Phase(word) != kBusy || place.deadline.load(std::memory_order_relaxed) > now) continue;
    if (!EndAt(place, word)) continue;
    ++ended.all;
    if (place.generation.load(std::memory_order_relaxed) == generation) ++ended.of_generation;
    Vacate(&place);
  }
  return ended;
}

PermitTable::Census PermitTable::Count(int64_t now) const {
  Census census;
  const uint32_t size = size_.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < size; ++i) {
    const Place& place = At(i);
    const uint64_t phase = Phase(place.word.load(std::memory_order_acquire));
    if (phase != kFree) ++census.taken;
    if (phase == kClaimed) ++census.claimed;
    if (phase == kBusy && place.deadline.load(std::memory_order_relaxed) <= now) ++census.expired;
    census.successes += place.successes.load(std::memory_order_relaxed);
    census.ignored += place.ignored.load(std::memory_order_relaxed);
  }
  return census;
}

}  // namespace tapps
