#include "http/fetch.h"

#include <new>
#include <string>
#include <utility>

namespace tapps::http {
namespace {

Status Closed() { return Status(TAPPS_E_CLOSED, "fetching was closed"); }

Result<FetchResult> ToResult(Outcome outcome, const Hop& hop) {
  if (!outcome.status.ok()) return std::move(outcome.status);
  outcome.result.final_url = hop.url.ToString();
  return std::move(outcome.result);
}

bool IsFinal(const FetchRequest& request, const Outcome& outcome) {
  return !outcome.status.ok() || request.max_redirects == TAPPS_NONE ||
         !IsRedirect(outcome.result.status()) || !outcome.result.response->headers.Has("Location");
}

}  // namespace

FetchEngine::FetchEngine(ResponseStore& store, BreakerRegistry& breakers, FetchOptions options,
                         const Clock& clock)
    : options_(std::move(options)),
      transport_(options_.network, clock, Bodies()),
      exchanger_(store, clock, options_),
      flights_(transport_, breakers, exchanger_, store, options_.max_waiting),
      offline_(options_.offline) {}

FetchEngine::~FetchEngine() { Close(); }

BodyOptions FetchEngine::Bodies() const {
  BodyOptions bodies = options_.bodies;
  bodies.keep_off_disk = [this](const Url& url, const Headers& answer) {
    return exchanger_.IsForMemoryOnly(url, answer);
  };
  return bodies;
}

FetchEngine::Id FetchEngine::Fetch(FetchRequest request, FetchDone done) {
  const Id id = next_id_++;
  if (closed_) return done(Closed()), id;
  Result<Hop> hop = exchanger_.hops().First(request);
  if (!hop.ok()) return done(hop.status()), id;
  auto call = std::make_shared<Call>();
  call->id = id;
  call->request = std::move(request);
  call->done = std::move(done);
  call->hop = *std::move(hop);
  Continue(call);
  return id;
}

// From the top of a hop: the cache, which may have been consulted already, then the origin.
void FetchEngine::Continue(const CallRef& call, std::optional<Exchanger::Consulted> known) {
  for (;; known.reset()) {
    if (!known) known = exchanger_.Consult(call->request, call->hop, offline_);
    if (known->next == Exchanger::Consulted::kAskOrigin) {
      {
        MutexLock lock(mutex_);
        call->stored = std::move(known->stored);
      }
      return Ask(call);
    }
    if (known->next == Exchanger::Consulted::kAnswerAndRefresh) {
      Refresh(call->request, call->hop, known->stored);
    }
    if (!TakeRedirect(call, &known->answer)) return Complete(call, std::move(known->answer));
  }
}

void FetchEngine::Ask(const CallRef& call) {
  if (!Register(call)) return;
  const auto purpose = call->done ? Flights::Purpose::kCall : Flights::Purpose::kRefresh;
  flights_.Join(call->id, call->request, call->hop, call->stored, purpose,
                [this, call](Outcome outcome) { OnOutcome(call, std::move(outcome)); });
  // Whoever ended the call in the meantime could not make it leave a flight it had not joined.
  bool ended = false;
  {
    MutexLock lock(mutex_);
    ended = !calls_.contains(call->id);
    // Not before: the network thread would wake up for it alone.
    const int64_t timeout = call->request.limits.total_timeout_us;
    if (!ended && call->timer == 0 && timeout > 0) {
      call->timer = transport_.After(timeout, [this, id = call->id] { OnDeadline(id); });
    }
  }
  if (ended) flights_.Leave(call->id, CallResult::kIgnored);
}

void FetchEngine::OnOutcome(const CallRef& call, Outcome outcome) {
  if (outcome.refresh != nullptr) Refresh(call->request, call->hop, std::move(outcome.refresh));
  if (TakeRedirect(call, &outcome)) return Continue(call);
  Complete(call, std::move(outcome));
}

bool FetchEngine::TakeRedirect(const CallRef& call, Outcome* outcome) {
  if (IsFinal(call->request, *outcome)) return false;
  const std::string host = call->hop.url.HostPort();
  if (++call->redirects > call->request.max_redirects) {
    *outcome = {
        Status(TAPPS_E_PROTOCOL,
               host + ": more than " + std::to_string(call->request.max_redirects) + " redirects"),
        {}};
    return false;
  }
  Result<Hop> next = exchanger_.hops().Next(call->request, call->hop, *outcome->result.response);
  if (!next.ok()) {
    *outcome = {next.status(), {}};
    return false;
  }
  MutexLock lock(mutex_);
  call->hop = *std::move(next);
  call->stored = nullptr;
  return true;
}

// Hits may be many while the origin is slow: one of them refreshes, the others leave no trace.
void FetchEngine::Refresh(const FetchRequest& request, const Hop& hop, StoredRef stored) {
  if (flights_.IsUnderWay(request, hop)) return;
  auto call = std::make_shared<Call>();
  call->id = next_id_++;
  call->request = request;
  call->request.max_redirects = TAPPS_NONE;
  call->hop = hop;
  call->stored = std::move(stored);
  Ask(call);
}

// Makes the call known to Cancel, Close and its deadline. False when it has ended.
bool FetchEngine::Register(const CallRef& call) {
  Status status = transport_.Start();  // timers need its thread
  if (!status.ok()) {
    Complete(call, exchanger_.Fallback(call->request, call->hop, call->stored, std::move(status)));
    return false;
  }
  {
    MutexLock lock(mutex_);
    if (call->registered) return calls_.contains(call->id);
    if (!closed_) {  // Close sets it before it takes the calls
      call->registered = true;
      calls_.emplace(call->id, call);
      return true;
    }
  }
  Complete(call, {Closed(), {}});
  return false;
}

size_t FetchEngine::waiting() const {
  MutexLock lock(mutex_);
  return calls_.size();
}

FetchEngine::CallRef FetchEngine::Unregister(Id id) {
  MutexLock lock(mutex_);
  const auto it = calls_.find(id);
  if (it == calls_.end()) return nullptr;
  CallRef call = std::move(it->second);
  calls_.erase(it);
  return call;
}

void FetchEngine::OnDeadline(Id id) {
  const CallRef call = Unregister(id);
  if (call == nullptr) return;
  Result<FetchResult> result(Status::Bare(TAPPS_E_TIMEOUT));
  try {
    flights_.Leave(id, CallResult::kFailure);
    Hop hop;
    StoredRef stored;
    {
      MutexLock lock(mutex_);
      hop = call->hop;
      stored = call->stored;
    }
    Status status(TAPPS_E_TIMEOUT,
                  hop.url.HostPort() + ": no complete answer within " +
                      std::to_string(call->request.limits.total_timeout_us / kMillisecond) + " ms");
    result = ToResult(exchanger_.Fallback(call->request, hop, stored, std::move(status)), hop);
  } catch (const std::bad_alloc&) {  // nobody else answers the call now
  }
  if (call->done) call->done(std::move(result));
}

void FetchEngine::Cancel(Id id) {
  const CallRef call = Unregister(id);
  if (call == nullptr) return;
  transport_.CancelTimer(call->timer);
  flights_.Leave(id, CallResult::kIgnored);
  if (call->done) call->done(Status(TAPPS_E_CANCELLED, "the fetch was cancelled"));
}

void FetchEngine::Complete(const CallRef& call, Outcome outcome) {
  bool registered = false;
  {
    MutexLock lock(mutex_);
    registered = call->registered;
  }
  // Before the call is taken out: memory may run out here, and then it has to be told so.
  Result<FetchResult> result = ToResult(std::move(outcome), call->hop);
  if (registered) {
    if (Unregister(call->id) == nullptr) return;
    transport_.CancelTimer(call->timer);
  }
  if (call->done) call->done(std::move(result));
}

Result<FetchResult> FetchEngine::FetchAndWait(FetchRequest request) {
  if (closed_) return Closed();
  Result<Hop> hop = exchanger_.hops().First(request);
  if (!hop.ok()) return hop.status();
  // Most often the cache knows, and there is nothing to wait for.
  Exchanger::Consulted consulted = exchanger_.Consult(request, *hop, offline_);
  if (consulted.next == Exchanger::Consulted::kAnswer && IsFinal(request, consulted.answer)) {
    return ToResult(std::move(consulted.answer), *hop);
  }
  struct Waiter {
    Mutex mutex;
    CondVar arrived;
    std::optional<Result<FetchResult>> result GUARDED_BY(mutex);
  };
  auto waiter = std::make_shared<Waiter>();
  auto call = std::make_shared<Call>();
  call->id = next_id_++;
  call->request = std::move(request);
  call->hop = *std::move(hop);
  call->done = [waiter](Result<FetchResult> result) {
    MutexLock lock(waiter->mutex);
    waiter->result.emplace(std::move(result));
    waiter->arrived.NotifyAll();
  };
  Continue(call, std::move(consulted));
  MutexLock lock(waiter->mutex);
  while (!waiter->result) waiter->arrived.Wait(waiter->mutex);
  return *std::move(waiter->result);
}

std::optional<FetchResult> FetchEngine::FromMemory(const FetchRequest& request) {
  if (closed_) return std::nullopt;
  const Result<Hop> hop = exchanger_.hops().First(request);
  if (!hop.ok()) return std::nullopt;
  Exchanger::Consulted consulted =
      exchanger_.Consult(request, *hop, offline_, ResponseStore::Look::kMemory);
  if (consulted.next != Exchanger::Consulted::kAnswer || !IsFinal(request, consulted.answer)) {
    return std::nullopt;
  }
  return *ToResult(std::move(consulted.answer), *hop);
}

void FetchEngine::Close() {
  if (closed_.exchange(true)) return;
  std::unordered_map<Id, CallRef> calls;
  {
    MutexLock lock(mutex_);
    calls.swap(calls_);
  }
  for (auto& [id, call] : calls) {
    flights_.Leave(id, CallResult::kIgnored);
    if (call->done) call->done(Status(TAPPS_E_CANCELLED, "fetching was closed"));
  }
  flights_.Stop();
  transport_.Close();
}

}  // namespace tapps::http
