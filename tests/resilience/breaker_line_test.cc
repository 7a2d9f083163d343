// Waiting for a place.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "resilience/breaker.h"
#include "resilience/line_poller.h"

namespace tapps {
namespace {

class BreakerLineTest : public testing::Test {
 protected:
  uint64_t Wait(int64_t wait_us, int name) {
    return breaker_->Wait(wait_us, 0, 0, [this, name](Admission admission) {
      answers_.emplace_back(name, admission);
    });
  }

  std::vector<std::pair<int, Admission>> answers_;
  FakeClock clock_;
  std::shared_ptr<Breaker> breaker_ = std::make_shared<Breaker>(
      BreakerSettings{.failure_threshold = 1, .max_concurrency = 1, .max_waiting = 2}, clock_, 1);
};

TEST_F(BreakerLineTest, WhoFindsAPlaceIsAnsweredAtOnce) {
  EXPECT_EQ(Wait(kSecond, 1), 0u);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(answers_[0].second.ok());
}

TEST_F(BreakerLineTest, PlacesGoToThoseWhoWaitInTheOrderOfAskingAndNobodyPasses) {
  const Admission first = breaker_->Acquire();
  EXPECT_NE(Wait(kMinute, 1), 0u);
  EXPECT_NE(Wait(kMinute, 2), 0u);
  EXPECT_EQ(breaker_->Snapshot().waiting, 2);
  breaker_->Report(first.permit, CallResult::kSuccess);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].first, 1);
  EXPECT_EQ(breaker_->Acquire().code, TAPPS_E_BUSY);
  breaker_->Report(answers_[0].second.permit, CallResult::kSuccess);
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_EQ(answers_[1].first, 2);
  breaker_->Report(answers_[1].second.permit, CallResult::kSuccess);
  EXPECT_TRUE(breaker_->Acquire().ok());
}

TEST_F(BreakerLineTest, ALineThatIsFullIsBusy) {
  breaker_->Acquire();
  Wait(kMinute, 1);
  Wait(kMinute, 2);
  EXPECT_EQ(Wait(kMinute, 3), 0u);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].second.code, TAPPS_E_BUSY);
}

TEST_F(BreakerLineTest, AWaitEndsAtItsDeadline) {
  breaker_->Acquire(kHour);
  Wait(kSecond, 1);
  Wait(kMinute, 2);
  clock_.Advance(kSecond);
  EXPECT_TRUE(breaker_->Poll());
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].second.code, TAPPS_E_TIMEOUT);
  clock_.Advance(kMinute);
  EXPECT_FALSE(breaker_->Poll());
  EXPECT_EQ(answers_.size(), 2u);
}

TEST_F(BreakerLineTest, ALeaseThatRunsOutLetsTheNextOneIn) {
  breaker_->Acquire(kSecond);
  Wait(kMinute, 1);
  clock_.Advance(kSecond);
  EXPECT_FALSE(breaker_->Poll());
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(answers_[0].second.ok());
}

TEST_F(BreakerLineTest, AnOpeningAnswersAllWhoWait) {
  const Admission first = breaker_->Acquire();
  Wait(kMinute, 1);
  Wait(kMinute, 2);
  breaker_->Report(first.permit, CallResult::kFailure);
  ASSERT_EQ(answers_.size(), 2u);
  for (const auto& [name, admission] : answers_) {
    EXPECT_EQ(admission.code, TAPPS_E_OPEN_CIRCUIT);
    EXPECT_EQ(admission.retry_after_us, 30 * kSecond);
  }
}

TEST_F(BreakerLineTest, AQuotaAnswersAllWhoWait) {
  breaker_->Acquire();
  Wait(kMinute, 1);
  breaker_->Limit(QuotaBook::kEveryone, 0, kSecond);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].second.code, TAPPS_E_QUOTA);
}

TEST_F(BreakerLineTest, WhoWithdrawsIsNotAnswered) {
  const Admission first = breaker_->Acquire();
  const uint64_t ticket = Wait(kMinute, 1);
  EXPECT_TRUE(breaker_->Withdraw(ticket));
  EXPECT_FALSE(breaker_->Withdraw(ticket));
  breaker_->Report(first.permit, CallResult::kSuccess);
  EXPECT_TRUE(answers_.empty());
  EXPECT_TRUE(breaker_->Acquire().ok());
}

TEST_F(BreakerLineTest, TheEndOfTheBreakerAnswersThemToo) {
  breaker_->Acquire();
  Wait(kMinute, 1);
  breaker_.reset();
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].second.code, TAPPS_E_CLOSED);
}

TEST_F(BreakerLineTest, ThePollerAnswersWithoutAnybodysHelp) {
  breaker_->Acquire(kHour);
  std::atomic<int32_t> code{TAPPS_OK};
  breaker_->Wait(kSecond, 0, 0, [&](Admission admission) { code = admission.code; });
  LinePoller poller;
  poller.Watch(breaker_);
  clock_.Advance(kSecond);
  for (int i = 0; i < 10000 && code == TAPPS_OK; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(code, TAPPS_E_TIMEOUT);
}

TEST(BreakerLineStressTest, FourThreadsThroughTwoPlacesNeverMoreThanTwoAndAllComeThrough) {
  Breaker breaker({.max_concurrency = 2}, Clock::Real(), 1);
  std::atomic<int> inside{0};
  std::atomic<int> through{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        const Admission admission = breaker.AcquireWithin(kMinute);
        ASSERT_TRUE(admission.ok());
        EXPECT_LE(++inside, 2);
        ++through;
        --inside;
        ASSERT_TRUE(breaker.Report(admission.permit, CallResult::kSuccess));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(through, 8000);
  const BreakerSnapshot snapshot = breaker.Snapshot();
  EXPECT_EQ(snapshot.totals.admitted, 8000);
  EXPECT_EQ(snapshot.totals.rejected(), 0);
}

}  // namespace
}  // namespace tapps
