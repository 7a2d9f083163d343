// Open options that say how fetches reach their origins, and whose cache it is.
#include <atomic>
#include <cstdlib>

#include "capi/records.h"
#include "support/http_server.h"
#include "support/raw_server.h"
#include "support/tls_server.h"
#include "support/turkish_locale.h"

namespace tapps::capi {
namespace {

class FetchNetworkTest : public ::testing::Test {
 protected:
  ~FetchNetworkTest() override { tapps_cache_close(cache_.get(), 0, nullptr); }

  void OpenWith(const tapps_open_options& options) {
    tapps_cache_close(cache_.get(), 0, nullptr);
    std::string message;
    cache_ = Open(dir_.File("cache.db"), &options, nullptr, &message);
    ASSERT_NE(cache_, nullptr) << message;
  }
  Answer Fetch(const std::string& url, const char* headers = nullptr, int32_t policy = 0) {
    tapps_fetch_options options{};
    options.struct_size = sizeof options;
    options.headers = headers;
    options.policy = policy;
    return Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_cache_fetch(cache_.get(), url.c_str(), &options, value, data, size, err);
    });
  }
  Answer Stats() {
    return Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_cache_stats(cache_.get(), value, data, size, err);
    });
  }

  test::TempDir dir_;
  CacheHandle cache_;
};

TEST_F(FetchNetworkTest, AProxyIsUsedButForTheHostsThatNeedNone) {
  std::atomic<int> direct = 0;
  test::HttpServer origin;
  origin.handlers().Get("/", [&](const httplib::Request&, httplib::Response& response) {
    ++direct;
    response.set_content("direct", "text/plain");
  });
  const auto serving = origin.Start();
  test::RawServer proxy([](test::RawServer::Connection& peer) {
    while (!peer.ReadRequest().empty()) {
      peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nproxied");
    }
  });
  const std::string url = proxy.Url("");
  tapps_open_options options = OpenOptions();
  options.proxy = url.c_str();
  options.no_proxy = "127.0.0.1,localhost";
  OpenWith(options);
  EXPECT_EQ(Fetch("http://nowhere.invalid/").str(), "proxied");
  EXPECT_EQ(Fetch(origin.Url("/")).str(), "direct");
  EXPECT_EQ(direct, 1);
  options.no_proxy = nullptr;
  OpenWith(options);
  EXPECT_EQ(Fetch(origin.Url("/"), nullptr, TAPPS_FETCH_RELOAD).str(), "proxied");
  cache_.reset();
}

TEST_F(FetchNetworkTest, OfAnAuthorityOfTheHostsCertificatesAreTaken) {
  if (const std::string why = test::TlsServer::Missing(); !why.empty()) {
    const char* ci = std::getenv("CI");
    if (ci != nullptr && std::string_view(ci) == "true") FAIL() << why;
    GTEST_SKIP() << "SKIP: TLS: " << why << " (tools/setup --all)";
  }
  const test::TlsServer origin;
  const std::string ca_file = origin.ca_file();
  tapps_open_options options = OpenOptions();
  options.ca_file = ca_file.c_str();
  options.break_failures = 1000;
  OpenWith(options);
  EXPECT_TRUE(Eventually([&] { return Fetch(origin.Url("/")).code == TAPPS_OK; }));
  options.ca_file = nullptr;
  OpenWith(options);
  const Answer unknown = Fetch(origin.Url("/other"));
  EXPECT_EQ(unknown.code, TAPPS_E_NETWORK);
  EXPECT_HAS(unknown.error, "TLS failed");
  const std::string missing = dir_.File("missing.pem");
  options.ca_file = missing.c_str();
  OpenWith(options);
  const Answer unread = Fetch(origin.Url("/other"));
  EXPECT_EQ(unread.code, TAPPS_E_NETWORK);
  EXPECT_HAS(unread.error, "TLS failed");
  cache_.reset();
}

// RFC 9111 3, 3.5, 5.2.2.7, 5.2.2.10.
TEST_F(FetchNetworkTest, ASharedCacheObeysWhatIsForSharedCaches) {
  std::atomic<int> requests = 0;
  test::HttpServer origin;
  origin.handlers().Get("/(.*)", [&](const httplib::Request& request, httplib::Response& response) {
    ++requests;
    response.set_header("Cache-Control", request.get_header_value("X-Wanted"));
    response.set_content("body", "text/plain");
  });
  const auto serving = origin.Start();
  struct Case {
    const char* cache_control;
    const char* headers;
    int asked_by_private;  // for two fetches
    int asked_by_shared;
  };
  const Case cases[] = {
      {"private,max-age=60", "", 1, 2},
      {"max-age=60,s-maxage=0", "", 1, 2},
      {"max-age=0,s-maxage=60", "", 2, 1},
      {"max-age=60", "", 1, 1},
      {"max-age=60", "Authorization: Bearer x\n", 1, 2},
      {"max-age=60,public", "Authorization: Bearer x\n", 1, 1},
  };
  for (const bool shared : {false, true}) {
    tapps_open_options options = OpenOptions();
    options.flags = shared ? uint32_t{TAPPS_OPEN_SHARED_HTTP} : 0;
    OpenWith(options);
    for (size_t i = 0; i < std::size(cases); ++i) {
      const std::string url = origin.Url("/" + std::to_string(i) + (shared ? "s" : "p"));
      const std::string headers =
          std::string("X-Wanted: ") + cases[i].cache_control + "\n" + cases[i].headers;
      requests = 0;
      EXPECT_EQ(Fetch(url, headers.c_str()).str(), "body");
      EXPECT_EQ(Fetch(url, headers.c_str()).str(), "body");
      EXPECT_EQ(requests, shared ? cases[i].asked_by_shared : cases[i].asked_by_private)
          << cases[i].cache_control << (shared ? ", shared" : ", private") << ", " << i;
    }
  }
  cache_.reset();
}

TEST_F(FetchNetworkTest, NumbersAreTheSameInEveryLocale) {
  const test::TurkishLocale locale;
  if (!locale.of_c()) GTEST_SKIP() << "SKIP: a Turkish locale needs Debian's locales";
  OpenWith(OpenOptions());
  for (int i = 0; i < 1500; ++i) ASSERT_EQ(Put(cache_.get(), "key", "value"), TAPPS_OK);
  EXPECT_EQ(Get(cache_.get(), "key").str(), "value");
  EXPECT_EQ(Get(cache_.get(), "other").code, TAPPS_E_NOT_FOUND);
  const Answer stats = Stats();
  EXPECT_HAS(stats.bytes, "\"hit_rate\":0.5");
  EXPECT_HAS(stats.bytes, "\"writes\":1500");
}

}  // namespace
}  // namespace tapps::capi
