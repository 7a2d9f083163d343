#include "http/origin_gate.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace tapps::http {
namespace {

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
  std::vector<Call> calls;
  Ticket ticket = 0;
  {
    MutexLock lock(mutex_);
    ticket = next_ticket_++;
    Line& line = lines_[origin];
    if (line.waiting.size() >= max_waiting_) {
      calls.push_back(
          {std::move(entered), Status(TAPPS_E_BUSY, origin + ": " + std::to_string(max_waiting_) +
                                                        " requests wait for it already")});
    } else {
      line.waiting.push_back({ticket, lease_us, who, std::move(entered)});
      Admit(origin, &line, &calls);
    }
  }
  Run(std::move(calls));
  return ticket;
}

void OriginGate::Admit(const std::string& origin, Line* line, std::vector<Call>* calls) {
  if (!line->waiting.empty()) {
    const std::shared_ptr<Breaker> breaker = breakers_.Get(origin);
    while (!line->waiting.empty()) {
      const Waiting& first = line->waiting.front();
      const Admission admission = breaker->Acquire(first.lease_us, first.who);
      if (admission.code == TAPPS_E_BUSY) break;
      Waiting next = std::move(line->waiting.front());
      line->waiting.pop_front();
      if (admission.ok()) {
        ++line->inside;
        calls->push_back({std::move(next.entered), Permit(breaker, admission.permit)});
      } else {
        calls->push_back({std::move(next.entered), Refusal(origin, admission)});
      }
    }
  }
  if (line->waiting.empty() && line->inside == 0) lines_.erase(origin);
}

void OriginGate::Run(std::vector<Call> calls) {
  for (Call& call : calls) call.entered(std::move(call.permit));
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
    if (waiting.empty() && it->second.inside == 0) lines_.erase(it);
    return;
  }
}

void OriginGate::Leave(const std::string& origin, Permit permit, CallResult result) {
  std::vector<Call> calls;
  permit.Report(result);
  {
    MutexLock lock(mutex_);
    const auto it = lines_.find(origin);
    if (it == lines_.end()) return;
    if (it->second.inside > 0) --it->second.inside;
    const std::string name = it->first;  // Admit may erase the line
    Admit(name, &it->second, &calls);
  }
  Run(std::move(calls));
}

bool OriginGate::NeedsPoll() const {
  MutexLock lock(mutex_);
  return std::any_of(lines_.begin(), lines_.end(), [](const auto& line) {
    return line.second.inside == 0 && !line.second.waiting.empty();
  });
}

void OriginGate::Poll() {
  std::vector<Call> calls;
  {
    MutexLock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, line] : lines_) names.push_back(name);
    for (const std::string& name : names) Admit(name, &lines_.at(name), &calls);
  }
  Run(std::move(calls));
}

}  // namespace tapps::http
