// Fetches from origins that are unwell: retries, quotas, and what the breaker makes of it.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/await.h"
#include "http/fetch.h"
#include "http/memory_store.h"
#include "support/http_server.h"

namespace tapps::http {
namespace {

using httplib::Request;
using httplib::Response;

class FetchRetryTest : public testing::Test {
 protected:
  ~FetchRetryTest() override { engine_.reset(); }

  // Every request is answered by `handler`, which gets its number, from 1; as long as what is
  // returned lives.
  test::HttpServer::Serving Serve(std::function<void(int, Response&)> handler) {
    const auto answer = [this, handler](const Request& request, Response& response) {
      if (request.get_header_value("Authorization") == "Bearer other") ++others_requests_;
      handler(++requests_, response);
    };
    origin_.handlers().Get(".*", answer);
    origin_.handlers().Post(".*", answer);
    return origin_.Start();
  }
  static void Answer(Response& response, int status, const std::string& retry_after = "") {
    response.status = status;
    if (!retry_after.empty()) response.set_header("Retry-After", retry_after);
    response.set_content("text", "text/plain");
  }
  Result<FetchResult> Fetch(const std::string& path, int32_t retries = 2,
                            const std::string& method = "GET", const std::string& header = "") {
    FetchRequest request;
    request.url = origin_.Url(path);
    request.method = method;
    request.retries = retries;
    if (method == "POST") request.body = Value::Make("body", {});
    if (!header.empty()) request.headers.AddLine(header);
    return engine_->FetchAndWait(std::move(request));
  }
  std::shared_ptr<Breaker> breaker() {
    return breakers_.Get("http://127.0.0.1:" + std::to_string(origin_.port()));
  }

