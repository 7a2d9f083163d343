#include "resilience/breaker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace tapps {
namespace {

using State = BreakerState;

class BreakerTest : public testing::Test {
 protected:
  void Make(const BreakerSettings& settings = {}, uint64_t seed = 1) {
    events_.clear();
    breaker_ = std::make_unique<Breaker>(
        settings, clock_, seed, [this](const BreakerTransition& t) { events_.push_back(t); });
  }
  void SetUp() override { Make(); }

  int64_t Admit() {
    const Admission admission = breaker_->Acquire();
    EXPECT_EQ(admission.code, TAPPS_OK);
    return admission.permit;
  }
  void Call(CallResult result) { EXPECT_TRUE(breaker_->Report(Admit(), result)); }
  void Fail(int times = 1) {
    for (int i = 0; i < times; ++i) Call(CallResult::kFailure);
  }
  void Succeed(int times = 1) {
    for (int i = 0; i < times; ++i) Call(CallResult::kSuccess);
  }
  void ExpectRejected(int64_t retry_after_us) {
    const Admission admission = breaker_->Acquire();
    EXPECT_EQ(admission.code, TAPPS_E_OPEN_CIRCUIT);
    EXPECT_EQ(admission.permit, 0);
    EXPECT_EQ(admission.retry_after_us, retry_after_us);
  }
  // From closed to half-open, with the first probe in flight.
  int64_t OpenAndProbe() {
    Fail(5);
    clock_.Advance(30 * kSecond);
    return Admit();
  }
  State state() const { return breaker_->Snapshot().state; }
  BreakerSnapshot snapshot() const { return breaker_->Snapshot(); }

