// An origin whose name comes to stand for another address, and connections that die in the pool.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/await.h"
#include "http/fetch.h"
#include "http/memory_store.h"
#include "support/raw_server.h"

namespace tapps::http {
namespace {

// What the name "moves.test" stands for, and how often somebody wanted to know.
std::atomic<const char*> moves_to = "127.0.0.1";
std::atomic<int> questions = 0;

}  // namespace
}  // namespace tapps::http

// In place of the C library's, for libcurl too, which finds the program's functions first.
extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* node,
                                                                  const char* service,
                                                                  const addrinfo* hints,
                                                                  addrinfo** found) {
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (node == nullptr || std::string(node) != "moves.test") {
    return real(node, service, hints, found);
  }
  ++tapps::http::questions;
  addrinfo numeric = hints != nullptr ? *hints : addrinfo{};
  numeric.ai_family = AF_INET;
  numeric.ai_flags |= AI_NUMERICHOST;
  return real(tapps::http::moves_to, service, &numeric, found);
}

namespace tapps::http {
namespace {

using Connection = test::RawServer::Connection;

class NetworkChangeTest : public testing::Test {
 protected:
  NetworkChangeTest() { moves_to = "127.0.0.1"; }

  Result<FetchResult> Fetch(int port, int32_t retries, const std::string& path = "/") {
    FetchRequest request;
    request.url = "http://moves.test:" + std::to_string(port) + path;
    request.retries = retries;
    return engine_.FetchAndWait(std::move(request));
  }
  static void Answer(Connection& peer, const std::string& body) {
    peer.Write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  static test::RawServer::Script Always(const std::string& body) {
    return [body](Connection& peer) {
      while (!peer.ReadRequest().empty()) Answer(peer, body);
    };
  }

  MemoryStore store_;
  BreakerRegistry breakers_{BreakerSettings{.failure_threshold = 100}, Clock::Real(), 1};
  FetchEngine engine_{store_, breakers_, FetchOptions()};
};

TEST_F(NetworkChangeTest, AnOriginThatMovedIsLookedForAgainByTheSecondAttempt) {
  auto first = std::make_unique<test::RawServer>(Always("here"));
  const int port = first->port();
  EXPECT_EQ(Fetch(port, 0, "/1")->body(), "here");
  const int asked = questions;
  EXPECT_EQ(Fetch(port, 0, "/2")->body(), "here");
  EXPECT_EQ(questions, asked) << "what is well is not asked for again";
  first.reset();
  const test::RawServer second(Always("there"), "127.0.0.2", port);
  moves_to = "127.0.0.2";
  const auto moved = Fetch(port, 1, "/3");
  ASSERT_TRUE(moved.ok()) << moved.status().message();
  EXPECT_EQ(moved->body(), "there");
}

TEST_F(NetworkChangeTest, WithoutRetriesTheNextFetchFindsIt) {
  auto first = std::make_unique<test::RawServer>(Always("here"));
  const int port = first->port();
  EXPECT_EQ(Fetch(port, 0, "/1")->body(), "here");
  first.reset();
  const test::RawServer second(Always("there"), "127.0.0.2", port);
  moves_to = "127.0.0.2";
  (void)Fetch(port, 0, "/2");
  const auto moved = Fetch(port, 0, "/3");
  ASSERT_TRUE(moved.ok()) << moved.status().message();
  EXPECT_EQ(moved->body(), "there");
}

TEST_F(NetworkChangeTest, AMoveInMidDownloadLeavesNoPart) {
  auto first = std::make_unique<test::RawServer>([](Connection& peer) {
    peer.ReadRequest();
    moves_to = "127.0.0.2";
    peer.Write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 9\r\n\r\nhalf");
  });
  const int port = first->port();
  const test::RawServer second(Always("the whole"), "127.0.0.2", port);
  const auto cut = Fetch(port, 0);
  EXPECT_EQ(cut.code(), TAPPS_E_NETWORK);
  EXPECT_EQ(store_
                .Find("http://moves.test:" + std::to_string(port) + "/", Headers(),
                      ResponseStore::Look::kFirst)
                .response,
            nullptr);
  moves_to = "127.0.0.1";
  const auto whole = Fetch(port, 1);
  ASSERT_TRUE(whole.ok()) << whole.status().message();
  EXPECT_EQ(whole->body(), "the whole");
  EXPECT_EQ(Fetch(port, 0)->served_from, TAPPS_FROM_MEMORY);
}

// Each connection answers once and is closed by the next request.
TEST_F(NetworkChangeTest, OfManyDeadConnectionsOneIsTried) {
  constexpr int kPool = 4;
  std::atomic<int> requests = 0;
  std::atomic<int> inside = 0;
  test::RawServer server([&](Connection& peer) {
    if (peer.ReadRequest().empty()) return;
    ++requests;
    if (++inside <= kPool) (void)test::Eventually([&] { return inside >= kPool; });
    Answer(peer, "body");
    if (!peer.ReadRequest().empty()) ++requests;
  });
  test::Collector<bool> results;
  for (int i = 0; i < kPool; ++i) {
    FetchRequest request;
    request.url = server.Url("/" + std::to_string(i));
    engine_.Fetch(std::move(request),
                  [results](Result<FetchResult> result) mutable { results.Add(result.ok()); });
  }
  ASSERT_TRUE(results.Await(kPool));
  FetchRequest request;
  request.url = server.Url("/again");
  request.retries = 1;
  const auto again = engine_.FetchAndWait(std::move(request));
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(again->body(), "body");
  EXPECT_EQ(requests, kPool + 2) << "once on a dead connection, once on a new one";
  FetchRequest post;
  post.url = server.Url("/post");
  post.method = "POST";
  post.body = Value::Make("x", {});
  post.retries = 1;
  EXPECT_EQ(engine_.FetchAndWait(std::move(post)).code(), TAPPS_E_NETWORK) << "never sent twice";
  EXPECT_EQ(requests, kPool + 3);
}

}  // namespace
}  // namespace tapps::http
