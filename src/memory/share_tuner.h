#ifndef TAPPS_MEMORY_SHARE_TUNER_H_
#define TAPPS_MEMORY_SHARE_TUNER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/mutex.h"
#include "memory/share_chooser.h"

namespace tapps {

// Feeds a share chooser from many threads. Hits go through small rings that lose what they have no
// room for, and cost no lock; misses bring them on. Any thread.
class ShareTuner {
 public:
  // How many entries the cache has room for; from then on keys are sampled. Small changes are
  // ignored.
  void SetEntries(int64_t entries);
  // Whether requests for a key are wanted.
  bool Wants(uint32_t sample) const {
    return sample <= threshold_.load(std::memory_order_relaxed) && enabled();
  }
  bool enabled() const { return entries_.load(std::memory_order_relaxed) > 0; }
  void Hit(uint32_t sample);
  // Throws std::bad_alloc.
  void Miss(uint32_t sample);
  double share() const { return share_.load(std::memory_order_relaxed); }
  // Bytes of memory, about.
  size_t footprint() const;

 private:
  static constexpr size_t kRings = 8;
  static constexpr uint32_t kRing = 256;
  struct alignas(64) Ring {
    std::atomic<uint32_t> end{0};  // counts on for ever
    std::array<std::atomic<uint32_t>, kRing> hits{};
  };

  void Drain() REQUIRES(mu_);

  std::atomic<uint32_t> threshold_{0};
  std::atomic<int64_t> entries_{0};
  std::atomic<double> share_{ShareChooser::kShares[ShareChooser::kFirst]};
  std::atomic<Ring*> rings_{nullptr};
  Mutex mu_;
  std::unique_ptr<Ring[]> rings_owner_ GUARDED_BY(mu_);
  std::array<uint32_t, kRings> drained_ GUARDED_BY(mu_){};
  std::unique_ptr<ShareChooser> chooser_ GUARDED_BY(mu_);
  int64_t chooser_entries_ GUARDED_BY(mu_) = 0;
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_SHARE_TUNER_H_
