#include "http/origin_gate.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

namespace tapps::http {
namespace {

// Those who are let in wait until their batch is complete.
constexpr size_t kAtOnce = 16;

Status Refusal(const std::string& origin, const Admission& admission) {
  ErrorDetail detail;
  detail.message = origin + (admission.code == TAPPS_E_QUOTA
                                 ? ": not asked, it takes no more requests for now"
                                 : ": not asked, its circuit breaker is open after failures");
  detail.retry_after_us = admission.retry_after_us;
  return Status(admission.code, std::move(detail));
}

}  // namespace

OriginGate::Ticket OriginGate::Enter(const std::string& origin, int64_t lease_us, Entered entered,
                                     uint64_t who) {
  Ticket ticket = 0;
  bool full = false;
  {
    MutexLock lock(mutex_);
    ticket = next_ticket_++;
    Line& line = lines_[origin];
    full = line.waiting.size() >= max_waiting_;
    if (!full) line.waiting.push_back({ticket, lease_us, who, std::move(entered)});
  }
  if (full) {
    entered(Status(TAPPS_E_BUSY,
                   origin + ": " + std::to_string(max_waiting_) + " requests wait for it already"));
  } else {
    Admit(origin);
  }
  return ticket;
}

// One thread a line at a time, so that the order holds. Others leave word that something may have
// changed.
void OriginGate::Admit(const std::string& origin) {
  std::vector<Call> calls;
  do {
    {
      MutexLock lock(mutex_);
      const auto it = lines_.find(origin);
      if (it == lines_.end()) return;
      Line& line = it->second;
      if (line.waiting.empty()) {
        if (line.Idle()) lines_.erase(it);
        return;
      }
      if (line.admitting) {
        line.again = true;
        return;
      }
      line.admitting = true;
    }
    calls.clear();
    try {
      LetIn(origin, &calls);
    } catch (const std::bad_alloc&) {  // the line goes on at the next occasion
      MutexLock lock(mutex_);
      lines_.find(origin)->second.admitting = false;
    }
    for (Call& call : calls) call.entered(std::move(call.permit));
  } while (calls.size() == kAtOnce);
}

// The breaker is asked without the lock: it may wait for its peers, and calls observers. The line
// stays where it is meanwhile.
void OriginGate::LetIn(const std::string& origin, std::vector<Call>* calls) {
  const std::shared_ptr<Breaker> breaker = breakers_.Get(origin);
  for (;;) {
    Ticket ticket = 0;
    int64_t lease_us = 0;
    uint64_t who = 0;
    {
      MutexLock lock(mutex_);
      const auto it = lines_.find(origin);
      Line& line = it->second;
      line.again = false;
      if (line.waiting.empty() || calls->size() == kAtOnce) {
        line.admitting = false;
        if (line.waiting.empty() && line.Idle()) lines_.erase(it);
        return;
      }
      ticket = line.waiting.front().ticket;
      lease_us = line.waiting.front().lease_us;
      who = line.waiting.front().who;
    }
    const Admission admission = breaker->Acquire(lease_us, who);
    Permit permit = admission.ok() ? Permit(breaker, admission.permit) : Permit();
    MutexLock lock(mutex_);
    Line& line = lines_.find(origin)->second;
    if (admission.code == TAPPS_E_BUSY) {
      if (line.again) continue;
      line.admitting = false;
      return;
    }
    // When that one withdrew meanwhile, the permit is given back after the lock.
    if (line.waiting.empty() || line.waiting.front().ticket != ticket) continue;
    calls->push_back({{},
                      admission.ok() ? Result<Permit>(std::move(permit))
                                     : Result<Permit>(Refusal(origin, admission))});
    calls->back().entered = std::move(line.waiting.front().entered);
    line.waiting.pop_front();
    if (admission.ok()) ++line.inside;
  }
}

void OriginGate::Withdraw(Ticket ticket) {
  Entered dropped;  // what it holds is released after the lock
  MutexLock lock(mutex_);
  for (auto it = lines_.begin(); it != lines_.end(); ++it) {
    std::deque<Waiting>& waiting = it->second.waiting;
    const auto found = std::find_if(waiting.begin(), waiting.end(),
                                    [&](const Waiting& one) { return one.ticket == ticket; });
    if (found == waiting.end()) continue;
    dropped = std::move(found->entered);
    waiting.erase(found);
    if (waiting.empty() && it->second.Idle()) lines_.erase(it);
    return;
  }
}

void OriginGate::Leave(const std::string& origin, Permit permit, CallResult result) {
  permit.Report(result);
  {
    MutexLock lock(mutex_);
    const auto it = lines_.find(origin);
    if (it == lines_.end()) return;
    if (it->second.inside > 0) --it->second.inside;
  }
  Admit(origin);
}

bool OriginGate::NeedsPoll() const {
  MutexLock lock(mutex_);
  return std::any_of(lines_.begin(), lines_.end(), [](const auto& line) {
    return line.second.inside == 0 && !line.second.waiting.empty();
  });
}

void OriginGate::Poll() {
  std::vector<std::string> origins;
  {
    MutexLock lock(mutex_);
    for (const auto& [origin, line] : lines_) {
      if (!line.waiting.empty()) origins.push_back(origin);
    }
  }
  for (const std::string& origin : origins) Admit(origin);
}

}  // namespace tapps::http