  FakeClock clock_;
  std::unique_ptr<Breaker> breaker_;
  std::vector<BreakerTransition> events_;
};

TEST_F(BreakerTest, OpensAfterFiveFailuresInARow) {
  Fail(4);
  EXPECT_EQ(state(), State::kClosed);
  Fail();
  EXPECT_EQ(state(), State::kOpen);
  ExpectRejected(30 * kSecond);
}

TEST_F(BreakerTest, ASuccessStartsTheCountOfFailuresAnew) {
  Fail(4);
  Succeed();
  Fail(4);
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, IgnoredResultsNeitherCountNorStartTheCountAnew) {
  Fail(4);
  for (int i = 0; i < 10; ++i) Call(CallResult::kIgnored);
  EXPECT_EQ(snapshot().consecutive_failures, 4);
  Fail();
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerTest, FailuresOfCallsThatWereInFlightTogetherCountEach) {
  std::vector<int64_t> permits;
  for (int i = 0; i < 5; ++i) permits.push_back(Admit());
  for (const int64_t permit : permits) breaker_->Report(permit, CallResult::kFailure);
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerTest, RejectsUntilTheOpenPeriodIsOver) {
  Fail(5);
  clock_.Advance(30 * kSecond - 1);
  ExpectRejected(1);
  EXPECT_EQ(state(), State::kOpen);
  clock_.Advance(1);
  Admit();
  EXPECT_EQ(state(), State::kHalfOpen);
}

TEST_F(BreakerTest, LateFailuresNeverMoveTheReopenTime) {
  const int64_t late = Admit();
  Fail(5);
  for (int second = 1; second < 30; ++second) {
    clock_.Advance(kSecond);
    if (second == 20) {
      EXPECT_TRUE(breaker_->Report(late, CallResult::kFailure));
    }
    ExpectRejected((30 - second) * kSecond);
  }
  EXPECT_EQ(snapshot().totals.stale, 1);
}

TEST_F(BreakerTest, SettingTheWallClockDoesNothing) {
  Fail(5);
  clock_.StepWall(kDay);
  ExpectRejected(30 * kSecond);
  clock_.StepWall(-30 * kDay);
  ExpectRejected(30 * kSecond);
  clock_.Advance(30 * kSecond);
  const int64_t probe = Admit();
  clock_.StepWall(kDay);
  EXPECT_TRUE(breaker_->Report(probe, CallResult::kSuccess));
}

TEST_F(BreakerTest, ClosesAfterTwoProbesSucceeded) {
  breaker_->Report(OpenAndProbe(), CallResult::kSuccess);
  EXPECT_EQ(state(), State::kHalfOpen);
  Succeed();
  EXPECT_EQ(state(), State::kClosed);
  EXPECT_EQ(snapshot().consecutive_failures, 0);
  EXPECT_EQ(snapshot().opened_at_us, 0);
}

TEST_F(BreakerTest, HalfOpenAdmitsOneProbeAtATime) {
  const int64_t probe = OpenAndProbe();
  ExpectRejected(60 * kSecond);
  breaker_->Report(probe, CallResult::kSuccess);
  Admit();
  ExpectRejected(60 * kSecond);
}

TEST_F(BreakerTest, HalfOpenAdmitsAsManyProbesAsAreSet) {
  Make({.half_open_probes = 3});
  Fail(5);
  clock_.Advance(30 * kSecond);
  Admit();
  Admit();
  const int64_t third = Admit();
  ExpectRejected(60 * kSecond);
  breaker_->Report(third, CallResult::kIgnored);
  Admit();
  ExpectRejected(60 * kSecond);
}

TEST_F(BreakerTest, FiftyCallersAtOnceInHalfOpenLetExactlyOneThrough) {
  Fail(5);
  clock_.Advance(30 * kSecond);
  std::atomic<bool> go{false};
  std::atomic<int> admitted{0};
  std::atomic<int> rejected{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 50; ++i) {
    callers.emplace_back([&] {
      while (!go) std::this_thread::yield();
      const Admission admission = breaker_->Acquire();
      if (admission.ok()) ++admitted;
      if (admission.code == TAPPS_E_OPEN_CIRCUIT) ++rejected;
    });
  }
  go = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(admitted, 1);
  EXPECT_EQ(rejected, 49);
}

TEST_F(BreakerTest, AFailedProbeOpensAgainForTwiceAsLongUpToFiveMinutes) {
  int64_t probe = OpenAndProbe();
  int64_t period = 30 * kSecond;
  for (int i = 0; i < 8; ++i) {
    breaker_->Report(probe, CallResult::kFailure);
    EXPECT_EQ(state(), State::kOpen);
    period = std::min(2 * period, 5 * kMinute);
    const int64_t wait = snapshot().retry_after_us;
    EXPECT_LE(wait, period);
    EXPECT_GE(wait, period * 8 / 10);
    clock_.Advance(wait - 1);
    ExpectRejected(1);
    clock_.Advance(1);
    probe = Admit();
  }
}

TEST_F(BreakerTest, JitterDiffersBetweenSeedsAndRepeatsForOne) {
  const auto second_period = [this](uint64_t seed) {
    Make({}, seed);
    breaker_->Report(OpenAndProbe(), CallResult::kFailure);
    return snapshot().retry_after_us;
  };
  EXPECT_EQ(second_period(1), second_period(1));
  std::set<int64_t> periods;
  for (uint64_t seed = 1; seed <= 20; ++seed) periods.insert(second_period(seed));
  EXPECT_GT(periods.size(), 15u);
}

TEST_F(BreakerTest, AfterClosingTheOpenPeriodIsTheFirstOneAgain) {
  breaker_->Report(OpenAndProbe(), CallResult::kFailure);
  clock_.Advance(kMinute);
  Succeed(2);
  Fail(5);
  ExpectRejected(30 * kSecond);
}

TEST_F(BreakerTest, AnIgnoredProbeFreesItsPlaceAndDecidesNothing) {
  breaker_->Report(OpenAndProbe(), CallResult::kIgnored);
  EXPECT_EQ(state(), State::kHalfOpen);
  Succeed();
  EXPECT_EQ(state(), State::kHalfOpen);
  Succeed();
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, AProbeThatNeverReportsFreesItsPlaceAtItsDeadline) {
  const int64_t lost = OpenAndProbe();
  clock_.Advance(60 * kSecond - 1);
  ExpectRejected(1);
  clock_.Advance(1);
  Admit();
  ExpectRejected(60 * kSecond);
  EXPECT_FALSE(breaker_->Report(lost, CallResult::kFailure));
  EXPECT_EQ(state(), State::kHalfOpen);
  EXPECT_EQ(snapshot().totals.expired, 1);
}

TEST_F(BreakerTest, AProbeReportedAfterItsDeadlineDoesNotCountEvenIfItsPlaceWasNotTaken) {
  const int64_t late = OpenAndProbe();
  clock_.Advance(60 * kSecond);
  EXPECT_FALSE(breaker_->Report(late, CallResult::kFailure));
  EXPECT_EQ(state(), State::kHalfOpen);
  Admit();
  ExpectRejected(60 * kSecond);
}

TEST_F(BreakerTest, ResultsOfAnEarlierGenerationNeitherCloseNorFailAHalfOpenBreaker) {
  const int64_t first = Admit();
  const int64_t second = Admit();
  OpenAndProbe();
  breaker_->Report(first, CallResult::kSuccess);
  breaker_->Report(second, CallResult::kFailure);
  EXPECT_EQ(state(), State::kHalfOpen);
  ExpectRejected(60 * kSecond);
  EXPECT_EQ(snapshot().totals.stale, 2);
  EXPECT_EQ(snapshot().in_flight, 1);
}

TEST_F(BreakerTest, OnlyTheFirstReportOfAPermitCounts) {
  const int64_t permit = Admit();
  EXPECT_TRUE(breaker_->Report(permit, CallResult::kSuccess));
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(breaker_->Report(permit, CallResult::kFailure));
  EXPECT_EQ(state(), State::kClosed);
  EXPECT_EQ(snapshot().totals.failures, 0);
  EXPECT_EQ(snapshot().in_flight, 0);
}

TEST_F(BreakerTest, TheSixthCallAtOnceIsBusy) {
  std::vector<int64_t> permits;
  for (int i = 0; i < 5; ++i) permits.push_back(Admit());
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_BUSY);
  EXPECT_EQ(snapshot().in_flight, 5);
  breaker_->Report(permits[2], CallResult::kSuccess);
  Admit();
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_BUSY);
  EXPECT_EQ(snapshot().totals.rejected_busy, 2);
}

