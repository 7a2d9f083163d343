#include "http/answer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tapps::http {
namespace {

Hop Asking(const std::string& method, const std::vector<std::string>& lines) {
  Hop hop;
  hop.method = method;
  for (const std::string& line : lines) hop.headers.AddLine(line);
  if (const auto range = hop.headers.Get("Range")) hop.range = ParseByteRange(*range);
  return hop;
}

StoredRef Stored(int32_t status, const std::string& body, const std::vector<std::string>& lines) {
  auto stored = std::make_shared<StoredResponse>();
  stored->status = status;
  for (const std::string& line : lines) stored->headers.AddLine(line);
  stored->body = Value::Make(body, ValueInfo());
  return stored;
}

// "STATUS BODY", or "none"; and CanAnswer says the same.
std::string Answer(const Hop& hop, const StoredRef& stored) {
  const StoredRef answer = AnswerFrom(hop, stored, 0);
  EXPECT_EQ(CanAnswer(hop, *stored), answer != nullptr);
  if (answer == nullptr) return "none";
  return std::to_string(answer->status) + " " +
         (answer->body ? std::string(answer->body->bytes()) : "-");
}

TEST(AnswerTest, OfAWholeResponse) {
  const StoredRef whole = Stored(200, "0123456789", {"ETag: \"a\""});
  EXPECT_EQ(Answer(Asking("GET", {}), whole), "200 0123456789");
  EXPECT_EQ(Answer(Asking("HEAD", {}), whole), "200 -");
  EXPECT_EQ(Answer(Asking("GET", {"Range: bytes=2-3"}), whole), "206 23");
  EXPECT_EQ(Answer(Asking("GET", {"Range: bytes=20-"}), whole), "none");
  EXPECT_EQ(Answer(Asking("GET", {"Range: bytes=2-3", "If-Range: \"b\""}), whole),
            "200 0123456789");
  EXPECT_EQ(Answer(Asking("GET", {"If-None-Match: \"a\""}), whole), "304 -");
  EXPECT_EQ(Answer(Asking("GET", {"If-None-Match: \"b\""}), whole), "200 0123456789");
  EXPECT_EQ(Answer(Asking("GET", {"If-None-Match: *"}), Stored(404, "gone", {})), "404 gone")
      << "RFC 9110 13.2.1";
  EXPECT_EQ(Answer(Asking("GET", {"Range: bytes=2-3"}), Stored(404, "gone", {})), "404 gone");
}

TEST(AnswerTest, APartIsNeverServedAsAWhole) {
  const StoredRef part = Stored(206, "01234", {"ETag: \"a\"", "Content-Range: bytes 0-4/10"});
  EXPECT_EQ(Answer(Asking("GET", {}), part), "none");
  EXPECT_EQ(Answer(Asking("HEAD", {}), part), "none");
  EXPECT_EQ(Answer(Asking("GET", {"If-None-Match: \"a\""}), part), "none");
  EXPECT_EQ(Answer(Asking("GET", {"Range: bytes=2-3"}), part), "206 23");
  EXPECT_EQ(Answer(Asking("GET", {"Range: bytes=2-3", "If-Range: \"b\""}), part), "none");
}

TEST(AnswerTest, OnlyAPartThatCanBeCombinedIsContinued) {
  const auto asked = [](const std::vector<std::string>& request,
                        const std::vector<std::string>& stored) {
    Headers headers;
    AddContinuation(Asking("GET", request), *Stored(206, "01234", stored), &headers);
    return headers.text();
  };
  const std::string range = "Content-Range: bytes 0-4/10";
  EXPECT_EQ(asked({}, {range, "ETag: \"a\""}), "Range: bytes=5-\r\nIf-Range: \"a\"\r\n");
  EXPECT_EQ(asked({}, {range}), "Range: bytes=5-\r\n");
  EXPECT_EQ(asked({}, {range, "ETag: W/\"a\""}), "");
  EXPECT_EQ(asked({}, {"Content-Range: bytes 1-5/10"}), "");
  EXPECT_EQ(asked({"Range: bytes=6-7"}, {range, "ETag: \"a\""}), "");
}

}  // namespace
}  // namespace tapps::http
