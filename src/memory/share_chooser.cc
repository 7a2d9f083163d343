#include "memory/share_chooser.h"

#include <algorithm>
#include <cmath>

namespace tapps {

ShadowCache::ShadowCache(int64_t entries, double share)
    : entries_(entries),
      uses_(static_cast<size_t>(entries)),
      policy_({.entries = entries}, *this, share) {}

bool ShadowCache::Request(uint32_t hash) {
  if (const auto found = present_.find(hash); found != present_.end()) {
    const EntryId id = found->second;
    if (policy_.hit_record() == Policy::HitRecord::kStamp) {
      policy_.Stamp(id);
    } else if (uint8_t& uses = uses_[policy_.place(id)]; uses < 3) {
      ++uses;
    }
    return true;
  }
  auto place = static_cast<uint32_t>(policy_.count());
  if (policy_.count() >= entries_) {
    const Policy::Victim victim = policy_.Evict();
    present_.erase(static_cast<uint32_t>(victim.hash >> 16));
    place = victim.place;
  }
  uses_[place] = 0;
  // The history tells hashes apart by their middle bits.
  present_.emplace(hash, policy_.Add(uint64_t{hash} << 16, 1, place));
  return false;
}

ShareChooser::ShareChooser(int64_t entries)
    : fading_(std::exp2(-1.0 / (10.0 * static_cast<double>(entries)))),
      period_(std::max<int64_t>(1, entries / 20)) {
  for (const double share : kShares) {
    shadows_.push_back(std::make_unique<ShadowCache>(entries, share));
  }
}

void ShareChooser::Request(uint32_t hash) {
  for (size_t i = 0; i < shadows_.size(); ++i) {
    scores_[i] = scores_[i] * fading_ + (shadows_[i]->Request(hash) ? 1 : 0);
  }
  if (++requests_ % period_ != 0) return;
  const auto best =
      static_cast<size_t>(std::max_element(scores_.begin(), scores_.end()) - scores_.begin());
  // The difference must be more than chance.
  if (scores_[best] - scores_[chosen_] > std::sqrt(scores_[best] + 1)) chosen_ = best;
}

}  // namespace tapps
