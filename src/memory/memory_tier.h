#ifndef TAPPS_MEMORY_MEMORY_TIER_H_
#define TAPPS_MEMORY_MEMORY_TIER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/value.h"
#include "memory/eviction_policy.h"
#include "memory/held_value.h"
#include "memory/policy.h"
#include "memory/share_tuner.h"
#include "memory/table.h"

namespace tapps {

// The entries used last, in memory: shards, each bounded in bytes and entries. Holds copies of what
// is in the file or on the way there, so anything may be dropped at any time. Any thread.
//
//   hit     shard's table, without a lock (memory/table.h) -> value held in a slot of the thread
//           (memory/hold.h) -> use count of the entry, if it changes
//   change  shard's lock -> table and policy -> what was taken out is retired, and freed
//           when nobody holds it
//
// Bytes are those of the value's block, the key and kEntryBytes for all else. Besides, at most 64
// values or 1 MiB that were dropped wait to be freed, and what callers hold is theirs.
//
// Reading a value, from the file or from here, and keeping it is a race with those who change the
// key meanwhile. A reader therefore takes a ticket before it looks, and the value is kept only if
// the key was not changed or dropped since: tickets are counters, shared by keys whose hashes agree
// in some bits. A change raises the counter under the shard's lock and after it was made: readers
// take no lock, and who has the new ticket must see the change. A false alarm costs one more read.
class MemoryTier {
 public:
  using Ticket = uint32_t;

  // Table line, policy entry, history and malloc's share, besides key and value.
  static constexpr int64_t kEntryBytes = 160;

  // Bounds of all shards together; max_entries < 0: unlimited. The seed decides about which keys
  // share a shard.
  MemoryTier(int64_t max_bytes, int64_t max_entries,
             EvictionPolicy policy = EvictionPolicy::kAdaptive, uint64_t seed = 0);
  ~MemoryTier();
  MemoryTier(const MemoryTier&) = delete;
  MemoryTier& operator=(const MemoryTier&) = delete;

  // The value, which counts as used; empty when it is not here.
  HeldValue Get(uint64_t hash, std::string_view space, std::string_view key);
  // As above, counted.
  ValueRef Find(uint64_t hash, std::string_view space, std::string_view key);
  Ticket TicketOf(uint64_t hash) const;

  // Key, value and texts, with what is kept besides them: a shard's part of the bound.
  int64_t MaxEntryBytes() const { return shard_bytes_; }
  // Whether Put can keep it.
  bool HasRoomFor(std::string_view space, std::string_view key, const Value& value) const;
  // Stores a value that was put by this process. Without memory for it, the key is only dropped.
  void Put(uint64_t hash, std::string_view space, std::string_view key, ValueRef value) noexcept;
  // Stores a value that was read from the file, unless the key was changed since the ticket was
  // taken.
  void PutIfUnchanged(uint64_t hash, std::string_view space, std::string_view key, ValueRef value,
                      Ticket ticket) noexcept;
  // Drops whatever has this hash.
  void Erase(uint64_t hash) noexcept;
  void EraseIf(const std::function<bool(std::string_view space, std::string_view key,
                                        const Value& value)>& condition);
  void Clear() noexcept;

  struct Entry {
    std::string space;
    std::string key;
    ValueRef value;
  };
  // A copy of the list of entries, in no particular order.
  std::vector<Entry> Snapshot() const;

  struct Stats {
    int64_t entries = 0;
    int64_t bytes = 0;
    int64_t evictions = 0;
    // What is kept besides keys and values, in bytes.
    int64_t table_bytes = 0;
    int64_t policy_bytes = 0;
    int64_t history_bytes = 0;
    int64_t tuner_bytes = 0;
    double share = 0;  // of the adaptive policy now
  };
  Stats ReadStats() const;

 private:
  struct alignas(64) Shard final : UseCounts {
    std::atomic<Table*> table{nullptr};  // changed under mu, read by anybody
    std::unique_ptr<Policy> policy;      // its hits by anybody, the rest under mu
    mutable Mutex mu;
    int64_t bytes GUARDED_BY(mu) = 0;
    int64_t evictions GUARDED_BY(mu) = 0;
    double share GUARDED_BY(mu) = 0;
    std::atomic<int64_t> seen_bytes{0};  // bytes and entries, for who only estimates
    std::atomic<int64_t> seen_entries{0};

    Table& now() const { return *table.load(std::memory_order_relaxed); }
    uint32_t Read(uint32_t place) const override {
      return now().UsesAt(place).load(std::memory_order_relaxed);
    }
    void Write(uint32_t place, uint32_t count) override {
      now().UsesAt(place).store(static_cast<uint8_t>(count), std::memory_order_relaxed);
    }
  };
  static constexpr size_t kTickets = 4096;

  uint64_t Mix(uint64_t hash) const {
    const uint64_t mixed = (hash ^ seed_) * 0x9E3779B97F4A7C15u;
    return mixed ^ mixed >> 32;
  }
  static uint32_t Sample(uint64_t mixed) {
    return static_cast<uint32_t>(mixed * 0xD6E8FEB86659FD93u >> 32);
  }
  Shard& ShardOf(uint64_t mixed) const { return shards_[mixed >> 58 & shard_mask_]; }
  // After the change, under the shard's lock.
  void Changed(uint64_t mixed) {
    tickets_[mixed % kTickets].fetch_add(1, std::memory_order_release);
  }
  // As Table::Find in the table of the moment. kAgain: disturbed too often.
  Table::Look Look(uint64_t hash, const TableKey& key, ThreadHolds& mine, Hold& hold,
                   Table::Found* found);
  // Counts a hit.
  void Used(Shard& shard, uint64_t mixed, const Table::Found& found);
  ValueRef FindLocked(uint64_t hash, const TableKey& key);
  // False: there is no memory for it; what the key had is as it was.
  bool TryInsert(Shard& shard, uint64_t mixed, const TableKey& key, ValueRef value,
                 Retirement& dropped) noexcept REQUIRES(shard.mu);
  void Insert(Shard& shard, uint64_t mixed, const TableKey& key, ValueRef value,
              Retirement& dropped) REQUIRES(shard.mu);
  bool Overwrite(Shard& shard, uint64_t mixed, const TableKey& key, int64_t weight, ValueRef& value,
                 Retirement& dropped) REQUIRES(shard.mu);
  // Drops the entries in the lines for which condition(table, line) holds, under the shard's lock.
  template <typename Condition>
  void EraseLines(Condition condition);
  void Evict(Shard& shard, Retirement& dropped) REQUIRES(shard.mu);
  void Remove(Shard& shard, uint32_t line, Retirement& dropped) REQUIRES(shard.mu);
  void MakeLines(Shard& shard, Retirement& dropped) REQUIRES(shard.mu);
  void Learn(Shard& shard, uint64_t mixed) noexcept;
  void LearnOrThrow(Shard& shard, uint64_t mixed);

  const uint64_t seed_;
  const int64_t max_bytes_;
  const int64_t max_entries_;
  uint64_t shard_mask_ = 0;
  int64_t shard_bytes_ = 0;
  int64_t shard_entries_ = 0;
  bool adaptive_ = false;
  ShareTuner tuner_;
  std::unique_ptr<Shard[]> shards_;
  std::array<std::atomic<Ticket>, kTickets> tickets_{};
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_MEMORY_TIER_H_
