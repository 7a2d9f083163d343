#include "resilience/breaker.h"

#include <algorithm>

namespace tapps {
namespace {

constexpr int64_t kMaxLease = 365 * kDay;
// Open periods after a failed probe are shortened by up to this part, so that processes which saw
// the same outage do not come back together. The first period is exact.
constexpr int64_t kJitterPercent = 20;

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
                 Observer observer)
    : settings_(settings.Inherit(BreakerSettings::Default())),
      clock_(clock),
      observer_(std::move(observer)),
      random_(static_cast<std::minstd_rand::result_type>(seed ^ (seed >> 32))),
      table_(settings_.max_concurrency, random_()) {}

Admission Breaker::Acquire(int64_t lease_us) {
  const int64_t lease = lease_us > 0 ? std::min(lease_us, kMaxLease) : settings_.lease_us;
  Admission admission;
  bool deliver = false;
  {
    MutexLock lock(mu_);
    const int64_t now = clock_.MonotonicCoarse();
    admission =
        state_ == BreakerState::kClosed ? Take(now, lease) : AcquireUnlessClosed(now, lease);
    deliver = MustDeliver();
  }
  if (deliver) DeliverPending();
  return admission;
}

Admission Breaker::AcquireUnlessClosed(int64_t now, int64_t lease_us) {
  if (state_ == BreakerState::kOpen) {
    if (force_ == BreakerForce::kOpen || now < open_until_) {
      ++totals_.rejected_open;
      return {TAPPS_E_OPEN_CIRCUIT, 0, RetryAfter(now)};
    }
    Enter(BreakerState::kHalfOpen, BreakerForce::kNone, now, 0);
  }
  if (probes_ >= settings_.half_open_probes) Reclaim(now);
  if (probes_ >= settings_.half_open_probes) {
    ++totals_.rejected_open;
    return {TAPPS_E_OPEN_CIRCUIT, 0, RetryAfter(now)};
  }
  const Admission admission = Take(now, lease_us);
  if (admission.ok()) {
    ++probes_;
    probes_end_ = std::max(probes_end_, now + lease_us);
  }
  return admission;
}

Admission Breaker::Take(int64_t now, int64_t lease_us) {
  int64_t token = table_.Take(now + lease_us, generation_);
  if (token == 0) {
    Reclaim(now);
    token = table_.Take(now + lease_us, generation_);
  }
  if (token == 0 && table_.MakeRoom()) token = table_.Take(now + lease_us, generation_);
  if (token == 0) {
    ++totals_.rejected_busy;
    return {TAPPS_E_BUSY, 0, 0};
  }
  ++totals_.admitted;
  return {TAPPS_OK, token, 0};
}

bool Breaker::Report(int64_t permit, CallResult result) {
  bool deliver = false;
  {
    MutexLock lock(mu_);
    const int64_t now = clock_.MonotonicCoarse();
    const PermitTable::Ended ended = table_.End(permit, now);
    if (!ended.known) return false;
    const bool current = ended.generation == generation_;
    if (current && state_ == BreakerState::kHalfOpen) --probes_;
    if (ended.expired) {
      ++totals_.expired;
      return false;
    }
    if (current) {
      Apply(result, now);
    } else {
      ++totals_.stale;
    }
    deliver = MustDeliver();
  }
  if (deliver) DeliverPending();
  return true;
}

void Breaker::Apply(CallResult result, int64_t now) {
  switch (result) {
    case CallResult::kIgnored:
      ++totals_.ignored;
      return;
    case CallResult::kSuccess:
      ++totals_.successes;
      consecutive_failures_ = 0;
      if (state_ == BreakerState::kHalfOpen && ++probe_successes_ >= settings_.close_after) {
        period_ = 0;
        Enter(BreakerState::kClosed, BreakerForce::kNone, now, 0);
      }
      return;
    case CallResult::kFailure:
      ++totals_.failures;
      ++consecutive_failures_;
      if (force_ == BreakerForce::kNone && (state_ == BreakerState::kHalfOpen ||
                                            consecutive_failures_ >= settings_.failure_threshold)) {
        Open(now);
      }
      return;
  }
}

void Breaker::Open(int64_t now) {
  int64_t open_us = settings_.open_us;
  if (period_ == 0) {
    period_ = open_us;
  } else {
    period_ = std::min(period_ * 2, settings_.max_open_us);
    std::uniform_int_distribution<int64_t> jitter(0, period_ * kJitterPercent / 100);
    open_us = period_ - jitter(random_);
  }
  Enter(BreakerState::kOpen, BreakerForce::kNone, now, open_us);
}

void Breaker::ForceOpen() { Force(BreakerState::kOpen, BreakerForce::kOpen); }
void Breaker::ForceClosed() { Force(BreakerState::kClosed, BreakerForce::kClosed); }
void Breaker::Reset() { Force(BreakerState::kClosed, BreakerForce::kNone); }

void Breaker::Force(BreakerState state, BreakerForce force) {
  {
    MutexLock lock(mu_);
    if (force != BreakerForce::kNone && force == force_) return;
    consecutive_failures_ = 0;
    period_ = 0;
    if (state == state_ && force == force_) {
      ++generation_;  // Reset while closed: earlier results shall not count, but nothing changed
      return;
    }
    Enter(state, force, clock_.MonotonicCoarse(), 0);
  }
  DeliverPending();
}

void Breaker::Enter(BreakerState state, BreakerForce force, int64_t now, int64_t open_us) {
  const BreakerTransition transition{
      totals_.transitions + 1, now, open_us, generation_ + 1, state_, state, force};
  if (observer_ != nullptr) {
    if (pending_.size() >= kMaxPending) pending_.erase(pending_.begin());
    pending_.push_back(transition);  // first: the only step that may throw
  }
  totals_.transitions = transition.number;
  generation_ = transition.generation;
  state_ = state;
  force_ = force;
  probes_ = 0;
  probe_successes_ = 0;
  probes_end_ = 0;
  if (state == BreakerState::kOpen) {
    opened_at_ = now;
    open_until_ = now + open_us;
  } else if (state == BreakerState::kClosed) {
    opened_at_ = 0;
    consecutive_failures_ = 0;
  }
}

void Breaker::Reclaim(int64_t now) {
  const PermitTable::Reclaimed reclaimed = table_.Reclaim(now, generation_);
  totals_.expired += reclaimed.all;
  if (state_ == BreakerState::kHalfOpen) probes_ -= reclaimed.of_generation;
}

int64_t Breaker::RetryAfter(int64_t now) const {
  if (force_ != BreakerForce::kNone || state_ == BreakerState::kClosed) return 0;
  if (state_ == BreakerState::kOpen) return std::max<int64_t>(0, open_until_ - now);
  if (probes_ < settings_.half_open_probes) return 0;
  return std::max<int64_t>(0, probes_end_ - now);
}

BreakerSnapshot Breaker::Snapshot() const {
  MutexLock lock(mu_);
  const int64_t now = clock_.MonotonicCoarse();
  const int32_t expired = table_.CountExpired(now);
  BreakerSnapshot snapshot{.state = state_,
                           .force = force_,
                           .consecutive_failures = consecutive_failures_,
                           .in_flight = table_.taken() - expired,
                           .opened_at_us = opened_at_,
                           .retry_after_us = RetryAfter(now),
                           .generation = generation_,
                           .totals = totals_};
  snapshot.totals.expired += expired;
  return snapshot;
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
