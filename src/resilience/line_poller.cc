#include "resilience/line_poller.h"

#include <algorithm>
#include <utility>

#include "base/thread.h"

namespace tapps {

void LinePoller::Stop() {
  std::thread ended;
  {
    MutexLock lock(state_->mutex);
    state_->stopping = true;
    state_->wake.NotifyAll();
    ended = std::move(thread_);
  }
  if (!ended.joinable()) return;
  if (ended.get_id() == std::this_thread::get_id()) {
    ended.detach();
  } else {
    ended.join();
  }
}

void LinePoller::Watch(const std::shared_ptr<Breaker>& breaker) {
  std::thread ended;  // joined without the lock: it is past its last use of it
  {
    MutexLock lock(state_->mutex);
    if (state_->stopping) return;
    auto& breakers = state_->breakers;
    if (std::find(breakers.begin(), breakers.end(), breaker) == breakers.end()) {
      breakers.push_back(breaker);
    }
    if (state_->running) return;
    ended = std::move(thread_);
    auto started = StartThread("breaker", [state = state_] { Run(state); });
    if (started.ok()) {
      thread_ = *std::move(started);
      state_->running = true;
    }
  }
  if (ended.joinable()) ended.join();
}

void LinePoller::Run(const std::shared_ptr<State>& state) {
  std::vector<std::shared_ptr<Breaker>> idle;  // released without the lock
  for (;;) {
    std::vector<std::shared_ptr<Breaker>> breakers;
    {
      MutexLock lock(state->mutex);
      std::erase_if(state->breakers, [&](const std::shared_ptr<Breaker>& breaker) {
        return std::find(idle.begin(), idle.end(), breaker) != idle.end() &&
               breaker->Snapshot().waiting == 0;
      });
      if (state->stopping || state->breakers.empty()) {
        state->running = false;
        idle.swap(state->breakers);
        return;
      }
      state->wake.WaitFor(state->mutex, Breaker::kLookAgain);
      if (state->stopping) continue;
      breakers = state->breakers;
    }
    idle.clear();
    for (const auto& breaker : breakers) {
      if (!breaker->Poll()) idle.push_back(breaker);
    }
  }
}

}  // namespace tapps
