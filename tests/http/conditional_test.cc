#include "http/conditional.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/http_date.h"
#include "http/rules.h"

namespace tapps::http {
namespace {

constexpr int64_t kThen = 1'750'000'000 * kSecond;  // when the stored response came

Headers Fields(const std::vector<std::string>& lines) {
  Headers headers;
  for (const std::string& line : lines) headers.AddLine(line);
  return headers;
}

std::string At(const char* name, int64_t seconds) {
  return std::string(name) + ": " + FormatHttpDate(kThen + seconds * kSecond);
}

StoredResponse Stored(const std::vector<std::string>& lines) {
  StoredResponse stored;
  stored.status = 200;
  stored.headers = Fields(lines);
  stored.request_time_us = stored.response_time_us = kThen;
  return stored;
}

TEST(ConditionalTest, WhatACallerHasAlready) {
  const struct {
    const char* why;
    std::vector<std::string> request;
    std::vector<std::string> stored;
    bool not_modified;
  } kCases[] = {
      {"same tag", {"If-None-Match: \"a\""}, {"ETag: \"a\""}, true},
      {"13.1.2 compared weakly", {"If-None-Match: W/\"a\""}, {"ETag: \"a\""}, true},
      {"one of several", {"If-None-Match: \"b\", \"a\""}, {"ETag: \"a\""}, true},
      {"several lines", {"If-None-Match: \"b\"", "If-None-Match: \"a\""}, {"ETag: \"a\""}, true},
      {"a comma in a tag", {"If-None-Match: \"a,b\""}, {"ETag: \"b\""}, false},
      {"star", {"If-None-Match: *"}, {}, true},
      {"other tag", {"If-None-Match: \"b\""}, {"ETag: \"a\""}, false},
      {"no tag", {"If-None-Match: \"b\""}, {}, false},
      {"13.1.3 the tag comes first",
       {"If-None-Match: \"b\"", At("If-Modified-Since", 0)},
       {"ETag: \"a\"", At("Last-Modified", 0)},
       false},
      {"same date", {At("If-Modified-Since", -9)}, {At("Last-Modified", -9)}, true},
      {"later", {At("If-Modified-Since", 0)}, {At("Last-Modified", -9)}, true},
      {"earlier", {At("If-Modified-Since", -10)}, {At("Last-Modified", -9)}, false},
      {"4.3.2 Date stands in", {At("If-Modified-Since", -9)}, {At("Date", -9)}, true},
      {"4.3.2 else when it came", {At("If-Modified-Since", 0)}, {}, true},
      {"no date", {"If-Modified-Since: yesterday"}, {At("Last-Modified", -9)}, false},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(IsNotModified(Fields(one.request), Stored(one.stored), kThen), one.not_modified)
        << one.why;
  }
}

TEST(ConditionalTest, IfRangeNamesTheStoredResponseStrongly) {
  const StoredResponse stored = Stored({"ETag: \"a\"", At("Last-Modified", -9)});
  EXPECT_TRUE(MatchesIfRange(Fields({}), stored));
  EXPECT_TRUE(MatchesIfRange(Fields({"If-Range: \"a\""}), stored));
  EXPECT_TRUE(MatchesIfRange(Fields({At("If-Range", -9)}), stored));
  EXPECT_FALSE(MatchesIfRange(Fields({"If-Range: \"b\""}), stored));
  EXPECT_FALSE(MatchesIfRange(Fields({"If-Range: W/\"a\""}), Stored({"ETag: W/\"a\""})));
  EXPECT_FALSE(MatchesIfRange(Fields({At("If-Range", -8)}), stored));
}

TEST(ConditionalTest, RequestsCarryTheStoredValidators) {
  Headers request;
  EXPECT_TRUE(AddValidators(Stored({"ETag: W/\"a\"", At("Last-Modified", 0)}), &request));
  EXPECT_EQ(request.Get("If-None-Match"), "W/\"a\"");
  EXPECT_EQ(request.Get("If-Modified-Since"), FormatHttpDate(kThen));
  Headers plain;
  EXPECT_FALSE(AddValidators(Stored({}), &plain));
  EXPECT_TRUE(plain.empty());
  Headers own = Fields({"If-None-Match: \"mine\""});
  EXPECT_FALSE(AddValidators(Stored({"ETag: \"a\""}), &own)) << "the caller's own condition stays";
  EXPECT_EQ(own.Get("If-None-Match"), "\"mine\"");
  EXPECT_TRUE(Validates(Fields({"ETag: \"a\""}), Stored({"ETag: W/\"a\""})));
  EXPECT_TRUE(Validates(Fields({}), Stored({"ETag: \"a\""})));
  EXPECT_FALSE(Validates(Fields({"ETag: \"b\""}), Stored({"ETag: \"a\""})));
  EXPECT_FALSE(Validates(Fields({"ETag: \"b\""}), Stored({})));
}

TEST(ConditionalTest, A304UpdatesFieldsButNotThoseOfTheBody) {
  StoredResponse stored = Stored({"Age: 50", At("Date", -50), "Content-Length: 5", "X: old",
                                  "x: older", "Keep: me", "Content-Type: text/a"});
  stored.body = Value::Make("hello", ValueInfo());
  const StoredResponse fresh =
      Freshen(stored,
              Fields({At("Date", 99), "Content-Length: 0", "Content-Encoding: gzip", "x: new",
                      "X: newer", "Content-Type: text/b", "Connection: close"}),
              kThen + 98 * kSecond, kThen + 99 * kSecond);
  EXPECT_EQ(fresh.headers.text(), "Content-Length: 5\r\nKeep: me\r\n" + At("Date", 99) +
                                      "\r\nx: new\r\nX: newer\r\nContent-Type: text/b\r\n");
  EXPECT_EQ(fresh.body->bytes(), "hello");
  EXPECT_EQ(CurrentAge(fresh, kThen + 100 * kSecond), 2 * kSecond);
}

// Removing the fields one by one took minutes for this one.
TEST(ConditionalTest, A304OfManyFieldsIsMergedInOnePass) {
  std::vector<std::string> lines;
  for (int i = 0; i < 50'000; ++i) lines.push_back("x" + std::to_string(i) + ": 1");
  const StoredResponse fresh = Freshen(Stored(lines), Fields(lines), kThen, kThen);
  EXPECT_EQ(fresh.headers.size(), lines.size());
}

TEST(ConditionalTest, AHeadDescribesTheStoredResponseOrNot) {
  const StoredResponse stored = Stored({"ETag: \"a\"", "Content-Length: 5"});
  EXPECT_TRUE(HeadDescribes(Fields({"ETag: \"a\"", "Content-Length: 5"}), stored));
  EXPECT_TRUE(HeadDescribes(Fields({"Content-Length: 5"}), stored));
  EXPECT_FALSE(HeadDescribes(Fields({"Content-Length: 6"}), stored));
  EXPECT_FALSE(HeadDescribes(Fields({"ETag: \"b\"", "Content-Length: 5"}), stored));
}

TEST(ConditionalTest, TheCachesOwn304HasNoBody) {
  StoredResponse stored = Stored({"ETag: \"a\"", "Content-Length: 5", "X: 1"});
  stored.body = Value::Make("hello", ValueInfo());
  const StoredResponse answer = MakeNotModified(stored);
  EXPECT_EQ(answer.status, 304);
  EXPECT_EQ(answer.headers.text(), "ETag: \"a\"\r\nX: 1\r\n");
  EXPECT_FALSE(answer.body);
}

}  // namespace
}  // namespace tapps::http
