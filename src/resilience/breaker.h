#ifndef TAPPS_RESILIENCE_BREAKER_H_
#define TAPPS_RESILIENCE_BREAKER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "resilience/breaker_settings.h"
#include "resilience/outcome_window.h"
#include "resilience/permit_table.h"
#include "resilience/quota_book.h"

// A circuit breaker with a bounded number of calls in flight.
//
//         failures in a row, or too many of the latest calls failed or were slow
//     CLOSED ------------------------------------------> OPEN <-----------+
//       ^  |                                              |               |
//       |  | another process found        the open period |               | a probe failed:
//       |  | the service down (Suspect)     passed, and   |               | twice the period
//       |  |                              somebody asks   v               |
//       |  +------------------------------------------> HALF_OPEN --------+
//       +-------------------------------------------------+
//              close_after probes succeeded (1 after Suspect)
//
// What always holds:
//
//  1. A call asks for a permit and reports how it went, once. A permit is a lease: when it is not
//     reported by its deadline it ends by itself, its place is free for the next caller, and its
//     report is refused from then on. So nothing that gets lost can lock callers out: in HALF_OPEN
//     a probe is admitted at the latest when the open period and the lease of the probe before it
//     have passed.
//  2. Never more than max_concurrency permits are in flight, and in HALF_OPEN never more than
//     half_open_probes that were given there, however many ask at once.
//  3. Each stay in a state is a generation, and a permit belongs to the one that gave it. A result
//     moves the breaker only within its generation: a call that started before the breaker opened
//     can neither close it, nor prolong it, nor fail the probe. It still frees its place.
//  4. The reopen time is fixed when the breaker opens. Only time moves it on: monotonic time, so
//     that setting the machine's clock does nothing. (A hint of another process that found the
//     service well may end it early, for a probe.)
//  5. A probe never finds the bulkhead full of older calls: the breaker opens on a report, which
//     frees a place, and no permit is given while it is open. With several probes at once this goes
//     for the first. (After Suspect it may: then nobody would have found a place.)
//  6. Every permit ends as exactly one of success, failure, ignored, stale (reported in a later
//     generation) or expired; those in flight and those ended add up to those admitted.
//  7. Only the machine moves the breaker unless it is forced; a forced breaker stays as it is, and
//     counts, until Reset.
//  8. Who waits for a place is answered: with a permit, in the order of asking, or with TIMEOUT at
//     the deadline, or with OPEN_CIRCUIT or QUOTA as soon as that is the answer for new callers.
//
// The closed path takes no lock. `gate_` says all that it needs to know in one word: generation,
// state, and whether anything asks for a closer look (people waiting, a quota, a suspicion).
//
//     Acquire:  read gate_ --closed, nothing else--> claim a place, write the lease into it,
//               read gate_ again --the same--> occupy it
//                                --another--> give the place back, take the lock
//     Report:   end the permit's place, read gate_ --as when it was given, and the call was good-->
//               count it in the place, free the place;   else take the lock
//
// gate_ is written under mu_ only. Claim, end and every access of gate_ that decides are
// sequentially consistent: a permit that is occupied after the gate moved is impossible (3, 5), and
// only the two moves of a place (permit_table.h) and, with a sliding window, one count are atomic
// read-modify-writes. Everything that is not good news goes through mu_, with the clock read
// inside, so that time never goes back from one holder of the lock to the next. A report that was
// reading the gate while somebody began to wait may free its place without a word: who waits
// therefore looks again every kLookAgain.
namespace tapps {

enum class BreakerState : uint8_t { kClosed, kOpen, kHalfOpen };
enum class BreakerForce : uint8_t { kNone, kOpen, kClosed };

// How a call went.
enum class CallResult : uint8_t {
  kSuccess,
  kFailure,       // the service's doing: what follows from it is told to other processes
  kIgnored,       // says nothing about the service (cancelled, refused by the caller's own side)
  kLocalFailure,  // counts as a failure here, but the reason may lie with this process alone
                  // (names, proxy, TLS set-up, sandbox)
};

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
  bool local = false;              // to kOpen: because of a kLocalFailure
  bool suspected = false;          // because of Suspect; from kHalfOpen: what Suspect began ends so
  OutcomeWindow::Sum window = {};  // to kOpen, not forced: of the generation that ends
};

// Sums since the breaker was made; Reset keeps them.
struct BreakerTotals {
  int64_t admitted = 0;
  int64_t successes = 0;
  int64_t failures = 0;
  int64_t ignored = 0;
  int64_t stale = 0;           // reported in a later generation than they started in
  int64_t expired = 0;         // not reported by their deadline
  int64_t rejected_open = 0;   // OPEN_CIRCUIT
  int64_t rejected_busy = 0;   // BUSY, and TIMEOUT while waiting
  int64_t rejected_quota = 0;  // QUOTA
  int64_t transitions = 0;
  int64_t slow = 0;  // of those ended: took slow_call_us or more, when slow calls are watched
  int64_t retries = 0;

