#include "http/http_date.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace tapps::http {
namespace {

constexpr int64_t kNow = 1'750'000'000 * kSecond;  // 2025-06-15

TEST(HttpDateTest, AllThreeFormsAreRead) {
  const int64_t time = 784'111'777 * kSecond;
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", kNow), time);
  EXPECT_EQ(ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", kNow), time);
  EXPECT_EQ(ParseHttpDate("Sun Nov  6 08:49:37 1994", kNow), time);
  EXPECT_EQ(ParseHttpDate("  sun, 06 nov 1994 08:49:37 GMT ", kNow), time);
  EXPECT_EQ(ParseHttpDate("Thu, 01 Jan 1970 00:00:00 GMT", kNow), 0);
  EXPECT_EQ(ParseHttpDate("Thu, 29 Feb 2024 00:00:00 GMT", kNow), 1'709'164'800 * kSecond);
}

TEST(HttpDateTest, TwoDigitYearsAreAtMostFiftyYearsAhead) {
  EXPECT_EQ(ParseHttpDate("Friday, 01-Jan-99 00:00:00 GMT", kNow), 915'148'800 * kSecond);
  EXPECT_EQ(ParseHttpDate("Wednesday, 01-Jan-75 00:00:00 GMT", kNow),
            ParseHttpDate("Tue, 01 Jan 2075 00:00:00 GMT", kNow));
  EXPECT_EQ(ParseHttpDate("Thursday, 01-Jan-76 00:00:00 GMT", kNow),
            ParseHttpDate("Thu, 01 Jan 1976 00:00:00 GMT", kNow));
}

TEST(HttpDateTest, WhatIsNoDateIsNone) {
  for (const char* text :
       {"", "0", "-1", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:37 GMT x",
        "Sun, 06 Nov 1994  08:49:37 GMT", "Sun Nov 6 08:49:37 1994"}) {
    EXPECT_EQ(ParseHttpDate(text, kNow), std::nullopt) << text;
  }
}

TEST(HttpDateTest, WrittenDatesReadBack) {
  EXPECT_EQ(FormatHttpDate(784'111'777 * kSecond + 999), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(ParseHttpDate(FormatHttpDate(kNow), kNow), kNow);
  EXPECT_EQ(FormatHttpDate(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(FormatHttpDate(INT64_MIN), "Sat, 01 Jan 0000 00:00:00 GMT");
}

}  // namespace
}  // namespace tapps::http
