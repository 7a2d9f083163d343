#include "memory/memory_tier.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <new>

#include "memory/adaptive_policy.h"
#include "memory/lru_policy.h"

namespace tapps {
namespace {

constexpr size_t kMaxShards = 64;
// Hits take no lock, so that shards are for changes only: few, so that a large value finds room.
constexpr int64_t kMinShardBytes = 4 << 20;
constexpr int64_t kMinShardEntries = 512;
constexpr uint32_t kFirstLines = 16;
// A reader that is disturbed so often waits for the writer instead.
constexpr int kMostTries = 64;
constexpr int64_t kNoBound = std::numeric_limits<int64_t>::max();

int64_t WeightOf(const TableKey& key, const Value& value) {
  return MemoryTier::kEntryBytes + static_cast<int64_t>(key.space.size() + key.key.size()) +
         static_cast<int64_t>(value.footprint());
}

}  // namespace

MemoryTier::MemoryTier(int64_t max_bytes, int64_t max_entries, EvictionPolicy policy, uint64_t seed)
    : seed_(seed),
      max_bytes_(max_bytes),
      max_entries_(max_entries < 0 ? kNoBound : std::max<int64_t>(1, max_entries)),
      adaptive_(policy == EvictionPolicy::kAdaptive) {
  const int64_t most = std::min(max_bytes / kMinShardBytes, max_entries_ / kMinShardEntries);
  const size_t shards =
      std::bit_floor(std::clamp<size_t>(static_cast<size_t>(most), 1, kMaxShards));
  const auto count = static_cast<int64_t>(shards);
  shard_mask_ = shards - 1;
  shard_bytes_ = max_bytes / count;
  shard_entries_ = max_entries_ == kNoBound ? kNoBound : max_entries_ / count;
  shards_ = std::make_unique<Shard[]>(shards);
  Reclaimer::Get();  // made here, where a failure can be told
  try {
    for (size_t i = 0; i < shards; ++i) {
      Shard& shard = shards_[i];
      shard.table.store(new Table(kFirstLines), std::memory_order_release);
      if (adaptive_) {
        const PolicyLimits limits{.weight = shard_bytes_, .entries = shard_entries_};
        shard.policy = std::make_unique<AdaptivePolicy>(limits, shard, tuner_.share());
        shard.share = tuner_.share();
      } else {
        shard.policy = std::make_unique<LruPolicy>();
      }
    }
  } catch (const std::bad_alloc&) {
    for (size_t i = 0; i < shards; ++i) delete shards_[i].table.load();
    throw;
  }
  if (adaptive_ && max_entries_ != kNoBound) tuner_.SetEntries(max_entries_);
}

MemoryTier::~MemoryTier() {
  for (size_t i = 0; i <= shard_mask_; ++i) {
    Shard& shard = shards_[i];
    Retirement retirement;
    MutexLock lock(shard.mu);
    Table& table = shard.now();
    for (uint32_t line = 0; line < table.lines(); ++line) {
      if (table.ValueAt(line)) Remove(shard, line, retirement);
    }
    retirement.Add(Table::RetireTable(&table));
  }
  Reclaimer::Get().Collect();
}

[[gnu::always_inline]] inline void MemoryTier::Used(Shard& shard, uint64_t mixed,
                                                    const Table::Found& found) {
  if (shard.policy->hit_record() == Policy::HitRecord::kCount) {
    const uint8_t uses = found.uses->load(std::memory_order_relaxed);
    if (uses < 3) found.uses->store(static_cast<uint8_t>(uses + 1), std::memory_order_relaxed);
  } else if (found.entry != Table::kNone) {
    shard.policy->Stamp(found.entry);
  }
  if (const uint32_t sample = Sample(mixed); tuner_.Wants(sample)) tuner_.Hit(sample);
}

Table::Look MemoryTier::Look(uint64_t hash, const TableKey& key, ThreadHolds& mine, Hold& hold,
                             Table::Found* found) {
  const uint64_t mixed = Mix(hash);
  Shard& shard = ShardOf(mixed);
  for (int tries = 0; tries < kMostTries; ++tries) {
    Table* const table = shard.table.load(std::memory_order_acquire);
    if (!mine.table.Protect(table,
                            [&] { return shard.table.load(std::memory_order_seq_cst) == table; })) {
      continue;
    }
    const Table::Look look = table->Find(static_cast<uint32_t>(mixed), key, mine, hold, found);
    if (look == Table::Look::kFound) Used(shard, mixed, *found);
    mine.table.Clear();
    if (look != Table::Look::kAgain) return look;
  }
  return Table::Look::kAgain;
}

HeldValue MemoryTier::Get(uint64_t hash, std::string_view space, std::string_view key) {
  const TableKey wanted(space, key);
  ThreadHolds* const mine = ThreadHolds::Mine();
  Hold* const hold = mine ? mine->Free() : nullptr;
  if (!hold) return HeldValue(Find(hash, space, key));
  Table::Found found;
  const Table::Look look = Look(hash, wanted, *mine, *hold, &found);
  if (look == Table::Look::kFound) {
    return HeldValue(*hold, found.value, (found.traits & Table::kPlain) != 0, found.size);
  }
  return look == Table::Look::kMissing ? HeldValue() : HeldValue(FindLocked(hash, wanted));
}

ValueRef MemoryTier::Find(uint64_t hash, std::string_view space, std::string_view key) {
  const TableKey wanted(space, key);
  ThreadHolds* const mine = ThreadHolds::Mine();
  if (!mine) return FindLocked(hash, wanted);
  Table::Found found;
  const Table::Look look = Look(hash, wanted, *mine, mine->scratch, &found);
  if (look == Table::Look::kMissing) return {};
  if (look == Table::Look::kAgain) return FindLocked(hash, wanted);
  found.value->Retain();
  mine->scratch.Clear();
  return ValueRef::Adopt(found.value);
}

ValueRef MemoryTier::FindLocked(uint64_t hash, const TableKey& key) {
  const uint64_t mixed = Mix(hash);
  Shard& shard = ShardOf(mixed);
  MutexLock lock(shard.mu);
  Table& table = shard.now();
  const uint32_t line = table.LineOf(static_cast<uint32_t>(mixed), key);
  if (line == Table::kNone) return {};
  Table::Found found;
  found.uses = &table.UsesAt(line);
  found.entry = table.EntryAt(line);
  Used(shard, mixed, found);
  const Value* const value = table.ValueAt(line);
  value->Retain();
  return ValueRef::Adopt(value);
}

MemoryTier::Ticket MemoryTier::TicketOf(uint64_t hash) const {
  return tickets_[Mix(hash) % kTickets].load(std::memory_order_acquire);
}

bool MemoryTier::HasRoomFor(std::string_view space, std::string_view key,
                            const Value& value) const {
  return WeightOf(TableKey(space, key), value) <= shard_bytes_;
}

void MemoryTier::Put(uint64_t hash, std::string_view space, std::string_view key,
                     ValueRef value) noexcept {
  const uint64_t mixed = Mix(hash);
  Shard& shard = ShardOf(mixed);
  {
    Retirement retirement;
    MutexLock lock(shard.mu);
    const TableKey put(space, key);
    if (!TryInsert(shard, mixed, put, std::move(value), retirement)) {
      const uint32_t line = shard.now().LineOf(static_cast<uint32_t>(mixed), put);
      if (line != Table::kNone) Remove(shard, line, retirement);
    }
    Changed(mixed);
  }
  Learn(shard, mixed);
}

void MemoryTier::PutIfUnchanged(uint64_t hash, std::string_view space, std::string_view key,
                                ValueRef value, Ticket ticket) noexcept {
  const uint64_t mixed = Mix(hash);
  Shard& shard = ShardOf(mixed);
  {
    Retirement retirement;
    MutexLock lock(shard.mu);
    if (TicketOf(hash) != ticket) return;
    (void)TryInsert(shard, mixed, {space, key}, std::move(value), retirement);
  }
  Learn(shard, mixed);
}

void MemoryTier::Learn(Shard& shard, uint64_t mixed) noexcept {
  if (!adaptive_) return;
  try {
    LearnOrThrow(shard, mixed);
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): one request less to learn from
  }
}

