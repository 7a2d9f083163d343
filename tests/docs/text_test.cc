#include "docs/text.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

TEST(TextTest, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(CleanText("caf\xE9!"), "caf\xEF\xBF\xBD!");
  EXPECT_EQ(CleanText("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "overlong";
  EXPECT_EQ(CleanText("\xED\xA0\x80").size(), 9u) << "surrogate";
  EXPECT_EQ(CleanText("end\xE2\x82"), "end\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(CleanText("\xE2\x82\xAC"), "\xE2\x82\xAC");
}

TEST(TextTest, LineEndsBecomeNewlinesAndControlsGo) {
  EXPECT_EQ(CleanText("\xEF\xBB\xBF"
                      "a\r\nb\rc\n"),
            "a\nb\nc\n");
  EXPECT_EQ(CleanText(std::string_view("a\0b\x1B[31mc\x7F\xC2\x9B\td", 14)), "ab[31mc\td");
}

TEST(TextTest, TokensAndBytesAgree) {
  EXPECT_EQ(EstimateTokens(0), 0);
  EXPECT_EQ(EstimateTokens(1), 1);
  for (int64_t tokens : {1, 2, 7, 8000}) {
    EXPECT_LE(EstimateTokens(BytesOfTokens(tokens)), tokens);
    EXPECT_GT(EstimateTokens(BytesOfTokens(tokens) + 1), tokens);
  }
}

TEST(TextTest, WordsAreWholeLowerCaseAndSingular) {
  EXPECT_EQ(Words("Using `fs.readFile` Options"),
            (std::vector<std::string>{"using", "fs", "readfile", "option"}));
  EXPECT_EQ(Words("class bus"), (std::vector<std::string>{"class", "bus"}));
}

TEST(TextTest, ACutEndsWithALineElseWithACharacter) {
  EXPECT_EQ(CutAtLine("one\ntwo\nthree", 9), "one\ntwo\n");
  EXPECT_EQ(CutAtLine("a\xE2\x82\xAC"
                      "b",
                      3),
            "a");
  EXPECT_EQ(CutAtLine("short", 9), "short");
  EXPECT_EQ(CutAtLine("short", 0), "");
}

}  // namespace
}  // namespace tapps
