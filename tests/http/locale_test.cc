// What a host's locale must not change: field names, directives, dates, numbers.
#include <gtest/gtest.h>

#include <string>

#include "http/cache_control.h"
#include "http/fetch_fixture.h"
#include "http/http_date.h"
#include "http/quota_fields.h"
#include "http/text.h"
#include "support/turkish_locale.h"

namespace tapps::http {
namespace {

class LocaleTest : public FetchFixture {
 protected:
  void SetUp() override {
    if (!locale_.of_c()) GTEST_SKIP() << "SKIP: a Turkish locale needs Debian's locales";
  }
  test::TurkishLocale locale_;
};

TEST_F(LocaleTest, FieldNamesAndDirectivesAreAscii) {
  EXPECT_TRUE(EqualsIgnoreCase("IF-NONE-MATCH", "if-none-match"));
  EXPECT_EQ(LowerCase("PRIVATE"), "private");
  Headers headers;
  ASSERT_TRUE(headers.Add("CACHE-CONTROL", "PRIVATE, MAX-AGE=1234567, STALE-IF-ERROR=60").ok());
  EXPECT_TRUE(headers.Has("cache-control"));
  const CacheControl cc = CacheControl::Of(headers);
  EXPECT_TRUE(cc.is_private);
  EXPECT_EQ(cc.max_age, 1'234'567 * kSecond);
  EXPECT_EQ(cc.stale_if_error, 60 * kSecond);
  Headers fraction;
  ASSERT_TRUE(fraction.Add("Cache-Control", "max-age=1,5").ok());
  EXPECT_EQ(CacheControl::Of(fraction).max_age, 1 * kSecond) << "a comma ends a directive";
}

TEST_F(LocaleTest, DatesAreEnglish) {
  constexpr int64_t kThen = 784'111'777 * kSecond;
  EXPECT_EQ(FormatHttpDate(kThen), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(ParseHttpDate(text, kThen), kThen) << text;
  }
  EXPECT_EQ(ParseHttpDate("Paz, 06 Kas 1994 08:49:37 GMT", kThen), std::nullopt);
}

TEST_F(LocaleTest, UrlsAndNumbersInTextsAreAsEverywhere) {
  const Result<Url> url = ParseUrl("HTTP://IIS.EXAMPLE:12345/I?I");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->ToString(), "http://iis.example:12345/I?I");
}

TEST_F(LocaleTest, AnAnswerIsStoredAgedAndValidated) {
  Serve("/", [&](const Request& request, Response& response) {
    response.set_header("CACHE-CONTROL", "MAX-AGE=100000");
    response.set_header("ETAG", "\"I\"");
    if (request.get_header_value("If-None-Match") == "\"I\"") {
      response.status = 304;
    } else {
      response.set_content("text", "text/plain");
    }
  });
  const auto serving = Start();
  EXPECT_EQ(MustFetch("/").served_from, TAPPS_FROM_NETWORK);
  clock_.Advance(12'345 * kSecond);
  const FetchResult aged = MustFetch("/");
  EXPECT_EQ(aged.served_from, TAPPS_FROM_MEMORY);
  EXPECT_EQ(aged.HeadersWithAge().Get("age"), "12345");
  EXPECT_NE(aged.cache_status.find("ttl=87655"), std::string::npos) << aged.cache_status;
  clock_.Advance(100'000 * kSecond);
  EXPECT_EQ(MustFetch("/").served_from, TAPPS_FROM_REVALIDATED);
  engine_.reset();
}

}  // namespace
}  // namespace tapps::http
