#include "memory/memory_tier.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace tapps {
namespace {

constexpr size_t kMaxShards = 64;
constexpr int64_t kMinShardBytes = 1 << 20;
constexpr int64_t kMinShardEntries = 512;
// List node, table node and bucket, besides key and value.
constexpr size_t kNodeOverhead = 176;

}  // namespace

MemoryTier::MemoryTier(int64_t max_bytes, int64_t max_entries) {
  int64_t most = max_bytes / kMinShardBytes;
  if (max_entries >= 0) most = std::min(most, max_entries / kMinShardEntries);
  const size_t shards =
      std::bit_floor(std::clamp<size_t>(static_cast<size_t>(most), 1, kMaxShards));
  const auto count = static_cast<int64_t>(shards);
  shard_mask_ = shards - 1;
  shard_bytes_ = max_bytes / count;
  shard_entries_ = max_entries < 0 ? std::numeric_limits<int64_t>::max()
                                   : std::max<int64_t>(1, max_entries / count);
  shards_ = std::make_unique<Shard[]>(shards);
}

ValueRef MemoryTier::Find(uint64_t hash, std::string_view space, std::string_view key) {
  Shard& shard = ShardOf(hash);
  MutexLock lock(shard.mu);
  const auto found = shard.table.find(hash);
  if (found == shard.table.end()) return {};
  const Order::iterator node = found->second;
  if (node->entry.key != key || node->entry.space != space) return {};
  if (node != shard.order.begin()) shard.order.splice(shard.order.begin(), shard.order, node);
  return node->entry.value;
}

MemoryTier::Ticket MemoryTier::TicketOf(uint64_t hash) const {
  return tickets_[hash % kTickets].load(std::memory_order_acquire);
}

void MemoryTier::Put(uint64_t hash, std::string_view space, std::string_view key, ValueRef value) {
  Shard& shard = ShardOf(hash);
  MutexLock lock(shard.mu);
  Counter(hash).fetch_add(1, std::memory_order_release);
  Insert(shard, hash, space, key, std::move(value));
}

void MemoryTier::PutIfUnchanged(uint64_t hash, std::string_view space, std::string_view key,
                                ValueRef value, Ticket ticket) {
  Shard& shard = ShardOf(hash);
  MutexLock lock(shard.mu);
  // Whoever changes the key raises the counter under the same lock.
  if (Counter(hash).load(std::memory_order_acquire) != ticket) return;
  Insert(shard, hash, space, key, std::move(value));
}

void MemoryTier::Insert(Shard& shard, uint64_t hash, std::string_view space, std::string_view key,
                        ValueRef value) {
  if (const auto found = shard.table.find(hash); found != shard.table.end()) {
    Remove(shard, found->second);
  }
  const size_t bytes = kNodeOverhead + space.size() + key.size() + value->footprint();
  if (static_cast<int64_t>(bytes) > shard_bytes_) return;
  while (!shard.order.empty() && (shard.bytes + static_cast<int64_t>(bytes) > shard_bytes_ ||
                                  static_cast<int64_t>(shard.order.size()) >= shard_entries_)) {
    Remove(shard, std::prev(shard.order.end()));
    ++shard.evictions;
  }
  shard.order.push_front(
      Node{hash, bytes, Entry{std::string(space), std::string(key), std::move(value)}});
  shard.table.emplace(hash, shard.order.begin());
  shard.bytes += static_cast<int64_t>(bytes);
}

void MemoryTier::Remove(Shard& shard, Order::iterator node) {
  shard.bytes -= static_cast<int64_t>(node->bytes);
  shard.table.erase(node->hash);
  shard.order.erase(node);
}

void MemoryTier::Erase(uint64_t hash) {
  Shard& shard = ShardOf(hash);
  MutexLock lock(shard.mu);
  Counter(hash).fetch_add(1, std::memory_order_release);
  if (const auto found = shard.table.find(hash); found != shard.table.end()) {
    Remove(shard, found->second);
  }
}

void MemoryTier::EraseIf(
    const std::function<bool(std::string_view, std::string_view, const Value&)>& condition) {
  for (auto& counter : tickets_) counter.fetch_add(1, std::memory_order_release);
  for (size_t i = 0; i <= shard_mask_; ++i) {
    Shard& shard = shards_[i];
    MutexLock lock(shard.mu);
    for (auto node = shard.order.begin(); node != shard.order.end();) {
      const auto here = node++;
      if (condition(here->entry.space, here->entry.key, *here->entry.value)) Remove(shard, here);
    }
  }
}

void MemoryTier::Clear() {
  EraseIf([](std::string_view, std::string_view, const Value&) { return true; });
}

std::vector<MemoryTier::Entry> MemoryTier::Snapshot() const {
  std::vector<Entry> entries;
  for (size_t i = 0; i <= shard_mask_; ++i) {
    const Shard& shard = shards_[i];
    MutexLock lock(shard.mu);
    for (const Node& node : shard.order) entries.push_back(node.entry);
  }
  return entries;
}

MemoryTier::Stats MemoryTier::ReadStats() const {
  Stats stats;
  for (size_t i = 0; i <= shard_mask_; ++i) {
    const Shard& shard = shards_[i];
    MutexLock lock(shard.mu);
    stats.entries += static_cast<int64_t>(shard.order.size());
    stats.bytes += shard.bytes;
    stats.evictions += shard.evictions;
  }
  return stats;
}

}  // namespace tapps
