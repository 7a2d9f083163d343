#include "memory/share_tuner.h"

#include <algorithm>
#include <limits>

#include "base/thread_slot.h"

namespace tapps {

void ShareTuner::SetEntries(int64_t entries) {
  entries = std::max<int64_t>(entries, 1);
  const int64_t before = entries_.load(std::memory_order_relaxed);
  if (before > 0 && entries > before - before / 4 && entries < before + before / 4) return;
  MutexLock lock(mu_);
  const int64_t small = std::min(entries, ShareChooser::kMostEntries);
  if (!chooser_ || small > 2 * chooser_entries_ || 2 * small < chooser_entries_) {
    chooser_ = std::make_unique<ShareChooser>(small);
    chooser_entries_ = small;
  }
  if (!rings_owner_) {
    rings_owner_ = std::make_unique<Ring[]>(kRings);
    rings_.store(rings_owner_.get(), std::memory_order_release);
  }
  const double part = std::min(1.0, static_cast<double>(small) / static_cast<double>(entries));
  threshold_.store(static_cast<uint32_t>(part * std::numeric_limits<uint32_t>::max()),
                   std::memory_order_relaxed);
  entries_.store(entries, std::memory_order_relaxed);
}

void ShareTuner::Hit(uint32_t sample) {
  Ring* const rings = rings_.load(std::memory_order_acquire);
  if (!rings) return;
  Ring& ring = rings[ThreadSlot() % kRings];
  // Threads that share a ring may overwrite each other's hits.
  const uint32_t end = ring.end.load(std::memory_order_relaxed);
  ring.hits[end % kRing].store(sample, std::memory_order_relaxed);
  ring.end.store(end + 1, std::memory_order_release);
}

void ShareTuner::Miss(uint32_t sample) {
  if (!mu_.TryLock()) return;  // somebody else is learning: one request less
  try {
    Drain();
    if (chooser_) {
      chooser_->Request(sample);
      share_.store(chooser_->share(), std::memory_order_relaxed);
    }
  } catch (...) {
    mu_.Unlock();
    throw;
  }
  mu_.Unlock();
}

void ShareTuner::Drain() {
  if (!chooser_) return;
  for (size_t i = 0; i < kRings; ++i) {
    Ring& ring = rings_owner_[i];
    const uint32_t end = ring.end.load(std::memory_order_acquire);
    uint32_t& at = drained_[i];
    if (end - at > kRing) at = end - kRing;
    for (; at != end; ++at)
      chooser_->Request(ring.hits[at % kRing].load(std::memory_order_relaxed));
  }
}

size_t ShareTuner::footprint() const {
  if (!enabled()) return 0;
  // Entry, use count, table node and history of four shadow caches.
  return kRings * sizeof(Ring) + ShareChooser::kShares.size() * ShareChooser::kMostEntries * 110;
}

}  // namespace tapps
