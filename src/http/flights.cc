#include "http/flights.h"

#include <algorithm>
#include <new>

#include "base/clock.h"
#include "base/hash.h"
#include "http/quota_fields.h"

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
  add(request.limits.connect_timeout_us);
  add(request.limits.first_byte_timeout_us);
  add(request.limits.low_speed_time_us);
  add(request.limits.low_speed_bytes);
  add(request.retries);
  add(request.deny_private_addresses ? 1 : 0);
  // What is not safe, or has a body, is never shared.
  if ((hop.method != "GET" && hop.method != "HEAD") || hop.body) add(static_cast<int64_t>(id));
  return key + '\n' + hop.headers.text();
}

// What tells requests apart among processes: 0 when the answer is the caller's alone, or when the
// caller wants the origin's own word.
uint64_t NameAmongProcesses(const FetchRequest& request, const Hop& hop) {
  if (hop.method != "GET" || hop.body || hop.range || hop.credentials || !hop.may_read ||
      !hop.may_write || request.policy == TAPPS_FETCH_NO_CACHE || hop.directives.no_cache ||
      hop.directives.max_age == 0) {
    return 0;
  }
  return Hash64(hop.url.ToString() + '\n' + hop.headers.text()) | 1;
}

// What a breaker makes of it: the origin's health, not the answer's worth. Until the request is on
// a connection, a failure may be this process's alone.
CallResult Health(const TransferResult& result) {
  if (!result.status.ok()) {
    if (result.fault == Fault::kCaller) return CallResult::kIgnored;
    return result.fault == Fault::kOrigin && result.sent ? CallResult::kFailure
                                                         : CallResult::kLocalFailure;
  }
  if (result.response.status == 429) return CallResult::kIgnored;
  return result.response.status >= 500 ? CallResult::kFailure : CallResult::kSuccess;
}

// RFC 9110 9.2.2.
bool IsIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS" || method == "TRACE";
}

std::shared_ptr<OriginTurns> MakeTurns(Transport& transport, const ResponseStore& store) {
  const ResponseStore::Shared shared = store.shared();
  return shared.file ? std::make_shared<OriginTurns>(transport, shared) : nullptr;
}

}  // namespace

Flights::Flights(Transport& transport, BreakerRegistry& breakers, const Exchanger& exchanger,
                 const ResponseStore& store, size_t max_waiting)
    : transport_(transport),
      breakers_(breakers),
      gate_(breakers, max_waiting),
      exchanger_(exchanger),
      turns_(MakeTurns(transport, store)) {}

Flights::~Flights() { Stop(); }

void Flights::Stop() {
  if (turns_ != nullptr) turns_->Stop();
}

void Flights::Join(WaiterId id, const FetchRequest& request, const Hop& hop, StoredRef stored,
                   Purpose purpose, Landed landed) {
  FlightRef launch;
  std::string key = FlightKey(id, request, hop);
  const uint64_t changes = exchanger_.invalidations().Count();
  {
    MutexLock lock(mutex_);
    FlightRef& flight = by_key_[key];
    // Who asks after a change must not get the answer from before it.
    if (flight == nullptr || exchanger_.invalidations().ChangedSince(hop.url, flight->changes)) {
      launch = flight = std::make_shared<Flight>();
      flight->key = std::move(key);
      flight->origin = hop.url.Origin();
      flight->request = request;
      flight->hop = hop;
      flight->stored = std::move(stored);
      flight->who = hop.asker;
      flight->changes = changes;
      flight->begun_us = Clock::Real().MonotonicNow();
      if (turns_ != nullptr) flight->name = NameAmongProcesses(request, hop);
      if (flight->name != 0 && private_[flight->name % private_.size()] != flight->name) {
        flight->turn = next_turn_++;
      }
    }
    if (purpose == Purpose::kCall) flight->for_calls = true;
    flight->waiters.emplace_back(id, std::move(landed));
    by_waiter_[id] = flight;
  }
  if (launch != nullptr) Begin(launch);
}

bool Flights::IsUnderWay(const FetchRequest& request, const Hop& hop) {
  const std::string key = FlightKey(0, request, hop);
  MutexLock lock(mutex_);
  return by_key_.contains(key);
}