  FakeClock clock_;
  MemoryStore store_;
  test::HttpServer origin_;
  std::atomic<int> requests_ = 0;
  std::atomic<int> others_requests_ = 0;
  BreakerRegistry breakers_{BreakerSettings(), clock_, 1};
  std::unique_ptr<FetchEngine> engine_ =
      std::make_unique<FetchEngine>(store_, breakers_, FetchOptions(), clock_);
};

TEST_F(FetchRetryTest, AFailureThatPassesIsNotSeenByTheCaller) {
  const auto serving =
      Serve([](int number, Response& response) { Answer(response, number < 3 ? 503 : 200); });
  const auto result = Fetch("/");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->status(), 200);
  EXPECT_EQ(requests_, 3);
  EXPECT_EQ(breaker()->Snapshot().totals.retries, 2);
}

TEST_F(FetchRetryTest, TheLastAnswerIsTheCallersWhenAllFail) {
  const auto serving = Serve([](int, Response& response) { Answer(response, 502); });
  EXPECT_EQ(Fetch("/")->status(), 502);
  EXPECT_EQ(requests_, 3);
}

TEST_F(FetchRetryTest, WhatIsNotIdempotentOrNotWorthItIsSentOnce) {
  const auto serving =
      Serve([](int number, Response& response) { Answer(response, number == 1 ? 503 : 501); });
  EXPECT_EQ(Fetch("/", 2, "POST")->status(), 503);
  EXPECT_EQ(Fetch("/")->status(), 501);
  EXPECT_EQ(requests_, 2);
}

TEST_F(FetchRetryTest, NoRetriesWhenNoneAreAskedFor) {
  const auto serving = Serve([](int, Response& response) { Answer(response, 503); });
  EXPECT_EQ(Fetch("/", TAPPS_NONE)->status(), 503);
  EXPECT_EQ(requests_, 1);
}

TEST_F(FetchRetryTest, AnOriginThatIsDownSeesNoMoreThanTheCallsAndAFifth) {
  const auto serving = Serve([](int, Response& response) { Answer(response, 500); });
  constexpr int kCalls = 100;
  for (int i = 0; i < kCalls; ++i) {
    (void)Fetch("/" + std::to_string(i));
    clock_.Advance(kSecond);
  }
  EXPECT_LE(requests_, kCalls * 12 / 10);
  EXPECT_EQ(breaker()->Snapshot().state, BreakerState::kOpen);
}

// S12: the wrapped call swallowed its errors, and the breaker saw successes only.
TEST_F(FetchRetryTest, ScarS12TenFailuresAreTenFailures) {
  const auto serving = Serve([](int, Response& response) { Answer(response, 500); });
  breaker()->ForceClosed();
  for (int i = 0; i < 10; ++i) (void)Fetch("/", TAPPS_NONE);
  EXPECT_EQ(breaker()->Snapshot().totals.failures, 10);
  EXPECT_EQ(breaker()->Snapshot().totals.successes, 0);
}

// S13: half-open let everyone in.
TEST_F(FetchRetryTest, ScarS13HalfOpenLetsOneRequestThrough) {
  std::atomic<bool> slow = false;
  std::atomic<int> refused = 0;
  const auto serving = Serve([&](int, Response& response) {
    if (slow) (void)test::Eventually([&] { return refused == 19; });
    Answer(response, 500);
  });
  while (Fetch("/", TAPPS_NONE).ok()) {
  }
  slow = true;
  clock_.Advance(kMinute);
  const int before = requests_;
  std::vector<std::thread> callers;
  for (int i = 0; i < 20; ++i) {
    callers.emplace_back([&, i] {
      if (Fetch("/" + std::to_string(i), TAPPS_NONE).code() == TAPPS_E_OPEN_CIRCUIT) ++refused;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(requests_ - before, 1);
  EXPECT_EQ(refused, 19);
}

// S14: "429" in any message opened the breaker for good, Retry-After was never read, and a failed
// authentication was reported as a quota.
TEST_F(FetchRetryTest, ScarS14A429IsAQuotaThatEndsWhenTheOriginSaidAndNotAnOutage) {
  const auto serving = Serve(
      [](int number, Response& response) { Answer(response, number == 1 ? 429 : 200, "60"); });
  EXPECT_EQ(Fetch("/")->status(), 429) << "the call would be over before the minute";
  for (int second = 0; second < 60; second += 10) {
    const auto refused = Fetch("/");
    EXPECT_EQ(refused.code(), TAPPS_E_QUOTA);
    EXPECT_NEAR(refused.status().detail().retry_after_us, (60 - second) * kSecond, kSecond);
    clock_.Advance(10 * kSecond);
  }
  EXPECT_EQ(requests_, 1) << "none before the time";
  EXPECT_EQ(breaker()->Snapshot().state, BreakerState::kClosed);
  clock_.Advance(kSecond);
  EXPECT_EQ(Fetch("/")->status(), 200);
}

TEST_F(FetchRetryTest, AQuotaLeavesWhatIsStoredToFallBackOn) {
  std::atomic<int> status = 200;
  const auto serving = Serve([&](int, Response& response) {
    if (status == 200) response.set_header("Cache-Control", "max-age=60");
    Answer(response, status, status == 200 ? "" : "600");
  });
  for (const int limiting : {408, 425, 429}) {
    status = 200;
    const std::string path = "/" + std::to_string(limiting);
    ASSERT_EQ(Fetch(path, TAPPS_NONE)->status(), 200);
    clock_.Advance(kMinute + kSecond);
    status = limiting;
    EXPECT_EQ(Fetch(path, TAPPS_NONE)->status(), limiting);
    FetchRequest stored;
    stored.url = origin_.Url(path);
    stored.policy = TAPPS_FETCH_ONLY_IF_CACHED;
    EXPECT_TRUE(engine_->FetchAndWait(stored).ok()) << limiting;
  }
  const Result<FetchResult> stale = Fetch("/429");
  ASSERT_TRUE(stale.ok()) << stale.status().message();
  EXPECT_EQ(stale->status(), 200);
  EXPECT_TRUE(stale->stale);
  EXPECT_NE(stale->warning.find("takes no more requests"), std::string::npos) << stale->warning;
}

TEST_F(FetchRetryTest, ScarS14RefusedCredentialsAreNeitherAnOutageNorAQuota) {
  const auto serving = Serve([](int number, Response& response) {
    Answer(response, std::vector<int>{401, 402, 403}[static_cast<size_t>(number) % 3]);
    response.set_content("429 quota exceeded", "text/plain");
  });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Fetch("/").ok());
  EXPECT_EQ(requests_, 20);
  EXPECT_EQ(breaker()->Snapshot().state, BreakerState::kClosed);
  EXPECT_EQ(breaker()->Snapshot().totals.failures, 0);
}

// S15: late failures and steps of the wall clock moved the reopen time.
TEST_F(FetchRetryTest, ScarS15NothingMovesTheReopenTimeButTime) {
  const auto serving = Serve([](int, Response& response) { Answer(response, 500); });
  while (Fetch("/", TAPPS_NONE).ok()) {
  }
  const int64_t wait = breaker()->Snapshot().retry_after_us;
  clock_.StepWall(kDay);
  EXPECT_EQ(Fetch("/", TAPPS_NONE).status().detail().retry_after_us, wait);
  clock_.StepWall(-10 * kDay);
  clock_.Advance(kSecond);
  EXPECT_EQ(Fetch("/", TAPPS_NONE).status().detail().retry_after_us, wait - kSecond);
}

// S16: bounded concurrency over a synchronous client: one request in flight.
TEST_F(FetchRetryTest, ScarS16FiveRequestsToAnOriginAreUnderWayAtOnceAndNoMore) {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  const auto serving = Serve([&](int, Response& response) {
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    (void)test::Eventually([&] { return most == 5; });
    Answer(response, 200);
    --inside;
  });
  test::Collector<Result<FetchResult>> results;
  for (int i = 0; i < 10; ++i) {
    FetchRequest request;
    request.url = origin_.Url("/" + std::to_string(i));
    engine_->Fetch(std::move(request), results.Callback());
  }
  ASSERT_TRUE(results.Await(10));
  EXPECT_EQ(most, 5);
}

// S17: N callers missing one key fetched N times.
TEST_F(FetchRetryTest, ScarS17CallersOfOneUrlShareItsRequestAndItsRetries) {
  test::Door all_have_joined;
  const auto serving = Serve([&](int number, Response& response) {
    all_have_joined.Pass();
    Answer(response, number == 1 ? 503 : 200);
  });
  test::Collector<Result<FetchResult>> results;
  for (int i = 0; i < 20; ++i) {
    FetchRequest request;
    request.url = origin_.Url("/one");
    request.retries = 2;
    engine_->Fetch(std::move(request), results.Callback());
  }
  all_have_joined.Open();
  ASSERT_TRUE(results.Await(20));
  EXPECT_EQ(results[19]->status(), 200);
  EXPECT_EQ(requests_, 2);
}

TEST_F(FetchRetryTest, AQuotaOfOneCredentialLeavesOthersAlone) {
  const auto serving = Serve([this](int, Response& response) {
    Answer(response, others_requests_ > 0 ? 200 : 429, "60");
  });
  EXPECT_EQ(Fetch("/", 2, "GET", "Authorization: Bearer one")->status(), 429);
  EXPECT_EQ(Fetch("/", 2, "GET", "Authorization: Bearer one").code(), TAPPS_E_QUOTA);
  EXPECT_EQ(Fetch("/", 2, "GET", "Authorization: Bearer other")->status(), 200);
}

TEST_F(FetchRetryTest, KeysAndTokensAreCredentialsWithQuotasToo) {
  const auto serving = Serve(
      [](int number, Response& response) { Answer(response, number % 2 == 1 ? 429 : 200, "60"); });
  EXPECT_EQ(Fetch("/", 2, "GET", "X-Api-Key: one")->status(), 429);
  EXPECT_EQ(Fetch("/a", 2, "GET", "X-Api-Key: one").code(), TAPPS_E_QUOTA);
  EXPECT_EQ(Fetch("/b", 2, "GET", "X-Api-Key: other")->status(), 200);
  EXPECT_EQ(Fetch("/?token=one", 2)->status(), 429);
  EXPECT_EQ(Fetch("/c?token=one", 2).code(), TAPPS_E_QUOTA);
  EXPECT_EQ(Fetch("/d?token=other", 2)->status(), 200);
}

TEST_F(FetchRetryTest, ABudgetOfRateLimitFieldsIsKept) {
  const auto serving = Serve([](int number, Response& response) {
    Answer(response, 200);
    response.set_header("RateLimit-Remaining", std::to_string(2 - number));
    response.set_header("RateLimit-Reset", "30");
  });
  EXPECT_EQ(Fetch("/1")->status(), 200);
  EXPECT_EQ(Fetch("/2")->status(), 200);
  EXPECT_EQ(Fetch("/3").code(), TAPPS_E_QUOTA);
  EXPECT_EQ(requests_, 2);
}

TEST_F(FetchRetryTest, ACallThatIsCancelledWhileItWaitsForItsRetryIsFreedAtOnce) {
  const auto serving = Serve([](int, Response& response) { Answer(response, 503, "20"); });
  FetchRequest request;
  request.url = origin_.Url("/");
  request.retries = 2;
  std::atomic<int32_t> code = TAPPS_OK;
  const auto id =
      engine_->Fetch(std::move(request), [&](Result<FetchResult> result) { code = result.code(); });
  ASSERT_TRUE(test::Eventually([&] { return breaker()->Snapshot().totals.retries > 0; }));
  engine_->Cancel(id);
  EXPECT_EQ(code, TAPPS_E_CANCELLED);
}

}  // namespace
}  // namespace tapps::http