  int64_t rejected() const { return rejected_open + rejected_busy + rejected_quota; }
};

struct BreakerSnapshot {
  BreakerState state = BreakerState::kClosed;  // kOpen until somebody asks after the open period
  BreakerForce force = BreakerForce::kNone;
  int64_t consecutive_failures = 0;
  int32_t in_flight = 0;
  int32_t waiting = 0;
  int64_t opened_at_us = 0;    // Clock::MonotonicCoarse when it last opened; 0 while closed
  int64_t retry_after_us = 0;  // as Admission's, if somebody asked now
  int64_t quota_wait_us = 0;   // the longest wait that the service asked anybody for
  bool suspected = false;      // the next call will be a probe
  uint64_t generation = 0;
  OutcomeWindow::Sum window;  // of this generation
  BreakerTotals totals;
};

// The answer to a caller who wants to call.
struct Admission {
  int32_t code = TAPPS_OK;     // TAPPS_OK, TAPPS_E_OPEN_CIRCUIT, _BUSY, _QUOTA or (Wait) _TIMEOUT
  int64_t permit = 0;          // TAPPS_OK: the token to report with, 1 to 2^53 - 1
  int64_t retry_after_us = 0;  // OPEN_CIRCUIT: until the open period ends, or until the probes that
                               // are under way have ended at the latest; 0 when forced open.
                               // QUOTA: until the service takes calls again
  bool probe = false;          // TAPPS_OK: given in HALF_OPEN
  bool ok() const { return code == TAPPS_OK; }
};

class Breaker;

// What a breaker shares with those of other processes. Called without a lock held; empty: nothing.
struct BreakerPeers {
  // Takes the right to probe for lease_us; returns 0, or how long to wait before asking again.
  std::function<int64_t(int64_t lease_us)> take;
  // A probe ended. Also called for one that `take` refused.
  std::function<void()> give_back;
  // Tells the breaker what others have learned since the last time (Suspect, Encourage, Hear).
  std::function<void(Breaker&)> look;
  // The service said something about its quota (Limit).
  std::function<void(uint64_t who, int64_t calls, int64_t within_us)> limited;
};

// Any thread. Acquire and Report never block, except that a probe may wait for BreakerPeers::take.
// Only transitions, waiting, quotas and the growth of an unlimited breaker allocate.
class Breaker {
 public:
  // Called after the change, without a lock, one at a time and in order, on a thread that uses the
  // breaker. May use the breaker. Must not throw. When an observer is so slow that more than
  // kMaxPending changes wait for it, the oldest of them are dropped.
  using Observer = std::function<void(const BreakerTransition&)>;
  static constexpr size_t kMaxPending = 64;
  static constexpr int64_t kLookAgain = 5 * kMillisecond;

  // Fields of `settings` that are 0 take the defaults; the rest must pass Validate. `clock`
  // outlives the breaker. `seed` makes the jitter and the tokens.
  Breaker(const BreakerSettings& settings, const Clock& clock, uint64_t seed,
          Observer observer = nullptr, BreakerPeers peers = {});
  ~Breaker();  // ends the waits
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  // Learns what other processes know; for who is about to Acquire, and keeps the cache alive.
  // Nanoseconds when nobody has committed anything.
  void Look() {
    if (peers_.look) peers_.look(*this);
  }

  // A permit to make one call now, or why not. lease_us: its life; 0 takes the settings', more than
  // 365 days is cut to that. `who`: a hash of the credential the call is made with, for quotas.
  Admission Acquire(int64_t lease_us = 0, uint64_t who = 0) EXCLUDES(mu_) {
    const uint64_t gate = gate_.load(std::memory_order_seq_cst);
    if ((gate & kGateLow) == kClosedGate) {
      if (PermitTable::Place* place = table_.Claim()) {
        Fill(place, clock_.MonotonicCoarse(), lease_us, gate >> kGateBits, false);
        if (gate_.load(std::memory_order_seq_cst) == gate) {
          return {.permit = table_.Occupy(place)};
        }
        table_.Vacate(place);
      }
    } else if ((gate & kGateLow) == kOpenGate) {
      const int64_t left = open_until_.load(std::memory_order_relaxed) - clock_.MonotonicCoarse();
      if (left > 0) {
        rejected_open_.fetch_add(1, std::memory_order_relaxed);
        return {TAPPS_E_OPEN_CIRCUIT, 0, left > kForEver / 2 ? 0 : left};
      }
    }
    return AcquireLocked(lease_us, who);
  }

