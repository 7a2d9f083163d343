// The breaker against a model that is as plain as possible (one thread), and against its invariants
// under random schedules of eight threads. TAPPS_STRESS=N in the environment runs N times as many
// schedules.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "resilience/breaker.h"

namespace tapps {
namespace {

using State = BreakerState;
using Random = std::mt19937;

int Repeats(int quick) {
  const char* text = std::getenv("TAPPS_STRESS");
  return quick * (text != nullptr ? std::max(1, std::atoi(text)) : 1);
}

int Pick(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

BreakerSettings RandomSettings(Random& random, bool windows_by_time) {
  BreakerSettings settings;
  settings.failure_threshold = Pick(random, 1, 6);
  settings.open_us = Pick(random, 1, 30) * kSecond;
  settings.max_open_us = settings.open_us * Pick(random, 1, 8);
  settings.max_concurrency = Pick(random, 1, 8);
  settings.half_open_probes = Pick(random, 1, std::min(3, settings.max_concurrency));
  settings.close_after = Pick(random, 1, 4);
  settings.lease_us = Pick(random, 1, 60) * kSecond;
  if (Pick(random, 0, 1) == 0) settings.failure_rate = Pick(random, 20, 100);
  if (windows_by_time && Pick(random, 0, 1) == 0)
    settings.window_us = Pick(random, 1, 60) * kSecond;
  settings.window_calls = Pick(random, 1, 20);
  settings.min_calls = Pick(random, 1, settings.window_calls);
  return settings;
}

CallResult RandomResult(Random& random, int failure_percent) {
  const int roll = Pick(random, 0, 99);
  if (roll < failure_percent) {
    return roll % 3 == 0 ? CallResult::kLocalFailure : CallResult::kFailure;
  }
  return roll < 95 ? CallResult::kSuccess : CallResult::kIgnored;
}

// What a breaker should do, with a list of permits that is searched from end to end each time.
struct Model {
  struct Held {
    int64_t token;
    int64_t deadline;
    uint64_t generation;
  };

  BreakerSettings settings;
  State state = State::kClosed;
  BreakerForce force = BreakerForce::kNone;
  uint64_t generation = 0;
  int64_t failures = 0;
  int good_probes = 0;
  int openings = 0;  // since it was closed
  int64_t open_until = 0;
  std::vector<Held> held;
  std::deque<bool> latest;  // whether the latest calls of the generation failed

  void DropExpired(int64_t now) {
    std::erase_if(held, [now](const Held& h) { return h.deadline <= now; });
  }
  int Probes() const {
    return static_cast<int>(std::count_if(
        held.begin(), held.end(), [this](const Held& h) { return h.generation == generation; }));
  }
  void Go(State next, BreakerForce forced) {
    state = next;
    force = forced;
    ++generation;
    good_probes = 0;
    latest.clear();
    if (next == State::kClosed) failures = openings = 0;
  }
  int32_t Acquire(int64_t now) {
    DropExpired(now);
    if (state == State::kOpen) {
      if (force == BreakerForce::kOpen || now < open_until) return TAPPS_E_OPEN_CIRCUIT;
      Go(State::kHalfOpen, BreakerForce::kNone);
    }
    if (state == State::kHalfOpen && Probes() >= settings.half_open_probes) {
      return TAPPS_E_OPEN_CIRCUIT;
    }
    return static_cast<int>(held.size()) < settings.max_concurrency ? TAPPS_OK : TAPPS_E_BUSY;
  }
  bool Report(int64_t token, CallResult result, int64_t now) {
    DropExpired(now);
    const auto it =
        std::find_if(held.begin(), held.end(), [token](const Held& h) { return h.token == token; });
    if (it == held.end()) return false;
    const bool counts = it->generation == generation;
    held.erase(it);
    if (!counts || result == CallResult::kIgnored) return true;
    latest.push_back(result != CallResult::kSuccess);
    if (latest.size() > static_cast<size_t>(settings.window_calls)) latest.pop_front();
    if (result == CallResult::kSuccess) {
      failures = 0;
      if (state == State::kHalfOpen && ++good_probes == settings.close_after) {
        Go(State::kClosed, BreakerForce::kNone);
      }
      return true;
    }
    ++failures;
    if (force != BreakerForce::kNone) return true;
    if (state == State::kHalfOpen || failures >= settings.failure_threshold || TooMany()) {
      Go(State::kOpen, BreakerForce::kNone);
      ++openings;
    }
    return true;
  }
  bool TooMany() const {
    const auto failed = std::count(latest.begin(), latest.end(), true);
    const auto calls = static_cast<int64_t>(latest.size());
    return settings.failure_rate > 0 && calls >= settings.min_calls &&
           failed * 100 >= settings.failure_rate * calls;
  }
  // The period of the latest opening before jitter.
  int64_t Period() const {
    int64_t period = settings.open_us;
    for (int i = 1; i < openings; ++i) period = std::min(period * 2, settings.max_open_us);
    return period;
  }
};

class ModelRun {
 public:
  explicit ModelRun(uint32_t seed)
      : random_(seed), breaker_(RandomSettings(random_, false), clock_, seed) {
    model_.settings = breaker_.settings();
    failure_percent_ = Pick(random_, 5, 80);
  }

  void Step() {
    const int roll = Pick(random_, 0, 99);
    if (roll < 45) {
      Acquire();
    } else if (roll < 80) {
      Report();
    } else if (roll < 98) {
      clock_.Advance(roll < 90 ? Pick(random_, 0, 1000) * kMillisecond
                               : Pick(random_, 0, 40) * kSecond);
      if (roll < 83) clock_.StepWall(Pick(random_, -9, 9) * kDay);
    } else if (Pick(random_, 0, 3) == 0) {
      Force();
    }
    Compare();
  }

 private:
  int64_t now() const { return clock_.MonotonicNow(); }

  void Acquire() {
    const Admission admission = breaker_.Acquire();
    ASSERT_EQ(admission.code, model_.Acquire(now()));
    if (!admission.ok()) return;
    ASSERT_GT(admission.permit, 0);
    ASSERT_LE(admission.permit, (int64_t{1} << 53) - 1);
    model_.held.push_back({admission.permit, now() + model_.settings.lease_us, model_.generation});
    given_.push_back(admission.permit);
  }

  void Report() {
    if (given_.empty()) return;
    // Mostly one of the latest permits; at times one that ended long ago.
    const auto last = static_cast<int>(given_.size()) - 1;
    const int index = Pick(random_, Pick(random_, 0, 9) == 0 ? 0 : std::max(0, last - 6), last);
    const int64_t token = given_[static_cast<size_t>(index)];
    const CallResult result = RandomResult(random_, failure_percent_);
    const int openings = model_.openings;
    const bool counted = model_.Report(token, result, now());
    ASSERT_EQ(breaker_.Report(token, result), counted);
    if (model_.state != State::kOpen || model_.openings == openings) return;
    const int64_t wait = breaker_.Snapshot().retry_after_us;
    const int64_t period = model_.Period();
    ASSERT_LE(wait, period);
    ASSERT_GE(wait, model_.openings == 1 ? period : period - period / 5);
    model_.open_until = now() + wait;
  }

  void Force() {
    const int roll = Pick(random_, 0, 9);
    if (roll < 2) {
      breaker_.ForceOpen();
      if (model_.force != BreakerForce::kOpen) {
        model_.failures = model_.openings = 0;
        model_.Go(State::kOpen, BreakerForce::kOpen);
      }
    } else if (roll < 4) {
      breaker_.ForceClosed();
      if (model_.force != BreakerForce::kClosed) model_.Go(State::kClosed, BreakerForce::kClosed);
    } else {
      breaker_.Reset();
      model_.Go(State::kClosed, BreakerForce::kNone);
    }
  }

  void Compare() {
    model_.DropExpired(now());
    const BreakerSnapshot snapshot = breaker_.Snapshot();
    ASSERT_EQ(snapshot.state, model_.state);
    ASSERT_EQ(snapshot.force, model_.force);
    ASSERT_EQ(snapshot.consecutive_failures, model_.failures);
    ASSERT_EQ(snapshot.in_flight, static_cast<int>(model_.held.size()));
    if (model_.state == State::kOpen && model_.force == BreakerForce::kNone) {
      ASSERT_EQ(snapshot.retry_after_us, std::max<int64_t>(0, model_.open_until - now()));
    }
    const BreakerTotals& t = snapshot.totals;
    ASSERT_EQ(t.admitted, static_cast<int64_t>(given_.size()));
    ASSERT_EQ(t.admitted,
              t.successes + t.failures + t.ignored + t.stale + t.expired + snapshot.in_flight);
  }

  Random random_;
  FakeClock clock_;
  Breaker breaker_;
  Model model_;
  int failure_percent_;
  std::vector<int64_t> given_;
};

TEST(BreakerModelTest, DoesWhatThePlainModelDoes) {
  const int schedules = Repeats(200);
  for (int seed = 1; seed <= schedules; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ModelRun run(static_cast<uint32_t>(seed));
    for (int step = 0; step < 500; ++step) {
      run.Step();
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

// Transitions as they are told: one at a time, without a gap, each from where the last one went.
class OrderChecker {
 public:
  void operator()(const BreakerTransition& t) {
    EXPECT_FALSE(busy_.exchange(true));
    EXPECT_EQ(t.number, last_.number + 1);
    EXPECT_EQ(t.from, last_.to);
    EXPECT_GT(t.generation, last_.generation);
    EXPECT_GE(t.at_us, last_.at_us);
    const bool forced = t.force != last_.force;
    const bool reset = t.to == State::kClosed;
    const bool opens = t.to == State::kOpen && t.from != State::kOpen;
    const bool probes = t.to == State::kHalfOpen && t.from == State::kOpen;
    const bool suspects = t.suspected && t.from == State::kClosed && t.to == State::kHalfOpen;
    EXPECT_EQ(suspects, t.from == State::kClosed && t.to == State::kHalfOpen);
    EXPECT_TRUE(forced || reset || opens || probes || suspects);
    if (probes && !forced) {
      EXPECT_GE(t.at_us, last_.at_us + last_.open_us);
    }
    last_ = t;
    busy_ = false;
  }
  int64_t told() const { return last_.number; }

 private:
  std::atomic<bool> busy_{false};
  BreakerTransition last_;
};

// Eight threads play schedules, each on a breaker of its own with settings of its own: admit,
// report, drop, expire, reset, limit, suspect, step the clock. A schedule is some rounds; time
// moves only between rounds, so that within one it is known who holds a live permit. What a thread
// does within a round is random and unordered.
class Storm {
 public:
  static constexpr int kThreads = 8;
  static constexpr int kRounds = 4;

  Storm(uint32_t first_seed, int schedules)
      : seed_(first_seed), left_(schedules), barrier_(kThreads, Between{this}) {}

  void Run() {
    BeginSchedule();
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      workers_[i].random.seed(seed_ * kThreads + static_cast<uint32_t>(i));
      threads.emplace_back([this, i] {
        while (left_ > 0) {
          Work(workers_[i]);
          barrier_.arrive_and_wait();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  int64_t permits() const { return permits_; }

 private:
  struct Between {
    Storm* storm;
    void operator()() noexcept { storm->BetweenRounds(); }
  };
  struct Held {
    int64_t token;
    int64_t deadline;
  };
  struct Worker {
    Random random;
    std::vector<Held> held;
    int admitted = 0;  // in this round
  };

  void Work(Worker& worker) {
    for (int i = 0; i < 8; ++i) {
      const int roll = Pick(worker.random, 0, 99);
      if (rush_ || roll < 50) {
        Acquire(worker);
      } else if (roll < 92 && !worker.held.empty()) {
        Report(worker);
      } else if (roll < 94 && !worker.held.empty()) {
        worker.held.pop_back();  // lost: nobody will report it
      } else if (roll == 99) {
        breaker_->Suspect(kMinute);
      } else if (roll == 98 && Pick(worker.random, 0, 3) == 0) {
        breaker_->Reset();
      }
    }
  }

  void Acquire(Worker& worker) {
    const Admission admission = breaker_->Acquire();
    if (!admission.ok()) return;
    ++worker.admitted;
    // Counted after it was given and before it is given back: never more than are in flight.
    EXPECT_LE(++live_, breaker_->settings().max_concurrency);
    const int64_t deadline = clock_.MonotonicNow() + breaker_->settings().lease_us;
    worker.held.push_back({admission.permit, deadline});
    const std::lock_guard<std::mutex> lock(deadlines_mutex_);
    EXPECT_TRUE(deadlines_.emplace(admission.permit, deadline).second) << "a token twice";
  }

  void Report(Worker& worker) {
    const auto index =
        static_cast<size_t>(Pick(worker.random, 0, static_cast<int>(worker.held.size()) - 1));
    const Held held = worker.held[index];
    worker.held.erase(worker.held.begin() + static_cast<std::ptrdiff_t>(index));
    const bool live = held.deadline > clock_.MonotonicNow();
    if (live) {
      --live_;
      const std::lock_guard<std::mutex> lock(deadlines_mutex_);
      deadlines_.erase(held.token);
    }
    const CallResult result = RandomResult(worker.random, failure_percent_);
    EXPECT_EQ(breaker_->Report(held.token, result), live);
    if (Pick(worker.random, 0, 9) == 0) {
      EXPECT_FALSE(breaker_->Report(held.token, CallResult::kFailure));
    }
  }

  // Alone: the other threads wait.
  void BetweenRounds() {
    CheckTotals();
    if (++round_ == kRounds || testing::Test::HasFailure()) {
      EndsWell();
      --left_;
      if (testing::Test::HasFailure()) left_ = 0;
      if (left_ > 0) BeginSchedule();
      return;
    }
    if (rush_) {
      int admitted = 0;
      for (const Worker& worker : workers_) admitted += worker.admitted;
      EXPECT_EQ(admitted, expected_probes_);
    }
    clock_.Advance(Pick(random_, 0, 3) == 0 ? Pick(random_, 0, 60) * kSecond
                                            : Pick(random_, 0, 1000) * kMillisecond);
    clock_.StepWall(Pick(random_, -5, 5) * kHour);
    BeginRound();
  }

  void BeginRound() {
    for (Worker& worker : workers_) worker.admitted = 0;
    live_ -= static_cast<int>(std::erase_if(
        deadlines_, [this](const auto& entry) { return entry.second <= clock_.MonotonicNow(); }));
    const BreakerSnapshot snapshot = breaker_->Snapshot();
    EXPECT_EQ(snapshot.in_flight, live_);
    // An open breaker whose period is over: everybody rushes in, and just the probes get through.
    rush_ = snapshot.state == State::kOpen && snapshot.retry_after_us == 0;
    expected_probes_ = std::min(breaker_->settings().half_open_probes,
                                breaker_->settings().max_concurrency - snapshot.in_flight);
    if (rush_) {
      EXPECT_GE(expected_probes_, 1);
    }
  }

  void CheckTotals() {
    const BreakerSnapshot snapshot = breaker_->Snapshot();
    const BreakerTotals& t = snapshot.totals;
    EXPECT_EQ(t.admitted,
              t.successes + t.failures + t.ignored + t.stale + t.expired + snapshot.in_flight);
    EXPECT_EQ(t.transitions, order_->told());
    permits_ = std::max(permits_, int64_t{0}) + (round_ == kRounds - 1 ? t.admitted : 0);
    EXPECT_EQ(snapshot.in_flight, live_);
  }

  // Whatever happened and whoever was lost: after the longest wait and a lease a probe is admitted,
  // and probes that succeed close the breaker.
  void EndsWell() {
    const BreakerSettings& settings = breaker_->settings();
    clock_.Advance(std::max(settings.max_open_us, settings.lease_us));
    for (int i = 0; i < settings.close_after; ++i) {
      const Admission admission = breaker_->Acquire();
      ASSERT_TRUE(admission.ok());
      ASSERT_TRUE(breaker_->Report(admission.permit, CallResult::kSuccess));
    }
    EXPECT_EQ(breaker_->Snapshot().state, State::kClosed);
    EXPECT_EQ(breaker_->Snapshot().in_flight, 0);
  }

  void BeginSchedule() {
    ++seed_;
    random_.seed(seed_);
    order_ = std::make_unique<OrderChecker>();
    breaker_ = std::make_unique<Breaker>(RandomSettings(random_, true), clock_, seed_,
                                         [this](const BreakerTransition& t) { (*order_)(t); });
    failure_percent_ = Pick(random_, 5, 80);
    round_ = 0;
    live_ = 0;
    deadlines_.clear();
    for (Worker& worker : workers_) worker.held.clear();
    // Not every schedule begins with a service that was well.
    if (Pick(random_, 0, 2) == 0) {
      while (breaker_->Snapshot().state == State::kClosed) {
        breaker_->Report(breaker_->Acquire().permit, CallResult::kFailure);
      }
      clock_.Advance(Pick(random_, 0, 1) * breaker_->settings().open_us);
    }
    BeginRound();
  }

  uint32_t seed_;
  std::atomic<int> left_;  // schedules
  Random random_;
  FakeClock clock_;
  std::unique_ptr<OrderChecker> order_;
  std::unique_ptr<Breaker> breaker_;
  int failure_percent_ = 0;
  int round_ = 0;
  Worker workers_[kThreads];
  bool rush_ = false;
  int expected_probes_ = 0;
  int64_t permits_ = 0;
  std::atomic<int> live_{0};
  std::mutex deadlines_mutex_;
  std::map<int64_t, int64_t> deadlines_;  // of live permits, also the lost ones
  std::barrier<Between> barrier_;
};

TEST(BreakerModelTest, LimitsHoldAndNobodyIsLockedOutUnderEightThreads) {
  Storm storm(1, Repeats(200));
  storm.Run();
  EXPECT_GT(storm.permits(), 200);
}

}  // namespace
}  // namespace tapps
