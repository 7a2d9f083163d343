#include "cli/format.h"

#include <gtest/gtest.h>

#include "tapps.h"

namespace tapps::cli {
namespace {

TEST(FormatTest, BytesHaveTheUnitThatFits) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1024), "1 KiB");
  EXPECT_EQ(HumanBytes(1536), "1.5 KiB");
  EXPECT_EQ(HumanBytes(1024 * 1024 - 1), "1 MiB");
  EXPECT_EQ(HumanBytes(int64_t{64} << 20), "64 MiB");
  EXPECT_EQ(HumanBytes(int64_t{3} << 40), "3 TiB");
}

TEST(FormatTest, DurationsHaveTheUnitThatFits) {
  EXPECT_EQ(HumanDuration(0), "0 us");
  EXPECT_EQ(HumanDuration(12), "12 us");
  EXPECT_EQ(HumanDuration(3'400), "3.4 ms");
  EXPECT_EQ(HumanDuration(999'999), "1 s");
  EXPECT_EQ(HumanDuration(90'000'000), "1.5 min");
  EXPECT_EQ(HumanDuration(int64_t{36} * 3'600'000'000), "1.5 d");
}

TEST(FormatTest, DurationsAreReadInTheirUnits) {
  EXPECT_EQ(ParseDuration("250ms"), 250'000);
  EXPECT_EQ(ParseDuration("90"), 90'000'000);
  EXPECT_EQ(ParseDuration("1.5h"), 5'400'000'000);
  EXPECT_EQ(ParseDuration("7d"), int64_t{7} * 86'400'000'000);
  EXPECT_EQ(ParseDuration("none"), TAPPS_NONE);
}

TEST(FormatTest, WhatIsNoDurationIsRefused) {
  for (const char* text : {"", "s", "-5s", "5x", "5 s", "nan", "inf", "1e300d", "99999999999d"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(FormatTest, SizesArePowersOf1024) {
  EXPECT_EQ(ParseBytes("512"), 512);
  EXPECT_EQ(ParseBytes("64k"), 65'536);
  EXPECT_EQ(ParseBytes("64KiB"), 65'536);
  EXPECT_EQ(ParseBytes("64KB"), 65'536);
  EXPECT_EQ(ParseBytes("10M"), 10'485'760);
  EXPECT_EQ(ParseBytes("5B"), 5);
  for (const char* text : {"", "k", "-1", "1T2", "B"}) {
    EXPECT_EQ(ParseBytes(text), std::nullopt) << text;
  }
}

TEST(FormatTest, Utf8IsToldFromOtherBytes) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("z\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
  EXPECT_FALSE(IsUtf8("\x80"));
  EXPECT_FALSE(IsUtf8("\xC0\xAF"));      // overlong
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));  // a surrogate
  EXPECT_FALSE(IsUtf8("\xE2\x82"));      // cut off
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));
}

TEST(FormatTest, Base64PadsTheEnd) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("\xff\xfe"), "//4=");
}

TEST(FormatTest, NothingPrintedCanSteerATerminal) {
  EXPECT_EQ(Printable("a\x1b[31m\nb\\\xff"), "a\\x1b[31m\\x0ab\\\\\\xff");
  EXPECT_EQ(Printable("\xC2\x9B"), "\\xc2\\x9b");
  EXPECT_EQ(WithoutControls("a\x1b[31m\tb\nc\r\xC2\x9Bz\xff"), "a[31m\tb\ncz");
}

TEST(FormatTest, ColumnsLineUp) {
  Table table({"NAME", "SIZE"}, {1});
  EXPECT_TRUE(table.empty());
  table.Add({"\xC3\xA9t\xC3\xA9", "7 B"});
  table.Add({"longer", "12 B"});
  EXPECT_EQ(table.Render(" "), " NAME    SIZE\n \xC3\xA9t\xC3\xA9      7 B\n longer  12 B\n");
}

}  // namespace
}  // namespace tapps::cli
