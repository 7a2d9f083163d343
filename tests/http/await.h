#ifndef TAPPS_TESTS_HTTP_AWAIT_H_
#define TAPPS_TESTS_HTTP_AWAIT_H_

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace tapps::test {

inline constexpr std::chrono::seconds kPatience{20};

// Gathers what callbacks bring, for a test to wait for. Callbacks may outlive it.
template <typename T>
class Collector {
 public:
  // A callback that adds what it is given.
  auto Callback() {
    return [state = state_](T one) { state->Add(std::move(one)); };
  }
  void Add(T one) { state_->Add(std::move(one)); }
  // Waits until there are `count`; false when they did not come.
  bool Await(size_t count) {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, kPatience, [&] { return state_->all.size() >= count; });
  }
  size_t count() {
    std::lock_guard lock(state_->mutex);
    return state_->all.size();
  }
  // Only of what was awaited.
  T& operator[](size_t i) {
    std::lock_guard lock(state_->mutex);
    return state_->all.at(i);
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<T> all;

    void Add(T one) {
      std::lock_guard lock(mutex);
      all.push_back(std::move(one));
      changed.notify_all();
    }
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// A door that stays shut until it is opened, once.
class Door {
 public:
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Pass() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Asks until the condition holds; false when it did not in time. For states that nobody tells
// about.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace tapps::test

#endif  // TAPPS_TESTS_HTTP_AWAIT_H_
