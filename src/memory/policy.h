#ifndef TAPPS_MEMORY_POLICY_H_
#define TAPPS_MEMORY_POLICY_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>

#include "memory/entry_list.h"

namespace tapps {

// Bounds of what a policy orders; both hold.
struct PolicyLimits {
  int64_t weight = std::numeric_limits<int64_t>::max();
  int64_t entries = std::numeric_limits<int64_t>::max();
};

// How often each entry was used lately, 0 to 3: kept by the owner of the entries, where hits can
// write it, found by the place the entry has there.
class UseCounts {
 public:
  virtual ~UseCounts() = default;
  virtual uint32_t Read(uint32_t place) const = 0;
  virtual void Write(uint32_t place, uint32_t count) = 0;
};

// Decides what goes when a shard is full. Pure logic: knows entries by hash, weight and use. One
// thread at a time, but for what hits do: either raise the use count of the entry (kCount) or call
// Stamp (kStamp), whatever hit_record() says; a hit that is lost does no harm.
class Policy {
 public:
  enum class HitRecord : uint8_t { kCount, kStamp };
  struct Victim {
    uint64_t hash;
    uint32_t place;
    int64_t weight;
  };

  virtual ~Policy() = default;

  // A new entry at a place, used now. The owner makes room first. Throws std::bad_alloc.
  virtual EntryId Add(uint64_t hash, int64_t weight, uint32_t place) = 0;
  virtual void Reweigh(EntryId id, int64_t weight) = 0;
  virtual void Remove(EntryId id) = 0;
  // Takes out the entry to drop. Only when there is one.
  virtual Victim Evict() = 0;
  // The part of the bound that is left to entries used once, 0 to 1. No effect on exact LRU.
  virtual void SetShare(double) {}
  // Bytes of memory for entries that are gone.
  virtual size_t history_bytes() const { return 0; }

  HitRecord hit_record() const { return hit_record_.load(std::memory_order_relaxed); }
  // A hit on an entry, by any thread.
  void Stamp(EntryId id) {
    const uint32_t now = clock_.fetch_add(1, std::memory_order_relaxed) + 1;
    entries_.At(id).stamp.store(now, std::memory_order_relaxed);
  }

  uint32_t place(EntryId id) const { return entries_.At(id).place; }
  void set_place(EntryId id, uint32_t place) { entries_.At(id).place = place; }
  uint64_t hash(EntryId id) const { return entries_.At(id).hash(); }
  int64_t weight(EntryId id) const { return entries_.At(id).weight; }
  int64_t count() const { return entries_.count(); }
  size_t entry_bytes() const { return entries_.footprint(); }

 protected:
  uint32_t Tick() { return clock_.fetch_add(1, std::memory_order_relaxed) + 1; }
  Victim VictimOf(EntryId id) const { return {hash(id), place(id), weight(id)}; }
  // Makes the clock and all stamps smaller; what was not used for 2^30 uses becomes equally old.
  void Rebase() {
    clock_.fetch_sub(kRebaseBy, std::memory_order_relaxed);
    for (EntryId id = 0; id < entries_.end(); ++id) {
      std::atomic<uint32_t>& stamp = entries_.At(id).stamp;
      const uint32_t then = stamp.load(std::memory_order_relaxed);
      stamp.store(then > kRebaseBy ? then - kRebaseBy : 0, std::memory_order_relaxed);
    }
  }

  EntryTable entries_;
  std::atomic<HitRecord> hit_record_{HitRecord::kCount};
  // Counts uses; stamps are its values. Wraps are kept away by Rebase.
  std::atomic<uint32_t> clock_{0};
  static constexpr uint32_t kRebaseAt = uint32_t{1} << 31;
  static constexpr uint32_t kRebaseBy = uint32_t{1} << 30;
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_POLICY_H_
