#ifndef TAPPS_HTTP_TRANSPORT_H_
#define TAPPS_HTTP_TRANSPORT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "http/transfer.h"

namespace tapps::http {

// Exchanges with origins on one thread, "tapps-net", which owns libcurl's multi handle and so the
// connections. Loads libcurl and starts the thread with the first request. All functions from any
// thread but Close, which must not be called from a callback. Callbacks run on the network thread
// (Cancel and Close: on theirs), without locks held, and must not block. What a callback throws on
// the network thread, which only bad_alloc may be, ends there.
//
// After an exchange that failed, or was given up before its answer began, the next one with that
// origin resolves the name again and opens a new connection: the origin may have moved, or the
// machine, and then what idles in the pool is dead, and an HTTP/2 connection would hold all up.
class Transport {
 public:
  using Id = uint64_t;
  using Done = std::function<void(TransferResult)>;

  // `clock` stamps the answers; deadlines are real time. It must outlive the transport.
  explicit Transport(NetworkOptions network, const Clock& clock = Clock::Real(),
                     BodyOptions bodies = {});
  ~Transport();  // closes
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Loads libcurl and starts the thread when that has not been done. UNSUPPORTED, NOMEM, CLOSED.
  Status Start();
  // Starts an exchange; `done` is called exactly once. Fails as Start does, and then `done` is not
  // called.
  Status Submit(TransferRequest request, Done done, Id* id);
  // Completes the exchange with CANCELLED before it returns, unless it is complete or completing.
  // The connection goes soon after.
  void Cancel(Id id);
  // Runs fn on the network thread after delay_us. Needs a started transport; after Close fn never
  // runs.
  Id After(int64_t delay_us, std::function<void()> fn);
  void CancelTimer(Id id);
  // Completes all exchanges with CANCELLED, drops timers and joins the thread. Later calls fail
  // with CLOSED.
  void Close();

  bool started() const;

 private:
  struct Exchange {
    std::unique_ptr<Transfer> transfer;
    int64_t first_byte_by = 0;  // monotonic; 0 when there is no such deadline
  };
  struct Submitted {
    Id id;
    TransferRequest request;
  };

  Status StartLocked() REQUIRES(mutex_);
  void Run();
  // One round of the loop; returns how long it may sleep, in milliseconds, or -1 to end.
  int Step();
  // Plans the sleep after a round, which ends at `wake` at the latest.
  int PlanSleep(int64_t wake);
  // Makes the thread look at what has changed by `due`; 0: at once.
  void WakeBy(int64_t due) REQUIRES(mutex_);
  void Begin(Submitted submitted);
  void FinishDone();
  void FailLateFirstBytes(int64_t now);
  void RunTimers();
  void Remove(std::unordered_map<Id, Exchange>::iterator it);
  void Complete(Id id, TransferResult result);
  // Whether the next exchange with the origin shall be made anew.
  void Doubt(const TransferRequest& request, bool doubt);
  int64_t Now() const { return Clock::Real().MonotonicNow(); }

  const NetworkOptions network_;
  const Clock& clock_;

  mutable Mutex mutex_;
  bool closed_ GUARDED_BY(mutex_) = false;
  bool running_ GUARDED_BY(mutex_) = false;
  Id next_id_ GUARDED_BY(mutex_) = 1;
  std::vector<Submitted> submitted_ GUARDED_BY(mutex_);
  std::vector<Id> cancelled_ GUARDED_BY(mutex_);
  std::unordered_map<Id, Done> pending_ GUARDED_BY(mutex_);  // whoever takes it out completes
  std::map<std::pair<int64_t, Id>, std::function<void()>> timers_ GUARDED_BY(mutex_);
  std::unordered_map<Id, int64_t> timer_due_ GUARDED_BY(mutex_);
  // Until when the network thread sleeps; 0: it does not, and looks at all of the above before.
  int64_t asleep_until_ GUARDED_BY(mutex_) = 0;

  const CurlApi* curl_ = nullptr;  // with multi_: set before the thread starts
  CURLM* multi_ = nullptr;
  std::thread thread_;
  // The network thread's own.
  BodyRoom room_;
  std::unordered_map<Id, Exchange> exchanges_;
  std::unordered_map<CURL*, Id> by_handle_;
  std::vector<CURL*> idle_handles_;
  std::unordered_set<std::string> doubtful_;  // origins
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_TRANSPORT_H_
