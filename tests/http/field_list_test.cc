#include "http/field_list.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tapps::http {
namespace {

std::string Bracketed(std::string_view text) {
  std::string out;
  for (const std::string_view member : SplitList(text)) out += "[" + std::string(member) + "]";
  return out;
}

TEST(FieldListTest, SplitsAtCommasOutsideQuotes) {
  EXPECT_EQ(Bracketed(" a, b ,,c,"), "[a][b][c]");
  EXPECT_EQ(Bracketed("a=\"x, y\", b"), "[a=\"x, y\"][b]");
  EXPECT_EQ(Bracketed("a=\"x\\\", y\", b"), "[a=\"x\\\", y\"][b]");
  EXPECT_EQ(Bracketed(""), "");
  EXPECT_EQ(Bracketed("\"\\"), "[\"\\]");
}

TEST(FieldListTest, FromAnUnclosedQuoteOnEveryCommaSeparates) {
  EXPECT_EQ(Bracketed("a=\"never closed, b"), "[a=\"never closed][b]");
  EXPECT_EQ(Bracketed("a=\"x, y\", b=\"1, \\\"2, \\\"3"), "[a=\"x, y\"][b=\"1][\\\"2][\\\"3]");
}

// Looking for the end of the quote anew for each member took minutes for this one.
TEST(FieldListTest, AListFullOfUnclosedQuotesIsReadInLinearTime) {
  std::string hostile;
  constexpr size_t kMembers = 2'000'000;
  for (size_t i = 0; i < kMembers; ++i) hostile += "\"\\\",";
  size_t members = 0;
  FieldList list(hostile);
  while (list.Next()) ++members;
  EXPECT_GT(members, size_t{0});
}

}  // namespace
}  // namespace tapps::http
