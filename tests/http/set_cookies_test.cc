#include "http/set_cookies.h"

#include <gtest/gtest.h>

#include <string>

namespace tapps::http {
namespace {

Headers WithCookie(const std::string& value) {
  Headers headers;
  headers.AddLine("A: 1");
  headers.AddLine("set-cookie: " + value);
  headers.AddLine("B: 2");
  return headers;
}

TEST(SetCookiesTest, AreCutOutAndPutBackWhereTheyWere) {
  Headers fields = WithCookie("s=1");
  ASSERT_TRUE(SetCookies::Remove(&fields));
  EXPECT_EQ(fields.text(), "A: 1\r\nB: 2\r\n");
  EXPECT_FALSE(SetCookies::Remove(&fields)) << "there is none left";
  SetCookies cookies;
  cookies.Keep("k", 5, WithCookie("s=1"));
  cookies.Restore("k", 5, &fields);
  EXPECT_EQ(fields.text(), "A: 1\r\nset-cookie: s=1\r\nB: 2\r\n");
}

TEST(SetCookiesTest, BelongToOneResponse) {
  SetCookies cookies;
  cookies.Keep("k", 5, WithCookie("s=1"));
  Headers other;
  cookies.Restore("k", 6, &other);
  cookies.Restore("j", 5, &other);
  EXPECT_TRUE(other.empty());
  cookies.Keep("k", 6, WithCookie("s=2"));
  cookies.Restore("k", 6, &other);
  EXPECT_EQ(other.Get("Set-Cookie"), "s=2");
}

TEST(SetCookiesTest, AreBounded) {
  SetCookies cookies;
  const std::string big(SetCookies::kMaxBytes / 4, 'x');
  for (const char* key : {"a", "b", "c", "d", "e"}) cookies.Keep(key, 1, WithCookie(big));
  Headers first;
  cookies.Restore("a", 1, &first);
  EXPECT_TRUE(first.empty()) << "forgotten";
  cookies.Restore("e", 1, &first);
  EXPECT_FALSE(first.empty());
  cookies.Keep("f", 1, WithCookie(std::string(SetCookies::kMaxBytes, 'x')));
  Headers last;
  cookies.Restore("f", 1, &last);
  EXPECT_TRUE(last.empty()) << "more than fits";
}

}  // namespace
}  // namespace tapps::http
