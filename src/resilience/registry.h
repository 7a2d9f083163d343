#ifndef TAPPS_RESILIENCE_REGISTRY_H_
#define TAPPS_RESILIENCE_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "cache/cache.h"
#include "resilience/breaker.h"
#include "resilience/line_poller.h"

namespace tapps {

// Breakers by name: "https://host:port" for a fetch's origin, or any name a caller likes. Made on
// demand. Any thread; the breakers may outlive the registry.
//
// Bounded: when there are more than `limit` breakers, those nobody holds a pointer to go, least
// recently asked for first. First the idle ones: closed, not forced, no permit in flight. If that
// is not enough, because many origins are down at once, then also others, and only what they had
// learned is lost. A forced breaker stays. So at most `limit` breakers, and those held or forced,
// are in memory.
class BreakerRegistry {
 public:
  // Called as Breaker::Observer says, one at a time for each breaker, but for several at once.
  using Observer = std::function<void(const std::string& name, const BreakerTransition&)>;
  static constexpr size_t kDefaultLimit = 1024;

  // `settings`: what breakers inherit; its zeros take the defaults, and the result must pass
  // Validate. `clock` outlives all breakers. `cache`: whose file the breakers share with those of
  // other processes (breaker_share.h); it need not outlive the registry. NULL: nothing is shared.
  BreakerRegistry(const BreakerSettings& settings, const Clock& clock, uint64_t seed,
                  Observer observer = nullptr, size_t limit = kDefaultLimit,
                  std::shared_ptr<Cache> cache = nullptr);

  // The breaker of that name, made with the inherited settings if there is none, having looked at
  // what other processes know of it (Breaker::Look).
  std::shared_ptr<Breaker> Get(std::string_view name) EXCLUDES(mu_);

  // As Get, for a caller with settings of its own: fields that are 0 are inherited. INVALID: the
  // settings; EXISTS: a breaker of that name has other settings.
  Result<std::shared_ptr<Breaker>> Open(std::string_view name, const BreakerSettings& own)
      EXCLUDES(mu_);

  // Sees to it that those who wait for the breaker (Breaker::Wait) are answered in time.
  void PollWhileWaiting(const std::shared_ptr<Breaker>& breaker) { poller_.Watch(breaker); }

  // Ends all waits with CLOSED, at once and for good, and stops the thread. Permits stay good.
  void Close() EXCLUDES(mu_);

  struct Entry {
    std::string name;
    BreakerSnapshot snapshot;
  };
  // All breakers, by name.
  std::vector<Entry> List() const EXCLUDES(mu_);

 private:
  struct Named {
    std::string name;
    std::shared_ptr<Breaker> breaker;
  };
  using Order = std::list<Named>;  // most recently asked for first

  std::shared_ptr<Breaker> FindOrMake(std::string_view name, const BreakerSettings& settings)
      EXCLUDES(mu_);
  void Shrink(Order* dropped) REQUIRES(mu_);

  const BreakerSettings settings_;
  const Clock& clock_;
  const std::shared_ptr<const Observer> observer_;  // shared with the breakers; null: none
  const size_t limit_;
  const std::weak_ptr<Cache> cache_;
  const bool shares_;
  const uint64_t owner_;  // in what is shared

  LinePoller poller_;

  mutable Mutex mu_;
  bool closed_ GUARDED_BY(mu_) = false;
  uint64_t next_seed_ GUARDED_BY(mu_);
  Order order_ GUARDED_BY(mu_);
  // Keys are views of the names in order_.
  std::unordered_map<std::string_view, Order::iterator> by_name_ GUARDED_BY(mu_);
};

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_REGISTRY_H_
