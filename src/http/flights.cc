#include "http/flights.h"

#include <algorithm>

#include "base/clock.h"

namespace tapps::http {
namespace {

constexpr int64_t kPollInterval = 20 * kMillisecond;

// All that an answer may depend on. Held in memory only: there are secrets in it.
std::string FlightKey(Flights::WaiterId id, const FetchRequest& request, const Hop& hop) {
  std::string key = hop.method + ' ' + hop.url.ToString();
  const auto add = [&key](int64_t number) { key += ' ' + std::to_string(number); };
  add(request.policy);
  add(request.ttl_us.value_or(-1));
  add(static_cast<int64_t>(request.limits.max_body_bytes));
  add(static_cast<int64_t>(request.limits.max_header_bytes));
  add(request.deny_private_addresses ? 1 : 0);
  // What is not safe, or has a body, is never shared.
  if ((hop.method != "GET" && hop.method != "HEAD") || hop.body) add(static_cast<int64_t>(id));
  return key + '\n' + hop.headers.text();
}

// What a breaker makes of it: the origin's health, not the answer's worth.
CallResult Health(const TransferResult& result) {
  if (!result.status.ok()) {
    return result.fault == Fault::kCaller ? CallResult::kIgnored : CallResult::kFailure;
  }
  if (result.response.status == 429) return CallResult::kIgnored;
  return result.response.status >= 500 ? CallResult::kFailure : CallResult::kSuccess;
}

}  // namespace

void Flights::Join(WaiterId id, const FetchRequest& request, const Hop& hop, StoredRef stored,
                   Landed landed) {
  FlightRef launch;
  std::string key = FlightKey(id, request, hop);
  {
    MutexLock lock(mutex_);
    FlightRef& flight = by_key_[key];
    if (flight == nullptr) {
      launch = flight = std::make_shared<Flight>();
      flight->key = std::move(key);
      flight->origin = hop.url.Origin();
      flight->request = request;
      flight->hop = hop;
      flight->stored = std::move(stored);
    }
    flight->waiters.emplace_back(id, std::move(landed));
    by_waiter_[id] = flight;
  }
  if (launch != nullptr) Launch(launch);
}

void Flights::Launch(const FlightRef& flight) {
  if (Status status = transport_.Start(); !status.ok()) {
    return LandWithout(flight, std::move(status));
  }
  // The callers' deadlines end the flight; the lease is for the case that even that is lost.
  const int64_t timeout = flight->request.limits.total_timeout_us;
  const int64_t lease = timeout > 0 ? timeout + 5 * kSecond : kHour;
  const OriginGate::Ticket ticket =
      gate_.Enter(flight->origin, lease,
                  [this, flight](Result<Permit> permit) { OnPermit(flight, std::move(permit)); });
  bool abandoned = false;
  {
    MutexLock lock(mutex_);
    flight->ticket = ticket;
    abandoned = flight->abandoned;
  }
  if (abandoned) gate_.Withdraw(ticket);
  PollIfNeeded();
}

void Flights::OnPermit(const FlightRef& flight, Result<Permit> permit) {
  if (!permit.ok()) return LandWithout(flight, permit.status());
  Status status;
  {
    MutexLock lock(mutex_);
    if (!flight->abandoned) {
      status = transport_.Submit(
          exchanger_.MakeTransfer(flight->request, flight->hop, flight->stored),
          [this, flight](TransferResult result) { OnTransfer(flight, std::move(result)); },
          &flight->transfer);
      if (status.ok()) {
        flight->permit = *std::move(permit);
        return;
      }
    }
  }
  gate_.Leave(flight->origin, *std::move(permit), CallResult::kIgnored);
  if (!status.ok()) LandWithout(flight, std::move(status));
}

void Flights::OnTransfer(const FlightRef& flight, TransferResult result) {
  Permit permit;
  bool abandoned = false;
  CallResult health = Health(result);
  {
    MutexLock lock(mutex_);
    permit = std::move(flight->permit);
    abandoned = flight->abandoned;
    if (abandoned) health = flight->why_abandoned;
  }
  gate_.Leave(flight->origin, std::move(permit), health);
  PollIfNeeded();
  if (abandoned) return;
  const Outcome outcome =
      exchanger_.Conclude(flight->request, flight->hop, flight->stored, std::move(result));
  if (!outcome.ask_for_whole) return Land(flight, outcome);
  {
    MutexLock lock(mutex_);
    flight->stored = nullptr;
    flight->transfer = 0;
    flight->ticket = 0;
  }
  Launch(flight);
}

void Flights::LandWithout(const FlightRef& flight, Status why) {
  Land(flight, exchanger_.Fallback(flight->request, flight->hop, flight->stored, std::move(why)));
}

void Flights::Land(const FlightRef& flight, const Outcome& outcome) {
  std::vector<std::pair<WaiterId, Landed>> waiters;
  {
    MutexLock lock(mutex_);
    waiters.swap(flight->waiters);
    for (const auto& [id, landed] : waiters) by_waiter_.erase(id);
    const auto it = by_key_.find(flight->key);
    if (it != by_key_.end() && it->second == flight) by_key_.erase(it);
  }
  for (size_t i = 0; i < waiters.size(); ++i) {
    Outcome copy = outcome;
    if (i > 0 && copy.status.ok()) copy.result.cache_status += "; collapsed";
    waiters[i].second(std::move(copy));
  }
}

void Flights::Leave(WaiterId id, CallResult why) {
  FlightRef flight;
  Landed landed;  // what it holds is released after the lock
  Transport::Id transfer = 0;
  OriginGate::Ticket ticket = 0;
  {
    MutexLock lock(mutex_);
    const auto it = by_waiter_.find(id);
    if (it == by_waiter_.end()) return;
    flight = it->second;
    by_waiter_.erase(it);
    auto& waiters = flight->waiters;
    const auto waiter = std::find_if(waiters.begin(), waiters.end(),
                                     [id](const auto& one) { return one.first == id; });
    landed = std::move(waiter->second);
    waiters.erase(waiter);
    if (!waiters.empty()) return;
    flight->abandoned = true;
    flight->why_abandoned = why;
    by_key_.erase(flight->key);
    transfer = flight->transfer;
    ticket = flight->ticket;
  }
  if (transfer != 0) {
    transport_.Cancel(transfer);
  } else {
    gate_.Withdraw(ticket);
  }
}

void Flights::PollIfNeeded() {
  if (!gate_.NeedsPoll() || polling_.exchange(true)) return;
  transport_.After(kPollInterval, [this] {
    polling_ = false;
    gate_.Poll();
    PollIfNeeded();
  });
}

}  // namespace tapps::http
