#include "http/quota_fields.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/http_date.h"

namespace tapps::http {
namespace {

constexpr int64_t kNow = 1'750'000'000 * kSecond;

Headers Of(const std::vector<std::pair<std::string, std::string>>& fields) {
  Headers headers;
  for (const auto& [name, value] : fields) EXPECT_TRUE(headers.Add(name, value).ok());
  return headers;
}

TEST(QuotaFieldsTest, RetryAfterInSecondsOrAsADate) {
  EXPECT_EQ(RetryAfter(Of({{"Retry-After", "7"}}), kNow), 7 * kSecond);
  EXPECT_EQ(RetryAfter(Of({{"Retry-After", FormatHttpDate(kNow + kMinute)}}), kNow), kMinute);
  EXPECT_EQ(RetryAfter(Of({{"Retry-After", FormatHttpDate(kNow - kMinute)}}), kNow), 0);
  EXPECT_EQ(RetryAfter(Of({{"Retry-After", "soon"}}), kNow), std::nullopt);
  EXPECT_EQ(RetryAfter(Of({{"Retry-After", "-5"}}), kNow), std::nullopt);
  EXPECT_EQ(RetryAfter(Of({}), kNow), std::nullopt);
}

TEST(QuotaFieldsTest, NothingIsBelievedForLongerThanAnHour) {
  EXPECT_EQ(RetryAfter(Of({{"Retry-After", "99999"}}), kNow), kHour);
  EXPECT_EQ(RetryAfter(Of({{"Retry-After", "99999999999999999999999"}}), kNow), kHour);
  EXPECT_EQ(RetryAfter(Of({{"Retry-After", FormatHttpDate(kNow + kDay)}}), kNow), kHour);
}

TEST(QuotaFieldsTest, A429MeansToWaitAsLongAsItSays) {
  const auto told = ReadQuota(429, Of({{"Retry-After", "30"}}), kNow);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->calls, 0);
  EXPECT_EQ(told->within_us, 30 * kSecond);
  EXPECT_FALSE(told->of_everybody);
  EXPECT_FALSE(ReadQuota(429, Of({}), kNow));
  const auto left = ReadQuota(429, Of({{"RateLimit", "\"a\";r=3;t=9"}}), kNow);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->calls, 0);
  EXPECT_EQ(left->within_us, 9 * kSecond);
}

TEST(QuotaFieldsTest, A503MeansEverybodyAndOnlyWhenItSaysSo) {
  EXPECT_TRUE(ReadQuota(503, Of({{"Retry-After", "5"}}), kNow)->of_everybody);
  EXPECT_FALSE(ReadQuota(503, Of({}), kNow));
  EXPECT_FALSE(ReadQuota(500, Of({{"Retry-After", "5"}}), kNow));
}

TEST(QuotaFieldsTest, ReadsAllSpellingsOfRateLimit) {
  const std::vector<Headers> spellings = {
      Of({{"RateLimit", "\"default\";r=5;t=30"}}),
      Of({{"RateLimit", "limit=10, remaining=5, reset=30"}}),
      Of({{"RateLimit-Remaining", "5"}, {"RateLimit-Reset", "30"}}),
      Of({{"X-RateLimit-Remaining", "5"}, {"X-RateLimit-Reset", "30"}}),
      Of({{"x-ratelimit-remaining", "5"},
          {"x-ratelimit-reset", std::to_string(kNow / kSecond + 30)}})};
  for (const Headers& headers : spellings) {
    const auto news = ReadQuota(200, headers, kNow);
    ASSERT_TRUE(news) << headers.text();
    EXPECT_EQ(news->calls, 5) << headers.text();
    EXPECT_EQ(news->within_us, 30 * kSecond) << headers.text();
  }
}

TEST(QuotaFieldsTest, NonsenseSaysNothing) {
  for (const char* text :
       {"", ";;;", "r=5", "t=30", "r=x;t=y", "remaining=-1, reset=5", "r=5;t=0"}) {
    EXPECT_FALSE(ReadQuota(200, Of({{"RateLimit", text}}), kNow)) << text;
  }
  EXPECT_FALSE(ReadQuota(200, Of({{"RateLimit-Remaining", "5"}}), kNow));
}

TEST(QuotaFieldsTest, ADateIsNoNumberOfSeconds) {
  EXPECT_FALSE(ReadQuota(
      200, Of({{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "2024-05-01T00:00:00Z"}}),
      kNow));
  EXPECT_TRUE(
      ReadQuota(200, Of({{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "2.5"}}), kNow));
}

}  // namespace
}  // namespace tapps::http