void Flights::Begin(const FlightRef& flight) {
  if (flight->turn == 0) {
    if (!LookAgain(flight)) Launch(flight);
    return;
  }
  turns_->Enter(flight->turn, flight->name,
                {.look = [this, flight] { return LookAgain(flight); },
                 .go = [this, flight] { Launch(flight); },
                 .forgo = [this, flight] { Forgo(flight); }});
  bool abandoned = false;
  {
    MutexLock lock(mutex_);
    abandoned = flight->abandoned;
  }
  if (abandoned) turns_->Leave(flight->turn);
}

// A flight of the same kind, here or in another process, may have landed after the caller looked at
// the cache and before this one was in the table. What it left was stored before it went.
bool Flights::LookAgain(const FlightRef& flight) {
  Exchanger::Consulted now =
      exchanger_.Consult(flight->request, flight->hop, false, ResponseStore::Look::kAgain);
  bool answered = now.next == Exchanger::Consulted::kAnswer;
  if (now.next == Exchanger::Consulted::kAnswerAndRefresh) {
    MutexLock lock(mutex_);
    answered = flight->for_calls;
    now.answer.refresh = now.stored;
  }
  if (answered) {
    Land(flight, now.answer);
    return true;
  }
  // Newer, perhaps: it may have been validated meanwhile.
  flight->stored = std::move(now.stored);
  return false;
}

void Flights::Forgo(const FlightRef& flight) {
  bool needed = false;
  {
    MutexLock lock(mutex_);
    needed = flight->for_calls;
  }
  if (needed) return Launch(flight);
  LandWithout(flight, Status(TAPPS_E_NETWORK,
                             flight->hop.url.HostPort() + ": another process asked, in vain"));
}

