// Several processes on one file. Children are forked before the parent opens anything.
#include "resilience/breaker_share.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "resilience/registry.h"
#include "storage/store.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tapps {
namespace {

using test::Pipe;
using test::Process;

constexpr char kName[] = "https://a.test:443";

// One process's end: a cache and its breakers.
struct Peer {
  explicit Peer(const std::string& path, const Clock& clock = Clock::Real()) {
    cache = *Cache::Open(path, {});
    registry = std::make_unique<BreakerRegistry>(BreakerSettings{.failure_threshold = 3}, clock,
                                                 std::random_device()(), nullptr,
                                                 BreakerRegistry::kDefaultLimit, cache);
  }
  ~Peer() {
    registry.reset();
    if (cache) (void)cache->Close(10 * kSecond);
    cache.reset();
    while (storage::Store::Live() > others) std::this_thread::yield();  // a test may fork next
  }
  Admission Ask(const char* name = kName) { return registry->Get(name)->Acquire(); }
  BreakerState state(const char* name = kName) const {
    return registry->Get(name)->Snapshot().state;
  }
  // A call that is answered so; the code of the refusal when it is refused.
  int32_t Call(CallResult result, const char* name = kName) {
    const Admission admission = Ask(name);
    if (admission.ok()) registry->Get(name)->Report(admission.permit, result);
    return admission.code;
  }
  void BreakOpen(CallResult result = CallResult::kFailure, const char* name = kName) {
    while (Call(result, name) == TAPPS_OK) {
    }
    (void)cache->Flush(5 * kSecond);
  }

