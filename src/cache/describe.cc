// The cache's part of the statistics snapshot.

#include <algorithm>

#include "cache/tiered_cache.h"

namespace tapps {
namespace {

const char* StateName(int32_t state) {
  switch (state) {
    case TAPPS_STATE_OK:
      return "ok";
    case TAPPS_STATE_READ_ONLY:
      return "read_only";
    case TAPPS_STATE_MEMORY:
      return "memory";
    case TAPPS_STATE_LOCKED:
      return "locked";
    case TAPPS_STATE_FULL:
      return "full";
    case TAPPS_STATE_WAL_PINNED:
      return "wal_pinned";
    case TAPPS_STATE_CLOSED:
      return "closed";
    default:
      return "failed";
  }
}

}  // namespace

Json TieredCache::Stats() {
  Json json = Json::object();
  statistics_.Describe(&json);
  const int64_t uptime_us = MonotonicNow() - opened_us_;
  const auto per_second = [uptime_us](int64_t count) {
    return static_cast<double>(count) * kSecond /
           static_cast<double>(std::max<int64_t>(1, uptime_us));
  };
  json["uptime_us"] = uptime_us;
  const MemoryTier::Stats memory = memory_->ReadStats();
  json["memory"] = {{"entries", memory.entries},
                    {"bytes", memory.bytes},
                    {"max_bytes", options_.memory_bytes},
                    {"evictions", memory.evictions},
                    {"evictions_per_s", per_second(memory.evictions)}};
  const Loads::Counts& loads = loads_->counts();
  json["loads"] = {{"leases", loads.leases.Read()},       {"coalesced", loads.coalesced.Read()},
                   {"lone", loads.lone.Read()},           {"takeovers", loads.takeovers.Read()},
                   {"abandoned", loads.abandoned.Read()}, {"timeouts", loads.timeouts.Read()},
                   {"typical_us", loads_->typical_us()}};
  json["path"] = path_;
  json["state"] = StateName(state());
  if (!store_) return json;

  json["pending"] = {{"writes", store_->queue().pending()}, {"bytes", store_->queue().bytes()}};
  Json& disk = json["disk"];
  disk = {{"max_bytes", options_.disk_bytes}};
  if (Result<storage::ReaderPool::Lease> reader = store_->readers().Take(); reader.ok()) {
    if (const auto totals = (*reader)->ReadTotals(); totals.ok()) {
      disk["entries"] = totals->entries;
      disk["bytes"] = totals->page_bytes;
      disk["free_bytes"] = totals->free_bytes;
    }
  }
  const storage::DamageStats& damage = store_->damage();
  json["damage"] = {{"healed", damage.healed.load()},
                    {"failed", damage.failed.load()},
                    {"saved", damage.saved.load()},
                    {"values", statistics_.damaged_values.Read()}};
  if (const storage::WriterStats* writer = store_->writer_stats()) {
    disk["commits"] = writer->commits.load();
    disk["records"] = writer->records.load();
    disk["failed_commits"] = writer->failures.load();
    disk["evictions"] = writer->evictions.load();
    disk["eviction_bursts"] = writer->eviction_bursts.load();
    disk["evictions_per_s"] = per_second(writer->evictions.load());
    disk["expirations"] = writer->expirations.load();
    disk["checkpoints"] = writer->checkpoints.load();
    json["latency_us"]["commit"] = writer->commit_ns.Describe();
  }
  return json;
}

}  // namespace tapps
