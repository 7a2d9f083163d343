// Fetches by way of a proxy: what it is told, what it is not asked for, and tunnels.
#include <gtest/gtest.h>

#include <string>

#include "http/fetch_fixture.h"
#include "support/raw_server.h"

namespace tapps::http {
namespace {

using test::RawServer;

class ProxyTest : public FetchFixture {
 protected:
  // Fetches go by this proxy, but for the hosts in `no_proxy`.
  void Use(const std::string& proxy, const std::string& no_proxy = "") {
    FetchOptions options;
    options.network.proxy = proxy;
    options.network.no_proxy = no_proxy;
    Renew(std::move(options));
  }

  test::Collector<std::string> seen_;
  RawServer proxy_{[this](RawServer::Connection& peer) {
    for (std::string request = peer.ReadRequest(); !request.empty(); request = peer.ReadRequest()) {
      seen_.Add(request);
      peer.Write(
          "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 7\r\n\r\nproxied");
    }
  }};
};

TEST_F(ProxyTest, GetsWhatNoNameHereStandsFor) {
  Use(proxy_.Url(""));
  const FetchResult result = MustFetch("http://nowhere.invalid/page?a=1", {"X-One: 1"});
  EXPECT_EQ(result.body(), "proxied");
  EXPECT_EQ(result.served_from, TAPPS_FROM_NETWORK);
  EXPECT_EQ(result.final_url, "http://nowhere.invalid/page?a=1");
  ASSERT_TRUE(seen_.Await(1));
  EXPECT_TRUE(
      seen_[0].starts_with("GET http://nowhere.invalid/page?a=1 HTTP/1.1\r\n"
                           "Host: nowhere.invalid\r\n"))
      << seen_[0];
  EXPECT_NE(seen_[0].find("\r\nX-One: 1\r\n"), std::string::npos) << seen_[0];

  EXPECT_EQ(MustFetch("http://nowhere.invalid/page?a=1").served_from, TAPPS_FROM_MEMORY)
      << "cached under its own URL";
  EXPECT_EQ(MustFetch("http://other.invalid/").body(), "proxied");
  EXPECT_EQ(seen_.count(), 2u);
  EXPECT_EQ(proxy_.connections(), 1) << "one connection serves all origins";
}

TEST_F(ProxyTest, IsToldItsOwnCredentialsAndTheOriginIsNot) {
  Use("http://user:p%40ss@127.0.0.1:" + std::to_string(proxy_.port()), "127.0.0.1");
  (void)MustFetch("http://nowhere.invalid/");
  ASSERT_TRUE(seen_.Await(1));
  EXPECT_NE(seen_[0].find("\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n"), std::string::npos)
      << seen_[0];  // "user:p@ss"

  Serve("/", [&](const Request& request, Response& response) {
    const std::string told = request.get_header_value("Proxy-Authorization");
    response.set_content("told: " + told, "text/plain");
  });
  const auto serving = Start();
  EXPECT_EQ(MustFetch("/").body(), "told: ");
  engine_.reset();
}

TEST_F(ProxyTest, HostsOnTheListAreReachedWithoutIt) {
  ServeText("/", "no-store", "direct");
  const auto serving = Start();
  for (const char* list : {"127.0.0.1", "example.test, 127.0.0.1", "*"}) {
    Use(proxy_.Url(""), list);
    EXPECT_EQ(MustFetch("/").body(), "direct") << list;
  }
  EXPECT_EQ(proxy_.connections(), 0);
  Use(proxy_.Url(""), "example.test");
  EXPECT_EQ(MustFetch("/").body(), "proxied") << "this machine's own addresses too";
  Use(proxy_.Url(""), "invalid");
  EXPECT_EQ(Fetch("http://nowhere.invalid/").code(), TAPPS_E_NETWORK)
      << "a domain stands for the hosts in it";
  engine_.reset();
}

// An outage of the proxy is this process's own affair: nobody else is told that the origin is down.
TEST_F(ProxyTest, ThatIsDownOrRefusesIsAClearError) {
  Use("http://127.0.0.1:1");
  Result<FetchResult> result = Fetch("http://nowhere.invalid/");
  EXPECT_EQ(result.code(), TAPPS_E_NETWORK);
  EXPECT_NE(result.status().message().find("nowhere.invalid"), std::string_view::npos)
      << result.status().message();

  RawServer refusing([](RawServer::Connection& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  Use(refusing.Url(""));
  result = Fetch("https://nowhere.invalid/");
  EXPECT_EQ(result.code(), TAPPS_E_NETWORK) << "no tunnel, no answer";
  EXPECT_EQ(MustFetch("http://nowhere.invalid/").status(), 403) << "its word for the origin's";
  engine_.reset();
}

}  // namespace
}  // namespace tapps::http
