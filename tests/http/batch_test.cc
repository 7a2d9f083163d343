#include "http/batch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/await.h"
#include "http/memory_store.h"
#include "support/http_server.h"

namespace tapps::http {
namespace {

using httplib::Request;
using httplib::Response;

class BatchTest : public testing::Test {
 protected:
  ~BatchTest() override { engine_.reset(); }

  std::vector<FetchRequest> Urls(int count, const std::string& path = "/n/") {
    std::vector<FetchRequest> requests(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      requests[static_cast<size_t>(i)].url = origin_.Url(path + std::to_string(i));
    }
    return requests;
  }
  // Every result as "PLACE BODY" or "PLACE CODE".
  std::shared_ptr<Batch> Start(std::vector<FetchRequest> requests, size_t parallel,
                               bool in_order = false) {
    auto batch =
        Batch::Make(*engine_, std::move(requests), parallel, in_order,
                    [results = results_](size_t index, Result<FetchResult> result) mutable {
                      results.Add(std::to_string(index) + " " +
                                  (result.ok() ? std::string(result->body())
                                               : std::string(CodeName(result.code()))));
                    });
    batch->Start();
    return batch;
  }

  test::HttpServer origin_;
  MemoryStore store_;
  BreakerSettings settings_ = [] {
    BreakerSettings settings;
    settings.max_concurrency = 64;
    return settings;
  }();
  BreakerRegistry breakers_{settings_, Clock::Real(), 1};
  test::Collector<std::string> results_;
  std::unique_ptr<FetchEngine> engine_ =
      std::make_unique<FetchEngine>(store_, breakers_, FetchOptions());
};

TEST_F(BatchTest, AsManyAreUnderWayAsWasAsked) {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  origin_.handlers().Get("/n/.*", [&](const Request& request, Response& response) {
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    // Long enough for the others to come, if there were others.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    --inside;
    response.set_content(request.path.substr(3), "text/plain");
  });
  const auto serving = origin_.Start();
  Start(Urls(30), 3);
  ASSERT_TRUE(results_.Await(30));
  EXPECT_LE(most, 3);
  EXPECT_GT(most, 1);
}

TEST_F(BatchTest, OrderIsKeptOnRequest) {
  test::Door door;
  origin_.handlers().Get("/n/.*", [&](const Request& request, Response& response) {
    if (request.path == "/n/0") door.Pass();
    response.set_content(request.path.substr(3), "text/plain");
  });
  const auto serving = origin_.Start();
  Start(Urls(5), 2, true);
  EXPECT_EQ(results_.count(), 0u) << "the first is not there yet";
  door.Open();
  ASSERT_TRUE(results_.Await(5));
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(results_[i], std::to_string(i) + " " + std::to_string(i));
  }
}

TEST_F(BatchTest, ThousandsOfHitsDoNotPileUp) {
  auto stored = std::make_shared<StoredResponse>();
  stored->status = 200;
  stored->headers.AddLine("Cache-Control: max-age=60");
  stored->body = Value::Make("hit", ValueInfo());
  stored->request_time_us = stored->response_time_us = Clock::Real().WallNow();
  store_.Put("http://cached/", stored, Storage::kAnywhere);
  std::vector<FetchRequest> requests(10'000);
  for (FetchRequest& request : requests) request.url = "http://cached/";
  Start(std::move(requests), 4, true);
  ASSERT_TRUE(results_.Await(10'000));
  EXPECT_EQ(results_[9'999], "9999 hit");
  EXPECT_FALSE(engine_->network_started());
}

TEST_F(BatchTest, OneCanBeCancelledWhetherItHasBegunOrNot) {
  test::Door door;
  origin_.handlers().Get("/n/.*", [&](const Request& request, Response& response) {
    door.Pass();
    response.set_content(request.path.substr(3), "text/plain");
  });
  const auto serving = origin_.Start();
  const auto batch = Start(Urls(3), 1);
  batch->Cancel(2);
  ASSERT_TRUE(results_.Await(1));
  EXPECT_EQ(results_[0], "2 CANCELLED");
  batch->Cancel(0);
  ASSERT_TRUE(results_.Await(2));
  EXPECT_EQ(results_[1], "0 CANCELLED");
  door.Open();
  ASSERT_TRUE(results_.Await(3));
  EXPECT_EQ(results_[2], "1 1");
  batch->Cancel(1);
  batch->Cancel(99);
  EXPECT_EQ(results_.count(), 3u);
}

TEST_F(BatchTest, OneThatFailsDoesNotKeepTheOthers) {
  origin_.handlers().Get("/n/.*", [](const Request&, Response& response) {
    response.set_content("ok", "text/plain");
  });
  const auto serving = origin_.Start();
  std::vector<FetchRequest> requests = Urls(3);
  requests[1].url = "http://127.0.0.1:1/";
  Start(std::move(requests), 1, true);
  ASSERT_TRUE(results_.Await(3));
  EXPECT_EQ(results_[0], "0 ok");
  EXPECT_EQ(results_[1], "1 NETWORK");
  EXPECT_EQ(results_[2], "2 ok");
}

}  // namespace
}  // namespace tapps::http
