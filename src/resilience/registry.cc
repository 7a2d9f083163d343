#include "resilience/registry.h"

#include <algorithm>
#include <utility>

#include "resilience/breaker_share.h"

namespace tapps {
namespace {

constexpr uint64_t kSeedStep = 0x9e3779b97f4a7c15;  // odd: no seed comes twice

bool MayGo(const BreakerSnapshot& snapshot, bool only_idle) {
  if (snapshot.force != BreakerForce::kNone) return false;
  return !only_idle || (snapshot.state == BreakerState::kClosed && snapshot.in_flight == 0);
}

}  // namespace

BreakerRegistry::BreakerRegistry(const BreakerSettings& settings, const Clock& clock, uint64_t seed,
                                 Observer observer, size_t limit, std::shared_ptr<Cache> cache)
    : settings_(settings.Inherit(BreakerSettings::Default())),
      clock_(clock),
      observer_(observer != nullptr ? std::make_shared<const Observer>(std::move(observer))
                                    : nullptr),
      limit_(limit),
      cache_(cache),
      shares_(cache != nullptr && cache->SharedStore() != nullptr),
      owner_(seed),
      next_seed_(seed) {}

std::shared_ptr<Breaker> BreakerRegistry::Get(std::string_view name) {
  std::shared_ptr<Breaker> breaker = FindOrMake(name, settings_);
  breaker->Look();
  return breaker;
}

Result<std::shared_ptr<Breaker>> BreakerRegistry::Open(std::string_view name,
                                                       const BreakerSettings& own) {
  const BreakerSettings settings = own.Inherit(settings_);
  TAPPS_RETURN_IF_ERROR(settings.Validate());
  std::shared_ptr<Breaker> breaker = FindOrMake(name, settings);
  if (breaker->settings() != settings) {
    return {TAPPS_E_EXISTS, "breaker '" + std::string(name) + "' exists with other settings"};
  }
  return breaker;
}

std::shared_ptr<Breaker> BreakerRegistry::FindOrMake(std::string_view name,
                                                     const BreakerSettings& settings) {
  Order dropped;  // destroyed after the lock is released
  MutexLock lock(mu_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return found->second->breaker;
  }
  std::shared_ptr<BreakerShare> share;
  if (shares_) share = std::make_shared<BreakerShare>(std::string(name), cache_, clock_, owner_);
  Breaker::Observer observer;
  if (observer_ != nullptr || share != nullptr) {
    observer = [all = observer_, own = std::string(name),
                share](const BreakerTransition& transition) {
      if (share != nullptr) share->OnTransition(transition);
      if (all != nullptr) (*all)(own, transition);
    };
  }
  next_seed_ += kSeedStep;
  Order made;
  made.push_front({std::string(name), std::make_shared<Breaker>(
                                          settings, clock_, next_seed_, std::move(observer),
                                          share != nullptr ? share->MakePeers() : BreakerPeers())});
  by_name_.emplace(made.front().name, made.begin());
  order_.splice(order_.begin(), made);
  std::shared_ptr<Breaker> breaker = order_.front().breaker;
  if (closed_) breaker->EndWaits();
  if (order_.size() > limit_) Shrink(&dropped);
  return breaker;
}

void BreakerRegistry::Shrink(Order* dropped) {
  const size_t target = limit_ - limit_ / 8;  // an eighth at a time: the walks below are long
  for (const bool only_idle : {true, false}) {
    for (auto it = order_.end(); it != order_.begin() && order_.size() > target;) {
      const auto candidate = std::prev(it);
      // Who does not hold it yet must come through here to get it.
      const bool held = candidate->breaker.use_count() > 1;
      if (held || !MayGo(candidate->breaker->Snapshot(), only_idle)) {
        it = candidate;
        continue;
      }
      by_name_.erase(candidate->name);
      dropped->splice(dropped->begin(), order_, candidate);
    }
    if (order_.size() <= limit_) return;
  }
}

void BreakerRegistry::Close() {
  std::vector<Named> all;
  {
    MutexLock lock(mu_);
    closed_ = true;
    all.assign(order_.begin(), order_.end());
  }
  for (const Named& named : all) named.breaker->EndWaits();
  poller_.Stop();
}

std::vector<BreakerRegistry::Entry> BreakerRegistry::List() const {
  std::vector<Named> all;
  {
    MutexLock lock(mu_);
    all.assign(order_.begin(), order_.end());
  }
  std::vector<Entry> entries;
  entries.reserve(all.size());
  for (const Named& named : all) entries.push_back({named.name, named.breaker->Snapshot()});
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

}  // namespace tapps
