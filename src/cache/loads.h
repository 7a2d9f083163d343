#ifndef TAPPS_CACHE_LOADS_H_
#define TAPPS_CACHE_LOADS_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/counter.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/value.h"
#include "cache/options.h"
#include "storage/lease.h"

namespace tapps {

// Single flight: of all who miss a key at a time, in any number of processes, one loads it and the
// others wait for what that one puts. Any thread.
//
//                      row free                    the loader ends, its time is up
//     first miss -> ASKING ------------> LEADING ---------------------------------> the next leads
//                     |  row held elsewhere  ^                                      or all are
//                     +-----> ELSEWHERE -----+  that process is done, dead, or late  answered
//
// A flight is a key that somebody loads or wants to. Between processes the right to lead is a lease
// row of the file (storage/lease.h), released in the transaction that stores the value: who finds
// the row free and the value missing may load. Hence the second look at the cache when a row was
// obtained: another process may have finished between the miss and that. Without a row in time
// the first in line leads all the same ("lone").
//
// One thread, "tapps-loads", started by the first flight of a cache with a file or by the first who
// waits: it looks at the file for what other processes are loading, 1 to 20 ms apart, and ends
// waits and leases whose time is up.
class Loads : public std::enable_shared_from_this<Loads> {
 public:
  // How a load goes on for one who asked: a value, a lease, both, or a failure.
  struct Outcome {
    Status status;
    ValueRef value;
    int64_t lease = 0;
  };
  using Done = std::function<void(Outcome)>;

  // What flights need of the cache. Called without locks, on any thread.
  struct Hooks {
    // The entry if its lifetime has not ended, negative ones too; or NULL.
    std::function<ValueRef(Key key)> look;
    // Asks the file for a lease; `done` is called exactly once, by anybody. Empty: there is no
    // file.
    std::function<void(storage::LeaseRequest request, std::function<void(Status)> done)> ask;
    // Whether somebody holds a lease now.
    std::function<bool(const std::string& name)> held;
  };

  // `ask_for_us`: how long the file may take to give a lease.
  Loads(Hooks hooks, int64_t ask_for_us) : hooks_(std::move(hooks)), ask_for_us_(ask_for_us) {}

 private:
  struct Flight;

 public:
  // A place in line.
  struct Place {
    std::weak_ptr<Flight> flight;
    int64_t number = 0;
  };

  // Gets in line for a key that was not found, or, with a `value` that should have a successor, for
  // a lease: who does not get that at once gets the value alone. `done` is called exactly once
  // unless the place is left, perhaps before this returns.
  Place Join(Key key, uint64_t hash, const LoadOptions& options, ValueRef value, Done done);
  // `done` will not be called; without effect when it was.
  void Leave(const Place& place);

  // A lease that is being ended with a value.
  struct Ending {
    std::string space;
    std::string key;
    uint64_t hash = 0;
    std::shared_ptr<Flight> flight;                // NULL: its time was up
    std::optional<storage::LeaseRequest> release;  // for the transaction that stores the value
  };
  // First step: NOT_FOUND for a lease that is not known.
  Result<Ending> BeginEnd(int64_t lease);
  // Second step, after the value was put: it goes to all who wait.
  void End(const Ending& ending, const ValueRef& value);
  // No value could be made: the next in line leads, as if the load had been abandoned.
  void GiveUp(const Ending& ending);
  void Abandon(int64_t lease);

  // Nobody waits any more (CLOSED) and no lease is known. The thread ends by itself.
  void Stop();

  // How long a load took lately, smoothed; 0 before the first.
  int64_t typical_us() const { return typical_us_.load(std::memory_order_relaxed); }

  struct Counts {
    Counter leases;     // given
    Counter coalesced;  // answered by somebody else's load
    Counter lone;       // leases given without regard to other processes
    Counter takeovers;  // leases passed on because their time was up
    Counter abandoned;
    Counter timeouts;
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Call {
    Done done;  // with the outcome; or
    Outcome outcome;
    std::function<void()> other;
  };
  // Calls to be made without the lock: at the end of the scope, so declared before it is taken, and
  // also when the scope is left for want of memory. Who waits has the memory for the call that ends
  // the waiting from the beginning.
  struct Calls {
    Calls() = default;
    ~Calls() { Make(list); }
    Calls(const Calls&) = delete;
    Calls& operator=(const Calls&) = delete;
    void Add(std::function<void()> other) { list.push_back({{}, {}, std::move(other)}); }
    void Add(std::list<Call>& room, Outcome outcome) noexcept {
      room.front().outcome = std::move(outcome);
      list.splice(list.end(), room);
    }
    std::list<Call> list;
  };
  using FlightRef = std::shared_ptr<Flight>;

  void Ask(const FlightRef& flight, Calls* calls) REQUIRES(mu_);
  void OnAnswer(const FlightRef& flight, const Status& answer);
  void Lead(const FlightRef& flight, bool row, Calls* calls) REQUIRES(mu_);
  void PassOn(const FlightRef& flight, Calls* calls) REQUIRES(mu_);
  void Answer(const FlightRef& flight, const ValueRef& value, Calls* calls) REQUIRES(mu_);
  void ServeRefreshers(Flight& flight, Calls* calls) REQUIRES(mu_);
  void Drop(const FlightRef& flight, Calls* calls) REQUIRES(mu_);
  void Lapse(const Flight& flight) REQUIRES(mu_);
  void Poll(const FlightRef& flight);
  int64_t Tick(int64_t now, Calls* calls) REQUIRES(mu_);
  int64_t TickFlight(const FlightRef& flight, int64_t now, Calls* calls) REQUIRES(mu_);
  Status StartThread() REQUIRES(mu_);
  void Run();
  bool Turn();
  static void Make(std::list<Call>& calls) noexcept;
  void Enter(const FlightRef& flight, bool fresh, bool late, Calls* calls) REQUIRES(mu_);

  const Hooks hooks_;
  const int64_t ask_for_us_;
  Mutex mu_;
  CondVar wake_;
  std::unordered_map<std::string, FlightRef> flights_ GUARDED_BY(mu_);  // by space, NUL, key
  std::unordered_map<int64_t, FlightRef> leases_ GUARDED_BY(mu_);
  std::map<int64_t, Ending> lapsed_ GUARDED_BY(mu_);  // leases that ran out; the latest kMaxLapsed
  int64_t next_lease_ GUARDED_BY(mu_) = 1;
  int64_t next_place_ GUARDED_BY(mu_) = 1;
  bool thread_ GUARDED_BY(mu_) = false;
  bool stopped_ GUARDED_BY(mu_) = false;
  std::atomic<int64_t> typical_us_{0};
  Counts counts_;
};

}  // namespace tapps

#endif  // TAPPS_CACHE_LOADS_H_
