// What opens a breaker besides failures in a row; quotas, retries, suspicion.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "resilience/breaker.h"

namespace tapps {
namespace {

using State = BreakerState;

class BreakerRatesTest : public testing::Test {
 protected:
  void Make(const BreakerSettings& settings, BreakerPeers peers = {}) {
    breaker_ = std::make_unique<Breaker>(
        settings, clock_, 1, [this](const BreakerTransition& t) { events_.push_back(t); },
        std::move(peers));
  }
  void Call(CallResult result, int64_t takes_us = 0) {
    const Admission admission = breaker_->Acquire();
    ASSERT_EQ(admission.code, TAPPS_OK);
    clock_.Advance(takes_us);
    ASSERT_TRUE(breaker_->Report(admission.permit, result));
  }
  void Calls(int times, CallResult result, int64_t takes_us = 0) {
    for (int i = 0; i < times; ++i) Call(result, takes_us);
  }
  State state() const { return breaker_->Snapshot().state; }

  FakeClock clock_;
  std::unique_ptr<Breaker> breaker_;
  std::vector<BreakerTransition> events_;
};

TEST_F(BreakerRatesTest, OpensWhenHalfOfTheLatestCallsFailed) {
  Make({.failure_rate = 50, .window_calls = 10, .min_calls = 10});
  for (int i = 0; i < 4; ++i) {
    Call(CallResult::kFailure);
    Call(CallResult::kSuccess);
  }
  Call(CallResult::kSuccess);
  EXPECT_EQ(state(), State::kClosed);
  Call(CallResult::kFailure);  // 5 of 10
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerRatesTest, SaysNothingBelowTheLeastNumberOfCalls) {
  Make({.failure_threshold = 100, .failure_rate = 10, .min_calls = 10});
  Calls(9, CallResult::kFailure);
  EXPECT_EQ(state(), State::kClosed);
  Call(CallResult::kFailure);
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerRatesTest, ByTimeOldFailuresAreForgotten) {
  Make({.failure_threshold = 100, .failure_rate = 50, .window_us = 10 * kSecond, .min_calls = 4});
  Calls(3, CallResult::kFailure);
  clock_.Advance(11 * kSecond);
  Calls(3, CallResult::kFailure);
  EXPECT_EQ(state(), State::kClosed);
  EXPECT_EQ(breaker_->Snapshot().window.calls, 3);
  Call(CallResult::kFailure);
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerRatesTest, OpensWhenCallsAreSlow) {
  Make({.slow_rate = 50, .slow_call_us = kSecond, .min_calls = 4});
  Calls(2, CallResult::kSuccess, kSecond - 1);
  Call(CallResult::kSuccess, kSecond);
  EXPECT_EQ(state(), State::kClosed);
  Call(CallResult::kSuccess, 2 * kSecond);
  EXPECT_EQ(state(), State::kOpen);
  EXPECT_EQ(breaker_->Snapshot().totals.slow, 2);
  EXPECT_EQ(breaker_->Snapshot().totals.successes, 4);
}

TEST_F(BreakerRatesTest, ASlowProbeFails) {
  Make({.slow_rate = 50, .slow_call_us = kSecond, .min_calls = 2});
  Calls(2, CallResult::kSuccess, kSecond);
  clock_.Advance(30 * kSecond);
  Call(CallResult::kSuccess, kSecond);
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerRatesTest, RatesBeginAnewWithEachGeneration) {
  Make({.failure_threshold = 100, .failure_rate = 50, .window_calls = 10, .min_calls = 4});
  Calls(3, CallResult::kFailure);
  breaker_->Reset();
  Calls(3, CallResult::kFailure);
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerRatesTest, ALocalFailureCountsAndIsMarked) {
  Make({.failure_threshold = 2});
  Call(CallResult::kFailure);
  Call(CallResult::kLocalFailure);
  ASSERT_EQ(state(), State::kOpen);
  EXPECT_TRUE(events_.back().local);
  breaker_->Reset();
  Call(CallResult::kLocalFailure);
  Call(CallResult::kFailure);
  EXPECT_FALSE(events_.back().local);
}

TEST_F(BreakerRatesTest, AQuotaRefusesUntilItsTimeAndNamesTheWait) {
  Make({});
  breaker_->Limit(QuotaBook::kEveryone, 0, 10 * kSecond);
  const Admission admission = breaker_->Acquire();
  EXPECT_EQ(admission.code, TAPPS_E_QUOTA);
  EXPECT_EQ(admission.retry_after_us, 10 * kSecond);
  EXPECT_EQ(state(), State::kClosed);
  clock_.Advance(10 * kSecond - 1);
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_QUOTA);
  clock_.Advance(1);
  Call(CallResult::kSuccess);
  EXPECT_EQ(breaker_->Snapshot().totals.rejected_quota, 2);
}

TEST_F(BreakerRatesTest, AQuotaOfOneCredentialLeavesOthersAlone) {
  Make({});
  breaker_->Limit(7, 1, 10 * kSecond);
  EXPECT_TRUE(breaker_->Acquire(0, 7).ok());
  EXPECT_EQ(breaker_->Acquire(0, 7).code, TAPPS_E_QUOTA);
  EXPECT_TRUE(breaker_->Acquire(0, 8).ok());
}

TEST_F(BreakerRatesTest, RetriesHaveABudget) {
  Make({.failure_threshold = 1'000'000, .max_concurrency = 100});
  int retries = 0;
  for (int call = 0; call < 1000; ++call) {
    Call(CallResult::kFailure);
    if (breaker_->Retry({.attempt = 1, .status = 503}).code == TAPPS_OK) ++retries;
  }
  EXPECT_EQ(retries, 1000 / 10 + RetrySettings::Default().reserve);
  EXPECT_EQ(breaker_->Retry({.attempt = 1, .status = 503}).code, TAPPS_E_FULL);
}

TEST_F(BreakerRatesTest, ARetryThatTheOpenBreakerWouldRefuseIsNotOffered) {
  Make({});
  EXPECT_EQ(breaker_->Retry({.attempt = 1, .status = 503}).code, TAPPS_OK);
  EXPECT_EQ(breaker_->Retry({.attempt = 3, .status = 503}).code, TAPPS_E_FULL);
  EXPECT_EQ(breaker_->Retry({.attempt = 1, .status = 404}).code, TAPPS_E_UNSUPPORTED);
  Calls(5, CallResult::kFailure);
  const Breaker::Retrial retrial = breaker_->Retry({.attempt = 1, .status = 503});
  EXPECT_EQ(retrial.code, TAPPS_E_OPEN_CIRCUIT);
  EXPECT_EQ(retrial.delay_us, 30 * kSecond);
}

TEST_F(BreakerRatesTest, ASuspicionMakesTheNextCallAProbeAndOneSuccessRefutesIt) {
  Make({});
  breaker_->Suspect(kMinute);
  EXPECT_TRUE(breaker_->Snapshot().suspected);
  EXPECT_EQ(state(), State::kClosed);
  const Admission probe = breaker_->Acquire();
  EXPECT_TRUE(probe.probe);
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_OPEN_CIRCUIT);
  breaker_->Report(probe.permit, CallResult::kSuccess);
  EXPECT_EQ(state(), State::kClosed);
  EXPECT_TRUE(events_.back().suspected);
  EXPECT_FALSE(breaker_->Acquire().probe);
}

