#include "memory/adaptive_policy.h"

#include <algorithm>
#include <vector>

namespace tapps {
namespace {

// Hits may come in faster than use counts are worked off: then somebody has to go all the same.
constexpr int kMostChances = 4096;
constexpr int kStepsAnAdd = 3;  // towards a new share
constexpr double kSmoothing = 1.0 / 1024;

// What is left of a bound for low entries; at least 1 of it is for the others.
int64_t LowPart(int64_t bound, double share) {
  if (bound == std::numeric_limits<int64_t>::max()) return bound;
  const double high = std::max(1.0, share * static_cast<double>(bound));
  return std::max<int64_t>(0, bound - static_cast<int64_t>(high));
}

}  // namespace

AdaptivePolicy::AdaptivePolicy(const PolicyLimits& limits, UseCounts& uses, double share)
    : limits_(limits), uses_(uses), low_(entries_), high_(entries_), stamped_(entries_, kStamped) {
  SetShare(share);
}

void AdaptivePolicy::SetShare(double share) {
  const bool exact_now = share > kExactLru;
  if (exact_now != exact()) SwitchOrder(exact_now);
  low_weight_most_ = exact_now ? 0 : LowPart(limits_.weight, share);
  low_count_most_ = exact_now ? 0 : LowPart(limits_.entries, share);
}

void AdaptivePolicy::SwitchOrder(bool exact_now) {
  std::vector<std::pair<uint32_t, EntryId>> moving;
  const uint32_t from = exact_now ? kHigh : kStamped;
  for (EntryId id = 0; id < entries_.end(); ++id) {
    const PolicyEntry& entry = entries_.At(id);
    if (entry.state == from) moving.emplace_back(entry.stamp.load(std::memory_order_relaxed), id);
  }
  std::sort(moving.begin(), moving.end());
  if (exact_now) stamped_.Reserve(moving.size());
  hit_record_ = exact_now ? HitRecord::kStamp : HitRecord::kCount;
  if (!exact_now) stamped_.Clear();
  for (const auto& [stamp, id] : moving) {
    if (exact_now) high_.Unlink(id);
    MakeHigh(id);
  }
}

void AdaptivePolicy::MakeLow(EntryId id) {
  PolicyEntry& entry = entries_.At(id);
  entry.state = kLow;
  low_.PushNewest(id);
  low_weight_ += entry.weight;
  ++low_count_;
}

void AdaptivePolicy::MakeHigh(EntryId id) {
  entries_.At(id).state = exact() ? kStamped : kHigh;
  if (exact()) {
    stamped_.Push(id);
  } else {
    high_.PushNewest(id);
  }
}

void AdaptivePolicy::Unlink(EntryId id) {
  PolicyEntry& entry = entries_.At(id);
  if (entry.state == kLow) {
    low_.Unlink(id);
    low_weight_ -= entry.weight;
    --low_count_;
  } else if (entry.state == kHigh) {
    high_.Unlink(id);
  } else {
    entry.state = 0;
    stamped_.Removed();
  }
}

void AdaptivePolicy::Prune() {
  // Without low entries nothing is in the stack.
  floor_ = low_.empty() ? clock_.load(std::memory_order_relaxed) + 1
                        : entries_.At(low_.oldest()).stamp.load(std::memory_order_relaxed);
}

void AdaptivePolicy::Promote(EntryId id) {
  MakeLow(id);
  while (TooMuchLow() && !low_.empty()) Demote();
}

void AdaptivePolicy::Demote() {
  if (low_.empty()) return;
  EntryId id = low_.oldest();
  for (int chances = 0; !exact() && chances < kMostChances; ++chances) {
    const uint32_t uses = Uses(id);
    if (uses == 0) break;
    uses_.Write(place(id), uses - 1);
    low_.Unlink(id);
    Top(id);
    low_.PushNewest(id);
    id = low_.oldest();
  }
  Unlink(id);
  uses_.Write(place(id), 0);
  MakeHigh(id);
  Prune();
}

EntryId AdaptivePolicy::Add(uint64_t hash, int64_t weight, uint32_t place) {
  if (clock_.load(std::memory_order_relaxed) >= kRebaseAt) {
    Rebase();
    history_.Rebase(kRebaseBy);
    floor_ = floor_ > kRebaseBy ? floor_ - kRebaseBy : 0;
    if (exact()) stamped_.Rebuild();
  }
  if (exact()) stamped_.Reserve(kStepsAnAdd + 1);
  const EntryId id = entries_.Take(hash, weight, place);
  const std::optional<uint32_t> then = history_.Take(hash);
  Top(id);
  if (then && *then >= floor_ && !exact()) {
    Promote(id);
  } else if (!then && !exact() && low_count_ == entries_.count() - 1 &&
             low_weight_ + weight <= low_weight_most_ && low_count_ < low_count_most_) {
    MakeLow(id);  // while the cache fills
  } else {
    MakeHigh(id);
  }
  for (int i = 0; i < kStepsAnAdd && TooMuchLow(); ++i) Demote();
  return id;
}

void AdaptivePolicy::Reweigh(EntryId id, int64_t weight) {
  PolicyEntry& entry = entries_.At(id);
  if (entry.state == kLow) low_weight_ -= entry.weight;
  entry.SetWeight(weight);
  if (entry.state == kLow) low_weight_ += entry.weight;
}

void AdaptivePolicy::Remove(EntryId id) {
  const bool floor = entries_.At(id).state == kLow && low_.oldest() == id;
  Unlink(id);
  entries_.Free(id);
  if (floor && !low_.empty()) Prune();
}

EntryId AdaptivePolicy::PickVictim() {
  if (exact()) {
    stamped_.Reserve(1);
    while (stamped_.empty() && !low_.empty()) Demote();
    return stamped_.Oldest();
  }
  for (int chances = 0;; ++chances) {
    if (high_.empty()) Demote();
    const EntryId id = high_.oldest();
    const uint32_t uses = Uses(id);
    if (uses == 0 || chances >= kMostChances) return id;
    uses_.Write(place(id), 0);
    const bool in_stack = InStack(id);
    high_.Unlink(id);
    Top(id);
    if (uses >= 2 && in_stack) {
      Promote(id);
    } else {
      high_.PushNewest(id);
    }
  }
}

Policy::Victim AdaptivePolicy::Evict() {
  const auto count = static_cast<double>(entries_.count());
  usual_count_ = std::max(count, usual_count_ + (count - usual_count_) * kSmoothing);
  const EntryId id = PickVictim();
  if (InStack(id)) {
    history_.Add(hash(id), entries_.At(id).stamp.load(std::memory_order_relaxed),
                 static_cast<size_t>(2 * usual_count_), floor_);
  }
  const Victim victim = VictimOf(id);
  Unlink(id);
  entries_.Free(id);
  return victim;
}

}  // namespace tapps
