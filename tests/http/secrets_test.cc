// Secrets go in by every door there is; then everything that outlives the request is searched.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/cache_store.h"
#include "http/fetch.h"
#include "support/raw_server.h"
#include "support/temp_dir.h"

namespace tapps::http {
namespace {

using test::RawServer;

constexpr char kSecret[] = "Xyzzy7";
constexpr char kSecretInBase64[] = "eHl6enk3";  // "xyzzy7", for what is put into Basic

// Text with the secret in its middle, as g++ 12 understands it.
[[gnu::noinline]] std::string Around(std::string_view before, std::string_view after = "") {
  std::string text(before);
  text.append(kSecret).append(after);
  return text;
}

class SecretsTest : public testing::Test {
 protected:
  ~SecretsTest() override { engine_.reset(); }

  void Ask(std::string url, const std::vector<std::string>& lines = {},
           const std::string& method = "GET") {
    FetchRequest request;
    request.url = std::move(url);
    request.method = method;
    request.limits.total_timeout_us = 5 * kSecond;
    for (const std::string& line : lines) request.headers.AddLine(line);
    const Result<FetchResult> result = engine_->FetchAndWait(std::move(request));
    said_ += result.ok() ? result->warning + "\n" + result->cache_status + "\n"
                         : std::string(result.status().message()) + "\n";
    if (result.ok()) ++answered_;
  }
  std::string Files() {
    EXPECT_TRUE(cache_->Flush(10 * kSecond).ok());
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(dir_.path())) {
      all += test::ReadFile(file.path());
    }
    return all;
  }
  void ExpectNoSecret() {
    const std::string files = Files();
    for (const std::string_view secret : {std::string_view(kSecret), std::string_view("xyzzy7"),
                                          std::string_view(kSecretInBase64)}) {
      EXPECT_EQ(files.find(secret), std::string::npos) << secret << " is in the files";
      EXPECT_EQ(said_.find(secret), std::string::npos) << said_;
    }
  }

  test::TempDir dir_;
  std::shared_ptr<Cache> cache_ = *Cache::Open(dir_.File("cache-1.db"), CacheOptions());
  CacheStore store_{cache_};
  BreakerRegistry breakers_{BreakerSettings(), Clock::Real(), 1};
  std::unique_ptr<FetchEngine> engine_ =
      std::make_unique<FetchEngine>(store_, breakers_, FetchOptions());
  std::string said_;
  int answered_ = 0;
};

TEST_F(SecretsTest, NoneIsFoundInFilesErrorsOrWarnings) {
  RawServer origin([](RawServer::Connection& peer) {
    for (std::string request = peer.ReadRequest(); !request.empty(); request = peer.ReadRequest()) {
      if (request.find("/redirect") != std::string::npos) {
        peer.Write(
            Around("HTTP/1.1 301 Moved\r\nCache-Control: max-age=60\r\nLocation: /there?token=",
                   "\r\nContent-Length: 0\r\n\r\n"));
      } else if (request.find("/fails") != std::string::npos) {
        return;
      } else {
        peer.Write(
            Around("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
                   "Vary: Cookie, Authorization, X-Api-Key\r\nSet-Cookie: s=",
                   "; HttpOnly\r\nContent-Length: 4\r\n\r\nbody"));
      }
    }
  });
  const std::string secret = kSecret;
  const std::string at = "@127.0.0.1:" + std::to_string(origin.port());
  for (const char* path : {"/", "/fails/"}) {
    for (const char* field : {"Authorization: Bearer ", "Cookie: sid=", "Proxy-Authorization: ",
                              "X-Api-Key: ", "X-Auth-Token: ", "X-Amz-Signature: "}) {
      Ask(origin.Url(path), {field + secret});
      Ask(origin.Url(path), {field + secret}, "POST");
    }
    Ask("http://user:" + secret + at + path);
    Ask("http://xyzzy7" + at + path);
    for (const char* query : {"?token=", "?a=1&api_key=", "?X-Amz-Signature=", "?sig=", "?b;key=",
                              "?%74oken=", "?TOKEN="}) {
      Ask(origin.Url(std::string(path) + query + secret));
    }
  }
  Ask(origin.Url("/redirect"));
  EXPECT_GT(answered_, 10);
  ExpectNoSecret();
  EXPECT_EQ(Files().find("/there"), std::string::npos) << "the redirect is kept in memory";
}

TEST_F(SecretsTest, AProxysCredentialsAreShownNowhere) {
  RawServer proxy([](RawServer::Connection& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  });
  for (const std::string& port : {std::to_string(proxy.port()), std::string("1")}) {
    FetchOptions options;
    options.network.proxy = Around("http://user:", "@127.0.0.1:") + port;
    engine_ = std::make_unique<FetchEngine>(store_, breakers_, options);
    Ask("http://example.test/");
    Ask("https://example.test/");
  }
  ExpectNoSecret();
}

TEST_F(SecretsTest, NamesThatTheHostAddsAreSecretsToo) {
  RawServer origin([](RawServer::Connection& peer) {
    while (!peer.ReadRequest().empty()) {
      peer.Write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 0\r\n\r\n");
    }
  });
  FetchOptions options;
  options.secrets.Add("pin\n\n  Voucher \n");
  engine_ = std::make_unique<FetchEngine>(store_, breakers_, options);
  Ask(origin.Url(Around("/?pin=")));
  Ask(origin.Url(Around("/?my-voucher=")));
  Ask(origin.Url("/open"));
  EXPECT_EQ(answered_, 3);
  ExpectNoSecret();
  EXPECT_NE(Files().find("/open"), std::string::npos);
}

}  // namespace
}  // namespace tapps::http
