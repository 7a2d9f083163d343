#ifndef TAPPS_MEMORY_SHARE_CHOOSER_H_
#define TAPPS_MEMORY_SHARE_CHOOSER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "memory/adaptive_policy.h"

namespace tapps {

// A cache without values: what a policy would hit.
class ShadowCache final : public UseCounts {
 public:
  ShadowCache(int64_t entries, double share);
  // A request; whether it was a hit. Throws std::bad_alloc.
  bool Request(uint32_t hash);

  uint32_t Read(uint32_t place) const override { return uses_[place]; }
  void Write(uint32_t place, uint32_t count) override {
    uses_[place] = static_cast<uint8_t>(count);
  }

 private:
  const int64_t entries_;
  std::unordered_map<uint32_t, EntryId> present_;
  std::vector<uint8_t> uses_;
  AdaptivePolicy policy_;
};

// Chooses the share of an adaptive policy by trying all of them in small: a shadow cache for each,
// fed with the requests for a sample of the keys that is to all keys as the shadow caches are to
// the cache. The share whose hits, weighted by their age, are clearly the most is taken. One thread
// at a time.
class ShareChooser {
 public:
  static constexpr std::array<double, 4> kShares = {.02, .10, .35, .98};
  static constexpr size_t kFirst = 1;
  static constexpr int64_t kMostEntries = 256;  // of a shadow cache

  explicit ShareChooser(int64_t entries);
  // A request for a sampled key.
  void Request(uint32_t hash);
  double share() const { return kShares[chosen_]; }

 private:
  std::vector<std::unique_ptr<ShadowCache>> shadows_;
  std::array<double, kShares.size()> scores_{};
  const double fading_;
  const int64_t period_;
  int64_t requests_ = 0;
  size_t chosen_ = kFirst;
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_SHARE_CHOOSER_H_
