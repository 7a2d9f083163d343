#ifndef TAPPS_RESILIENCE_LINE_POLLER_H_
#define TAPPS_RESILIENCE_LINE_POLLER_H_

#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "resilience/breaker.h"

namespace tapps {

// Polls breakers as long as somebody waits for a place there, for waits without a thread of their
// own: ends them at their deadline, and lets them in when a lease has run out. The thread,
// "tapps-breaker", starts with the first and ends with the last who waits. Any thread.
class LinePoller {
 public:
  LinePoller() : state_(std::make_shared<State>()) {}
  ~LinePoller() { Stop(); }
  LinePoller(const LinePoller&) = delete;
  LinePoller& operator=(const LinePoller&) = delete;

  // Without a thread to be had, those who wait are answered when somebody else uses the breaker.
  void Watch(const std::shared_ptr<Breaker>& breaker);
  // Ends polling for good. May run on the poller's own thread; elsewhere that thread has ended when
  // this returns.
  void Stop();

 private:
  // Outlives the poller for a thread that is still on its way out.
  struct State {
    Mutex mutex;
    CondVar wake;
    bool stopping GUARDED_BY(mutex) = false;
    bool running GUARDED_BY(mutex) = false;
    std::vector<std::shared_ptr<Breaker>> breakers GUARDED_BY(mutex);
  };
  static void Run(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
  std::thread thread_;  // under state_->mutex
};

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_LINE_POLLER_H_
