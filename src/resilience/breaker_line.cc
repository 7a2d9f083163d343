// Waiting for a place.
#include <algorithm>
#include <optional>

#include "resilience/breaker.h"

namespace tapps {

Breaker::~Breaker() { EndWaits(); }

void Breaker::EndWaits() {
  Aftermath after;
  {
    MutexLock lock(mu_);
    waits_ended_ = true;
    for (Waiting& waiting : line_) {
      after.answers.push_back({std::move(waiting.admitted), {.code = TAPPS_E_CLOSED}});
    }
    line_.clear();
    SetGate();
  }
  Finish(&after);
}

uint64_t Breaker::Wait(int64_t wait_us, int64_t lease_us, uint64_t who, Admitted admitted) {
  Admission admission = Acquire(lease_us, who);
  if (admission.code == TAPPS_E_BUSY && wait_us > 0) {
    MutexLock lock(mu_);
    const int64_t now = clock_.MonotonicCoarse();
    // A place may have become free since; from SetGate on nobody passes unseen.
    if (line_.empty() && state_ == BreakerState::kClosed) {
      admission = Take(now, lease_us, false);
      --totals_.rejected_busy;  // this refusal, or the one before, was not
    }
    if (admission.code == TAPPS_E_BUSY && waits_ended_) {
      admission.code = TAPPS_E_CLOSED;
    } else if (admission.code == TAPPS_E_BUSY &&
               line_.size() < static_cast<size_t>(settings_.max_waiting)) {
      --totals_.rejected_busy;  // it is not, yet
      line_.push_back(
          {next_ticket_, now + std::min(wait_us, kMaxLease), lease_us, who, std::move(admitted)});
      SetGate();
      return next_ticket_++;
    }
  }
  admitted(admission);
  return 0;
}

bool Breaker::Withdraw(uint64_t ticket) {
  Admitted dropped;  // what it holds is released after the lock
  MutexLock lock(mu_);
  const auto found = std::find_if(line_.begin(), line_.end(), [ticket](const Waiting& waiting) {
    return waiting.ticket == ticket;
  });
  if (found == line_.end()) return false;
  dropped = std::move(found->admitted);
  line_.erase(found);
  SetGate();
  return true;
}

bool Breaker::Poll() {
  Aftermath after;
  bool more = false;
  {
    MutexLock lock(mu_);
    if (line_.empty()) return false;
    ServeLine(clock_.MonotonicCoarse(), &after);
    SetGate();
    more = !line_.empty();
    after.deliver = MustDeliver();
  }
  Finish(&after);
  return more;
}

void Breaker::ServeLine(int64_t now, Aftermath* after) {
  const auto answer = [&](Waiting& waiting, Admission admission) {
    after->answers.push_back({std::move(waiting.admitted), admission});
  };
  for (size_t i = 0; i < line_.size();) {
    Waiting& waiting = line_[i];
    if (now >= waiting.deadline) {
      ++totals_.rejected_busy;
      answer(waiting, {.code = TAPPS_E_TIMEOUT});
    } else if (state_ != BreakerState::kClosed) {
      // Nobody is let in here as a probe: that may need a lease, which must not be waited for.
      answer(waiting, RefuseOpen(now));
    } else if (const int64_t wait = quotas_.Wait(waiting.who, now); wait > 0) {
      ++totals_.rejected_quota;
      answer(waiting, {TAPPS_E_QUOTA, 0, wait});
    } else {
      const Admission admission = Take(now, waiting.lease_us, false);
      if (!admission.ok()) {
        --totals_.rejected_busy;
        ++i;  // no place for anybody, but others' deadlines may have passed
        continue;
      }
      quotas_.Spend(waiting.who);
      answer(waiting, admission);
    }
    line_.erase(line_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

Admission Breaker::AcquireWithin(int64_t wait_us, int64_t lease_us, uint64_t who) {
  struct Rendezvous {
    Mutex mutex;
    CondVar arrived;
    std::optional<Admission> admission GUARDED_BY(mutex);
  };
  const auto meeting = std::make_shared<Rendezvous>();
  Wait(wait_us, lease_us, who, [meeting](Admission admission) {
    MutexLock lock(meeting->mutex);
    meeting->admission = admission;
    meeting->arrived.NotifyAll();
  });
  for (;;) {
    {
      MutexLock lock(meeting->mutex);
      if (!meeting->admission) meeting->arrived.WaitFor(meeting->mutex, kLookAgain);
      if (meeting->admission) return *meeting->admission;
    }
    Poll();
  }
}

}  // namespace tapps