TEST_F(BreakerTest, ACallThatNeverReportsFreesItsPlaceAtItsDeadline) {
  for (int i = 0; i < 5; ++i) Admit();
  clock_.Advance(60 * kSecond - 1);
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_BUSY);
  clock_.Advance(1);
  EXPECT_EQ(snapshot().in_flight, 0);
  EXPECT_EQ(snapshot().totals.expired, 5);
  for (int i = 0; i < 5; ++i) Admit();
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_BUSY);
  EXPECT_EQ(snapshot().totals.expired, 5);
}

TEST_F(BreakerTest, TheLeaseCanBeSetForABreakerAndForACall) {
  Make({.max_concurrency = 1, .lease_us = kSecond});
  Admit();
  clock_.Advance(kSecond);
  EXPECT_TRUE(breaker_->Acquire(kMinute).ok());
  clock_.Advance(kMinute - 1);
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_BUSY);
  clock_.Advance(1);
  EXPECT_TRUE(breaker_->Acquire().ok());
}

TEST_F(BreakerTest, CallsLeftFromBeforeNeverKeepTheProbeOut) {
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(breaker_->Acquire(kHour).ok());
  OpenAndProbe();
  EXPECT_EQ(snapshot().in_flight, 5);
}

TEST_F(BreakerTest, UnlimitedConcurrencyStillEndsLeases) {
  Make({.max_concurrency = BreakerSettings::kUnlimited});
  for (int i = 0; i < 1000; ++i) Admit();
  EXPECT_EQ(snapshot().in_flight, 1000);
  clock_.Advance(kMinute);
  EXPECT_EQ(snapshot().in_flight, 0);
}

TEST_F(BreakerTest, ForcedOpenRefusesUntilReset) {
  const int64_t before = Admit();
  breaker_->ForceOpen();
  ExpectRejected(0);
  clock_.Advance(kDay);
  ExpectRejected(0);
  EXPECT_EQ(snapshot().force, BreakerForce::kOpen);
  EXPECT_FALSE(breaker_->Report(before, CallResult::kSuccess));  // its lease is over
  breaker_->Reset();
  Admit();
  EXPECT_EQ(snapshot().force, BreakerForce::kNone);
}

TEST_F(BreakerTest, ForcedClosedNeverOpensButKeepsTheLimit) {
  breaker_->ForceClosed();
  Fail(100);
  EXPECT_EQ(state(), State::kClosed);
  for (int i = 0; i < 5; ++i) Admit();
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_BUSY);
  breaker_->Reset();
  EXPECT_EQ(snapshot().consecutive_failures, 0);
}

TEST_F(BreakerTest, ForcedClosedAdmitsThroughAnOutage) {
  Fail(5);
  breaker_->ForceClosed();
  Fail(7);
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, ResetForgetsFailuresPeriodsAndCallsUnderWay) {
  breaker_->Report(OpenAndProbe(), CallResult::kFailure);
  breaker_->Reset();
  EXPECT_EQ(state(), State::kClosed);
  Fail(4);
  const int64_t before = Admit();
  breaker_->Reset();
  EXPECT_TRUE(breaker_->Report(before, CallResult::kFailure));
  EXPECT_EQ(snapshot().consecutive_failures, 0);
  Fail(5);
  ExpectRejected(30 * kSecond);
}

