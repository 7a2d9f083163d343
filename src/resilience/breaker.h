#ifndef TAPPS_RESILIENCE_BREAKER_H_
#define TAPPS_RESILIENCE_BREAKER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "resilience/breaker_settings.h"
#include "resilience/permit_table.h"

// A circuit breaker with a bounded number of calls in flight.
//
//              failure_threshold failures in a row
//     CLOSED ------------------------------------------> OPEN <-----------+
//       ^                                                 |               |
//       |                          the open period passed |               | a probe failed:
//       |                          and somebody asks      v               | twice the period
//       +--------------------------------------------- HALF_OPEN ---------+
//              close_after probes succeeded
//
// What always holds:
//
//  1. A call asks for a permit and reports how it went, once. A permit is a lease: when it is not
//     reported by its deadline it ends by itself, its place is free for the next caller, and its
//     report is refused from then on. So nothing that gets lost can lock callers out: in HALF_OPEN
//     a probe is admitted at the latest when the open period and the lease of the probe before it
//     have passed.
//  2. Never more than max_concurrency permits are in flight, and in HALF_OPEN never more than
//     half_open_probes that were given there, however many ask at once. Who finds no place is told
//     so at once; nobody waits.
//  3. Each stay in a state is a generation, and a permit belongs to the one that gave it. A result
//     moves the breaker only within its generation: a call that started before the breaker opened
//     can neither close it, nor prolong it, nor fail the probe. It still frees its place.
//  4. The reopen time is fixed when the breaker opens. Only time moves it on: monotonic time, so
//  that
//     setting the machine's clock does nothing.
//  5. A probe never finds the bulkhead full of older calls: the breaker opens on a report, which
//  frees a
//     place, and no permit is given while it is open. With several probes at once this goes for
//     the first.
//  6. Every permit ends as exactly one of success, failure, ignored, stale (reported in a later
//     generation) or expired; those in flight and those ended add up to those admitted.
//  7. Only the machine moves the breaker unless it is forced; a forced breaker stays as it is, and
//     counts, until Reset.
//
// One short critical section each for Acquire and Report, with the clock read inside, so that time
// never goes back from one holder of the lock to the next. A mutex, not atomics: reading the clock
// costs as much, and 2, 3 and 6 stay evident.
namespace tapps {

enum class BreakerState : uint8_t { kClosed, kOpen, kHalfOpen };
enum class BreakerForce : uint8_t { kNone, kOpen, kClosed };

// How a call went. kIgnored: it says nothing about the service (cancelled, refused by the caller's
// own side): the place is freed and nothing else happens.
enum class CallResult : uint8_t { kSuccess, kFailure, kIgnored };

// "CLOSED", "OPEN", "HALF_OPEN".
const char* StateName(BreakerState state);

// A change of state or of the forced mode.
struct BreakerTransition {
  int64_t number = 0;       // 1 for a breaker's first; a gap means that some were not delivered
  int64_t at_us = 0;        // Clock::MonotonicCoarse
  int64_t open_us = 0;      // to kOpen, not forced: the open period
  uint64_t generation = 0;  // the one that begins
  BreakerState from = BreakerState::kClosed;
  BreakerState to = BreakerState::kClosed;
  BreakerForce force = BreakerForce::kNone;
};

// Sums since the breaker was made; Reset keeps them.
struct BreakerTotals {
  int64_t admitted = 0;
  int64_t successes = 0;
  int64_t failures = 0;
  int64_t ignored = 0;
  int64_t stale = 0;          // reported in a later generation than they started in
  int64_t expired = 0;        // not reported by their deadline
  int64_t rejected_open = 0;  // OPEN_CIRCUIT
  int64_t rejected_busy = 0;  // BUSY
  int64_t transitions = 0;
};

struct BreakerSnapshot {
  BreakerState state = BreakerState::kClosed;  // kOpen until somebody asks after the open period
  BreakerForce force = BreakerForce::kNone;
  int64_t consecutive_failures = 0;
  int32_t in_flight = 0;
  int64_t opened_at_us = 0;    // Clock::MonotonicCoarse when it last opened; 0 while closed
  int64_t retry_after_us = 0;  // as Admission's, if somebody asked now
  uint64_t generation = 0;
  BreakerTotals totals;
};

// The answer to a caller who wants to call.
struct Admission {
  int32_t code = TAPPS_OK;     // TAPPS_OK, TAPPS_E_OPEN_CIRCUIT or TAPPS_E_BUSY
  int64_t permit = 0;          // TAPPS_OK: the token to report with, 1 to 2^53 - 1
  int64_t retry_after_us = 0;  // OPEN_CIRCUIT: until the open period ends, or until the probes that
                               // are under way have ended at the latest; 0 when forced open
  bool ok() const { return code == TAPPS_OK; }
};

// Any thread. Nothing here blocks, and only transitions and the growth of an unlimited breaker
// allocate.
class Breaker {
 public:
  // Called after the change, without a lock, one at a time and in order, on a thread that uses the
  // breaker. May use the breaker. Must not throw. When an observer is so slow that more than
  // kMaxPending changes wait for it, the oldest of them are dropped.
  using Observer = std::function<void(const BreakerTransition&)>;
  static constexpr size_t kMaxPending = 64;

