#include "resilience/breaker.h"

#include <algorithm>
#include <thread>

namespace tapps {
namespace {

// Open periods after a failed probe are shortened by up to this part, so that processes which saw
// the same outage do not come back together. The first period is exact.
constexpr int64_t kJitterPercent = 20;
// Claims that lost the race with an opening are given back within some instructions.
constexpr int kPatience = 1000;
constexpr int64_t kRetry = 100;  // in tokens, of which a call earns a percent's worth

// What is not there (kNone) counts nothing.
int64_t Positive(int32_t number) { return std::max(number, 0); }

OutcomeWindow MakeWindow(const BreakerSettings& settings) {
  if (!settings.WatchesFailures() && !settings.WatchesSlow()) return {0, 0};
  return {settings.window_calls, settings.window_us};
}

}  // namespace

const char* StateName(BreakerState state) {
  switch (state) {
    case BreakerState::kClosed:
      return "CLOSED";
    case BreakerState::kOpen:
      return "OPEN";
    case BreakerState::kHalfOpen:
      return "HALF_OPEN";
  }
  return "UNKNOWN";
}

Breaker::Breaker(const BreakerSettings& settings, const Clock& clock, uint64_t seed,
                 Observer observer, BreakerPeers peers)
    : settings_(settings.Inherit(BreakerSettings::Default())),
      clock_(clock),
      slow_from_(settings_.WatchesSlow() ? settings_.slow_call_us : kForEver),
      observer_(std::move(observer)),
      peers_(std::move(peers)),
      gate_(uint64_t{1} << kGateBits | kClosedGate),
      table_(settings_.max_concurrency, seed ^ (seed >> 32)),
      window_(MakeWindow(settings_)),
      retry_tokens_(Positive(settings_.retry.reserve) * kRetry),
      random_(static_cast<std::minstd_rand::result_type>(seed ^ (seed >> 32))) {}

Admission Breaker::AcquireLocked(int64_t lease_us, uint64_t who) {
  Aftermath after;
  Admission admission;
  {
    MutexLock lock(mu_);
    const int64_t now = clock_.MonotonicCoarse();
    if (!line_.empty()) ServeLine(now, &after);
    if (line_.empty()) {
      admission = Decide(now, lease_us, who);
    } else {
      admission.code = TAPPS_E_BUSY;  // those who wait come first
      ++totals_.rejected_busy;
    }
    SetGate();
    after.deliver = MustDeliver();
  }
  Finish(&after);
  if (!admission.probe || !peers_.take) return admission;
  const int64_t lease = lease_us > 0 ? std::min(lease_us, kMaxLease) : settings_.lease_us;
  const int64_t wait = peers_.take(lease);
  if (wait <= 0) return admission;
  {
    MutexLock lock(mu_);
    hold_until_ = clock_.MonotonicCoarse() + wait;
    ++totals_.rejected_open;
  }
  Report(admission.permit, CallResult::kIgnored);
  return {TAPPS_E_OPEN_CIRCUIT, 0, wait};
}

Admission Breaker::Decide(int64_t now, int64_t lease_us, uint64_t who) {
  if (!quotas_.empty()) {
    quotas_.Prune(now);
    if (const int64_t wait = quotas_.Wait(who, now); wait > 0) {
      ++totals_.rejected_quota;
      return {TAPPS_E_QUOTA, 0, wait};
    }
  }
  if (state_ == BreakerState::kClosed && now < suspect_until_) {
    Enter({.at_us = now, .to = BreakerState::kHalfOpen, .suspected = true});
  }
  if (state_ == BreakerState::kOpen) {
    if (now < open_until_.load(std::memory_order_relaxed)) return RefuseOpen(now);
    Enter({.at_us = now, .to = BreakerState::kHalfOpen});
  }
  const bool probe = state_ == BreakerState::kHalfOpen;
  if (probe) {
    if (probes_ >= settings_.half_open_probes) EndExpired(now);
    if (probes_ >= settings_.half_open_probes || now < hold_until_) return RefuseOpen(now);
  }
  const Admission admission = Take(now, lease_us, probe);
  if (admission.ok() && !quotas_.empty()) quotas_.Spend(who);
  return admission;
}

Admission Breaker::RefuseOpen(int64_t now) {
  ++totals_.rejected_open;
  return {TAPPS_E_OPEN_CIRCUIT, 0, RetryAfter(now)};
}

Admission Breaker::Take(int64_t now, int64_t lease_us, bool probe) {
  PermitTable::Place* place = table_.Claim();
  if (place == nullptr) {
    EndExpired(now);
    place = table_.Claim();
  }
  if (place == nullptr && table_.Grow()) place = table_.Claim();
  for (int i = 0; place == nullptr && probe && i < kPatience && table_.Count(now).claimed > 0;
       ++i) {
    std::this_thread::yield();
    place = table_.Claim();
  }
  if (place == nullptr) {
    ++totals_.rejected_busy;
    return {TAPPS_E_BUSY, 0, 0};
  }
  Fill(place, now, lease_us, generation_, probe);
  if (probe) {
    ++probes_;
    probes_end_ = std::max(probes_end_, place->deadline.load(std::memory_order_relaxed));
  }
  return {.permit = table_.Occupy(place), .probe = probe};
}

bool Breaker::ReportLocked(PermitTable::Place* place, CallResult result) {
  Aftermath after;
  bool in_time = false;
  {
    MutexLock lock(mu_);
    const int64_t now = clock_.MonotonicCoarse();
    const bool current = place->generation.load(std::memory_order_relaxed) == generation_;
    const bool slow = now - place->started >= slow_from_;
    in_time = now < place->deadline.load(std::memory_order_relaxed);
    after.give_back = place->probe;
    if (current && place->probe) --probes_;
    if (!in_time) {
      ++totals_.expired;
    } else if (!current) {
      ++totals_.stale;
    } else {
      Apply(result, slow, now);
    }
    table_.Vacate(place);
    if (!line_.empty()) ServeLine(now, &after);
    SetGate();
    after.deliver = MustDeliver();
  }
  Finish(&after);
  return in_time;
}

void Breaker::Apply(CallResult result, bool slow, int64_t now) {
  if (result == CallResult::kIgnored) {
    ++totals_.ignored;
    return;
  }
  const bool failed = result != CallResult::kSuccess;
  ++(failed ? totals_.failures : totals_.successes);
  if (slow) ++totals_.slow;
  window_.Add(generation_, now, failed, slow);
  if (failed) {
    streak_.fetch_add(1, std::memory_order_relaxed);
  } else {
    streak_.store(0, std::memory_order_relaxed);
  }
  if (state_ == BreakerState::kHalfOpen && !failed && !slow) {
    if (++probe_successes_ < (on_suspicion_ ? 1 : settings_.close_after)) return;
    period_ = 0;
    Enter({.at_us = now, .to = BreakerState::kClosed, .suspected = on_suspicion_});
    return;
  }
  if ((!failed && !slow) || force_ != BreakerForce::kNone) return;
  if (state_ == BreakerState::kHalfOpen ||
      (failed && streak_.load(std::memory_order_relaxed) >= settings_.failure_threshold) ||
      TooManyBad(now)) {
    Open(result == CallResult::kLocalFailure, now);
  }
}

bool Breaker::TooManyBad(int64_t now) const {
  if (!settings_.WatchesFailures() && !settings_.WatchesSlow()) return false;
  const OutcomeWindow::Sum sum = window_.Count(generation_, now);
  if (sum.calls < settings_.min_calls) return false;
  return (settings_.WatchesFailures() && sum.failed * 100 >= settings_.failure_rate * sum.calls) ||
         (settings_.WatchesSlow() && sum.slow * 100 >= settings_.slow_rate * sum.calls);
}

void Breaker::Open(bool local, int64_t now) {
  int64_t open_us = settings_.open_us;
  if (period_ == 0) {
    period_ = open_us;
  } else {
    period_ = std::min(period_ * 2, settings_.max_open_us);
    std::uniform_int_distribution<int64_t> jitter(0, period_ * kJitterPercent / 100);
    open_us = period_ - jitter(random_);
  }
  Enter({.at_us = now,
         .open_us = open_us,
         .to = BreakerState::kOpen,
         .local = local,
         .suspected = on_suspicion_,
         .window = window_.Count(generation_, now)});
}

void Breaker::ForceOpen() { Force(BreakerState::kOpen, BreakerForce::kOpen); }
void Breaker::ForceClosed() { Force(BreakerState::kClosed, BreakerForce::kClosed); }
void Breaker::Reset() { Force(BreakerState::kClosed, BreakerForce::kNone); }

void Breaker::Force(BreakerState state, BreakerForce force) {
  Aftermath after;
  {
    MutexLock lock(mu_);
    if (force != BreakerForce::kNone && force == force_) return;
    streak_.store(0, std::memory_order_relaxed);
    period_ = 0;
    suspect_until_ = 0;
    if (force == BreakerForce::kNone) quotas_.Clear();
    const int64_t now = clock_.MonotonicCoarse();
    if (state == state_ && force == force_) {
      ++generation_;  // Reset while closed: earlier results shall not count, but nothing changed
    } else {
      Enter({.at_us = now, .to = state, .force = force});
    }
    if (!line_.empty()) ServeLine(now, &after);
    SetGate();
    after.deliver = MustDeliver();
  }
  Finish(&after);
}

// Fills in what the transition does not say.
void Breaker::Enter(BreakerTransition transition) {
  transition.number = totals_.transitions + 1;
  transition.generation = generation_ + 1;
  transition.from = state_;
  if (observer_ != nullptr) {
    if (pending_.size() >= kMaxPending) pending_.erase(pending_.begin());
    pending_.push_back(transition);  // first: the only step that may throw
  }
  totals_.transitions = transition.number;
  generation_ = transition.generation;
  state_ = transition.to;
  force_ = transition.force;
  on_suspicion_ = state_ == BreakerState::kHalfOpen && transition.suspected;
  probes_ = 0;
  probe_successes_ = 0;
  probes_end_ = 0;
  hold_until_ = 0;
  suspect_until_ = 0;
  if (state_ == BreakerState::kOpen) {
    opened_at_ = transition.at_us;
    const bool forced = force_ == BreakerForce::kOpen;
    open_until_.store(forced ? kForEver : transition.at_us + transition.open_us,
                      std::memory_order_relaxed);
  } else if (state_ == BreakerState::kClosed) {
    opened_at_ = 0;
    streak_.store(0, std::memory_order_relaxed);
  }
  SetGate();
}

// Publishes what the paths without a lock need to know.
void Breaker::SetGate() {
  const bool closer = !line_.empty() || !quotas_.empty() || suspect_until_ != 0;
  const uint64_t gate = generation_ << kGateBits | (closer ? kLookCloser : 0) |
                        static_cast<uint64_t>(state_ == BreakerState::kClosed ? kClosedGate
                                              : state_ == BreakerState::kOpen ? kOpenGate
                                                                              : 2);
  if (gate_.load(std::memory_order_relaxed) != gate) {
    gate_.store(gate, std::memory_order_seq_cst);
  }
}

void Breaker::EndExpired(int64_t now) {
  const PermitTable::Ended ended = table_.EndExpired(now, generation_);
  totals_.expired += ended.all;
  if (state_ == BreakerState::kHalfOpen) probes_ -= ended.of_generation;
}

int64_t Breaker::RetryAfter(int64_t now) const {
  if (force_ != BreakerForce::kNone || state_ == BreakerState::kClosed) return 0;
  if (state_ == BreakerState::kOpen) {
    return std::max<int64_t>(0, open_until_.load(std::memory_order_relaxed) - now);
  }
  const int64_t held = std::max<int64_t>(0, hold_until_ - now);
  if (probes_ < settings_.half_open_probes) return held;
  return std::max(held, probes_end_ - now);
}

void Breaker::Limit(uint64_t who, int64_t calls, int64_t within_us) {
  Hear(who, calls, within_us);
  if (peers_.limited) peers_.limited(who, calls, within_us);
}

void Breaker::Hear(uint64_t who, int64_t calls, int64_t within_us) {
  Aftermath after;
  {
    MutexLock lock(mu_);
    const int64_t now = clock_.MonotonicCoarse();
    quotas_.Limit(who, calls, now + std::clamp<int64_t>(within_us, 0, QuotaBook::kLongest), now);
    SetGate();
    if (!line_.empty()) ServeLine(now, &after);
  }
  Finish(&after);
}

Breaker::Retrial Breaker::Retry(const RetryQuestion& question, const RetrySettings* settings) {
  MutexLock lock(mu_);
  const double chance =
      static_cast<double>(random_() - random_.min()) / (random_.max() - random_.min() + 1.0);
  const RetryDecision decision =
      DecideRetry(settings != nullptr ? *settings : settings_.retry, question, chance);
  if (decision.verdict == RetryVerdict::kPointless) return {TAPPS_E_UNSUPPORTED, 0};
  if (decision.verdict == RetryVerdict::kExhausted) return {TAPPS_E_FULL, 0};
  if (state_ == BreakerState::kOpen) {
    const int64_t wait = RetryAfter(clock_.MonotonicCoarse());
    if (force_ == BreakerForce::kOpen || wait > decision.delay_us) {
      return {TAPPS_E_OPEN_CIRCUIT, wait};
    }
  }
  const int64_t admitted = CountAdmitted(table_.Count(0));
  const int64_t most = std::max<int64_t>(1, 2 * Positive(settings_.retry.reserve)) * kRetry;
  const int64_t earned = (admitted - retry_seen_) * Positive(settings_.retry.percent);
  retry_tokens_ = std::min(most, retry_tokens_ + earned);
  retry_seen_ = admitted;
  if (retry_tokens_ < kRetry) return {TAPPS_E_FULL, 0};
  retry_tokens_ -= kRetry;
  ++totals_.retries;
  return {TAPPS_OK, decision.delay_us};
}

void Breaker::Suspect(int64_t within_us) {
  MutexLock lock(mu_);
  if (state_ != BreakerState::kClosed || force_ != BreakerForce::kNone) return;
  suspect_until_ = clock_.MonotonicCoarse() + std::clamp<int64_t>(within_us, 0, kHour);
  SetGate();
}

void Breaker::Encourage() {
  MutexLock lock(mu_);
  suspect_until_ = 0;
  hold_until_ = 0;
  if (state_ == BreakerState::kOpen && force_ == BreakerForce::kNone) {
    open_until_.store(
        std::min(open_until_.load(std::memory_order_relaxed), clock_.MonotonicCoarse()),
        std::memory_order_relaxed);
  }
  SetGate();
}

int64_t Breaker::CountAdmitted(const PermitTable::Census& census) const {
  return census.taken + census.successes + census.ignored + totals_.successes + totals_.failures +
         totals_.ignored + totals_.stale + totals_.expired;
}

BreakerSnapshot Breaker::Snapshot() const {
  MutexLock lock(mu_);
  const int64_t now = clock_.MonotonicCoarse();
  const PermitTable::Census census = table_.Count(now);
  BreakerSnapshot snapshot{.state = state_,
                           .force = force_,
                           .consecutive_failures = streak_.load(std::memory_order_relaxed),
                           .in_flight = census.taken - census.expired,
                           .waiting = static_cast<int32_t>(line_.size()),
                           .opened_at_us = opened_at_,
                           .retry_after_us = RetryAfter(now),
                           .quota_wait_us = quotas_.LongestWait(now),
                           .suspected = state_ == BreakerState::kClosed && now < suspect_until_,
                           .generation = generation_,
                           .window = window_.Count(generation_, now),
                           .totals = totals_};
  snapshot.totals.admitted = CountAdmitted(census);
  snapshot.totals.successes += census.successes;
  snapshot.totals.ignored += census.ignored;
  snapshot.totals.expired += census.expired;
  snapshot.totals.rejected_open += rejected_open_.load(std::memory_order_relaxed);
  return snapshot;
}

void Breaker::Finish(Aftermath* after) {
  if (after->give_back && peers_.give_back) peers_.give_back();
  if (after->deliver) DeliverPending();
  for (Answer& answer : after->answers) answer.admitted(answer.admission);
}

void Breaker::DeliverPending() {
  std::vector<BreakerTransition> batch;
  {
    MutexLock lock(mu_);
    if (!MustDeliver()) return;
    delivering_ = true;
    batch.swap(pending_);
  }
  while (!batch.empty()) {
    for (const BreakerTransition& transition : batch) observer_(transition);
    batch.clear();
    MutexLock lock(mu_);
    batch.swap(pending_);
    delivering_ = !batch.empty();
  }
}

}  // namespace tapps