TEST_F(BreakerRatesTest, ASuspicionThatProvesTrueCostsOneCall) {
  Make({});
  breaker_->Suspect(kMinute);
  Call(CallResult::kFailure);
  EXPECT_EQ(state(), State::kOpen);
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_OPEN_CIRCUIT);
}

TEST_F(BreakerRatesTest, ASuspicionEndsByItselfAndDoesNotTouchWhatIsOpenOrForced) {
  Make({});
  breaker_->Suspect(kMinute);
  clock_.Advance(kMinute);
  EXPECT_FALSE(breaker_->Acquire().probe);
  breaker_->ForceClosed();
  breaker_->Suspect(kMinute);
  EXPECT_FALSE(breaker_->Acquire().probe);
}

TEST_F(BreakerRatesTest, EncouragementEndsAnOpenPeriodButNotAForcedOne) {
  Make({});
  Calls(5, CallResult::kFailure);
  breaker_->Encourage();
  EXPECT_TRUE(breaker_->Acquire().probe);
  breaker_->ForceOpen();
  breaker_->Encourage();
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_OPEN_CIRCUIT);
}

TEST_F(BreakerRatesTest, AProbeNeedsTheLeaseAndGivesItBack) {
  int64_t wait = kSecond;
  int taken = 0;
  int given_back = 0;
  Make({}, {.take =
                [&](int64_t) {
                  ++taken;
                  return wait;
                },
            .give_back = [&] { ++given_back; }});
  Calls(5, CallResult::kFailure);
  EXPECT_EQ(taken, 0);
  clock_.Advance(30 * kSecond);
  const Admission refused = breaker_->Acquire();
  EXPECT_EQ(refused.code, TAPPS_E_OPEN_CIRCUIT);
  EXPECT_EQ(refused.retry_after_us, kSecond);
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_OPEN_CIRCUIT);
  EXPECT_EQ(taken, 1) << "not asked again before the wait is over";
  EXPECT_EQ(breaker_->Snapshot().in_flight, 0);
  wait = 0;
  clock_.Advance(kSecond);
  Call(CallResult::kSuccess);
  EXPECT_EQ(taken, 2);
  EXPECT_EQ(given_back, 2);
}

}  // namespace
}  // namespace tapps
