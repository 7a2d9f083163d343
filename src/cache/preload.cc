#include "cache/preload.h"

#include <algorithm>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "base/thread.h"
#include "cache/tiered_cache.h"

namespace tapps {
namespace {

constexpr size_t kPage = 512;  // entries looked at, or read, at a time

struct Candidate {
  int64_t last_used_us;
  int64_t bytes;  // of memory
  std::string space;
  std::string key;
  bool operator>(const Candidate& other) const { return last_used_us > other.last_used_us; }
};

// The entries used last whose sizes fit together; those used before all others on top. False when
// the cache has gone.
using Warmest = std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>>;
bool Choose(const std::weak_ptr<TieredCache>& weak, Warmest* warmest) {
  int64_t bytes = 0;
  for (int64_t after = 0;;) {
    const auto cache = weak.lock();
    if (!cache) return false;
    const auto page = cache->List("", "", after, kPage);
    if (!page.ok()) return false;
    for (const storage::Listed& entry : *page) {
      after = entry.id;
      const auto name = static_cast<int64_t>(entry.space.size() + entry.key.size());
      const int64_t size = entry.size + name + MemoryTier::kEntryBytes;
      if (size > cache->options().preload_bytes) continue;
      warmest->push({entry.last_used_us, size, entry.space, entry.key});
      bytes += size;
      while (bytes > cache->options().preload_bytes) {
        bytes -= warmest->top().bytes;
        warmest->pop();
      }
    }
    if (page->size() < kPage) return true;
  }
}

void Run(const std::weak_ptr<TieredCache>& weak) {
  Warmest warmest;
  if (!Choose(weak, &warmest)) return;
  // The warmest last: they are the last that memory forgets.
  while (!warmest.empty()) {
    const Candidate entry = warmest.top();
    warmest.pop();
    const auto cache = weak.lock();
    if (!cache || cache->Get({entry.space, entry.key}, {.peek = true}).code() == TAPPS_E_CLOSED) {
      return;
    }
  }
}

}  // namespace

void Preload(const std::shared_ptr<TieredCache>& cache) {
  auto thread = StartThread("preload", [weak = std::weak_ptr(cache)] {
    try {
      Run(weak);
    } catch (...) {  // NOLINT(bugprone-empty-catch): only memory can be short here: less is warm
    }
  });
  if (thread.ok()) (*thread).detach();
}

}  // namespace tapps
