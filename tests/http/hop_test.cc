#include "http/hop.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tapps::http {
namespace {

class HopTest : public testing::Test {
 protected:
  static FetchRequest Ask(const std::string& url, const std::vector<std::string>& headers = {}) {
    FetchRequest request;
    request.url = url;
    for (const std::string& line : headers) request.headers.AddLine(line);
    return request;
  }
  Hop First(const FetchRequest& request) {
    const Result<Hop> hop = hops_.First(request);
    EXPECT_TRUE(hop.ok()) << hop.status().message();
    return *hop;
  }
  Result<Hop> Redirect(const FetchRequest& request, int32_t status, const std::string& location) {
    StoredResponse redirect;
    redirect.status = status;
    redirect.headers.AddLine("Location: " + location);
    return hops_.Next(request, First(request), redirect);
  }

  const SecretParameters secrets_;
  const HopMaker hops_{secrets_};
};

TEST_F(HopTest, WhatIsNoRequestIsInvalid) {
  EXPECT_EQ(hops_.First(Ask("gopher://h/")).code(), TAPPS_E_INVALID);
  FetchRequest request = Ask("http://h/");
  request.method = "GET /\r\nX:";
  EXPECT_EQ(hops_.First(request).code(), TAPPS_E_INVALID);
  request.method = "";
  EXPECT_EQ(hops_.First(request).code(), TAPPS_E_INVALID);
  request.method = "HEAD";
  request.body = Value::Make("x", ValueInfo());
  EXPECT_EQ(hops_.First(request).code(), TAPPS_E_INVALID);
  request.method = "GET";
  EXPECT_TRUE(hops_.First(request).ok());
  request.policy = -1;
  EXPECT_EQ(hops_.First(request).code(), TAPPS_E_INVALID);
}

TEST_F(HopTest, UserInfoBecomesBasicAuthentication) {
  Hop hop = First(Ask("http://Aladdin:open%20sesame@h/"));
  EXPECT_EQ(hop.headers.Get("Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(hop.url.user_info, "");
  EXPECT_TRUE(hop.credentials);
  EXPECT_EQ(First(Ask("http://me@h/")).headers.Get("Authorization"), "Basic bWU6");
  hop = First(Ask("http://me:you@h/", {"Authorization: Bearer x"}));
  EXPECT_EQ(hop.headers.Combined("Authorization"), "Bearer x");
}

TEST_F(HopTest, StoreKeysTellUrlsButNoSecrets) {
  EXPECT_EQ(First(Ask("http://H:80/a?b#c", {"X: y"})).store_key, "http://h/a?b");
  const std::string one = First(Ask("http://h/a", {"Authorization: hush1"})).store_key;
  const std::string two = First(Ask("http://h/a", {"Authorization: hush2"})).store_key;
  EXPECT_EQ(one, First(Ask("http://h/a", {"authorization: hush1", "X: y"})).store_key);
  EXPECT_NE(one, two);
  EXPECT_EQ(one.find("hush"), std::string::npos);
  EXPECT_NE(First(Ask("http://h/a?token=1")).store_key, First(Ask("http://h/a?token=2")).store_key);
  EXPECT_EQ(First(Ask("http://h/a?token=hush")).store_key.find("hush"), std::string::npos);
  for (const char* header : {"Cookie: a", "X-Api-Key: a", "PRIVATE-TOKEN: a", "X-Auth: a"}) {
    EXPECT_TRUE(First(Ask("http://h/", {header})).credentials) << header;
  }
  for (const char* header : {"Accept: a", "X-Keyword: a", "User-Agent: token"}) {
    EXPECT_FALSE(First(Ask("http://h/", {header})).credentials) << header;
  }
}

TEST_F(HopTest, TheCacheIsUsedForWhatItCanAnswer) {
  const auto use = [&](const FetchRequest& request) {
    const Hop hop = First(request);
    return std::string(hop.may_read ? "r" : "-") + (hop.may_write ? "w" : "-");
  };
  FetchRequest request = Ask("http://h/");
  EXPECT_EQ(use(request), "rw");
  request.policy = TAPPS_FETCH_RELOAD;
  EXPECT_EQ(use(request), "-w");
  request.policy = TAPPS_FETCH_NO_STORE;
  EXPECT_EQ(use(request), "--");
  request.policy = TAPPS_FETCH_DEFAULT;
  request.method = "HEAD";
  EXPECT_EQ(use(request), "rw") << "a HEAD updates what a GET stored";
  request.method = "POST";
  EXPECT_EQ(use(request), "--");
  for (const char* header : {"Range: bytes=0-1", "If-None-Match: \"a\"", "If-Modified-Since: x"}) {
    EXPECT_EQ(use(Ask("http://h/", {header})), "rw") << header;
  }
  for (const char* header : {"Range: bytes=0-1,3-4", "Range: lines=1-2", "If-Match: \"a\"",
                             "If-Unmodified-Since: x", "Cache-Control: no-store"}) {
    EXPECT_EQ(use(Ask("http://h/", {header})), "--") << header;
  }
}

TEST_F(HopTest, ACookieAloneLeavesWhatWasStoredForEverybodyToBeFound) {
  EXPECT_EQ(First(Ask("http://h/a")).cookieless_key, "");
  EXPECT_EQ(First(Ask("http://h/a", {"Cookie: s=1"})).cookieless_key, "http://h/a");
  EXPECT_NE(First(Ask("http://h/a", {"Cookie: s=1"})).store_key, "http://h/a");
  EXPECT_EQ(First(Ask("http://h/a", {"Cookie: s=1", "Authorization: x"})).cookieless_key, "");
  EXPECT_EQ(First(Ask("http://h/a?token=x", {"Cookie: s=1"})).cookieless_key, "");
}

TEST_F(HopTest, RedirectsKeepOrChangeTheMethod) {
  const struct {
    int32_t status;
    const char* method;
    const char* then;
  } kCases[] = {
      {301, "GET", "GET"},   {301, "POST", "GET"},      {302, "POST", "GET"},
      {302, "PUT", "PUT"},   {303, "POST", "GET"},      {303, "PUT", "GET"},
      {303, "HEAD", "HEAD"}, {307, "POST", "POST"},     {308, "POST", "POST"},
      {302, "HEAD", "HEAD"}, {301, "DELETE", "DELETE"},
  };
  for (const auto& one : kCases) {
    FetchRequest request = Ask("http://h/a/b", {"Content-Type: x", "X: y"});
    request.method = one.method;
    if (request.method != "GET" && request.method != "HEAD") {
      request.body = Value::Make("body", ValueInfo());
    }
    const Result<Hop> hop = Redirect(request, one.status, "c");
    ASSERT_TRUE(hop.ok());
    EXPECT_EQ(hop->url.ToString(), "http://h/a/c");
    EXPECT_EQ(hop->method, one.then) << one.status << one.method;
    const bool keeps_body = static_cast<bool>(request.body) && hop->method == request.method;
    EXPECT_EQ(static_cast<bool>(hop->body), keeps_body) << one.status << one.method;
    EXPECT_EQ(hop->headers.Has("Content-Type"), hop->method == request.method) << one.status;
    EXPECT_EQ(hop->headers.Get("X"), "y");
  }
}

TEST_F(HopTest, SecretsDoNotLeaveTheirOrigin) {
  const FetchRequest request =
      Ask("https://me:you@h/a", {"Cookie: a", "X-Api-Key: b", "Accept: c"});
  Result<Hop> hop = Redirect(request, 302, "https://h:443/b");
  EXPECT_TRUE(hop->headers.Has("Authorization") && hop->headers.Has("Cookie"));
  for (const char* elsewhere : {"https://h:444/", "https://x.h/", "//other/"}) {
    hop = Redirect(request, 302, elsewhere);
    ASSERT_TRUE(hop.ok());
    EXPECT_EQ(hop->headers.text(), "Accept: c\r\n") << elsewhere;
    EXPECT_FALSE(hop->credentials);
  }
  hop = Redirect(Ask("http://h/"), 302, "http://evil:pw@h/");
  EXPECT_FALSE(hop->headers.Has("Authorization"));
}

TEST_F(HopTest, SomeRedirectsAreNotFollowed) {
  EXPECT_EQ(Redirect(Ask("https://h/"), 302, "http://h/").code(), TAPPS_E_PROTOCOL);
  EXPECT_TRUE(Redirect(Ask("http://h/"), 302, "https://h/").ok());
  for (const char* location : {"ftp://h/", "file:///etc/passwd", "data:,x", "http://", "/a b"}) {
    EXPECT_EQ(Redirect(Ask("http://h/"), 302, location).code(), TAPPS_E_PROTOCOL) << location;
  }
}

TEST_F(HopTest, FieldsOfAConnectionAreNotSentOn) {
  FetchRequest request = Ask(
      "http://h/", {"Connection: close, X-Mine", "X-Mine: 1", "TE: trailers",
                    "Transfer-Encoding: chunked", "Upgrade: h2c", "Proxy-Authorization: Basic x",
                    "Content-Length: 3", "Host: H", "Accept: a"});
  request.method = "POST";
  request.body = Value::Make("longer than that", ValueInfo());
  EXPECT_EQ(First(request).headers.text(), "Accept: a\r\n");
}

TEST_F(HopTest, AnotherHostThanTheUrlsGoesPastTheCacheAndStaysWithItsOrigin) {
  const FetchRequest request = Ask("http://h/a", {"Host: tenant"});
  const Hop hop = First(request);
  EXPECT_EQ(hop.headers.Get("Host"), "tenant");
  EXPECT_FALSE(hop.may_read);
  EXPECT_FALSE(hop.may_write);
  EXPECT_FALSE(Redirect(request, 302, "http://other/")->headers.Has("Host"));
  EXPECT_FALSE(Redirect(request, 302, "/b")->headers.Has("Host"));
}

}  // namespace
}  // namespace tapps::http