TEST_F(BreakerTest, SnapshotSaysWhatIsGoingOnAndChangesNothing) {
  Succeed(3);
  Call(CallResult::kIgnored);
  Fail(5);
  const int64_t opened_at = clock_.MonotonicCoarse();
  clock_.Advance(10 * kSecond);
  ExpectRejected(20 * kSecond);
  const BreakerSnapshot s = snapshot();
  EXPECT_EQ(s.state, State::kOpen);
  EXPECT_EQ(s.consecutive_failures, 5);
  EXPECT_EQ(s.in_flight, 0);
  EXPECT_EQ(s.opened_at_us, opened_at);
  EXPECT_EQ(s.retry_after_us, 20 * kSecond);
  EXPECT_EQ(s.generation, 2u);
  EXPECT_EQ(s.totals.admitted, 9);
  EXPECT_EQ(s.totals.successes, 3);
  EXPECT_EQ(s.totals.failures, 5);
  EXPECT_EQ(s.totals.ignored, 1);
  EXPECT_EQ(s.totals.rejected_open, 1);
  EXPECT_EQ(s.totals.transitions, 1);
  clock_.Advance(kHour);
  EXPECT_EQ(snapshot().state, State::kOpen);
  EXPECT_EQ(snapshot().retry_after_us, 0);
}

TEST_F(BreakerTest, EveryTransitionIsTold) {
  breaker_->Report(OpenAndProbe(), CallResult::kFailure);
  breaker_->ForceOpen();
  breaker_->ForceOpen();
  breaker_->Reset();
  breaker_->Reset();
  ASSERT_EQ(events_.size(), 5u);
  const State to[] = {State::kOpen, State::kHalfOpen, State::kOpen, State::kOpen, State::kClosed};
  State from = State::kClosed;
  for (size_t i = 0; i < events_.size(); ++i) {
    EXPECT_EQ(events_[i].number, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(events_[i].from, from);
    EXPECT_EQ(events_[i].to, to[i]);
    EXPECT_EQ(events_[i].force, i == 3 ? BreakerForce::kOpen : BreakerForce::kNone);
    from = to[i];
  }
  EXPECT_EQ(events_[0].open_us, 30 * kSecond);
  EXPECT_EQ(events_[1].at_us - events_[0].at_us, 30 * kSecond);
}

TEST_F(BreakerTest, AnObserverMayUseTheBreakerAndStillSeesTheOrder) {
  std::vector<int64_t> numbers;
  breaker_ = std::make_unique<Breaker>(BreakerSettings{}, clock_, 1,
                                       [&](const BreakerTransition& transition) {
                                         if (transition.number == 1)
                                           breaker_->Reset();  // delivered after this call returns
                                         numbers.push_back(transition.number);
                                       });
  Fail(5);
  EXPECT_EQ(state(), State::kClosed);
  EXPECT_EQ(numbers, (std::vector<int64_t>{1, 2}));
}

TEST_F(BreakerTest, AStuckObserverCostsTheOldestEventsNotMemory) {
  std::vector<int64_t> numbers;
  breaker_ = std::make_unique<Breaker>(BreakerSettings{}, clock_, 1,
                                       [&](const BreakerTransition& transition) {
                                         numbers.push_back(transition.number);
                                         for (int i = 0; transition.number == 1 && i < 50; ++i) {
                                           breaker_->ForceClosed();
                                           breaker_->Reset();
                                         }
                                       });
  breaker_->ForceOpen();
  ASSERT_EQ(numbers.size(), 1 + Breaker::kMaxPending);
  EXPECT_EQ(numbers.back(), 101);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST_F(BreakerTest, ADroppedPermitReportsItselfAsIgnored) {
  const auto breaker = std::make_shared<Breaker>(BreakerSettings{}, clock_, 1);
  {
    Permit dropped(breaker, breaker->Acquire().permit);
    Permit moved = std::move(dropped);
    EXPECT_EQ(breaker->Snapshot().in_flight, 1);
  }
  EXPECT_EQ(breaker->Snapshot().totals.ignored, 1);
  Permit reported(breaker, breaker->Acquire().permit);
  EXPECT_TRUE(reported.Report(CallResult::kFailure));
  EXPECT_FALSE(reported.Report(CallResult::kSuccess));
  reported = Permit(breaker, breaker->Acquire().permit);
  reported = Permit();
  EXPECT_EQ(breaker->Snapshot().totals.ignored, 2);
  EXPECT_EQ(breaker->Snapshot().totals.failures, 1);
}

}  // namespace
}  // namespace tapps
