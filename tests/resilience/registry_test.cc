#include "resilience/registry.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tapps {
namespace {

std::string Origin(int i) { return "https://host" + std::to_string(i) + ".test:443"; }

class RegistryTest : public testing::Test {
 protected:
  void Fail(Breaker& breaker, int times) {
    for (int i = 0; i < times; ++i) {
      breaker.Report(breaker.Acquire().permit, CallResult::kFailure);
    }
  }

  FakeClock clock_;
  BreakerRegistry registry_{{.failure_threshold = 3}, clock_, 1, nullptr, 16};
};

TEST_F(RegistryTest, OneNameIsOneBreakerWithTheInheritedSettings) {
  const auto breaker = registry_.Get("https://a.test:443");
  EXPECT_EQ(breaker, registry_.Get("https://a.test:443"));
  EXPECT_NE(breaker, registry_.Get("https://a.test:8443"));
  EXPECT_EQ(breaker->settings().failure_threshold, 3);
  EXPECT_EQ(breaker->settings().close_after, 2);
}

TEST_F(RegistryTest, OpenTakesOwnSettingsAndInheritsTheRest) {
  const auto own = registry_.Open("mine", {.max_concurrency = 9});
  ASSERT_TRUE(own.ok());
  EXPECT_EQ((*own)->settings().max_concurrency, 9);
  EXPECT_EQ((*own)->settings().failure_threshold, 3);
  EXPECT_EQ(*own, registry_.Get("mine"));
  EXPECT_TRUE(registry_.Open("mine", {.max_concurrency = 9}).ok());
}

TEST_F(RegistryTest, OpenRefusesOtherSettingsAndBadOnes) {
  const auto held = registry_.Get("mine");
  const auto other = registry_.Open("mine", {.max_concurrency = 9});
  EXPECT_EQ(other.code(), TAPPS_E_EXISTS);
  EXPECT_NE(other.status().message().find("'mine'"), std::string_view::npos);
  EXPECT_EQ(registry_.Open("bad", {.max_concurrency = -7}).code(), TAPPS_E_INVALID);
  EXPECT_EQ(registry_.List().size(), 1u);
}

TEST_F(RegistryTest, CloseEndsWaitsAtOnceAndForGood) {
  const auto breaker = *registry_.Open("mine", {.max_concurrency = 1});
  const Admission taken = breaker->Acquire();
  ASSERT_TRUE(taken.ok());
  int32_t code = TAPPS_OK;
  const auto wait = [&] {
    return breaker->Wait(kDay, 0, 0, [&](Admission admission) { code = admission.code; });
  };
  EXPECT_NE(wait(), 0u);
  registry_.PollWhileWaiting(breaker);
  registry_.Close();
  EXPECT_EQ(code, TAPPS_E_CLOSED);
  EXPECT_EQ(breaker->Snapshot().waiting, 0);
  code = TAPPS_OK;
  EXPECT_EQ(wait(), 0u);
  EXPECT_EQ(code, TAPPS_E_CLOSED) << "who asks after the close is not let wait";
  EXPECT_TRUE(breaker->Report(taken.permit, CallResult::kSuccess));
  EXPECT_EQ(wait(), 0u);
  EXPECT_EQ(code, TAPPS_OK) << "a free place needs no wait";
  const auto late = *registry_.Open("late", {.max_concurrency = 1});
  late->Acquire();
  EXPECT_EQ(late->AcquireWithin(kDay).code, TAPPS_E_CLOSED);
  registry_.PollWhileWaiting(late);
  registry_.Close();
}

TEST_F(RegistryTest, EndlessOriginsTakeBoundedMemory) {
  for (int i = 0; i < 1000; ++i) {
    registry_.Get(Origin(i));
    ASSERT_LE(registry_.List().size(), 16u);
  }
}

TEST_F(RegistryTest, EndlessOriginsThatAreAllDownTakeBoundedMemory) {
  for (int i = 0; i < 1000; ++i) {
    Fail(*registry_.Get(Origin(i)), 3);
    ASSERT_LE(registry_.List().size(), 16u);
  }
}

TEST_F(RegistryTest, AHundredThousandOriginsTakeBoundedMemory) {
  BreakerRegistry registry({}, clock_, 1);
  for (int i = 0; i < 100'000; ++i) {
    registry.Get(Origin(i));
    if (i % 10'000 == 0) {
      ASSERT_LE(registry.List().size(), BreakerRegistry::kDefaultLimit);
    }
  }
}

TEST_F(RegistryTest, AnOpenBreakerOutlivesIdleOnes) {
  Fail(*registry_.Get("down"), 3);
  for (int i = 0; i < 1000; ++i) registry_.Get(Origin(i));
  EXPECT_EQ(registry_.Get("down")->Snapshot().state, BreakerState::kOpen);
}

TEST_F(RegistryTest, HeldBusyAndForcedBreakersStay) {
  const auto held = registry_.Get("held");
  registry_.Get("forced")->ForceClosed();
  const int64_t permit = registry_.Get("busy")->Acquire().permit;
  for (int i = 0; i < 1000; ++i) registry_.Get(Origin(i));
  EXPECT_EQ(registry_.Get("held"), held);
  EXPECT_EQ(registry_.Get("forced")->Snapshot().force, BreakerForce::kClosed);
  EXPECT_TRUE(registry_.Get("busy")->Report(permit, CallResult::kSuccess));
}

TEST_F(RegistryTest, TheLeastRecentlyAskedForGoesFirst) {
  for (int i = 0; i < 16; ++i) registry_.Get(Origin(i));
  registry_.Get(Origin(1));
  registry_.Get(Origin(16));
  std::set<std::string> left;
  for (const auto& entry : registry_.List()) left.insert(entry.name);
  EXPECT_EQ(left.size(), 14u);
  for (const int gone : {0, 2, 3}) EXPECT_EQ(left.count(Origin(gone)), 0u) << gone;
}

TEST_F(RegistryTest, ListsAllByName) {
  registry_.Get("b");
  Fail(*registry_.Get("a"), 1);
  registry_.Get("c");
  const auto list = registry_.List();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].name, "a");
  EXPECT_EQ(list[0].snapshot.totals.failures, 1);
  EXPECT_EQ(list[1].name, "b");
  EXPECT_EQ(list[2].name, "c");
}

TEST_F(RegistryTest, OneObserverHearsOfAllEvenWhenTheRegistryIsGone) {
  std::vector<std::pair<std::string, BreakerState>> heard;
  auto registry = std::make_unique<BreakerRegistry>(
      BreakerSettings{.failure_threshold = 1}, clock_, 1,
      [&](const std::string& name, const BreakerTransition& t) { heard.emplace_back(name, t.to); });
  const auto a = registry->Get("a");
  const auto b = registry->Get("b");
  Fail(*b, 1);
  registry.reset();
  Fail(*a, 1);
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard[0], std::make_pair(std::string("b"), BreakerState::kOpen));
  EXPECT_EQ(heard[1], std::make_pair(std::string("a"), BreakerState::kOpen));
}

TEST_F(RegistryTest, ManyThreadsGetOneBreakerForAName) {
  std::vector<std::shared_ptr<Breaker>> first(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < first.size(); ++t) {
    threads.emplace_back([&, t] {
      first[t] = registry_.Get("shared");
      for (int i = 0; i < 500; ++i) {
        Fail(*registry_.Get(Origin(i % 40)), 1);
        if (i % 100 == 0) registry_.List();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& breaker : first) EXPECT_EQ(breaker, registry_.Get("shared"));
}

}  // namespace
}  // namespace tapps
