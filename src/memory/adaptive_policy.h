#ifndef TAPPS_MEMORY_ADAPTIVE_POLICY_H_
#define TAPPS_MEMORY_ADAPTIVE_POLICY_H_

#include "memory/history.h"
#include "memory/policy.h"

namespace tapps {

// LIRS with a share that is chosen from outside, and lazy about hits. (S. Jiang, X. Zhang, "LIRS:
// an efficient low inter-reference recency set replacement policy", SIGMETRICS 2002.)
//
// Entries that come back before they would have left the stack are kept ("low"); the others pass
// through a queue ("high") whose size is the share. What leaves the queue is remembered in the
// history: who comes back out of it has shown a short distance between uses, and becomes low.
//
//      new --------------------+                        +--- the history: evicted, in the stack
//                              v                        v
//     stack:  newest  L  h  L  H  L  e  h  L  |  floor: older than the oldest low entry
//     queue:          h -> H -> h -> evicted            L low, h/H high, e evicted
//
// The stack has no links. An entry has the stamp of its last move to the top, and is in the stack
// if that is not below the stamp of the oldest low entry (the floor). So low entries are a list,
// high ones are a queue, and evicted ones are a hash with a stamp.
//
// A hit raises the entry's use count, up to 3; what it means is settled when the entry comes up for
// eviction or demotion. With a share above 9/10 there are no low entries and hits are stamped: the
// queue is an exact LRU.
class AdaptivePolicy final : public Policy {
 public:
  AdaptivePolicy(const PolicyLimits& limits, UseCounts& uses, double share);

  EntryId Add(uint64_t hash, int64_t weight, uint32_t place) override;
  void Reweigh(EntryId id, int64_t weight) override;
  void Remove(EntryId id) override;
  Victim Evict() override;
  // Throws std::bad_alloc.
  void SetShare(double share) override;
  size_t history_bytes() const override { return history_.footprint(); }

  static constexpr double kExactLru = 0.9;  // shares above are
  void SetClockForTest(uint32_t clock) { clock_ = clock; }

 private:
  enum State : uint32_t { kLow = 1, kHigh = 2, kStamped = 3 };

  bool exact() const { return hit_record() == HitRecord::kStamp; }
  bool InStack(EntryId id) const {
    return entries_.At(id).stamp.load(std::memory_order_relaxed) >= floor_;
  }
  uint32_t Uses(EntryId id) const { return uses_.Read(place(id)); }
  void Top(EntryId id) { entries_.At(id).stamp.store(Tick(), std::memory_order_relaxed); }
  bool TooMuchLow() const { return low_weight_ > low_weight_most_ || low_count_ > low_count_most_; }
  // Puts an entry that is nowhere among the low ones or the high ones.
  void MakeLow(EntryId id);
  void MakeHigh(EntryId id);
  void Unlink(EntryId id);
  void Promote(EntryId id);
  // The oldest low entry that was not used becomes high.
  void Demote();
  void Prune();
  EntryId PickVictim();
  // From the queue to the exact order, or back; stays as it is when it throws.
  void SwitchOrder(bool exact_now);

  const PolicyLimits limits_;
  UseCounts& uses_;
  EntryList low_;
  EntryList high_;
  StampHeap stamped_;  // in place of high_ when the order is exact
  History history_;
  uint32_t floor_ = 0;
  int64_t low_weight_ = 0;
  int64_t low_weight_most_ = 0;
  int64_t low_count_ = 0;
  int64_t low_count_most_ = 0;
  double usual_count_ = 0;  // entries when full, smoothed: bounds the history
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_ADAPTIVE_POLICY_H_
