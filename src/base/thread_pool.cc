#include "base/thread_pool.h"

#include <chrono>

#include "base/clock.h"
#include "base/thread.h"

namespace tapps {

ThreadPool::ThreadPool(const char* name, size_t max_threads)
    : name_(name), max_threads_(max_threads), state_(std::make_shared<State>()) {}

ThreadPool::~ThreadPool() { Stop(0); }

Status ThreadPool::Submit(std::function<void()> job) {
  MutexLock lock(state_->mu);
  if (state_->stopped) return Status(TAPPS_E_CLOSED, "the thread pool was closed");
  // Every waiting thread may have been promised to a job already: count jobs, not wake-ups.
  if (state_->waiting <= state_->jobs.size() && state_->threads < max_threads_) {
    auto thread = StartThread(name_, [state = state_] { Run(state); });
    if (thread.ok()) {
      ++state_->threads;
      (*thread).detach();
    } else if (state_->threads == 0) {
      return std::move(thread).status();
    }
  }
  state_->jobs.push_back(std::move(job));
  state_->work.NotifyOne();
  return {};
}

bool ThreadPool::Stop(int64_t timeout_us) {
  const int64_t deadline = Clock::Real().MonotonicNow() + timeout_us;
  MutexLock lock(state_->mu);
  state_->stopped = true;
  state_->work.NotifyAll();
  while (state_->threads > 0) {
    const int64_t left = deadline - Clock::Real().MonotonicNow();
    if (left <= 0) return false;
    state_->idle.WaitFor(state_->mu, left);
  }
  return true;
}

void ThreadPool::Run(const std::shared_ptr<State>& state) {
  MutexLock lock(state->mu);
  while (true) {
    while (state->jobs.empty() && !state->stopped) {
      ++state->waiting;
      state->work.Wait(state->mu);
      --state->waiting;
    }
    if (state->jobs.empty()) break;
    std::function<void()> job = std::move(state->jobs.front());
    state->jobs.pop_front();
    state->mu.Unlock();
    job();
    job = nullptr;  // what it holds is released outside the lock
    state->mu.Lock();
  }
  --state->threads;
  state->idle.NotifyAll();
}

}  // namespace tapps
