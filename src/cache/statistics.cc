#include "cache/statistics.h"

namespace tapps {

void CacheStatistics::Describe(Json* json) const {
  const int64_t memory = memory_hits.Read();
  const int64_t disk = disk_hits.Read();
  const int64_t stale = stale_hits.Read();
  const int64_t negative = negative_hits.Read();
  const int64_t missed = misses.Read();
  const int64_t hits = memory + disk + stale + negative;
  Json& out = *json;
  out["hits"] = {{"memory", memory}, {"disk", disk}, {"stale", stale}, {"negative", negative}};
  out["misses"] = missed;
  out["hit_rate"] =
      hits + missed == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(hits + missed);
  out["writes"] = writes.Read();
  out["write_failures"] = write_failures.Read();
  out["read_failures"] = read_failures.Read();
  out["invalidations"] = invalidations.Read();
  out["latency_us"] = {{"get_memory", memory_get_ns.Describe()},
                       {"get_disk", disk_get_ns.Describe()},
                       {"put", put_ns.Describe()},
                       {"sync", sync_ns.Describe()},
                       {"load", load_ns.Describe()}};
}

}  // namespace tapps
