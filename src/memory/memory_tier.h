#ifndef TAPPS_MEMORY_MEMORY_TIER_H_
#define TAPPS_MEMORY_MEMORY_TIER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "base/value.h"

namespace tapps {

// The entries used last, in memory: a table of shards, each an exact LRU bounded in bytes and
// entries. Holds copies of what is in the file or on the way there, so anything may be dropped at
// any time. Any thread.
//
// Reading a value from the file and keeping it here is a race with those who change the key
// meanwhile. A reader therefore takes a ticket before it looks at the file, and the value is kept
// only if the key was not changed or dropped since: tickets are counters, shared by keys whose
// hashes agree in some bits, raised by every change. A false alarm costs one more read.
class MemoryTier {
 public:
  using Ticket = uint32_t;

  // Bounds of all shards together; max_entries < 0: unlimited.
  MemoryTier(int64_t max_bytes, int64_t max_entries);

  // The value, now the most recently used; NULL when it is not here.
  ValueRef Find(uint64_t hash, std::string_view space, std::string_view key);
  Ticket TicketOf(uint64_t hash) const;

  // Stores a value that was put by this process.
  void Put(uint64_t hash, std::string_view space, std::string_view key, ValueRef value);
  // Stores a value that was read from the file, unless the key was changed since the ticket was
  // taken.
  void PutIfUnchanged(uint64_t hash, std::string_view space, std::string_view key, ValueRef value,
                      Ticket ticket);
  // Drops whatever has this hash.
  void Erase(uint64_t hash);
  void EraseIf(const std::function<bool(std::string_view space, std::string_view key,
                                        const Value& value)>& condition);
  void Clear();

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
  };
  Stats ReadStats() const;

 private:
  struct Node {
    uint64_t hash;
    size_t bytes;
    Entry entry;
  };
  using Order = std::list<Node>;  // most recently used first
  struct alignas(64) Shard {
    mutable Mutex mu;
    Order order GUARDED_BY(mu);
    std::unordered_map<uint64_t, Order::iterator> table GUARDED_BY(mu);
    int64_t bytes GUARDED_BY(mu) = 0;
    int64_t evictions GUARDED_BY(mu) = 0;
  };
  static constexpr size_t kTickets = 4096;

  Shard& ShardOf(uint64_t hash) const { return shards_[hash >> 32 & shard_mask_]; }
  std::atomic<Ticket>& Counter(uint64_t hash) { return tickets_[hash % kTickets]; }
  void Insert(Shard& shard, uint64_t hash, std::string_view space, std::string_view key,
              ValueRef value) REQUIRES(shard.mu);
  void Remove(Shard& shard, Order::iterator node) REQUIRES(shard.mu);

  size_t shard_mask_ = 0;
  int64_t shard_bytes_ = 0;
  int64_t shard_entries_ = 0;
  std::unique_ptr<Shard[]> shards_;
  std::array<std::atomic<Ticket>, kTickets> tickets_{};
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_MEMORY_TIER_H_
