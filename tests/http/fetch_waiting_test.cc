// Those who wait for an answer: together, until they leave, or until their time is up.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "http/await.h"
#include "http/fetch_fixture.h"
#include "support/process_state.h"
#include "support/raw_server.h"

namespace tapps::http {
namespace {

using test::Collector;
using test::RawServer;

class FetchWaitingTest : public FetchFixture {};

TEST_F(FetchWaitingTest, ConcurrentFetchesMakeOneRequest) {
  Serve("/", [&](const Request&, Response& response) {
    door_.Pass();
    response.set_content("one", "text/plain");
  });
  const auto serving = Start();
  Collector<Result<FetchResult>> results;
  for (int i = 0; i < 50; ++i) engine_->Fetch(Get("/"), results.Callback());
  door_.Open();
  ASSERT_TRUE(results.Await(50));
  for (size_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(results[i].ok()) << results[i].status().message();
    EXPECT_EQ(results[i]->body(), "one");
  }
  EXPECT_NE(results[49]->cache_status.find("; collapsed"), std::string::npos);
  EXPECT_EQ(requests_, 1);
}

TEST_F(FetchWaitingTest, OtherHeadersOrCredentialsAreOtherRequests) {
  Serve("/", [&](const Request& request, Response& response) {
    door_.Pass();
    response.set_content(request.get_header_value("Authorization"), "text/plain");
  });
  const auto serving = Start();
  Collector<Result<FetchResult>> results;
  engine_->Fetch(Get("/", {"Authorization: a"}), results.Callback());
  engine_->Fetch(Get("/", {"Authorization: b"}), results.Callback());
  engine_->Fetch(Get("/", {"X: y"}), results.Callback());
  door_.Open();
  ASSERT_TRUE(results.Await(3));
  EXPECT_EQ(requests_, 3);
}

TEST_F(FetchWaitingTest, WhoAsksAfterAChangeDoesNotGetTheAnswerFromBeforeIt) {
  std::atomic<int> gets = 0;
  Serve("/", [&](const Request&, Response& response) {
    const int number = ++gets;
    if (number == 1) door_.Pass();
    response.set_header("Cache-Control", "max-age=60");
    response.set_content(std::to_string(number), "text/plain");
  });
  origin_.handlers().Post("/", [](const Request&, Response&) {});
  const auto serving = Start();
  Collector<Result<FetchResult>> before;
  engine_->Fetch(Get("/"), before.Callback());
  ASSERT_TRUE(test::Eventually([&] { return gets == 1; }));
  FetchRequest post = Get("/");
  post.method = "POST";
  EXPECT_EQ(MustFetch(post).status(), 200);
  EXPECT_EQ(MustFetch("/").body(), "2");
  door_.Open();
  ASSERT_TRUE(before.Await(1));
  EXPECT_EQ(before[0]->body(), "1");
  EXPECT_EQ(MustFetch("/").body(), "2") << "the older answer is not stored over it";
}

TEST_F(FetchWaitingTest, OtherPatienceIsAnotherRequest) {
  Serve("/", [&](const Request&, Response& response) {
    door_.Pass();
    response.set_content("one", "text/plain");
  });
  const auto serving = Start();
  Collector<Result<FetchResult>> results;
  FetchRequest hasty = Get("/");
  hasty.limits.first_byte_timeout_us = kMinute;
  engine_->Fetch(hasty, results.Callback());
  engine_->Fetch(Get("/"), results.Callback());
  door_.Open();
  ASSERT_TRUE(results.Await(2));
  EXPECT_EQ(requests_, 2);
}

TEST_F(FetchWaitingTest, AFollowerThatLeavesLeavesTheOthers) {
  Serve("/", [&](const Request&, Response& response) {
    door_.Pass();
    response.set_content("one", "text/plain");
  });
  const auto serving = Start();
  Collector<Result<FetchResult>> kept;
  Collector<Result<FetchResult>> left;
  const auto first = engine_->Fetch(Get("/"), left.Callback());
  engine_->Fetch(Get("/"), kept.Callback());
  FetchRequest hasty = Get("/");
  hasty.limits.total_timeout_us = 50 * kMillisecond;
  engine_->Fetch(hasty, left.Callback());
  engine_->Cancel(first);
  ASSERT_EQ(left.count(), 1u);
  EXPECT_EQ(left[0].code(), TAPPS_E_CANCELLED);
  ASSERT_TRUE(left.Await(2));
  EXPECT_EQ(left[1].code(), TAPPS_E_TIMEOUT);
  EXPECT_EQ(kept.count(), 0u);
  door_.Open();
  ASSERT_TRUE(kept.Await(1));
  ASSERT_TRUE(kept[0].ok()) << kept[0].status().message();
  EXPECT_EQ(kept[0]->body(), "one");
  EXPECT_EQ(requests_, 1);
}

TEST_F(FetchWaitingTest, TheLastToLeaveEndsTheTransfer) {
  std::atomic<int> closed = 0;
  RawServer server([&](RawServer::Connection& peer) {
    peer.WaitForClose();
    ++closed;
  });
  Collector<Result<FetchResult>> results;
  const auto a = engine_->Fetch(Get(server.Url()), results.Callback());
  const auto b = engine_->Fetch(Get(server.Url()), results.Callback());
  ASSERT_TRUE(server.AwaitConnections(1));
  engine_->Cancel(a);
  EXPECT_EQ(closed, 0);
  engine_->Cancel(b);
  EXPECT_TRUE(test::Eventually([&] { return closed == 1; }));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(results.count(), 2u);
}

TEST_F(FetchWaitingTest, ADeadlineServesStaleContentWhereThatIsAllowed) {
  Serve("/", [&](const Request&, Response& response) {
    if (requests_ > 1) door_.Pass();
    response.set_header("Cache-Control", "max-age=60");
    response.set_content("old", "text/plain");
  });
  const auto serving = Start();
  MustFetch("/");
  clock_.Advance(61 * kSecond);
  FetchRequest request = Get("/");
  request.limits.total_timeout_us = 50 * kMillisecond;
  const FetchResult result = MustFetch(request);
  EXPECT_EQ(result.body(), "old");
  EXPECT_NE(result.warning.find("within 50 ms"), std::string::npos) << result.warning;
  door_.Open();
}

TEST_F(FetchWaitingTest, CloseEndsAllAndLeavesNoThread) {
  RawServer server([](RawServer::Connection& peer) { peer.WaitForClose(); });
  Collector<Result<FetchResult>> results;
  for (int i = 0; i < 20; ++i) {
    engine_->Fetch(Get(server.Url("/" + std::to_string(i))), results.Callback());
  }
  ASSERT_TRUE(server.AwaitConnections(5));
  engine_->Close();
  EXPECT_EQ(results.count(), 20u);
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(results[i].code(), TAPPS_E_CANCELLED);
  EXPECT_EQ(Fetch(server.Url()).code(), TAPPS_E_CLOSED);
  EXPECT_EQ(test::CountThreads("tapps-net"), 0);
}

TEST_F(FetchWaitingTest, ACallbackMayFetchAndCancel) {
  ServeText("/", "");
  const auto serving = Start();
  Collector<Result<FetchResult>> results;
  engine_->Fetch(Get("/"), [&](Result<FetchResult> first) {
    EXPECT_TRUE(first.ok());
    const auto id = engine_->Fetch(Get("/x"), results.Callback());
    engine_->Cancel(id);
    engine_->Fetch(Get("/"), results.Callback());
  });
  ASSERT_TRUE(results.Await(2));
  EXPECT_EQ(results[0].code(), TAPPS_E_CANCELLED);
  EXPECT_TRUE(results[1].ok());
}

}  // namespace
}  // namespace tapps::http
