#ifndef TAPPS_HTTP_FLIGHTS_H_
#define TAPPS_HTTP_FLIGHTS_H_

#include <array>
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
#include "http/origin_turns.h"
#include "http/transport.h"

namespace tapps::http {

// Requests under way to origins. Those who want the same thing wait for the same flight: same
// method, URL, header fields and limits, and so the same credentials and whatever Vary may name. A
// flight ends when it lands or when the last who waits for it leaves. Where the store is shared
// with other processes, a request whose answer they might use waits for its turn first
// (origin_turns.h). Any thread; callbacks run without locks.
class Flights {
 public:
  using WaiterId = uint64_t;
  using Landed = std::function<void(Outcome)>;

  // All outlive it; the transport is closed before it goes.
  Flights(Transport& transport, BreakerRegistry& breakers, const Exchanger& exchanger,
          const ResponseStore& store, size_t max_waiting);
  ~Flights();
  Flights(const Flights&) = delete;
  Flights& operator=(const Flights&) = delete;

  // What the answer is for: a call that waits, or the cache alone, which has an older one.
  enum class Purpose { kCall, kRefresh };
  // Waits for the answer to the hop, asking the origin when nobody has. Calls `landed` once,
  // perhaps before it returns, unless Leave comes first. An id waits for one flight at a time.
  void Join(WaiterId id, const FetchRequest& request, const Hop& hop, StoredRef stored,
            Purpose purpose, Landed landed);
  // Whether somebody waits for the answer to this already.
  bool IsUnderWay(const FetchRequest& request, const Hop& hop);
  // Stops waiting. The last to leave ends the flight, and then `why` is what the breaker hears of
  // it.
  void Leave(WaiterId id, CallResult why);
  // Gives back all turns; before the transport is closed.
  void Stop();
  // OriginTurns::lone.
  int64_t lone() const { return turns_ == nullptr ? 0 : turns_->lone(); }

 private:
  struct Flight {
    std::string key;
    std::string origin;
    FetchRequest request;
    Hop hop;
    StoredRef stored;
    uint64_t who = 0;      // a hash of the credential, for quotas; 0: none
    int64_t begun_us = 0;  // monotonic
    uint64_t changes = 0;  // how many there were in exchanger_.invalidations() when it began
    uint64_t name = 0;     // among processes; 0: they have no use for the answer
    OriginTurns::Ticket turn = 0;
    // One after the other: between a permit and the next.
    int64_t attempt = 1;
    int64_t sent_us = 0;                   // monotonic, of this attempt
    std::optional<TransferResult> failed;  // the attempt before
    // Under mutex_.
    std::vector<std::pair<WaiterId, Landed>> waiters;
    OriginGate::Ticket ticket = 0;
    Transport::Id transfer = 0;  // 0: not yet at the transport
    Permit permit;
    bool for_calls = false;  // not for refreshes alone
    bool abandoned = false;
    CallResult why_abandoned = CallResult::kIgnored;
  };
  using FlightRef = std::shared_ptr<Flight>;

  void Begin(const FlightRef& flight);
  // True when the store has the answer now; then the flight has landed.
  bool LookAgain(const FlightRef& flight);
  // Another process has asked in vain.
  void Forgo(const FlightRef& flight);
  void Launch(const FlightRef& flight);
  void OnPermit(const FlightRef& flight, Result<Permit> permit);
  void OnTransfer(const FlightRef& flight, TransferResult result);
  // Tells the origin's breaker of its quota.
  void Heed(const Flight& flight, const TransferResult& result);
  // True when the flight goes on with another attempt, later.
  bool TryAgain(const FlightRef& flight, TransferResult* result);
  void Land(const FlightRef& flight, const Outcome& outcome);
  // Remembers whether answers to the request are of use to other processes.
  void Learn(const Flight& flight, const Outcome& outcome);
  void ForgetKey(const FlightRef& flight) REQUIRES(mutex_);
  void LandWithout(const FlightRef& flight, Status why);
  void PollIfNeeded();

  Transport& transport_;
  BreakerRegistry& breakers_;
  OriginGate gate_;
  const Exchanger& exchanger_;
  const std::shared_ptr<OriginTurns> turns_;  // null: no other process sees what is stored
  // Names of requests whose answers lately were of no use to others: these are not waited for.
  std::array<std::atomic<uint64_t>, 256> private_{};
  std::atomic<bool> polling_ = false;
  Mutex mutex_;
  OriginTurns::Ticket next_turn_ GUARDED_BY(mutex_) = 1;
  std::unordered_map<std::string, FlightRef> by_key_ GUARDED_BY(mutex_);
  std::unordered_map<WaiterId, FlightRef> by_waiter_ GUARDED_BY(mutex_);
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_FLIGHTS_H_
