#include "http/range.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "http/stored_response.h"

namespace tapps::http {
namespace {

StoredResponse Response(int32_t status, std::string_view body,
                        const std::vector<std::string>& lines) {
  StoredResponse response;
  response.status = status;
  for (const std::string& line : lines) response.headers.AddLine(line);
  response.body = Value::Make(body, ValueInfo());
  return response;
}

StoredResponse Whole(std::string_view body) { return Response(200, body, {"ETag: \"a\""}); }

StoredResponse PartialResponse(std::string_view body, const std::string& range,
                               const std::string& tag = "\"a\"") {
  return Response(206, body, {"Content-Range: " + range, "ETag: " + tag});
}

// "BODY|Content-Range", or "none".
std::string Cut(const StoredResponse& stored, const std::string& range) {
  const auto parsed = ParseByteRange(range);
  if (!parsed) return "malformed";
  const auto cut = CutOut(stored, *parsed);
  if (!cut) return "none";
  EXPECT_EQ(cut->status, 206);
  EXPECT_EQ(cut->headers.Get("Content-Length"), std::to_string(cut->body->bytes().size()));
  return std::string(cut->body->bytes()) + "|" +
         std::string(cut->headers.Get("Content-Range").value_or(""));
}

TEST(RangeTest, PartsOfAWhole) {
  const StoredResponse whole = Whole("0123456789");
  EXPECT_EQ(Cut(whole, "bytes=0-1"), "01|bytes 0-1/10");
  EXPECT_EQ(Cut(whole, "Bytes = 8-"), "89|bytes 8-9/10");
  EXPECT_EQ(Cut(whole, "bytes=8-99"), "89|bytes 8-9/10");
  EXPECT_EQ(Cut(whole, "bytes=-3"), "789|bytes 7-9/10");
  EXPECT_EQ(Cut(whole, "bytes=-99"), "0123456789|bytes 0-9/10");
  EXPECT_EQ(Cut(whole, "bytes=10-"), "none") << "for the origin to refuse";
  EXPECT_EQ(Cut(Whole(""), "bytes=0-"), "none");
}

TEST(RangeTest, WhatIsNoSingleRangeIsLeftToTheOrigin) {
  for (const char* range :
       {"", "bytes", "bytes=", "bytes=-", "bytes=-0", "bytes=2-1", "bytes=a-b", "bytes=0-1,3-4",
        "bytes=1--2", "bytes=0x1-2", "lines=0-1", "bytes 0-1", "bytes=+1-2"}) {
    EXPECT_FALSE(ParseByteRange(range)) << range;
  }
}

TEST(RangeTest, PartsOfAPart) {
  const StoredResponse part = PartialResponse("45678", "bytes 4-8/10");
  EXPECT_EQ(Cut(part, "bytes=4-8"), "45678|bytes 4-8/10");
  EXPECT_EQ(Cut(part, "bytes=5-6"), "56|bytes 5-6/10");
  for (const char* range : {"bytes=3-5", "bytes=5-9", "bytes=5-", "bytes=-2", "bytes=0-"}) {
    EXPECT_EQ(Cut(part, range), "none") << range;
  }
  const StoredResponse tail = PartialResponse("6789", "bytes 6-9/10");
  EXPECT_EQ(Cut(tail, "bytes=7-"), "789|bytes 7-9/10");
  EXPECT_EQ(Cut(tail, "bytes=7-99"), "789|bytes 7-9/10");
  EXPECT_EQ(Cut(tail, "bytes=-3"), "789|bytes 7-9/10");
  EXPECT_EQ(Cut(tail, "bytes=-5"), "none");
  EXPECT_EQ(Cut(PartialResponse("01", "bytes 0-1/*"), "bytes=0-1"), "01|bytes 0-1/*");
  EXPECT_EQ(Cut(PartialResponse("01", "bytes 0-1/*"), "bytes=0-"), "none");
}

TEST(RangeTest, ABodyShorterThanItsContentRangeIsServedAsFarAsItGoes) {
  const StoredResponse liar = PartialResponse("01234", "bytes 4-9/10");
  EXPECT_EQ(Cut(liar, "bytes=6-8"), "234|bytes 6-8/10");
  EXPECT_EQ(Cut(liar, "bytes=4-20"), "01234|bytes 4-8/10");
  EXPECT_FALSE(Combine(PartialResponse("0123", "bytes 0-3/10"), liar)) << "but never combined";
}

TEST(RangeTest, ContentRangesThatMakeNoSense) {
  for (const char* range : {"", "bytes */10", "bytes 4-2/10", "bytes 4-10/10", "bytes 4-8",
                            "bytes=4-8/10", "bytes a-8/10", "lines 4-8/10"}) {
    EXPECT_FALSE(PartOf(PartialResponse("45678", range))) << range;
  }
}

TEST(RangeTest, AnEncodedBodyHasNoParts) {
  EXPECT_FALSE(PartOf(Response(200, "decoded", {"Content-Encoding: gzip"})));
  EXPECT_TRUE(PartOf(Response(200, "plain", {"Content-Encoding: identity"})));
}

TEST(RangeTest, PartsThatTouchBecomeOne) {
  const auto combined =
      Combine(PartialResponse("01234", "bytes 0-4/10"), PartialResponse("456789", "bytes 4-9/10"));
  ASSERT_TRUE(combined);
  EXPECT_EQ(combined->status, 200);
  EXPECT_EQ(combined->body->bytes(), "0123456789");
  EXPECT_FALSE(combined->headers.Has("Content-Range"));
  EXPECT_EQ(combined->headers.Get("Content-Length"), "10");
  const auto longer =
      Combine(PartialResponse("23", "bytes 2-3/10"), PartialResponse("45", "bytes 4-5/*"));
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->status, 206);
  EXPECT_EQ(longer->headers.Get("Content-Range"), "bytes 2-5/10");
  EXPECT_EQ(longer->body->bytes(), "2345");
  const auto whole = Combine(Whole("0123456789"), PartialResponse("45", "bytes 4-5/10"));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->status, 200);
}