void Flights::Launch(const FlightRef& flight) {
  if (Status status = transport_.Start(); !status.ok()) {
    return LandWithout(flight, std::move(status));
  }
  // The callers' deadlines end the flight; the lease is for the case that even that is lost.
  const int64_t timeout = flight->request.limits.total_timeout_us;
  const int64_t lease = timeout > 0 ? timeout + 5 * kSecond : kHour;
  const OriginGate::Ticket ticket = gate_.Enter(
      flight->origin, lease,
      [this, flight](Result<Permit> permit) { OnPermit(flight, std::move(permit)); }, flight->who);
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
  if (!permit.ok()) {
    if (!flight->failed) return LandWithout(flight, permit.status());
    // What the attempt before came to says more.
    return Land(flight, exchanger_.Conclude(flight->request, flight->hop, flight->stored,
                                            *std::exchange(flight->failed, std::nullopt)));
  }
  Status status;
  {
    MutexLock lock(mutex_);
    if (!flight->abandoned) {
      flight->sent_us = Clock::Real().MonotonicNow();
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
    // Before the time to connect is over it is not known whether there was a connection.
    if (abandoned && health == CallResult::kFailure &&
        Clock::Real().MonotonicNow() - flight->sent_us <
            flight->request.limits.connect_timeout_us) {
      health = CallResult::kLocalFailure;
    }
  }
  Heed(*flight, result);
  gate_.Leave(flight->origin, std::move(permit), health);
  PollIfNeeded();
  if (abandoned || TryAgain(flight, &result)) return;
  if (exchanger_.invalidations().ChangedSince(flight->hop.url, flight->changes)) {
    flight->hop.may_write = false;
  }
  Outcome outcome;
  try {
    outcome = exchanger_.Conclude(flight->request, flight->hop, flight->stored, std::move(result));
  } catch (const std::bad_alloc&) {  // its parts may be large, and are joined
    outcome = {Status(TAPPS_E_NOMEM, flight->hop.url.HostPort() + ": no memory for its answer"),
               {}};
  }
  if (!outcome.ask_for_whole) return Land(flight, outcome);
  {
    MutexLock lock(mutex_);
    flight->stored = nullptr;
    flight->transfer = 0;
    flight->ticket = 0;
  }
  Launch(flight);
}

void Flights::Heed(const Flight& flight, const TransferResult& result) {
  if (!result.status.ok()) return;
  const auto news =
      ReadQuota(result.response.status, result.response.headers, result.response.response_time_us);
  if (!news) return;
  constexpr int64_t kTick = 10 * kMillisecond;  // what the breaker's clock may lag behind
  breakers_.Get(flight.origin)
      ->Limit(news->of_everybody ? QuotaBook::kEveryone : flight.who, news->calls,
              news->within_us + kTick);
}

bool Flights::TryAgain(const FlightRef& flight, TransferResult* result) {
  const FetchRequest& request = flight->request;
  const bool answered = result->status.ok();
  if (request.retries <= 0 || result->fault == Fault::kCaller ||
      (answered && !IsWorthRetrying(result->response.status))) {
    return false;
  }
  const std::shared_ptr<Breaker> breaker = breakers_.Get(flight->origin);
  RetrySettings settings = breaker->settings().retry;
  settings.retries = request.retries;
  const RetryQuestion question = {
      .attempt = flight->attempt,
      .idempotent = IsIdempotent(flight->hop.method),
      .status = answered ? result->response.status : 0,
      .retry_after_us =
          answered
              ? RetryAfter(result->response.headers, result->response.response_time_us).value_or(0)
              : 0};
  // A call that would be over by then is told at once.
  const int64_t elapsed = Clock::Real().MonotonicNow() - flight->begun_us;
  const int64_t timeout = request.limits.total_timeout_us;
  if (timeout > 0 && elapsed + question.retry_after_us >= timeout) return false;
  const auto retrial = breaker->Retry(question, &settings);
  if (retrial.code != TAPPS_OK) return false;
  ++flight->attempt;
  flight->failed = std::move(*result);
  {
    MutexLock lock(mutex_);
    flight->transfer = 0;
    flight->ticket = 0;
  }
  constexpr int64_t kTick = 20 * kMillisecond;  // as above, and the quota's
  const int64_t delay = retrial.delay_us + (question.retry_after_us > 0 ? kTick : 0);
  transport_.After(delay, [this, flight] {
    {
      MutexLock lock(mutex_);
      if (flight->abandoned) return;
    }
    Launch(flight);
  });
  return true;
}

void Flights::LandWithout(const FlightRef& flight, Status why) {
  Land(flight, exchanger_.Fallback(flight->request, flight->hop, flight->stored, std::move(why)));
}

void Flights::Learn(const Flight& flight, const Outcome& outcome) {
  if (flight.name == 0 || !outcome.status.ok() || outcome.result.status() >= 500 ||
      (outcome.result.served_from != TAPPS_FROM_NETWORK &&
       outcome.result.served_from != TAPPS_FROM_REVALIDATED)) {
    return;
  }
  auto& slot = private_[flight.name % private_.size()];
  if (!outcome.shareable) {
    slot = flight.name;
  } else if (slot == flight.name) {
    slot = 0;
  }
}

void Flights::Land(const FlightRef& flight, const Outcome& outcome) {
  Learn(*flight, outcome);
  if (flight->turn != 0) turns_->Leave(flight->turn);
  std::vector<std::pair<WaiterId, Landed>> waiters;
  {
    MutexLock lock(mutex_);
    waiters.swap(flight->waiters);
    for (const auto& [id, landed] : waiters) by_waiter_.erase(id);
    ForgetKey(flight);
  }
  for (size_t i = 0; i < waiters.size(); ++i) {
    Outcome copy = outcome;
    if (i > 0 && copy.status.ok()) copy.result.cache_status += "; collapsed";
    if (i > 0) copy.refresh = nullptr;
    waiters[i].second(std::move(copy));
  }
}

// Unless a later flight has taken its place.
void Flights::ForgetKey(const FlightRef& flight) {
  const auto it = by_key_.find(flight->key);
  if (it != by_key_.end() && it->second == flight) by_key_.erase(it);
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
    ForgetKey(flight);
    transfer = flight->transfer;
    ticket = flight->ticket;
  }
  if (flight->turn != 0) turns_->Leave(flight->turn);
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
