#include "memory/history.h"

#include <algorithm>

namespace tapps {

size_t History::Find(uint32_t mark) const {
  if (index_.empty()) return 0;
  for (size_t at = Home(mark); index_[at] != 0; at = Next(at)) {
    if (ring_[index_[at] - 1].mark == mark) return at;
  }
  return index_.size();
}

void History::Unindex(size_t hole) {
  // Moves up what would not be found behind the hole.
  for (size_t at = Next(hole); index_[at] != 0; at = Next(at)) {
    const size_t home = Home(ring_[index_[at] - 1].mark);
    const bool reaches = hole <= at ? home <= hole || home > at : home <= hole && home > at;
    if (!reaches) continue;
    index_[hole] = index_[at];
    hole = at;
  }
  index_[hole] = 0;
}

std::optional<uint32_t> History::Take(uint64_t hash) {
  const size_t at = Find(MarkOf(hash));
  if (at == index_.size()) return std::nullopt;
  Item& item = ring_[index_[at] - 1];
  Unindex(at);
  item.mark = 0;
  --live_;
  return item.stamp;
}

void History::ForgetOldest() {
  Item& item = ring_[oldest_];
  if (item.mark != 0) {
    Unindex(Find(item.mark));
    item.mark = 0;
    --live_;
  }
  oldest_ = oldest_ + 1 == ring_.size() ? 0 : oldest_ + 1;
  --used_;
}

void History::Add(uint64_t hash, uint32_t stamp, size_t most, uint32_t floor) {
  (void)Take(hash);
  most = std::max<size_t>(most, 1);
  while (used_ > 0 && (ring_[oldest_].mark == 0 || ring_[oldest_].stamp < floor || live_ >= most)) {
    ForgetOldest();
  }
  if (used_ == ring_.size()) Rearrange(most, floor);
  const uint32_t mark = MarkOf(hash);
  size_t position = oldest_ + used_;
  if (position >= ring_.size()) position -= ring_.size();
  ring_[position] = {mark, stamp};
  ++used_;
  ++live_;
  size_t at = Home(mark);
  while (index_[at] != 0) at = Next(at);
  index_[at] = static_cast<uint32_t>(position + 1);
}

void History::Rearrange(size_t most, uint32_t floor) {
  std::vector<Item> kept;
  size_t count = 0;
  const auto each = [&](auto&& visit) {
    for (size_t i = 0; i < used_; ++i) {
      const Item& item = ring_[(oldest_ + i) % ring_.size()];
      if (item.mark != 0 && item.stamp >= floor) visit(item);
    }
  };
  each([&](const Item&) { ++count; });
  // A sixteenth is left for holes, so that this is not done at every step.
  const size_t room = std::min(most + most / 16, count + count / 4) + 16;
  kept.reserve(room);
  each([&](const Item& item) { kept.push_back(item); });
  kept.resize(room);
  std::vector<uint32_t> index(room + room / 4 + 1);
  ring_ = std::move(kept);
  index_ = std::move(index);
  oldest_ = 0;
  used_ = count;
  live_ = count;
  for (size_t i = 0; i < count; ++i) {
    size_t at = Home(ring_[i].mark);
    while (index_[at] != 0) at = Next(at);
    index_[at] = static_cast<uint32_t>(i + 1);
  }
}

void History::Rebase(uint32_t by) {
  for (Item& item : ring_) item.stamp = item.stamp > by ? item.stamp - by : 0;
}

}  // namespace tapps