TEST(RangeTest, WhatMayNotBeCombined) {
  const StoredResponse first = PartialResponse("01", "bytes 0-1/10");
  EXPECT_FALSE(Combine(first, PartialResponse("34", "bytes 3-4/10"))) << "a gap";
  EXPECT_FALSE(Combine(first, PartialResponse("23", "bytes 2-3/10", "\"b\""))) << "another tag";
  EXPECT_FALSE(Combine(first, PartialResponse("23", "bytes 2-3/11"))) << "another length";
  EXPECT_FALSE(Combine(PartialResponse("01", "bytes 0-1/10", "W/\"a\""),
                       PartialResponse("23", "bytes 2-3/10", "W/\"a\"")))
      << "3.4: a weak tag";
}

TEST(RangeTest, OnlyAStartCanBeContinued) {
  EXPECT_EQ(BytesToContinueFrom(PartialResponse("01234", "bytes 0-4/10")), 5);
  EXPECT_EQ(BytesToContinueFrom(PartialResponse("45678", "bytes 4-8/10")), 0);
  EXPECT_EQ(BytesToContinueFrom(PartialResponse("0123", "bytes 0-4/10")), 0) << "not exact";
  EXPECT_EQ(BytesToContinueFrom(PartialResponse("01234", "bytes 0-4/5")), 0) << "all there";
  EXPECT_EQ(BytesToContinueFrom(Whole("01234")), 0);
}

// Parts of one representation in any order never make anything but that representation.
TEST(RangeTest, CombiningAtRandomGivesTheTruth) {
  const std::string truth = "abcdefghijklmnopqrstuvwxyz";
  std::mt19937 random(7);
  int wholes = 0;
  for (int round = 0; round < 500; ++round) {
    StoredResponse stored = PartialResponse(truth.substr(3, 2), "bytes 3-4/26");
    for (int i = 0; i < 20; ++i) {
      const size_t first = random() % truth.size();
      const size_t size = 1 + random() % (truth.size() - first);
      const auto all = Combine(
          stored,
          PartialResponse(truth.substr(first, size), "bytes " + std::to_string(first) + "-" +
                                                         std::to_string(first + size - 1) + "/26"));
      if (all) stored = *all;
      const auto part = PartOf(stored);
      ASSERT_TRUE(part && part->exact);
      ASSERT_EQ(stored.body->bytes(),
                truth.substr(static_cast<size_t>(part->first), static_cast<size_t>(part->size)));
      ASSERT_EQ(stored.status == 200, part->size == 26);
    }
    wholes += stored.status == 200 ? 1 : 0;
  }
  EXPECT_GT(wholes, 100);
}

TEST(RangeTest, APartWithFewFieldsLeavesThoseOfTheFirst) {
  const StoredResponse first =
      Response(206, "01234",
               {"Content-Range: bytes 0-4/10", "ETag: \"a\"", "Content-Type: text/plain",
                "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", "Age: 7", "X: old"});
  const auto whole = Combine(
      first, Response(206, "56789", {"Content-Range: bytes 5-9/10", "ETag: \"a\"", "X: new"}));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->status, 200);
  EXPECT_EQ(whole->headers.Get("Content-Type"), "text/plain") << "RFC 9111 3.4";
  EXPECT_TRUE(whole->headers.Has("Last-Modified"));
  EXPECT_EQ(whole->headers.Combined("X"), "new");
  EXPECT_FALSE(whole->headers.Has("Age"));
  EXPECT_EQ(whole->headers.Get("Content-Length"), "10");
}

TEST(RangeTest, ManySmallPartsOfSomethingLargeAreNotJoinedOneByOne) {
  const StoredResponse large =
      PartialResponse(std::string(5 << 20, 'x'), "bytes 0-5242879/9000000");
  EXPECT_FALSE(IsWorthJoining(large, PartialResponse("y", "bytes 5242880-5242880/9000000")));
  EXPECT_TRUE(
      IsWorthJoining(PartialResponse("01", "bytes 0-1/9"), PartialResponse("2", "bytes 2-2/9")));
  EXPECT_TRUE(IsWorthJoining(PartialResponse(std::string(5 << 20, 'x'), "bytes 0-5242879/5242881"),
                             PartialResponse("y", "bytes 5242880-5242880/5242881")))
      << "the last one";
}

}  // namespace
}  // namespace tapps::http
