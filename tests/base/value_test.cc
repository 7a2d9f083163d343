#include "base/value.h"

#include <gtest/gtest.h>

#include "tapps.h"

namespace tapps {
namespace {

TEST(ValueTest, BytesAndTextsComeBackAsGiven) {
  const ValueRef value = Value::Make(std::string_view("a\0b", 3), {.version = 7},
                                     {{TAPPS_TEXT_SOURCE, "here"}, {TAPPS_TEXT_TAGS, "x\ny"}});
  EXPECT_EQ(value->bytes(), std::string_view("a\0b", 3));
  EXPECT_EQ(value->bytes().data()[3], '\0');
  EXPECT_EQ(value->info().version, 7);
  EXPECT_EQ(value->text(TAPPS_TEXT_SOURCE), "here");
  EXPECT_EQ(value->text(TAPPS_TEXT_TAGS), "x\ny");
  EXPECT_EQ(value->text(TAPPS_TEXT_TAGS).data()[3], '\0');
  EXPECT_EQ(value->text(TAPPS_TEXT_URL).data(), nullptr);
}

TEST(ValueTest, AnEmptyTextIsAsGoodAsNone) {
  const ValueRef value = Value::Make("", {}, {{TAPPS_TEXT_SOURCE, ""}});
  EXPECT_EQ(value->text(TAPPS_TEXT_SOURCE).data(), nullptr);
  EXPECT_EQ(value->bytes().size(), 0u);
}

TEST(ValueTest, AWrapShowsTheSameBytesAndOutlivesItsBase) {
  ValueRef base = Value::Make("body", {}, {{TAPPS_TEXT_SOURCE, "stored"}});
  const char* bytes = base->bytes().data();
  const ValueRef wrap = Value::Wrap(std::move(base), {.http_status = 200}, {{TAPPS_TEXT_URL, "u"}});
  EXPECT_EQ(wrap->bytes().data(), bytes);
  EXPECT_EQ(wrap->text(TAPPS_TEXT_URL), "u");
  EXPECT_EQ(wrap->text(TAPPS_TEXT_SOURCE).data(), nullptr);
  EXPECT_EQ(wrap->info().http_status, 200);
}

}  // namespace
}  // namespace tapps