void MemoryTier::LearnOrThrow(Shard& shard, uint64_t mixed) {
  if (const uint32_t sample = Sample(mixed); tuner_.Wants(sample)) tuner_.Miss(sample);
  // Where bytes are the bound, the number of entries shows when it is half reached.
  if (shard.seen_entries.load(std::memory_order_relaxed) % 64 != 0) return;
  int64_t bytes = 0;
  int64_t entries = 0;
  for (size_t i = 0; i <= shard_mask_; ++i) {
    bytes += shards_[i].seen_bytes.load(std::memory_order_relaxed);
    entries += shards_[i].seen_entries.load(std::memory_order_relaxed);
  }
  if (bytes < max_bytes_ / 2) return;
  const double full = static_cast<double>(max_bytes_) / static_cast<double>(bytes);
  tuner_.SetEntries(
      std::min(max_entries_, static_cast<int64_t>(static_cast<double>(entries) * full)));
}

bool MemoryTier::TryInsert(Shard& shard, uint64_t mixed, const TableKey& key, ValueRef value,
                           Retirement& dropped) noexcept {
  try {
    Insert(shard, mixed, key, std::move(value), dropped);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void MemoryTier::Insert(Shard& shard, uint64_t mixed, const TableKey& key, ValueRef value,
                        Retirement& dropped) {
  const int64_t weight = WeightOf(key, *value);
  if (Overwrite(shard, mixed, key, weight, value, dropped)) return;
  if (weight > shard_bytes_) return;
  if (adaptive_ && shard.share != tuner_.share()) {
    const double share = tuner_.share();
    shard.policy->SetShare(share);
    shard.share = share;
  }
  while (shard.policy->count() > 0 &&
         (shard.bytes + weight > shard_bytes_ || shard.policy->count() >= shard_entries_)) {
    Evict(shard, dropped);
  }
  if (shard.now().full()) MakeLines(shard, dropped);
  Table& table = shard.now();
  const auto hash = static_cast<uint32_t>(mixed);
  const uint32_t line = table.Add(hash, key, value.get());
  (void)value.Detach();
  try {
    table.SetEntry(line, shard.policy->Add(mixed, weight, line));
  } catch (...) {
    table.Remove(hash, line, dropped);
    throw;
  }
  shard.bytes += weight;
  shard.seen_bytes.store(shard.bytes, std::memory_order_relaxed);
  shard.seen_entries.store(shard.policy->count(), std::memory_order_relaxed);
}

bool MemoryTier::Overwrite(Shard& shard, uint64_t mixed, const TableKey& key, int64_t weight,
                           ValueRef& value, Retirement& dropped) {
  Table& table = shard.now();
  const uint32_t line = table.LineOf(static_cast<uint32_t>(mixed), key);
  if (line == Table::kNone) return false;
  if (weight > shard_bytes_) {
    Remove(shard, line, dropped);
    return true;
  }
  const EntryId id = table.EntryAt(line);
  while (shard.bytes - shard.policy->weight(id) + weight > shard_bytes_) {
    Evict(shard, dropped);
    if (!table.ValueAt(line)) return false;  // it was the one to go
  }
  shard.bytes += weight - shard.policy->weight(id);
  shard.policy->Reweigh(id, weight);
  const Value* const old = table.Replace(line, value.get());
  (void)value.Detach();
  dropped.Add(Table::RetireValue(old));
  Table::Found found;
  found.uses = &table.UsesAt(line);
  found.entry = id;
  Used(shard, mixed, found);
  shard.seen_bytes.store(shard.bytes, std::memory_order_relaxed);
  return true;
}

void MemoryTier::Evict(Shard& shard, Retirement& dropped) {
  const Policy::Victim victim = shard.policy->Evict();
  shard.now().Remove(static_cast<uint32_t>(victim.hash), victim.place, dropped);
  shard.bytes -= victim.weight;
  ++shard.evictions;
}

void MemoryTier::Remove(Shard& shard, uint32_t line, Retirement& dropped) {
  Table& table = shard.now();
  const EntryId id = table.EntryAt(line);
  table.Remove(static_cast<uint32_t>(shard.policy->hash(id)), line, dropped);
  shard.bytes -= shard.policy->weight(id);
  shard.policy->Remove(id);
  shard.seen_bytes.store(shard.bytes, std::memory_order_relaxed);
  shard.seen_entries.store(shard.policy->count(), std::memory_order_relaxed);
}

void MemoryTier::MakeLines(Shard& shard, Retirement& dropped) {
  Table& old = shard.now();
  // Never more lines than entries there can be.
  const int64_t lines = std::min<int64_t>(old.count() + old.count() / 6 + kFirstLines,
                                          std::max<int64_t>(shard_entries_, old.count() + 1));
  auto larger = std::make_unique<Table>(static_cast<uint32_t>(lines));
  Policy& policy = *shard.policy;
  old.MoveTo(
      larger.get(), [&](uint32_t entry) { return static_cast<uint32_t>(policy.hash(entry)); },
      [&](uint32_t entry, uint32_t line) { policy.set_place(entry, line); });
  shard.table.store(larger.release(), std::memory_order_seq_cst);
  old.Close();
  dropped.Add(Table::RetireTable(&old));
}

void MemoryTier::Erase(uint64_t hash) noexcept {
  const uint64_t mixed = Mix(hash);
  Shard& shard = ShardOf(mixed);
  Retirement retirement;
  MutexLock lock(shard.mu);
  Table& table = shard.now();
  const auto part = static_cast<uint32_t>(mixed);
  for (uint32_t line = table.NextCandidate(part, Table::kNone); line != Table::kNone;
       line = table.NextCandidate(part, line)) {
    if (shard.policy->hash(table.EntryAt(line)) == mixed) {
      Remove(shard, line, retirement);
    }
  }
  Changed(mixed);
}

template <typename Condition>
void MemoryTier::EraseLines(Condition condition) {
  // For what was read before and is not here now.
  for (auto& counter : tickets_) counter.fetch_add(1, std::memory_order_release);
  for (size_t i = 0; i <= shard_mask_; ++i) {
    Shard& shard = shards_[i];
    Retirement retirement;
    MutexLock lock(shard.mu);
    Table& table = shard.now();
    for (uint32_t line = 0; line < table.lines(); ++line) {
      if (!table.ValueAt(line) || !condition(table, line)) continue;
      const uint64_t mixed = shard.policy->hash(table.EntryAt(line));
      Remove(shard, line, retirement);
      Changed(mixed);
    }
  }
}

void MemoryTier::EraseIf(
    const std::function<bool(std::string_view, std::string_view, const Value&)>& condition) {
  EraseLines([&](const Table& table, uint32_t line) {
    const Table::KeyCopy key = table.KeyAt(line);
    return condition(key.space, key.key, *table.ValueAt(line));
  });
}

void MemoryTier::Clear() noexcept {
  EraseLines([](const Table&, uint32_t) { return true; });
}

std::vector<MemoryTier::Entry> MemoryTier::Snapshot() const {
  std::vector<Entry> entries;
  for (size_t i = 0; i <= shard_mask_; ++i) {
    const Shard& shard = shards_[i];
    MutexLock lock(shard.mu);
    const Table& table = shard.now();
    for (uint32_t line = 0; line < table.lines(); ++line) {
      const Value* const value = table.ValueAt(line);
      if (!value) continue;
      Table::KeyCopy key = table.KeyAt(line);
      value->Retain();
      entries.push_back({std::move(key.space), std::move(key.key), ValueRef::Adopt(value)});
    }
  }
  return entries;
}

MemoryTier::Stats MemoryTier::ReadStats() const {
  Stats stats;
  stats.share = adaptive_ ? tuner_.share() : 1;
  stats.tuner_bytes = static_cast<int64_t>(tuner_.footprint());
  for (size_t i = 0; i <= shard_mask_; ++i) {
    const Shard& shard = shards_[i];
    MutexLock lock(shard.mu);
    stats.entries += shard.policy->count();
    stats.bytes += shard.bytes;
    stats.evictions += shard.evictions;
    stats.table_bytes += static_cast<int64_t>(shard.now().footprint());
    stats.policy_bytes += static_cast<int64_t>(shard.policy->entry_bytes());
    stats.history_bytes += static_cast<int64_t>(shard.policy->history_bytes());
  }
  return stats;
}

}  // namespace tapps
