#include "base/value.h"

#include <gtest/gtest.h>

#include <limits>
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

TEST(ValueTest, TimesComeBackWhateverTheyAre) {
  constexpr int64_t kNow = 1'800'000'000'000'000;
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  for (const int64_t created : {int64_t{0}, kNow, int64_t{-1}, -kLast, kLast}) {
    for (const int64_t expires : {int64_t{0}, int64_t{1}, kNow - 1, kNow, kNow + 1,
                                  kNow + (int64_t{1} << 49), kLast, int64_t{-5}}) {
      for (const int64_t stale : {expires, kNow + 2}) {
        const ValueRef value = Value::Make(
            "b", {.created_us = created, .expires_us = expires, .stale_until_us = stale},
            {{TAPPS_TEXT_SOURCE, "here"}});
        EXPECT_EQ(value->expires_us(), expires) << created;
        EXPECT_EQ(value->info().expires_us, expires) << created;
        EXPECT_EQ(value->info().created_us, created) << expires;
        EXPECT_EQ(value->info().stale_until_us, stale) << created << ", " << expires;
        EXPECT_EQ(value->plain(), expires == 0);
        EXPECT_EQ(value->text(TAPPS_TEXT_SOURCE), "here");
      }
    }
  }
}

TEST(ValueTest, WhatMostValuesNeedTakes32BytesBesidesTheBytes) {
  const ValueInfo info{.version = 1,
                       .created_us = 5,
                       .expires_us = 9,
                       .stale_until_us = 9,
                       .served_from = TAPPS_FROM_NETWORK,
                       .flags = TAPPS_VALUE_NEGATIVE};
  const ValueRef value = Value::Make("1234567", info);
  EXPECT_EQ(value->footprint(), 32u + 8u);
  EXPECT_EQ(value->info().served_from, TAPPS_FROM_NETWORK);
  EXPECT_EQ(value->info().flags, value->flags());
  EXPECT_EQ(value->flags(), uint32_t{TAPPS_VALUE_NEGATIVE});
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
