// What users of the system before this one went through with fetches, and shall not again.
#include <gtest/gtest.h>

#include <atomic>
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

class ScarsTest : public testing::Test {
 protected:
  ~ScarsTest() override { engine_.reset(); }

  // As long as what is returned lives.
  test::HttpServer::Serving Serve(std::function<void(Response&)> handler) {
    origin_.handlers().Get("/.*", [this, handler](const Request&, Response& response) {
      ++requests_;
      handler(response);
    });
    return origin_.Start();
  }
  FetchRequest Get(const std::string& path) {
    FetchRequest request;
    request.url = origin_.Url(path);
    return request;
  }
  Result<FetchResult> Fetch(const std::string& path) { return engine_->FetchAndWait(Get(path)); }

  test::HttpServer origin_;
  std::atomic<int> requests_ = 0;
  MemoryStore store_;
  BreakerRegistry breakers_{BreakerSettings(), Clock::Real(), 1};
  std::unique_ptr<FetchEngine> engine_ =
      std::make_unique<FetchEngine>(store_, breakers_, FetchOptions());
};

TEST_F(ScarsTest, ScarS12EveryFailureIsCountedAsOne) {
  const auto serving = Serve([](Response& response) { response.status = 503; });
  int refused = 0;
  for (int i = 0; i < 10; ++i) {
    refused += Fetch("/" + std::to_string(i)).code() == TAPPS_E_OPEN_CIRCUIT ? 1 : 0;
  }
  EXPECT_EQ(requests_, 5) << "the breaker saw the failures and opened";
  EXPECT_EQ(refused, 5);
}

TEST_F(ScarsTest, ScarS14WordsAndRefusalsOpenNoBreaker) {
  std::atomic<int> status = 200;
  const auto serving = Serve([&](Response& response) {
    response.status = status;
    response.set_content("429 Too Many Requests: quota, error 500, timeout", "text/plain");
  });
  for (const int code : {200, 401, 402, 403, 404, 429}) {
    status = code;
    for (int i = 0; i < 10; ++i) {
      const auto result = Fetch("/" + std::to_string(code) + "/" + std::to_string(i));
      ASSERT_TRUE(result.ok() || result.code() == TAPPS_E_QUOTA) << result.status().message();
    }
  }
  status = 200;
  EXPECT_NE(Fetch("/again").code(), TAPPS_E_OPEN_CIRCUIT);
}

TEST_F(ScarsTest, ScarS16FiveAtATimeAreFiveAtATime) {
  std::atomic<int> inside = 0;
  test::Door all_in;
  const auto serving = Serve([&](Response& response) {
    if (++inside == 5) all_in.Open();
    all_in.Pass();  // until the five are here together
    response.set_content("x", "text/plain");
  });
  test::Collector<bool> results;
  for (int i = 0; i < 5; ++i) {
    engine_->Fetch(Get("/" + std::to_string(i)),
                   [results](Result<FetchResult> result) mutable { results.Add(result.ok()); });
  }
  ASSERT_TRUE(results.Await(5));
  for (size_t i = 0; i < 5; ++i) EXPECT_TRUE(results[i]);
}

TEST_F(ScarsTest, ScarS16ATimeoutIsWhatItSays) {
  test::Door never;
  const auto serving = Serve([&](Response&) { never.Pass(); });
  FetchRequest request = Get("/");
  request.limits.total_timeout_us = 100 * kMillisecond;
  const int64_t begin = Clock::Real().MonotonicNow();
  EXPECT_EQ(engine_->FetchAndWait(std::move(request)).code(), TAPPS_E_TIMEOUT);
  EXPECT_LT(Clock::Real().MonotonicNow() - begin, 5 * kSecond);
  never.Open();
}

TEST_F(ScarsTest, ScarS17ManyCallersOfOneUrlMakeOneRequest) {
  test::Door door;
  const auto serving = Serve([&](Response& response) {
    door.Pass();
    response.set_header("Cache-Control", "max-age=60");
    response.set_content("once", "text/plain");
  });
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] {
      const auto result = Fetch("/");
      right += result.ok() && result->body() == "once" ? 1 : 0;
    });
  }
  EXPECT_TRUE(test::Eventually([&] { return requests_ > 0; }));
  door.Open();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 64);
  EXPECT_EQ(requests_, 1);
}

TEST_F(ScarsTest, ScarS17WhatAnOriginLacksIsAskedForOnce) {
  const auto serving = Serve([](Response& response) { response.status = 404; });
  for (int i = 0; i < 10; ++i) {
    FetchRequest request = Get("/lacking");
    request.ttl_us = kMinute;
    const auto result = engine_->FetchAndWait(std::move(request));
    ASSERT_TRUE(result.ok()) << result.status().message();
    EXPECT_EQ(result->status(), 404);
  }
  EXPECT_EQ(requests_, 1);
}

TEST_F(ScarsTest, ScarS21AStartAsksNobodyAndOfflineIsNoFailure) {
  const auto serving = Serve([](Response& response) {
    response.set_header("Cache-Control", "max-age=60");
    response.set_content("stored", "text/plain");
  });
  ASSERT_TRUE(Fetch("/").ok());
  EXPECT_EQ(requests_, 1);
  FetchOptions offline;
  offline.offline = true;
  const int64_t begin = Clock::Real().MonotonicNow();
  engine_ = std::make_unique<FetchEngine>(store_, breakers_, offline);
  const auto stored = Fetch("/");
  ASSERT_TRUE(stored.ok()) << stored.status().message();
  EXPECT_EQ(stored->body(), "stored");
  EXPECT_EQ(Fetch("/other").code(), TAPPS_E_OFFLINE);
  EXPECT_FALSE(engine_->network_started());
  EXPECT_LT(Clock::Real().MonotonicNow() - begin, 2 * kSecond);
  EXPECT_EQ(requests_, 1);
}

}  // namespace
}  // namespace tapps::http
