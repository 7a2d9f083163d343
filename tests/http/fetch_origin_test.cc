// Breakers and places of an origin, as fetches see them.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "http/await.h"
#include "http/fetch_fixture.h"
#include "support/raw_server.h"

namespace tapps::http {
namespace {

using test::Collector;
using test::RawServer;

class FetchOriginTest : public FetchFixture {};

TEST_F(FetchOriginTest, ABreakerOpensOnFailuresAndSaysWhenToTryAgain) {
  std::atomic<int> status = 500;
  Serve("/", [&](const Request&, Response& response) {
    response.status = status;
    response.set_content("x", "text/plain");
  });
  ServeText("/kept", "max-age=60", "kept");
  const auto serving = Start();
  MustFetch("/kept");
  for (const int harmless : {404, 401, 402, 403, 429}) {
    status = harmless;
    for (int i = 0; i < 6; ++i) EXPECT_EQ(MustFetch("/").status(), harmless);
  }
  // A 429 is neither here nor there: four failures before it and one after make five in a row.
  for (const int failing : {500, 502, 503, 504, 429, 500}) {
    status = failing;
    EXPECT_EQ(MustFetch("/").status(), failing);
  }
  const int asked = requests_;
  Result<FetchResult> refused = Fetch("/");
  EXPECT_EQ(refused.code(), TAPPS_E_OPEN_CIRCUIT);
  EXPECT_GT(refused.status().detail().retry_after_us, 0);
  clock_.Advance(kSecond);
  EXPECT_EQ(MustFetch(Get("/kept")).body(), "kept") << "fresh";
  FetchRequest picky = Get("/kept", {"Cache-Control: max-age=0"});
  const FetchResult stale = MustFetch(picky);
  EXPECT_EQ(stale.body(), "kept");
  EXPECT_TRUE(stale.stale);
  EXPECT_NE(stale.warning.find("circuit breaker"), std::string::npos) << stale.warning;
  EXPECT_EQ(requests_, asked);
  clock_.Advance(refused.status().detail().retry_after_us);
  status = 200;
  EXPECT_EQ(MustFetch("/").status(), 200) << "a probe";
}

TEST_F(FetchOriginTest, ManyFetchesOfOneOriginQueueForItsPlaces) {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  Serve("/.*", [&](const Request&, Response& response) {
    const int now = ++inside;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --inside;
    response.set_content("x", "text/plain");
  });
  const auto serving = Start();
  Collector<Result<FetchResult>> results;
  for (int i = 0; i < 100; ++i) engine_->Fetch(Get("/" + std::to_string(i)), results.Callback());
  ASSERT_TRUE(results.Await(100));
  for (size_t i = 0; i < 100; ++i) EXPECT_TRUE(results[i].ok()) << results[i].status().message();
  EXPECT_LE(most, 5);
  EXPECT_EQ(requests_, 100);
}

TEST_F(FetchOriginTest, AQueueThatIsFullIsBusyAndOneThatWaitsMeetsItsDeadline) {
  RawServer server([](RawServer::Connection& peer) { peer.WaitForClose(); });
  FetchOptions options;
  options.max_waiting = 1;
  BreakerSettings settings;
  settings.max_concurrency = 1;
  Renew(options, settings);
  Collector<Result<FetchResult>> first, second, third;
  engine_->Fetch(Get(server.Url("/1")), first.Callback());
  FetchRequest waiting = Get(server.Url("/2"));
  waiting.limits.total_timeout_us = 50 * kMillisecond;
  engine_->Fetch(waiting, second.Callback());
  engine_->Fetch(Get(server.Url("/3")), third.Callback());
  ASSERT_TRUE(third.Await(1));
  EXPECT_EQ(third[0].code(), TAPPS_E_BUSY);
  ASSERT_TRUE(second.Await(1));
  EXPECT_EQ(second[0].code(), TAPPS_E_TIMEOUT);
  EXPECT_EQ(first.count(), 0u);
  engine_->Close();
  EXPECT_EQ(first[0].code(), TAPPS_E_CANCELLED);
}

TEST_F(FetchOriginTest, PlacesTakenByOthersAreWaitedForToo) {
  ServeText("/", "");
  const auto serving = Start();
  BreakerSettings settings;
  settings.max_concurrency = 1;
  Renew(FetchOptions(), settings);
  const auto breaker = breakers_->Get("http://127.0.0.1:" + std::to_string(origin_.port()));
  const Admission held = breaker->Acquire();
  ASSERT_TRUE(held.ok());
  Collector<Result<FetchResult>> results;
  engine_->Fetch(Get("/"), results.Callback());
  EXPECT_EQ(results.count(), 0u);
  breaker->Report(held.permit, CallResult::kSuccess);
  ASSERT_TRUE(results.Await(1));
  EXPECT_TRUE(results[0].ok()) << results[0].status().message();
}

}  // namespace
}  // namespace tapps::http
