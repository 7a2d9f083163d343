#ifndef TAPPS_HTTP_ORIGIN_TURNS_H_
#define TAPPS_HTTP_ORIGIN_TURNS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/counter.h"
#include "base/mutex.h"
#include "http/response_store.h"
#include "http/transport.h"
#include "storage/lease.h"

namespace tapps::http {

// Who asks an origin, among all processes that keep their responses in one file: for each request
// one at a time, the holder of a lease row (storage/lease.h). The others wait for what it stores.
//
//            the row is free
//   ASKING -------------------> MINE --> look at the store --> answered
//     |  ^                                     |
//     |  | holder dead or late                 +-------------> go; the row is given back by Leave
//     v  |
//   ELSEWHERE --> look at the store, 1 to 20 ms apart -------> answered
//     |                 | the holder gave the row back and left nothing that answers
//     v                 v
//   ALONE <-------------+                        ------------> go, without the row (or `forgo`)
//    from ASKING too, when the file does not answer in time or cannot be written
//
// Invariants
//  1. A holder's answer is in the file before its row is gone: it is queued before, and the queue
//     is committed in order.
//  2. Who obtained a row looks at the store before it goes. By 1 and 2, of all who obtain rows for
//     a request one alone goes, as long as its answer can be stored, answers the others, and lives.
//  3. A row that was given back in vain (the answer failed, is not to be stored, depends on other
//     fields, a breaker refused) is waited for no more: whoever waited for it goes without a row.
//     What cannot be shared therefore is never asked for one after the other.
//  4. A row binds others for kLease, renewed while its holder waits, and no longer than that
//     process lives. The first of the others to see that takes over; the rest wait for it.
//  5. No thread waits. Deadlines are the callers': Leave ends a wait at any time. While nothing is
//     committed a look costs a load, and one in kFullLook a query, for holders that died.
//  6. Nothing of a request but a hash of it is written; requests with credentials have no turns.
//
// Any thread. Calls are made on the network thread, without locks held.
class OriginTurns : public std::enable_shared_from_this<OriginTurns> {
 public:
  using Ticket = uint64_t;
  static constexpr int64_t kLease = 5 * kSecond;
  static constexpr int64_t kRenew = 2 * kSecond;
  static constexpr int64_t kFullLook = 100 * kMillisecond;

  struct Calls {
    // Looks at the store; true: it has the answer, and nothing else is called. The first call after
    // Enter.
    std::function<bool()> look;
    // It is this process's turn. Called once at most.
    std::function<void()> go;
    // In place of `go` when another process went, in vain.
    std::function<void()> forgo;
  };

  // The transport outlives it, or Stop comes first.
  OriginTurns(Transport& transport, ResponseStore::Shared shared)
      : transport_(&transport), shared_(std::move(shared)) {}
  ~OriginTurns() = default;

  // Waits for a turn. Tickets are the caller's choice, each used once; `name` tells requests apart.
  // The transport has been started.
  void Enter(Ticket ticket, uint64_t name, Calls calls);
  // The wait, or the turn, is over: nothing is called for it any more, and the row is given back.
  void Leave(Ticket ticket);
  // As Leave for all. Nothing is called when it has returned, but what runs now.
  void Stop();
  // How many went alone because the file did not answer in time or could not be written.
  int64_t lone() const { return lone_.Read(); }

 private:
  struct Place {
    enum State { kAsking, kElsewhere, kMine, kAlone };
    std::string row;
    int64_t token = 0;
    std::shared_ptr<const Calls> calls;
    State state = kAsking;
    bool held = false;        // the row, here
    int64_t since_us = 0;     // monotonic
    Transport::Id timer = 0;  // the next thing to be done
    storage::Lease holder;    // elsewhere, as last seen; token 0: not seen yet
    uint64_t stamp = 0;       // of the file, before the last look
    int64_t full_look_us = 0;
    int64_t pause_us = 0;
  };
  using Op = storage::LeaseRequest::Op;

  void After(Ticket ticket, Place* place, int64_t delay_us, void (OriginTurns::*then)(Ticket))
      REQUIRES(mutex_);
  void OnRow(Ticket ticket, const std::string& row, int64_t token, const Status& answer);
  void OnMine(Ticket ticket);
  void OnElsewhere(Ticket ticket);
  void OnNoAnswer(Ticket ticket);
  void Watch(Ticket ticket);
  void Renew(Ticket ticket);
  Place* Find(Ticket ticket, Place::State state) REQUIRES(mutex_);
  // Writes a request for a row; `done` (may be empty) on the writer's thread or this one. Urgent:
  // somebody waits for it, or may.
  void Write(Op op, const std::string& row, int64_t token, std::function<void(Status)> done,
             bool urgent = true) const;

  Mutex mutex_;
  Transport* transport_ GUARDED_BY(mutex_);  // NULL: stopped
  const ResponseStore::Shared shared_;
  Counter lone_;
  std::unordered_map<Ticket, Place> places_ GUARDED_BY(mutex_);
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_ORIGIN_TURNS_H_
