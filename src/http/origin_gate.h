#ifndef TAPPS_HTTP_ORIGIN_GATE_H_
#define TAPPS_HTTP_ORIGIN_GATE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "resilience/registry.h"

namespace tapps::http {

// Lets requests through to origins as their breakers allow, and lines up those that find no place.
// Any thread; callbacks run without locks on the thread that made room.
class OriginGate {
 public:
  using Ticket = uint64_t;
  // A permit to be given to Leave; or OPEN_CIRCUIT or QUOTA with retry_after_us, or BUSY.
  using Entered = std::function<void(Result<Permit>)>;

  OriginGate(BreakerRegistry& breakers, size_t max_waiting)
      : breakers_(breakers), max_waiting_(max_waiting) {}

  // Calls `entered` once: before it returns, or when a place becomes free; never after Withdraw.
  // `who`: a hash of the credential the request carries, for the origin's quotas; 0: none.
  Ticket Enter(const std::string& origin, int64_t lease_us, Entered entered, uint64_t who = 0);
  void Withdraw(Ticket ticket);
  // Ends a permit's call and lets the next ones in.
  void Leave(const std::string& origin, Permit permit, CallResult result);

  // True when some wait at an origin whose places are all held by others than this gate's callers:
  // nobody will call Leave, so Poll must be called now and then.
  bool NeedsPoll() const;
  void Poll();

 private:
  struct Waiting {
    Ticket ticket;
    int64_t lease_us;
    uint64_t who;
    Entered entered;
  };
  struct Line {
    std::deque<Waiting> waiting;
    size_t inside = 0;       // permits given out here
    bool admitting = false;  // a thread is in Admit, which keeps the line
    bool again = false;      // a place may have become free since that thread last asked

    bool Idle() const { return inside == 0 && !admitting; }
  };
  struct Call {
    Entered entered;
    Result<Permit> permit;
  };

  // Calls those in the line who can go, or must be refused.
  void Admit(const std::string& origin) EXCLUDES(mutex_);
  void LetIn(const std::string& origin, std::vector<Call>* calls) EXCLUDES(mutex_);

  BreakerRegistry& breakers_;
  const size_t max_waiting_;
  mutable Mutex mutex_;
  Ticket next_ticket_ GUARDED_BY(mutex_) = 1;
  std::unordered_map<std::string, Line> lines_ GUARDED_BY(mutex_);
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_ORIGIN_GATE_H_
