#include "http/flights.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "http/await.h"
#include "http/fetch.h"
#include "http/memory_store.h"
#include "support/http_server.h"

namespace tapps::http {
namespace {

// A store that lets something happen between a look at it and what the caller makes of that.
class SlowStore : public MemoryStore {
 public:
  Found Find(std::string_view key, const Headers& request, Look look) override {
    Found found = MemoryStore::Find(key, request, look);
    if (const auto hook = std::exchange(after_next_find, nullptr)) hook();
    return found;
  }

  std::function<void()> after_next_find;
};

class FlightsTest : public testing::Test {
 protected:
  FlightsTest() {
    origin_.handlers().Get("/.*", [this](const httplib::Request& request, auto& response) {
      ++requests_;
      response.set_header("Cache-Control", cache_control_);
      response.set_header("ETag", "\"1\"");
      if (request.has_header("If-None-Match")) {
        response.status = 304;
        return;
      }
      response.set_content("body", "text/plain");
    });
    serving_ = origin_.Start();
  }
  Result<FetchResult> Fetch(int32_t policy = TAPPS_FETCH_DEFAULT) {
    FetchRequest request;
    request.url = origin_.Url("/");
    request.policy = policy;
    return engine_.FetchAndWait(std::move(request));
  }

  std::atomic<int> requests_ = 0;
  std::string cache_control_ = "max-age=60";
  test::HttpServer origin_;
  SlowStore store_;
  BreakerRegistry breakers_{BreakerSettings(), Clock::Real(), 1};
  FetchEngine engine_{store_, breakers_, FetchOptions()};
  test::HttpServer::Serving serving_;
};

// The caller looks, and misses; a whole flight of somebody else lands; then the caller goes on.
TEST_F(FlightsTest, AFlightThatLandedMeanwhileIsNotFlownAgain) {
  store_.after_next_find = [this] { ASSERT_TRUE(Fetch().ok()); };
  const auto late = Fetch();
  ASSERT_TRUE(late.ok()) << late.status().message();
  EXPECT_EQ(late->body(), "body");
  EXPECT_EQ(late->served_from, TAPPS_FROM_MEMORY);
  EXPECT_EQ(requests_, 1);
}

TEST_F(FlightsTest, WhatWasValidatedMeanwhileIsNotValidatedAgain) {
  cache_control_ = "max-age=0";
  ASSERT_TRUE(Fetch().ok());
  cache_control_ = "max-age=60";
  store_.after_next_find = [this] { ASSERT_TRUE(Fetch().ok()); };
  const auto late = Fetch();
  ASSERT_TRUE(late.ok()) << late.status().message();
  EXPECT_EQ(late->served_from, TAPPS_FROM_MEMORY);
  EXPECT_EQ(requests_, 2);
}

TEST_F(FlightsTest, WhatCameMeanwhileAndIsStaleIsServedAndRefreshedBehind) {
  cache_control_ = "max-age=0, stale-while-revalidate=60";
  store_.after_next_find = [this] { ASSERT_TRUE(Fetch().ok()); };
  const auto late = Fetch();
  ASSERT_TRUE(late.ok()) << late.status().message();
  EXPECT_EQ(late->served_from, TAPPS_FROM_MEMORY);
  EXPECT_TRUE(test::Eventually([this] { return requests_ == 2; }));
}

TEST_F(FlightsTest, WhoWantsTheOriginsOwnWordGetsIt) {
  ASSERT_TRUE(Fetch().ok());
  for (const int32_t policy : {TAPPS_FETCH_RELOAD, TAPPS_FETCH_NO_CACHE, TAPPS_FETCH_NO_STORE}) {
    const int before = requests_;
    store_.after_next_find = [this] { ASSERT_TRUE(Fetch(TAPPS_FETCH_RELOAD).ok()); };
    ASSERT_TRUE(Fetch(policy).ok());
    const int hooked = store_.after_next_find == nullptr ? 1 : 0;  // RELOAD never looks
    EXPECT_EQ(requests_, before + 1 + hooked) << policy;
    store_.after_next_find = nullptr;
  }
}

}  // namespace
}  // namespace tapps::http
