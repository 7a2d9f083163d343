#include "base/text.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

TEST(TextTest, WellFormedUtf8IsAccepted) {
  for (const char* s :
       {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF"}) {
    EXPECT_TRUE(IsUtf8(s)) << s;
  }
}

TEST(TextTest, OverlongFormsSurrogatesAndCutSequencesAreNot) {
  for (const char* s : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82",
                        "\x80", "\xFF"}) {
    EXPECT_FALSE(IsUtf8(s)) << Printable(s);
  }
}

TEST(TextTest, PrintableShowsControlAndForeignBytesAndCutsLongText) {
  EXPECT_EQ(Printable("a\nb\xFF"), "a\\x0ab\\xff");
  EXPECT_EQ(Printable(std::string(100, 'x'), 5), "xxxxx...");
}

}  // namespace
}  // namespace tapps
