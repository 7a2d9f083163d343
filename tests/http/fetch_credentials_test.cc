// Where credentials go, and what is kept of the answers to them.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "http/await.h"
#include "http/fetch_fixture.h"
#include "support/raw_server.h"

namespace tapps::http {
namespace {

using test::Collector;
using test::RawServer;

class FetchCredentialsTest : public FetchFixture {};

TEST_F(FetchCredentialsTest, SecretsStayWithTheirOrigin) {
  Collector<std::string> seen;
  RawServer other([&](RawServer::Connection& peer) {
    seen.Add(peer.ReadRequest());
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  Serve("/same", [](const Request&, Response& response) { response.set_redirect("/there", 302); });
  Serve("/there", [&](const Request& request, Response& response) {
    EXPECT_EQ(request.get_header_value("Cookie"), "c=hush");
    EXPECT_EQ(request.get_header_value("Authorization"), "Basic bWU6aHVzaA==");
    response.set_redirect(other.Url("/x"), 307);
  });
  const auto serving = Start();
  FetchRequest request = Get("/same", {"Cookie: c=hush", "X-Api-Key: hush", "X-Plain: ok"});
  request.url = "http://me:hush@127.0.0.1:" + std::to_string(origin_.port()) + "/same";
  const FetchResult result = MustFetch(request);
  EXPECT_EQ(result.final_url, other.Url("/x"));
  ASSERT_TRUE(seen.Await(1));
  EXPECT_EQ(seen[0].find("hush"), std::string::npos) << seen[0];
  EXPECT_EQ(seen[0].find("Authorization"), std::string::npos) << seen[0];
  EXPECT_NE(seen[0].find("X-Plain: ok"), std::string::npos) << seen[0];
}

// Tells what would reach a disk.
class SpyStore : public MemoryStore {
 public:
  bool Put(std::string_view key, StoredRef response, Storage where) override {
    (where == Storage::kMemory ? in_memory : on_disk) +=
        std::string(key) + "\n" + response->headers.text() + response->selecting.text();
    return MemoryStore::Put(key, response, where);
  }
  std::string on_disk;
  std::string in_memory;
};
TEST_F(FetchCredentialsTest, AnswersToCredentialsStayInMemoryAndApart) {
  SpyStore spy;
  FetchEngine engine(spy, *breakers_, FetchOptions(), clock_);
  Serve("/", [](const Request& request, Response& response) {
    response.set_header("Cache-Control", "max-age=60");
    response.set_header("Set-Cookie", "session=crumb");
    response.set_header("Vary", "Accept");
    response.set_content(request.get_header_value("Authorization"), "text/plain");
  });
  const auto serving = Start();
  const auto body = [&](FetchRequest request) {
    const auto result = engine.FetchAndWait(std::move(request));
    return result.ok() ? std::string(result->body()) : std::string(result.status().message());
  };
  EXPECT_EQ(body(Get("/")), "");
  EXPECT_EQ(body(Get("/", {"Authorization: hush1"})), "hush1");
  EXPECT_EQ(body(Get("/", {"Authorization: hush2"})), "hush2");
  EXPECT_EQ(body(Get("/", {"Authorization: hush1"})), "hush1");
  EXPECT_EQ(requests_, 3);
  body(Get("/?api_key=hush"));
  body(Get("/", {"Cookie: hush"}));
  EXPECT_EQ(spy.on_disk.find("hush"), std::string::npos) << spy.on_disk;
  EXPECT_EQ(spy.in_memory.find("hush"), std::string::npos) << spy.in_memory;
  EXPECT_NE(spy.on_disk, "");
  engine.Close();
}

TEST_F(FetchCredentialsTest, ErrorsNameTheHostButNoSecret) {
  int port = 0;
  {
    RawServer gone([](RawServer::Connection&) {});
    port = gone.port();
  }
  const std::string host = "127.0.0.1:" + std::to_string(port);
  const auto result = Fetch("http://me:hush@" + host + "/hush?token=hush", {"Cookie: hush"});
  ASSERT_EQ(result.code(), TAPPS_E_NETWORK);
  EXPECT_NE(result.status().message().find(host), std::string::npos);
  EXPECT_EQ(result.status().message().find("hush"), std::string::npos) << result.status().message();
  EXPECT_EQ(Fetch("ftp://me:hush@h/").code(), TAPPS_E_INVALID);
}

}  // namespace
}  // namespace tapps::http
