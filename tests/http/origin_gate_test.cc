#include "http/origin_gate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tapps::http {
namespace {

constexpr char kOrigin[] = "http://a:80";

class OriginGateTest : public testing::Test {
 protected:
  OriginGateTest() : breakers_(Two(), clock_, 1), gate_(breakers_, 3) {}
  static BreakerSettings Two() {
    BreakerSettings settings;
    settings.max_concurrency = 2;
    settings.failure_threshold = 2;
    return settings;
  }
  // Asks for a place; what comes is written to log_ under the name.
  OriginGate::Ticket Enter(const std::string& name, const std::string& origin = kOrigin) {
    return gate_.Enter(origin, kMinute, [this, name](Result<Permit> permit) {
      log_ += name + (permit.ok() ? " in;" : std::string(" ") + CodeName(permit.code()) + ";");
      if (permit.ok()) {
        permits_.push_back(*std::move(permit));
      } else {
        retry_after_us_ = permit.status().detail().retry_after_us;
      }
    });
  }
  void Leave(size_t i, CallResult result) { gate_.Leave(kOrigin, std::move(permits_[i]), result); }

  FakeClock clock_;
  BreakerRegistry breakers_;
  OriginGate gate_;
  std::vector<Permit> permits_;
  std::string log_;
  int64_t retry_after_us_ = 0;
};

TEST_F(OriginGateTest, ThoseWhoFindNoPlaceAreLetInInTheirOrder) {
  for (const char* name : {"a", "b", "c", "d"}) Enter(name);
  EXPECT_EQ(log_, "a in;b in;");
  Enter("other", "http://b:80");
  EXPECT_EQ(log_, "a in;b in;other in;");
  Leave(0, CallResult::kSuccess);
  Leave(1, CallResult::kSuccess);
  EXPECT_EQ(log_, "a in;b in;other in;c in;d in;");
}

TEST_F(OriginGateTest, TheLineIsBounded) {
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) Enter(name);
  EXPECT_EQ(log_, "a in;b in;f BUSY;");
}

TEST_F(OriginGateTest, WhoWithdrawsIsNotCalled) {
  Enter("a");
  Enter("b");
  const auto ticket = Enter("c");
  Enter("d");
  gate_.Withdraw(ticket);
  gate_.Withdraw(4711);
  Leave(0, CallResult::kSuccess);
  EXPECT_EQ(log_, "a in;b in;d in;");
}

TEST_F(OriginGateTest, WhenTheBreakerOpensTheLineIsToldAtOnce) {
  for (const char* name : {"a", "b", "c", "d", "e"}) Enter(name);
  Leave(0, CallResult::kIgnored);
  EXPECT_EQ(log_, "a in;b in;c in;");
  Leave(1, CallResult::kFailure);
  EXPECT_EQ(log_, "a in;b in;c in;d in;");
  Leave(2, CallResult::kFailure);
  EXPECT_EQ(log_, "a in;b in;c in;d in;e OPEN_CIRCUIT;");
  EXPECT_GT(retry_after_us_, 0);
  Enter("f");
  EXPECT_EQ(log_, "a in;b in;c in;d in;e OPEN_CIRCUIT;f OPEN_CIRCUIT;");
}

TEST_F(OriginGateTest, WhoHearsOfTheBreakerMayUseTheGate) {
  OriginGate* gate = nullptr;
  bool asked = false;
  std::string log;
  const auto enter = [&](const std::string& name) {
    gate->Enter(kOrigin, kMinute, [&log, name, this](Result<Permit> permit) {
      log += name + (permit.ok() ? " in;" : std::string(" ") + CodeName(permit.code()) + ";");
      if (permit.ok()) permits_.push_back(*std::move(permit));
    });
  };
  BreakerRegistry breakers(Two(), clock_, 1,
                           [&](const std::string&, const BreakerTransition& transition) {
                             if (transition.to != BreakerState::kHalfOpen) return;
                             asked = true;
                             (void)gate->NeedsPoll();
                             gate->Withdraw(4711);
                             enter("second");
                           });
  OriginGate own(breakers, 3);
  gate = &own;
  for (size_t i = 0; i < 2; ++i) {
    enter("early");
    own.Leave(kOrigin, std::move(permits_[i]), CallResult::kFailure);
  }
  clock_.Advance(kMinute);
  enter("first");
  EXPECT_TRUE(asked);
  EXPECT_EQ(log, "early in;early in;first in;second OPEN_CIRCUIT;");
  permits_.clear();
}

TEST_F(OriginGateTest, PlacesHeldByOthersArePolledFor) {
  const auto breaker = breakers_.Get(kOrigin);
  const Admission one = breaker->Acquire();
  const Admission two = breaker->Acquire();
  Enter("a");
  EXPECT_TRUE(gate_.NeedsPoll());
  gate_.Poll();
  EXPECT_EQ(log_, "");
  breaker->Report(one.permit, CallResult::kSuccess);
  gate_.Poll();
  EXPECT_EQ(log_, "a in;");
  EXPECT_FALSE(gate_.NeedsPoll());
  breaker->Report(two.permit, CallResult::kSuccess);
}

}  // namespace
}  // namespace tapps::http
