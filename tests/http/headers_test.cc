#include "http/headers.h"

#include <gtest/gtest.h>

namespace tapps::http {
namespace {

Headers Sample() {
  Headers headers;
  EXPECT_TRUE(headers.Add("Content-Type", "text/html").ok());
  EXPECT_TRUE(headers.Add("X-a", " one ").ok());
  EXPECT_TRUE(headers.Add("x-A", "two").ok());
  EXPECT_TRUE(headers.Add("Empty", "").ok());
  return headers;
}

TEST(HeadersTest, FieldsKeepOrderRepeatsAndSpelling) {
  const Headers headers = Sample();
  EXPECT_EQ(headers.text(), "Content-Type: text/html\r\nX-a: one\r\nx-A: two\r\nEmpty: \r\n");
  ASSERT_EQ(headers.size(), 4u);
  EXPECT_EQ(headers[2].name, "x-A");
  EXPECT_EQ(headers.Get("X-A"), "one");
  EXPECT_EQ(headers.Combined("x-a"), "one, two");
  EXPECT_EQ(headers.Get("empty"), "");
  EXPECT_EQ(headers.Get("absent"), std::nullopt);
  EXPECT_EQ(headers.Combined("absent"), std::nullopt);
}

TEST(HeadersTest, TheTextReadsBackToTheSameFields) {
  const Headers headers = Sample();
  const Result<Headers> again = Headers::Parse(headers.text());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->text(), headers.text());
  EXPECT_EQ(again->Combined("x-a"), "one, two");
  EXPECT_TRUE(Headers::Parse("")->empty());
  for (const char* text : {"x", "x\r\n", "a: b", "a: b\r\nc", ": b\r\n", "a b: c\r\n", "a:b\r\n",
                           "a: b\nc\r\n", "a\r\nb: c\r\n"}) {
    EXPECT_EQ(Headers::Parse(text).code(), TAPPS_E_CORRUPT) << text;
  }
}

TEST(HeadersTest, LineBreaksAreRefusedWithoutShowingTheValue) {
  Headers headers;
  for (const std::string value : {"a\r\nb", "a\nb", "a\rb", "\n"}) {
    const Status status = headers.Add("X-Name", value);
    EXPECT_EQ(status.code(), TAPPS_E_INVALID);
    EXPECT_EQ(status.message(), "header 'X-Name': a line break or NUL in its value");
  }
  EXPECT_EQ(headers.Add("X-Name", std::string_view("a\0b", 3)).code(), TAPPS_E_INVALID);
  for (const char* name : {"", "a b", "a:", "a\r\nb", "\xc3\xa9"}) {
    EXPECT_EQ(headers.Add(name, "x").code(), TAPPS_E_INVALID) << name;
  }
  EXPECT_TRUE(headers.empty());
}

TEST(HeadersTest, SetReplacesAllAndRemoveDropsAll) {
  Headers headers = Sample();
  EXPECT_TRUE(headers.Set("X-A", "three").ok());
  EXPECT_EQ(headers.Combined("x-a"), "three");
  EXPECT_EQ(headers.Set("X-A", "\n").code(), TAPPS_E_INVALID);
  EXPECT_EQ(headers.Combined("x-a"), "three");
  headers.Remove("content-TYPE");
  EXPECT_FALSE(headers.Has("Content-Type"));
  EXPECT_EQ(headers.Get("Empty"), "");
}

TEST(HeadersTest, ReceivedLinesMayBeFoldedAndNonsenseIsIgnored) {
  Headers headers;
  for (const char* line :
       {" folded into nothing", "A:1", "B:  two ", "\tmore", "no colon", "bad name: x", "C:"}) {
    headers.AddLine(line);
  }
  EXPECT_EQ(headers.text(), "A: 1\r\nB: two more\r\nC: \r\n");
}

}  // namespace
}  // namespace tapps::http