  const int64_t others = storage::Store::Live();
  std::shared_ptr<Cache> cache;
  std::unique_ptr<BreakerRegistry> registry;
};

bool Eventually(const std::function<bool()>& condition, int64_t within_us = 10 * kSecond) {
  const int64_t until = Clock::Real().MonotonicNow() + within_us;
  while (!condition()) {
    if (Clock::Real().MonotonicNow() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

class BreakerShareTest : public testing::Test {
 protected:
  test::TempDir dir_;
  std::string path_ = dir_.File("cache-1.db");
};

TEST_F(BreakerShareTest, AnOpeningElsewhereMakesTheNextCallHereAProbeThatDecides) {
  Pipe go;
  Pipe told;
  Process other([&] {
    Peer peer(path_);
    if (go.Receive() != 1) return 1;
    peer.BreakOpen();
    told.Send(1);
    return go.Receive() == 2 ? 0 : 2;
  });
  Peer here(path_);
  ASSERT_EQ(here.Call(CallResult::kSuccess), TAPPS_OK);
  ASSERT_EQ(here.state(), BreakerState::kClosed);
  go.Send(1);
  ASSERT_EQ(told.Receive(), 1);
  // It was committed before it was told, and is seen by the next look.
  ASSERT_TRUE(Eventually([&] { return here.registry->Get(kName)->Snapshot().suspected; }));
  const Admission probe = here.Ask();
  EXPECT_TRUE(probe.ok());
  EXPECT_TRUE(probe.probe);
  EXPECT_EQ(here.Ask().code, TAPPS_E_OPEN_CIRCUIT);
  EXPECT_TRUE(here.registry->Get(kName)->Report(probe.permit, CallResult::kFailure));
  EXPECT_EQ(here.state(), BreakerState::kOpen) << "an outage costs a further process one call";
  go.Send(2);
  EXPECT_EQ(other.Wait(), 0);
}

// What is committed at once is looked for every 10 ms: the news takes less than 50 ms, of which
// none is measured here.
TEST_F(BreakerShareTest, TheFirstCallAfterTheNextLookIsTheProbe) {
  static_assert(BreakerShare::kLookEvery <= 10 * kMillisecond);
  Pipe go;
  Pipe told;
  Process other([&] {
    Peer peer(path_);
    if (go.Receive() != 1) return 1;
    peer.BreakOpen();
    told.Send(1);
    return go.Receive() == 2 ? 0 : 2;
  });
  FakeClock clock(Clock::Real().WallNow());
  Peer here(path_, clock);
  ASSERT_EQ(here.Call(CallResult::kSuccess), TAPPS_OK);
  go.Send(1);
  ASSERT_EQ(told.Receive(), 1);
  const Admission before = here.Ask();
  EXPECT_FALSE(before.probe) << "not looked yet: a call costs a look at a coarse clock";
  here.registry->Get(kName)->Report(before.permit, CallResult::kSuccess);
  clock.Advance(BreakerShare::kLookEvery);
  const Admission probe = here.Ask();
  EXPECT_TRUE(probe.ok());
  EXPECT_TRUE(probe.probe);
  EXPECT_EQ(here.Ask().code, TAPPS_E_OPEN_CIRCUIT);
  go.Send(2);
  EXPECT_EQ(other.Wait(), 0);
}

TEST_F(BreakerShareTest, AMisconfiguredProcessCostsOthersOneProbeAndNoMore) {
  Pipe go;
  Pipe told;
  Process other([&] {
    Peer peer(path_);
    peer.BreakOpen();
    told.Send(1);
    if (go.Receive() != 1) return 1;
    // It fails again and again: the same outage.
    for (int i = 0; i < 3; ++i) {
      peer.registry->Get(kName)->Encourage();
      (void)peer.Call(CallResult::kFailure);
      (void)peer.cache->Flush(5 * kSecond);
    }
    told.Send(2);
    return go.Receive() == 2 ? 0 : 2;
  });
  ASSERT_EQ(told.Receive(), 1);
  FakeClock clock(Clock::Real().WallNow());
  Peer here(path_, clock);
  const Admission probe = here.Ask();
  ASSERT_TRUE(probe.probe);
  here.registry->Get(kName)->Report(probe.permit, CallResult::kSuccess);
  EXPECT_EQ(here.state(), BreakerState::kClosed);
  go.Send(1);
  ASSERT_EQ(told.Receive(), 2);
  for (int i = 0; i < 10; ++i) {
    clock.Advance(BreakerShare::kLookEvery);  // so this looks at what was committed
    const Admission admission = here.Ask();
    EXPECT_TRUE(admission.ok());
    EXPECT_FALSE(admission.probe);
    here.registry->Get(kName)->Report(admission.permit, CallResult::kSuccess);
  }
  go.Send(2);
  EXPECT_EQ(other.Wait(), 0);
}

TEST_F(BreakerShareTest, WhatMayBeAProcesssOwnFaultIsNotTold) {
  Process other([&] {
    Peer peer(path_);
    peer.BreakOpen(CallResult::kLocalFailure);
    return peer.state() == BreakerState::kOpen ? 0 : 1;
  });
  ASSERT_EQ(other.Wait(), 0);
  Peer here(path_);
  EXPECT_FALSE(here.Ask().probe);
}

TEST_F(BreakerShareTest, OneProbeAtATimeAmongAllProcesses) {
  Pipe held;
  Pipe go;
  Process other([&] {
    Peer peer(path_);
    peer.BreakOpen();
    peer.registry->Get(kName)->Encourage();
    const Admission probe = peer.Ask();
    if (!probe.probe) return 1;
    held.Send(1);
    if (go.Receive() != 1) return 2;
    peer.registry->Get(kName)->Report(probe.permit, CallResult::kIgnored);
    held.Send(2);
    return go.Receive() == 2 ? 0 : 3;
  });
  ASSERT_EQ(held.Receive(), 1);
  Peer here(path_);
  const Admission refused = here.Ask();
  EXPECT_EQ(refused.code, TAPPS_E_OPEN_CIRCUIT);
  EXPECT_GT(refused.retry_after_us, 0);
  EXPECT_LE(refused.retry_after_us, BreakerShare::kAskAgain);
  go.Send(1);
  ASSERT_EQ(held.Receive(), 2);
  EXPECT_TRUE(Eventually([&] { return here.Ask().probe; }));
  go.Send(2);
  EXPECT_EQ(other.Wait(), 0);
}

TEST_F(BreakerShareTest, AKilledProberLeavesNothingStuck) {
  Pipe held;
  Process other([&] {
    Peer peer(path_);
    peer.BreakOpen();
    peer.registry->Get(kName)->Encourage();
    if (!peer.Ask().probe) return 1;
    held.Send(1);
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
  });
  ASSERT_EQ(held.Receive(), 1);
  other.Kill();
  EXPECT_LT(other.Wait(), 0);
  Peer here(path_);
  EXPECT_TRUE(Eventually([&] { return here.Ask().probe; }, 5 * kSecond))
      << "long before the lease's deadline";
}

TEST_F(BreakerShareTest, AQuotaHoldsInEveryProcessAndAfterARestart) {
  Process other([&] {
    Peer peer(path_);
    peer.registry->Get(kName)->Limit(QuotaBook::kEveryone, 0, kMinute);
    peer.registry->Get(kName)->Limit(77, 0, kMinute);
    (void)peer.cache->Flush(5 * kSecond);
    return 0;
  });
  ASSERT_EQ(other.Wait(), 0);
  Peer here(path_);
  const Admission refused = here.Ask();
  EXPECT_EQ(refused.code, TAPPS_E_QUOTA);
  EXPECT_GT(refused.retry_after_us, 30 * kSecond);
  EXPECT_LE(refused.retry_after_us, kMinute);
  EXPECT_TRUE(here.Ask("https://b.test:443").ok());
}

TEST_F(BreakerShareTest, ASuccessElsewhereLetsAProbeGoAtOnce) {
  Pipe go;
  Process other([&] {
    Peer peer(path_);
    if (go.Receive() != 1) return 1;
    const Admission probe = peer.Ask();
    if (!probe.probe) return 2;
    peer.registry->Get(kName)->Report(probe.permit, CallResult::kSuccess);
    (void)peer.cache->Flush(5 * kSecond);
    return peer.state() == BreakerState::kClosed ? 0 : 3;
  });
  Peer here(path_);
  here.BreakOpen();
  EXPECT_EQ(here.Ask().code, TAPPS_E_OPEN_CIRCUIT);
  go.Send(1);
  ASSERT_EQ(other.Wait(), 0);
  EXPECT_TRUE(Eventually([&] { return here.Ask().probe; }, 5 * kSecond));
}

// What a process reads may be anything: written by a later release, or on a clock that was wrong.
class BreakerRecordTest : public BreakerShareTest {
 protected:
  void Write(const Json& json, std::string_view suffix = {}) {
    const auto cache = *Cache::Open(path_, {});
    const std::string key = kName + std::string(suffix);
    PutOptions options;
    options.durability = TAPPS_DURABILITY_SYNC;
    options.tags = kBreakerTag;
    ASSERT_TRUE(cache->Put({kBreakerSpace, key}, DumpJson(json), options).ok());
    ASSERT_TRUE(cache->Close(10 * kSecond).ok());
  }
  Json Opened(int64_t at_us, int64_t open_us) {
    return {{"name", kName},  {"to", "OPEN"}, {"open_us", open_us},
            {"at_us", at_us}, {"outage", 5},  {"by", 7}};
  }
  const int64_t now_ = Clock::Real().WallNow();
};

TEST_F(BreakerRecordTest, AnOldOutageIsNotSuspected) {
  Write(Opened(now_ - kHour, 30 * kSecond));
  EXPECT_FALSE(Peer(path_).Ask().probe);
}

TEST_F(BreakerRecordTest, AnOutageOfTheFutureIsSuspectedAndDoesNotLockOut) {
  Write(Opened(now_ + 100 * kDay, 1000 * kDay));
  Peer here(path_);
  const Admission probe = here.Ask();
  EXPECT_TRUE(probe.probe);
  here.registry->Get(kName)->Report(probe.permit, CallResult::kSuccess);
  EXPECT_EQ(here.state(), BreakerState::kClosed);
}

TEST_F(BreakerRecordTest, AQuotaOfAnyLengthEndsWithinTheHour) {
  Write({{"name", kName},
         {"quotas", {{{"who", -1}, {"calls", 0}, {"until_us", now_ + kDay}, {"at_us", now_}}}},
         {"by", 7}},
        kQuotaSuffix);
  const Admission refused = Peer(path_).Ask();
  EXPECT_EQ(refused.code, TAPPS_E_QUOTA);
  EXPECT_LE(refused.retry_after_us, kHour);
}

TEST_F(BreakerRecordTest, NonsenseIsIgnored) {
  for (const Json& nonsense :
       {Json(7), Json::array({1, 2}), Json{{"to", 5}, {"at_us", "x"}}, Json{{"quotas", "none"}},
        Json{{"quotas", {1, "x", nullptr, {{"who", "x"}}}}}}) {
    Write(nonsense);
    Write(nonsense, kQuotaSuffix);
    const Admission admission = Peer(path_).Ask();
    EXPECT_TRUE(admission.ok());
    EXPECT_FALSE(admission.probe);
  }
}

}  // namespace
}  // namespace tapps