  // Ends a permit. Returns false, and does nothing, when `permit` is not in flight here: reported
  // before, its deadline passed, or never given by this breaker.
  bool Report(int64_t permit, CallResult result) EXCLUDES(mu_) {
    PermitTable::Place* place = table_.End(permit);
    if (place == nullptr) return false;
    const uint64_t gate = gate_.load(std::memory_order_seq_cst);
    const uint64_t generation = place->generation.load(std::memory_order_relaxed);
    if (gate == (generation << kGateBits | kClosedGate)) {
      const int64_t now = clock_.MonotonicCoarse();
      if (now < place->deadline.load(std::memory_order_relaxed) &&
          now - place->started < slow_from_) {
        std::atomic<int64_t>* count = nullptr;
        if (result == CallResult::kIgnored) count = &place->ignored;
        if (result == CallResult::kSuccess && streak_.load(std::memory_order_relaxed) == 0 &&
            window_.AddGood(generation, now)) {
          count = &place->successes;
        }
        if (count != nullptr) {
          count->store(count->load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
          table_.Vacate(place);
          return true;
        }
      }
    }
    return ReportLocked(place, result);
  }

  // As Acquire, but where that says BUSY, waits for a place up to wait_us, in a line of at most
  // max_waiting. `admitted` is called once, without a lock: before Wait returns, which is then 0,
  // or later on a thread that uses the breaker, unless Withdraw comes first. Somebody must call
  // Poll every kLookAgain while anybody waits.
  using Admitted = std::function<void(Admission)>;
  uint64_t Wait(int64_t wait_us, int64_t lease_us, uint64_t who, Admitted admitted) EXCLUDES(mu_);
  // Takes somebody out of the line; false when they were answered.
  bool Withdraw(uint64_t ticket) EXCLUDES(mu_);
  // Ends leases and waits that are over and lets in who can go. True while anybody waits.
  bool Poll() EXCLUDES(mu_);
  // Answers those who wait with CLOSED; from now on nobody is let wait.
  void EndWaits() EXCLUDES(mu_);
  // Waits on this thread. Deadlines are the breaker's clock's.
  Admission AcquireWithin(int64_t wait_us, int64_t lease_us = 0, uint64_t who = 0) EXCLUDES(mu_);

  // The service asked `who` (QuotaBook::kEveryone: everybody) not to make more than `calls` calls
  // within the next `within_us`. Believed for an hour at most.
  void Limit(uint64_t who, int64_t calls, int64_t within_us) EXCLUDES(mu_);
  // The same, told by a peer: not told on.
  void Hear(uint64_t who, int64_t calls, int64_t within_us) EXCLUDES(mu_);
  // Whether a call that failed may be made again, and if so when. Code: TAPPS_OK; UNSUPPORTED
  // (pointless), FULL (as often as it may be, or the budget is used up), OPEN_CIRCUIT (it would
  // have to wait longer for the breaker than for itself). The budget is RetrySettings::percent of
  // the calls admitted, and `reserve` for a start; what is not used adds up to twice the reserve,
  // or to one retry without one. `settings`, NULL for the breaker's own, say nothing of the budget.
  struct Retrial {
    int32_t code = TAPPS_OK;
    int64_t delay_us = 0;  // OPEN_CIRCUIT: as Admission::retry_after_us
  };
  Retrial Retry(const RetryQuestion& question, const RetrySettings* settings = nullptr)
      EXCLUDES(mu_);

  // Another process found the service down: while closed, the next call within `within_us` is a
  // probe that decides.
  void Suspect(int64_t within_us) EXCLUDES(mu_);
  // Another process found the service well again: while open, a probe may go at once.
  void Encourage() EXCLUDES(mu_);

  // Refuses every call until Reset. Calls in flight go on; their results do not count.
  void ForceOpen() EXCLUDES(mu_);
  // Never opens until Reset, whatever the results are. The bulkhead holds.
  void ForceClosed() EXCLUDES(mu_);
  // CLOSED, not forced, no failures, no quotas, the first open period next. Calls in flight keep
  // their places; their results do not count.
  void Reset() EXCLUDES(mu_);

  // What the breaker looks like now; changes nothing.
  BreakerSnapshot Snapshot() const EXCLUDES(mu_);

  // All fields set.
  const BreakerSettings& settings() const { return settings_; }

 private:
  struct Waiting {
    uint64_t ticket;
    int64_t deadline;
    int64_t lease_us;
    uint64_t who;
    Admitted admitted;
  };
  struct Answer {
    Admitted admitted;
    Admission admission;
  };
  // What is to be done when the lock is released.
  struct Aftermath {
    std::vector<Answer> answers;
    bool deliver = false;
    bool give_back = false;
  };

  // gate_: the generation above the state and the mark of a closer look.
  static constexpr int kGateBits = 3;
  static constexpr uint64_t kGateLow = 7;
  static constexpr uint64_t kLookCloser = 4;
  static constexpr uint64_t kClosedGate = 0;
  static constexpr uint64_t kOpenGate = 1;
  static constexpr int64_t kForEver = std::numeric_limits<int64_t>::max();
  static constexpr int64_t kMaxLease = 365 * kDay;

  void Fill(PermitTable::Place* place, int64_t now, int64_t lease_us, uint64_t generation,
            bool probe) const {
    const int64_t lease = lease_us > 0 ? std::min(lease_us, kMaxLease) : settings_.lease_us;
    place->deadline.store(now + lease, std::memory_order_relaxed);
    place->generation.store(generation, std::memory_order_relaxed);
    place->started = now;
    place->probe = probe;
  }
  Admission AcquireLocked(int64_t lease_us, uint64_t who) EXCLUDES(mu_);
  bool ReportLocked(PermitTable::Place* place, CallResult result) EXCLUDES(mu_);
  Admission Decide(int64_t now, int64_t lease_us, uint64_t who) REQUIRES(mu_);
  Admission Take(int64_t now, int64_t lease_us, bool probe) REQUIRES(mu_);
  Admission RefuseOpen(int64_t now) REQUIRES(mu_);
  void Apply(CallResult result, bool slow, int64_t now) REQUIRES(mu_);
  bool TooManyBad(int64_t now) const REQUIRES(mu_);
  void EndExpired(int64_t now) REQUIRES(mu_);
  void Force(BreakerState state, BreakerForce force) EXCLUDES(mu_);
  void Open(bool local, int64_t now) REQUIRES(mu_);
  void Enter(BreakerTransition transition) REQUIRES(mu_);
  void SetGate() REQUIRES(mu_);
  // Lets in, or refuses, who waits.
  void ServeLine(int64_t now, Aftermath* after) REQUIRES(mu_);
  int64_t RetryAfter(int64_t now) const REQUIRES(mu_);
  void Finish(Aftermath* after) EXCLUDES(mu_);
  // Changes wait, and no thread is delivering, which would take them along.
  bool MustDeliver() const REQUIRES(mu_) { return !pending_.empty() && !delivering_; }
  void DeliverPending() EXCLUDES(mu_);
  int64_t CountAdmitted(const PermitTable::Census& census) const REQUIRES(mu_);

  const BreakerSettings settings_;
  const Clock& clock_;
  const int64_t slow_from_;  // settings_.slow_call_us where slow calls are watched, else for ever
  const Observer observer_;
  const BreakerPeers peers_;

  std::atomic<uint64_t> gate_;          // written under mu_
  std::atomic<int64_t> open_until_{0};  // OPEN: written under mu_, before gate_; kForEver: forced
  std::atomic<int64_t> streak_{0};      // failures in a row; written under mu_
  std::atomic<int64_t> rejected_open_{0};
  PermitTable table_;
  OutcomeWindow window_;

  mutable Mutex mu_;
  BreakerState state_ GUARDED_BY(mu_) = BreakerState::kClosed;
  BreakerForce force_ GUARDED_BY(mu_) = BreakerForce::kNone;
  bool delivering_ GUARDED_BY(mu_) = false;    // some thread is in DeliverPending
  bool on_suspicion_ GUARDED_BY(mu_) = false;  // this HALF_OPEN was entered through Suspect
  uint64_t generation_ GUARDED_BY(mu_) = 1;
  int32_t probes_ GUARDED_BY(mu_) = 0;           // places taken in this generation, in HALF_OPEN
  int32_t probe_successes_ GUARDED_BY(mu_) = 0;  // in this stay in HALF_OPEN
  int64_t probes_end_ GUARDED_BY(mu_) = 0;       // the last deadline of a probe in this stay
  int64_t hold_until_ GUARDED_BY(mu_) = 0;       // another process is probing
  int64_t suspect_until_ GUARDED_BY(mu_) = 0;    // CLOSED
  int64_t opened_at_ GUARDED_BY(mu_) = 0;
  int64_t period_ GUARDED_BY(mu_) = 0;      // the last open period before jitter; 0: none
  int64_t retry_tokens_ GUARDED_BY(mu_);    // hundredths of a retry
  int64_t retry_seen_ GUARDED_BY(mu_) = 0;  // admitted calls that have earned theirs
  BreakerTotals totals_ GUARDED_BY(mu_);    // but what is counted without the lock
  std::minstd_rand random_ GUARDED_BY(mu_);
  QuotaBook quotas_ GUARDED_BY(mu_);
  std::deque<Waiting> line_ GUARDED_BY(mu_);
  bool waits_ended_ GUARDED_BY(mu_) = false;
  uint64_t next_ticket_ GUARDED_BY(mu_) = 1;
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
