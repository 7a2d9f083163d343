#include "memory/entry_list.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <new>

namespace tapps {

EntryTable::~EntryTable() {
  for (uint32_t row = 0; row < rows_.size(); ++row) {
    Chunk* const chunks = rows_[row].load(std::memory_order_relaxed);
    if (!chunks) continue;
    for (uint32_t i = 0; i < 1u << row; ++i) std::free(chunks[i].load(std::memory_order_relaxed));
    delete[] chunks;
  }
}

EntryId EntryTable::Take(uint64_t hash, int64_t weight, uint32_t place) {
  EntryId id = free_;
  if (id == kNoEntry) {
    if (end_ % kChunk == 0) {
      const auto [row, at] = PlaceOf(end_ / kChunk);
      if (!rows_[row].load(std::memory_order_relaxed)) {
        rows_[row].store(new Chunk[1u << row]{}, std::memory_order_release);
      }
      Chunk& chunk = rows_[row].load(std::memory_order_relaxed)[at];
      if (!chunk.load(std::memory_order_relaxed)) {
        // Zeros are right for every member.
        auto* const fresh = static_cast<PolicyEntry*>(std::calloc(kChunk, sizeof(PolicyEntry)));
        if (!fresh) throw std::bad_alloc();
        chunk.store(fresh, std::memory_order_release);
      }
    }
    id = end_++;
    footprint_ += sizeof(PolicyEntry);
  } else {
    free_ = At(id).newer;
  }
  PolicyEntry& entry = At(id);
  entry.hash_low = static_cast<uint32_t>(hash);
  entry.hash_high = static_cast<uint32_t>(hash >> 32);
  entry.place = place;
  entry.SetWeight(weight);
  entry.state = 1;
  ++count_;
  return id;
}

void EntryTable::Free(EntryId id) {
  PolicyEntry& entry = At(id);
  entry.state = 0;
  entry.newer = free_;
  free_ = id;
  --count_;
}

void EntryList::PushNewest(EntryId id) {
  PolicyEntry& entry = entries_.At(id);
  entry.newer = kNoEntry;
  entry.older = newest_;
  (newest_ == kNoEntry ? oldest_ : entries_.At(newest_).newer) = id;
  newest_ = id;
}

void EntryList::Unlink(EntryId id) {
  const PolicyEntry& entry = entries_.At(id);
  (entry.newer == kNoEntry ? newest_ : entries_.At(entry.newer).older) = entry.older;
  (entry.older == kNoEntry ? oldest_ : entries_.At(entry.older).newer) = entry.newer;
}

bool StampHeap::Valid(const Item& item) const {
  const PolicyEntry& entry = entries_.At(item.second);
  return entry.state == state_ && entry.older == item.first;
}

void StampHeap::Reserve(size_t more) {
  if (items_.size() >= 2 * size_ + 64) Refile();
  const size_t need = items_.size() + more;
  if (need > items_.capacity()) items_.reserve(need + need / 4);
}

void StampHeap::Push(EntryId id) {
  PolicyEntry& entry = entries_.At(id);
  const uint32_t stamp = entry.stamp.load(std::memory_order_relaxed);
  items_.emplace_back(stamp, id);
  std::push_heap(items_.begin(), items_.end(), std::greater<>());
  entry.older = stamp;
  ++size_;
}

EntryId StampHeap::Oldest() {
  while (size_ > 0 && !items_.empty()) {
    Item& first = items_.front();
    if (!Valid(first)) {
      std::pop_heap(items_.begin(), items_.end(), std::greater<>());
      items_.pop_back();
      continue;
    }
    PolicyEntry& entry = entries_.At(first.second);
    const uint32_t stamp = entry.stamp.load(std::memory_order_relaxed);
    if (stamp == first.first) return first.second;
    std::pop_heap(items_.begin(), items_.end(), std::greater<>());
    items_.back().first = stamp;
    entry.older = stamp;
    std::push_heap(items_.begin(), items_.end(), std::greater<>());
  }
  return kNoEntry;
}

void StampHeap::Clear() {
  items_ = {};
  size_ = 0;
}

void StampHeap::Refile() {
  std::erase_if(items_, [this](const Item& item) { return !Valid(item); });
  std::make_heap(items_.begin(), items_.end(), std::greater<>());
}

void StampHeap::Rebuild() {
  std::erase_if(items_, [this](const Item& item) { return !Valid(item); });
  for (Item& item : items_) {
    PolicyEntry& entry = entries_.At(item.second);
    item.first = entry.stamp.load(std::memory_order_relaxed);
    entry.older = item.first;
  }
  std::make_heap(items_.begin(), items_.end(), std::greater<>());
}

}  // namespace tapps
