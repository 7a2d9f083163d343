// Fetches over TLS and HTTP/2, from Debian's nginx with certificates made for the test.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "http/await.h"
#include "http/curl_api.h"
#include "http/fetch.h"
#include "http/memory_store.h"
#include "support/raw_server.h"
#include "support/tls_server.h"

namespace tapps::http {
namespace {

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = test::TlsServer::Missing(); !why.empty()) {
      const char* ci = std::getenv("CI");
      if (ci != nullptr && std::string_view(ci) == "true") FAIL() << why;
      GTEST_SKIP() << "SKIP: TLS: " << why << " (tools/setup --all)";
    }
    server_.emplace();
    Open(server_->ca_file());
    ASSERT_TRUE(test::Eventually([this] { return Fetch("/up").ok(); })) << "nginx does not answer";
  }
  ~TlsTest() override { engine_.reset(); }

  void Open(const std::string& ca_file, const std::string& proxy = "") {
    FetchOptions options;
    options.network.ca_file = ca_file;
    options.network.proxy = proxy;
    engine_.reset();
    breakers_ = std::make_unique<BreakerRegistry>(settings_, Clock::Real(), 1);
    engine_ = std::make_unique<FetchEngine>(store_, *breakers_, options);
  }
  FetchRequest Ask(const std::string& path, const std::string& host = "localhost") {
    FetchRequest request;
    request.url = server_->Url(path, host);
    request.policy = TAPPS_FETCH_NO_STORE;
    return request;
  }
  Result<FetchResult> Fetch(const std::string& path, const std::string& host = "localhost") {
    return engine_->FetchAndWait(Ask(path, host));
  }

  std::optional<test::TlsServer> server_;
  MemoryStore store_;
  BreakerSettings settings_ = [] {
    BreakerSettings settings;
    settings.failure_threshold = 1 << 20;
    settings.max_concurrency = 64;
    return settings;
  }();
  std::unique_ptr<BreakerRegistry> breakers_;
  std::unique_ptr<FetchEngine> engine_;
};

TEST_F(TlsTest, ManyFetchesShareOneHttp2Connection) {
  const Result<const CurlApi*> curl = LoadCurl();
  ASSERT_TRUE(curl.ok());
  if (((*curl)->features & CURL_VERSION_HTTP2) == 0) GTEST_SKIP() << "SKIP: libcurl without HTTP/2";
  test::Collector<std::string> bodies;
  for (int i = 0; i < 20; ++i) {
    engine_->Fetch(Ask("/" + std::to_string(i)), [bodies](Result<FetchResult> result) mutable {
      bodies.Add(result.ok() ? std::string(result->body())
                             : std::string(result.status().message()));
    });
  }
  ASSERT_TRUE(bodies.Await(20));
  std::set<std::string> connections;
  for (size_t i = 0; i < 20; ++i) connections.insert(bodies[i]);
  EXPECT_EQ(connections.size(), 1u) << *connections.begin() << ", " << *connections.rbegin();
  EXPECT_TRUE(connections.begin()->starts_with("HTTP/2")) << *connections.begin();
}

TEST_F(TlsTest, CertificatesAreVerified) {
  Result<FetchResult> result = Fetch("/", "127.0.0.1");
  EXPECT_EQ(result.code(), TAPPS_E_NETWORK) << "a name the certificate is not for";
  EXPECT_NE(result.status().message().find("TLS failed"), std::string_view::npos)
      << result.status().message();
  Open("");
  result = Fetch("/");
  EXPECT_EQ(result.code(), TAPPS_E_NETWORK) << "an authority the system does not know";
  EXPECT_NE(result.status().message().find("TLS failed"), std::string_view::npos)
      << result.status().message();
  Open(server_->ca_file() + ".missing");
  EXPECT_EQ(Fetch("/").code(), TAPPS_E_NETWORK);
}

TEST_F(TlsTest, NoRedirectLeadsOutOfTls) {
  const Result<FetchResult> result = Fetch("/down");
  EXPECT_EQ(result.code(), TAPPS_E_PROTOCOL);
  EXPECT_NE(result.status().message().find("from https to http"), std::string_view::npos)
      << result.status().message();
}

// What passes is the origin's TLS: the proxy hears a name and a port, and is not trusted with more.
TEST_F(TlsTest, AProxyIsATunnel) {
  test::Collector<std::string> asked;
  test::RawServer proxy([&](test::RawServer::Connection& peer) {
    asked.Add(peer.ReadRequest());
    peer.Write("HTTP/1.1 200 Connection established\r\n\r\n");
    peer.TunnelTo(server_->port());
  });
  Open(server_->ca_file(), proxy.Url(""));
  FetchRequest request = Ask("/secret?token=hush");
  request.headers.AddLine("Authorization: Bearer hush");
  const Result<FetchResult> result = engine_->FetchAndWait(std::move(request));
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_TRUE(result->body().starts_with("HTTP/")) << result->body();
  ASSERT_TRUE(asked.Await(1));
  EXPECT_TRUE(asked[0].starts_with("CONNECT localhost:" + std::to_string(server_->port())))
      << asked[0];
  EXPECT_EQ(asked[0].find("hush"), std::string::npos) << asked[0];
  Open("", proxy.Url(""));
  EXPECT_EQ(Fetch("/").code(), TAPPS_E_NETWORK) << "the certificate is verified all the same";
  engine_.reset();
}

}  // namespace
}  // namespace tapps::http