  // Fields of `settings` that are 0 take the defaults; the rest must pass Validate. `clock`
  // outlives the breaker. `seed` makes the jitter and the tokens.
  Breaker(const BreakerSettings& settings, const Clock& clock, uint64_t seed,
          Observer observer = nullptr);
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  // A permit to make one call now, or why not. lease_us: its life; 0 takes the settings', more than
  // 365 days is cut to that.
  Admission Acquire(int64_t lease_us = 0) EXCLUDES(mu_);

  // Ends a permit. Returns false, and does nothing, when `permit` is not in flight here: reported
  // before, its deadline passed, or never given by this breaker.
  bool Report(int64_t permit, CallResult result) EXCLUDES(mu_);

  // Refuses every call until Reset. Calls in flight go on; their results do not count.
  void ForceOpen() EXCLUDES(mu_);
  // Never opens until Reset, whatever the results are. The bulkhead holds.
  void ForceClosed() EXCLUDES(mu_);
  // CLOSED, not forced, no failures, the first open period next. Calls in flight keep their places;
  // their results do not count.
  void Reset() EXCLUDES(mu_);

  // What the breaker looks like now; changes nothing.
  BreakerSnapshot Snapshot() const EXCLUDES(mu_);

  // All fields set.
  const BreakerSettings& settings() const { return settings_; }

 private:
  Admission AcquireUnlessClosed(int64_t now, int64_t lease_us) REQUIRES(mu_);
  Admission Take(int64_t now, int64_t lease_us) REQUIRES(mu_);
  void Apply(CallResult result, int64_t now) REQUIRES(mu_);
  void Reclaim(int64_t now) REQUIRES(mu_);
  void Force(BreakerState state, BreakerForce force) EXCLUDES(mu_);
  void Open(int64_t now) REQUIRES(mu_);
  void Enter(BreakerState state, BreakerForce force, int64_t now, int64_t open_us) REQUIRES(mu_);
  int64_t RetryAfter(int64_t now) const REQUIRES(mu_);
  // Changes wait, and no thread is delivering, which would take them along.
  bool MustDeliver() const REQUIRES(mu_) { return !pending_.empty() && !delivering_; }
  void DeliverPending() EXCLUDES(mu_);

  const BreakerSettings settings_;
  const Clock& clock_;
  const Observer observer_;

  mutable Mutex mu_;
  BreakerState state_ GUARDED_BY(mu_) = BreakerState::kClosed;
  BreakerForce force_ GUARDED_BY(mu_) = BreakerForce::kNone;
  bool delivering_ GUARDED_BY(mu_) = false;  // some thread is in DeliverPending
  uint64_t generation_ GUARDED_BY(mu_) = 1;
  int64_t consecutive_failures_ GUARDED_BY(mu_) = 0;
  int32_t probes_ GUARDED_BY(mu_) = 0;           // places taken in this generation, in HALF_OPEN
  int32_t probe_successes_ GUARDED_BY(mu_) = 0;  // in this stay in HALF_OPEN
  int64_t probes_end_ GUARDED_BY(mu_) = 0;       // the last deadline of a probe in this stay
  int64_t opened_at_ GUARDED_BY(mu_) = 0;
  int64_t open_until_ GUARDED_BY(mu_) = 0;  // OPEN, not forced
  int64_t period_ GUARDED_BY(mu_) = 0;      // the last open period before jitter; 0: none
  BreakerTotals totals_ GUARDED_BY(mu_);
  std::minstd_rand random_ GUARDED_BY(mu_);
  PermitTable table_ GUARDED_BY(mu_);
  std::vector<BreakerTransition> pending_ GUARDED_BY(mu_);  // not delivered yet
};

// A permit that reports itself as ignored when it is dropped. One thread at a time.
class Permit {
 public:
  Permit() = default;
  // `token` was given by `breaker`.
  Permit(std::shared_ptr<Breaker> breaker, int64_t token)
      : breaker_(std::move(breaker)), token_(token) {}
  ~Permit() { Report(CallResult::kIgnored); }
  Permit(Permit&& other) noexcept = default;
  Permit& operator=(Permit&& other) noexcept {
    if (this != &other) {
      Report(CallResult::kIgnored);
      breaker_ = std::move(other.breaker_);
      token_ = other.token_;
    }
    return *this;
  }

  // The first report counts, as Breaker::Report does.
  bool Report(CallResult result) {
    const std::shared_ptr<Breaker> breaker = std::exchange(breaker_, nullptr);
    return breaker != nullptr && breaker->Report(token_, result);
  }

 private:
  std::shared_ptr<Breaker> breaker_;  // null: reported, or none
  int64_t token_ = 0;
};

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_BREAKER_H_
