#ifndef TAPPS_BASE_THREAD_POOL_H_
#define TAPPS_BASE_THREAD_POOL_H_

#include <deque>
#include <functional>
#include <memory>

#include "base/mutex.h"
#include "base/result.h"

namespace tapps {

// A few threads for work that may block: disk reads and documents. Threads start when there is work
// for them, up to the limit. Any thread may submit.
class ThreadPool {
 public:
  // `name` as in StartThread; it must live for ever.
  ThreadPool(const char* name, size_t max_threads);
  // Stops as Stop() does, without waiting.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Runs `job` some time later. CLOSED after Stop; NOMEM when not one thread could be started.
  Status Submit(std::function<void()> job);
  // Takes no more jobs, lets those accepted finish; returns false when they have not by then.
  bool Stop(int64_t timeout_us);

 private:
  // Shared with the threads, so that one that is late outlives the pool.
  struct State {
    Mutex mu;
    CondVar work;
    CondVar idle;
    std::deque<std::function<void()>> jobs GUARDED_BY(mu);
    size_t threads GUARDED_BY(mu) = 0;
    size_t waiting GUARDED_BY(mu) = 0;
    bool stopped GUARDED_BY(mu) = false;
  };
  static void Run(const std::shared_ptr<State>& state);

  const char* const name_;
  const size_t max_threads_;
  const std::shared_ptr<State> state_;
};

}  // namespace tapps

#endif  // TAPPS_BASE_THREAD_POOL_H_
