#ifndef TAPPS_HTTP_FLIGHTS_H_
#define TAPPS_HTTP_FLIGHTS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "http/exchange.h"
#include "http/origin_gate.h"
#include "http/transport.h"

namespace tapps::http {

// Requests under way to origins. Those who want the same thing wait for the same flight: same
// method, URL, header fields and limits, and so the same credentials and whatever Vary may name. A
// flight ends when it lands or when the last who waits for it leaves. Any thread; callbacks run
// without locks.
class Flights {
 public:
  using WaiterId = uint64_t;
  using Landed = std::function<void(Outcome)>;

  // All outlive it; the transport is closed before it goes.
  Flights(Transport& transport, BreakerRegistry& breakers, const Exchanger& exchanger,
          size_t max_waiting)
      : transport_(transport),
        breakers_(breakers),
        gate_(breakers, max_waiting),
        exchanger_(exchanger) {}

  // Waits for the answer to the hop, asking the origin when nobody has. Calls `landed` once,
  // perhaps before it returns, unless Leave comes first. An id waits for one flight at a time.
  void Join(WaiterId id, const FetchRequest& request, const Hop& hop, StoredRef stored,
            Landed landed);
  // Stops waiting. The last to leave ends the flight, and then `why` is what the breaker hears of
  // it.
  void Leave(WaiterId id, CallResult why);

 private:
  struct Flight {
    std::string key;
    std::string origin;
    FetchRequest request;
    Hop hop;
    StoredRef stored;
    uint64_t who = 0;      // a hash of the credential, for quotas; 0: none
    int64_t begun_us = 0;  // monotonic
    // One after the other: between a permit and the next.
    int64_t attempt = 1;
    int64_t sent_us = 0;                   // monotonic, of this attempt
    std::optional<TransferResult> failed;  // the attempt before
    // Under mutex_.
    std::vector<std::pair<WaiterId, Landed>> waiters;
    OriginGate::Ticket ticket = 0;
    Transport::Id transfer = 0;  // 0: not yet at the transport
    Permit permit;
    bool abandoned = false;
    CallResult why_abandoned = CallResult::kIgnored;
  };
  using FlightRef = std::shared_ptr<Flight>;

  void Begin(const FlightRef& flight);
  void Launch(const FlightRef& flight);
  void OnPermit(const FlightRef& flight, Result<Permit> permit);
  void OnTransfer(const FlightRef& flight, TransferResult result);
  // Tells the origin's breaker of its quota.
  void Heed(const Flight& flight, const TransferResult& result);
  // True when the flight goes on with another attempt, later.
  bool TryAgain(const FlightRef& flight, TransferResult* result);
  void Land(const FlightRef& flight, const Outcome& outcome);
  void LandWithout(const FlightRef& flight, Status why);
  void PollIfNeeded();

  Transport& transport_;
  BreakerRegistry& breakers_;
  OriginGate gate_;
  const Exchanger& exchanger_;
  std::atomic<bool> polling_ = false;
  Mutex mutex_;
  std::unordered_map<std::string, FlightRef> by_key_ GUARDED_BY(mutex_);
  std::unordered_map<WaiterId, FlightRef> by_waiter_ GUARDED_BY(mutex_);
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_FLIGHTS_H_
