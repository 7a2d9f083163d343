#include "base/value.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

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

TEST(ValueTest, BytesFromElsewhereAreKeptAsLongAsAnyValueShowsThem) {
  struct Watched : Value::Keeper {
    explicit Watched(bool* told) : gone(told) {}
    ~Watched() override { *gone = true; }
    bool* gone;
  };
  static const char bytes[] = "lent";
  bool gone = false;
  ValueRef lent = Value::Lend({bytes, 4}, std::make_unique<Watched>(&gone));
  ValueRef wrap = Value::Wrap(lent, {.http_status = 200}, {{TAPPS_TEXT_URL, "u"}});
  ValueRef again = Value::Wrap(wrap, {});
  EXPECT_EQ(lent->bytes().data(), bytes);
  EXPECT_FALSE(lent->plain());
  EXPECT_GE(wrap->footprint(), 5u) << "of what it keeps from being freed";
  lent = {};
  wrap = {};
  EXPECT_FALSE(gone);
  EXPECT_EQ(again->bytes(), "lent");
  again = {};
  EXPECT_TRUE(gone);
}

TEST(ValueTest, AStringIsTakenAsItIs) {
  std::string text(1000, 'x');
  const char* bytes = text.data();
  const ValueRef value = Value::Own(std::move(text));
  EXPECT_EQ(value->bytes().data(), bytes);
  EXPECT_EQ(value->bytes().size(), 1000u);
  EXPECT_EQ(value->bytes().data()[1000], '\0');
}

}  // namespace
}  // namespace tapps
