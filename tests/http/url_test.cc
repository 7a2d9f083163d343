#include "http/url.h"

#include <gtest/gtest.h>

namespace tapps::http {
namespace {

TEST(UrlTest, EqualResourcesGetEqualTexts) {
  const struct {
    const char* text;
    const char* normal;
  } kCases[] = {
      {"http://example.com", "http://example.com/"},
      {"HTTP://EXAMPLE.com:80/", "http://example.com/"},
      {"https://example.com:443/a", "https://example.com/a"},
      {"https://example.com:8443/a", "https://example.com:8443/a"},
      {"http://example.com:/", "http://example.com/"},
      {"http://example.com/a#part", "http://example.com/a"},
      {"http://example.com?x=1#y", "http://example.com/?x=1"},
      {"http://example.com/a/./b/../c", "http://example.com/a/c"},
      {"http://example.com/../../x", "http://example.com/x"},
      {"http://example.com/a/..", "http://example.com/"},
      {"http://example.com/a/b/.", "http://example.com/a/b/"},
      {"http://example.com//a//b", "http://example.com//a//b"},
      {"http://example.com/%7euser/%2f%c3%a9", "http://example.com/~user/%2F%C3%A9"},
      {"http://example.com/%2e%2e/x", "http://example.com/x"},
      {"http://example.com/100%", "http://example.com/100%"},
      {"http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"},
      {"http://ex%41mple.com/", "http://example.com/"},
      {"http://example.com/?a=../b", "http://example.com/?a=../b"},
  };
  for (const auto& one : kCases) {
    const Result<Url> url = ParseUrl(one.text);
    ASSERT_TRUE(url.ok()) << one.text << ": " << url.status().message();
    EXPECT_EQ(url->ToString(), one.normal) << one.text;
    EXPECT_EQ(ParseUrl(url->ToString())->ToString(), url->ToString()) << one.text;
  }
}

TEST(UrlTest, WhatIsNoUrlIsRefusedWithTheReason) {
  const struct {
    std::string text;
    const char* reason;
  } kCases[] = {
      {"", "no scheme"},
      {"example.com/a", "no scheme"},
      {"//example.com", "no scheme"},
      {"ftp://example.com/", "'ftp'"},
      {"file:///etc/passwd", "'file' is not http or https"},
      {"javascript:alert(1)", "no scheme"},
      {"gopher://h/", "'gopher'"},
      {"http:/example.com", "//"},
      {"http://", "no host"},
      {"http:///a", "no host"},
      {"http://:80/", "no host"},
      {"http://exa mple.com/", "space"},
      {"http://example.com/a b", "space"},
      {"http://example.com/\r\nX: y", "control character"},
      {"http://example.com/\t", "control character"},
      {std::string("http://example.com/\0", 20), "control character"},
      {"http://example.com/\xc3\xa9", "not ASCII"},
      {"http://example.com\\@evil.com/", "backslash"},
      {"http://example.com:0/", "port"},
      {"http://example.com:65536/", "port"},
      {"http://example.com:http/", "port"},
      {"http://[::1/", "IPv6"},
      {"http://[::1]x/", "IPv6"},
      {"http://[]/", "IPv6"},
      {"http://a%00b/", "malformed host"},
      {"http://a%0ab/", "malformed host"},
      {"http://a<b>/", "malformed host"},
      {"http://example.com/" + std::string(70'000, 'a'), "64 KiB"},
  };
  for (const auto& one : kCases) {
    const Result<Url> url = ParseUrl(one.text);
    ASSERT_EQ(url.code(), TAPPS_E_INVALID) << one.text;
    EXPECT_NE(url.status().message().find(one.reason), std::string::npos)
        << one.text << ": " << url.status().message();
  }
}

TEST(UrlTest, UserInfoIsSplitOffAndInNoText) {
  const Result<Url> url = ParseUrl("https://me:s%40cret@example.com/x");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(DecodeUserInfo(url->user_info), "me:s@cret");
  EXPECT_EQ(url->ToString(), "https://example.com/x");
  EXPECT_EQ(url->Origin(), "https://example.com:443");
  EXPECT_EQ(SecretParameters().Redact(*url), "https://example.com/x");
  EXPECT_EQ(ParseUrl("hapikey:cret@example.com/").status().message().find("hapikey"),
            std::string::npos)
      << "a name and a password without a scheme before them";
  EXPECT_EQ(ParseUrl("http://me:cret@exa mple.com/").status().message().find("cret"),
            std::string::npos);
  EXPECT_EQ(ParseUrl("http://me:cret@a<b/").status().message().find("cret"), std::string::npos);
}

TEST(UrlTest, OriginsNameTheirPort) {
  EXPECT_EQ(ParseUrl("http://Example.com/a")->Origin(), "http://example.com:80");
  EXPECT_EQ(ParseUrl("https://example.com:8443/")->HostPort(), "example.com:8443");
  EXPECT_EQ(ParseUrl("http://[::1]/")->Origin(), "http://[::1]:80");
}

TEST(UrlTest, ReferencesResolveAgainstTheirPage) {
  const Url base = *ParseUrl("http://u:p@a.example/b/c/d?q=1");
  const struct {
    const char* reference;
    const char* url;
  } kCases[] = {
      // RFC 3986 5.4, those that http can have
      {"g", "http://a.example/b/c/g"},
      {"./g", "http://a.example/b/c/g"},
      {"g/", "http://a.example/b/c/g/"},
      {"/g", "http://a.example/g"},
      {"//G.example", "http://g.example/"},
      {"?y", "http://a.example/b/c/d?y"},
      {"g?y", "http://a.example/b/c/g?y"},
      {"#s", "http://a.example/b/c/d?q=1"},
      {"", "http://a.example/b/c/d?q=1"},
      {"..", "http://a.example/b/"},
      {"../../../g", "http://a.example/g"},
      {"https://x/y", "https://x/y"},
      {"g?y/../x", "http://a.example/b/c/g?y/../x"},
  };
  for (const auto& one : kCases) {
    const Result<Url> url = ResolveUrl(base, one.reference);
    ASSERT_TRUE(url.ok()) << one.reference;
    EXPECT_EQ(url->ToString(), one.url) << one.reference;
    EXPECT_EQ(url->user_info, "") << one.reference;
  }
  EXPECT_EQ(ResolveUrl(base, "ftp://x/").code(), TAPPS_E_INVALID);
  EXPECT_EQ(ResolveUrl(base, "/a\r\nb").code(), TAPPS_E_INVALID);
}

TEST(UrlTest, SecretQueryParametersAreReplacedInMessages) {
  const SecretParameters secrets;
  const auto redacted = [&](const char* text) { return secrets.Redact(*ParseUrl(text)); };
  EXPECT_EQ(redacted("http://h/?q=cats&token=abc&page=2"), "http://h/?q=cats&token=***&page=2");
  EXPECT_EQ(redacted("http://h/?API_KEY=abc"), "http://h/?API_KEY=***");
  EXPECT_EQ(redacted("http://h/?X-Amz-Signature=abc;y=1"), "http://h/?X-Amz-Signature=***;y=1");
  EXPECT_EQ(redacted("http://h/?%74oken=abc"), "http://h/?token=***");
  EXPECT_EQ(redacted("http://h/?monkey=x&tokens=y&keyword=z"),
            "http://h/?monkey=x&tokens=y&keyword=z");
  EXPECT_TRUE(secrets.Contains(*ParseUrl("http://h/?a=b&sig=1")));
  EXPECT_FALSE(secrets.Contains(*ParseUrl("http://h/token=1?sig")));
  const SecretParameters own({"Monkey"});
  EXPECT_TRUE(own.Contains(*ParseUrl("http://h/?monkey=x")));
  EXPECT_FALSE(own.Contains(*ParseUrl("http://h/?token=x")));
}

TEST(UrlTest, SecretsAreKnownInWordsThatAreWrittenTogether) {
  const SecretParameters secrets;
  for (const char* name : {"accessToken", "authToken", "clientSecret", "X2Key", "hapikey",
                           "access_token", "x-api-key", "TOKEN"}) {
    EXPECT_TRUE(secrets.Matches(name)) << name;
  }
  for (const char* name : {"monkey", "keyword", "Monkey", "broken", "tokens"}) {
    EXPECT_FALSE(secrets.Matches(name)) << name;
  }
}

}  // namespace
}  // namespace tapps::http
