#ifndef TAPPS_RESILIENCE_BREAKER_SHARE_H_
#define TAPPS_RESILIENCE_BREAKER_SHARE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/mutex.h"
#include "cache/cache.h"
#include "resilience/breaker.h"

namespace tapps {

// What the cache file holds of breakers, in namespace kBreakerSpace, a day long. Under a breaker's
// name its last shared transition:
//
//     {"name", "from", "to", "forced", "open_us", "at_us", "outage", "by", ...}
//
// under the name and kQuotaSuffix what the service said of its quota, {"name", "quotas":[{"who",
// "calls", "until_us", "at_us"}]}, and under the name and kLocalSuffix a transition that concerns
// its process alone (forced, or because of failures that may be its own), for people to see.
inline constexpr std::string_view kBreakerSpace = "tapps.breakers";
// Of all of them: a file is not read through to find them.
inline constexpr std::string_view kBreakerTag = "tapps.breakers";
inline constexpr std::string_view kQuotaSuffix = "#quota";
inline constexpr std::string_view kLocalSuffix = "#local";

// One breaker's part in what all processes of a cache file know.
//
//     A's breaker opens -> record, committed within 20 ms
//     B is about to call -> the file's change stamp differs (looked at every kLookEvery) -> record
//        -> Breaker::Suspect: the call is a probe -> lease row: one prober among all processes
//           it fails    -> B opens too, having lost one call
//           it succeeds -> B goes on, forgets that outage and says so: A may probe at once
//
// What always holds:
//
//  1. Nothing that is read makes a breaker refuse, but for quotas, which the service itself gave.
//     The worst that a wrong record does is one probe for each outage it names: an outage has a
//     number, kept through all its reopenings, and who has refuted it does not suspect it again.
//  2. Only transitions to OPEN because of a CallResult::kFailure, and to CLOSED, are shared.
//  3. What a record says about time is bounded when it is read: nothing lies in the future, an
//     outage is suspected until kLinger after its open period, and never longer than an hour. A
//     clock that was stepped makes it end early or at that bound.
//  4. The right to probe is a lease row that ends with its process or its deadline. When the file
//     cannot be written within kPatience, a process probes alone.
//
// Any thread.
class BreakerShare : public std::enable_shared_from_this<BreakerShare> {
 public:
  static constexpr int64_t kLookEvery = 10 * kMillisecond;
  static constexpr int64_t kPatience = 50 * kMillisecond;
  static constexpr int64_t kAskAgain = 200 * kMillisecond;
  static constexpr int64_t kLinger = 5 * kMinute;
  static constexpr int64_t kLongest = kHour;
  static constexpr int64_t kKeep = kDay;

  // `owner` names this process's end of the file; `cache` may end before.
  BreakerShare(std::string name, std::weak_ptr<Cache> cache, const Clock& clock, uint64_t owner);

  // For the breaker's constructor.
  BreakerPeers MakePeers();
  // For its observer.
  void OnTransition(const BreakerTransition& transition);

 private:
  void Look(Breaker& breaker);
  void LookAtState(Cache& cache, Breaker& breaker) EXCLUDES(mu_);
  void LookAtQuotas(Cache& cache, Breaker& breaker) EXCLUDES(mu_);
  void Limited(uint64_t who, int64_t calls, int64_t within_us);
  int64_t TakeProbe(int64_t lease_us) EXCLUDES(mu_);
  void GiveBackProbe() EXCLUDES(mu_);
  void Write(std::string_view suffix, const Json& json);

  const std::string name_;
  const std::weak_ptr<Cache> cache_;
  const std::weak_ptr<storage::Store> store_;
  const Clock& clock_;
  const int64_t owner_;

  std::atomic<uint64_t> seen_{0};      // the stamp when the records were last read; 0: never
  std::atomic<int64_t> next_look_{0};  // Clock::MonotonicCoarse
  storage::Store* const watched_;      // store_'s, for a look at its stamp while it lives

  Mutex mu_;
  int64_t news_at_ GUARDED_BY(mu_) = 0;    // at_us of the record acted on last
  int64_t news_by_ GUARDED_BY(mu_) = 0;    // and its writer
  int64_t quota_at_ GUARDED_BY(mu_) = 0;   // created_us of the quota record acted on last
  int64_t outage_ GUARDED_BY(mu_) = 0;     // the one this process is in, or suspects
  int64_t refuted_ GUARDED_BY(mu_) = 0;    // the last that was found to be none
  int32_t probes_ GUARDED_BY(mu_) = 0;     // of this process, under the lease
  int64_t lease_end_ GUARDED_BY(mu_) = 0;  // monotonic; the lease is gone then
};

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_BREAKER_SHARE_H_
