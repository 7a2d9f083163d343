#ifndef TAPPS_HTTP_FETCH_H_
#define TAPPS_HTTP_FETCH_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/mutex.h"
#include "http/exchange.h"
#include "http/fetch_types.h"
#include "http/flights.h"
#include "http/transport.h"

namespace tapps::http {

// Gets URLs from the cache or their origins.
//
//   Fetch --> Exchanger::Consult --fresh--> done, on the caller's thread; no libcurl, no thread
//               | must ask
//               v
//             Flights::Join (one flight for all who ask the same)
//               --> OriginGate (breaker, places)      --refused--> stale answer or error
//               --> Transport (tapps-net, libcurl)    --failed---> stale answer or error
//               --> Exchanger::Conclude (RFC 9111)
//               --> a redirect: the next hop, from the top
//
// Any thread. A callback runs once: on the caller's thread before Fetch returns, or on the network
// thread, or on the thread that calls Cancel or Close. It must not block, nor call FetchAndWait or
// Close.
class FetchEngine {
 public:
  using Id = uint64_t;

  // All outlive the engine. `clock` judges freshness; deadlines are real time.
  FetchEngine(ResponseStore& store, BreakerRegistry& breakers, FetchOptions options,
              const Clock& clock = Clock::Real());
  ~FetchEngine();  // closes
  FetchEngine(const FetchEngine&) = delete;
  FetchEngine& operator=(const FetchEngine&) = delete;

  // Starts a fetch. Codes of the result: INVALID, NOT_FOUND (only-if-cached), OFFLINE, NETWORK,
  // TIMEOUT, PROTOCOL, TOO_LARGE, DENIED, OPEN_CIRCUIT (with retry_after_us), BUSY, FULL (no place
  // for a large body), UNSUPPORTED (no libcurl), CANCELLED, CLOSED.
  Id Fetch(FetchRequest request, FetchDone done);
  // The same, waiting for the result.
  Result<FetchResult> FetchAndWait(FetchRequest request);
  // What Fetch would give, when that is a fresh answer in memory; nothing when a file or an origin
  // has to be asked to know.
  std::optional<FetchResult> FromMemory(const FetchRequest& request);
  // Completes the fetch with CANCELLED before it returns, unless it is complete or completing.
  void Cancel(Id id);

  // Offline, no origin is asked: what is stored is served, stale too where that is not forbidden,
  // else OFFLINE.
  void SetOffline(bool offline) { offline_ = offline; }
  // Ends all fetches with CANCELLED and joins the network thread; later ones get CLOSED.
  void Close();

  bool network_started() const { return transport_.started(); }
  // Fetches, and refreshes behind stale answers, that wait for an origin.
  size_t waiting() const;
  // Requests made without regard to other processes, because the file did not say in time who asks.
  int64_t lone() const { return flights_.lone(); }

 private:
  struct Call {
    Id id = 0;
    FetchRequest request;
    FetchDone done;  // empty: a refresh behind an answer already given
    int32_t redirects = 0;
    // Under mutex_.
    Hop hop;
    StoredRef stored;
    Transport::Id timer = 0;
    bool registered = false;
  };
  using CallRef = std::shared_ptr<Call>;

  BodyOptions Bodies() const;
  void Continue(const CallRef& call, std::optional<Exchanger::Consulted> consulted = {});
  void Ask(const CallRef& call);
  void OnOutcome(const CallRef& call, Outcome outcome);
  // True when a redirect was taken and the call goes on.
  bool TakeRedirect(const CallRef& call, Outcome* outcome);
  void Refresh(const FetchRequest& request, const Hop& hop, StoredRef stored);
  bool Register(const CallRef& call);
  CallRef Unregister(Id id);
  void OnDeadline(Id id);
  void Complete(const CallRef& call, Outcome outcome);

  const FetchOptions options_;
  Transport transport_;
  Exchanger exchanger_;
  Flights flights_;
  std::atomic<bool> offline_;
  std::atomic<bool> closed_ = false;
  std::atomic<Id> next_id_ = 1;
  mutable Mutex mutex_;
  std::unordered_map<Id, CallRef> calls_ GUARDED_BY(mutex_);  // whoever takes it out completes it
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_FETCH_H_
