#include "http/cache_control.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace tapps::http {
namespace {

CacheControl Read(std::initializer_list<const char*> lines) {
  Headers headers;
  for (const char* line : lines) headers.AddLine(line);
  return CacheControl::OfRequest(headers);
}

std::optional<int64_t> MaxAge(const char* value) {
  return Read({(std::string("Cache-Control: ") + value).c_str()}).max_age;
}

TEST(CacheControlTest, MaxAgeIsReadTolerantly) {
  EXPECT_EQ(MaxAge("max-age=60"), 60 * kSecond);
  EXPECT_EQ(MaxAge("MAX-AGE=60"), 60 * kSecond);
  EXPECT_EQ(MaxAge("foo, , max-age=60, bar=\"x\""), 60 * kSecond);
  EXPECT_EQ(MaxAge("max-age=\"60\""), 60 * kSecond);
  EXPECT_EQ(MaxAge("max-age=0060"), 60 * kSecond);
  EXPECT_EQ(MaxAge("max-age=99999999999999999999"), CacheControl::kMaxDelta);
  EXPECT_EQ(MaxAge("max-age=60, max-age=1"), 60 * kSecond);
  EXPECT_EQ(MaxAge("x=\"max-age=60\""), std::nullopt);
  EXPECT_EQ(MaxAge("x=\"max-age=60\", max-age=1"), kSecond);
  EXPECT_EQ(MaxAge("s-maxage=60"), std::nullopt);
}

TEST(CacheControlTest, AMaxAgeThatIsNoNumberIsStale) {
  for (const char* value : {"max-age=-1", "max-age='60'", "max-age=60.5", "max-age=", "max-age",
                            "max-age=1 2", "max-age=x"}) {
    EXPECT_EQ(MaxAge(value), 0) << value;
  }
}

TEST(CacheControlTest, DirectivesOfSeveralLinesAddUp) {
  const CacheControl cc = Read({"Cache-Control: no-store, must-revalidate", "cache-control: public",
                                "Cache-Control: stale-if-error=5, stale-while-revalidate=6"});
  EXPECT_TRUE(cc.no_store && cc.must_revalidate && cc.is_public);
  EXPECT_FALSE(cc.no_cache || cc.is_private || cc.immutable);
  EXPECT_EQ(cc.stale_if_error, 5 * kSecond);
  EXPECT_EQ(cc.stale_while_revalidate, 6 * kSecond);
}

TEST(CacheControlTest, FieldNamesWidenNoCacheButNarrowPrivate) {
  const CacheControl cc = Read({"Cache-Control: no-cache=\"Set-Cookie, X\", private=\"Y\""});
  EXPECT_TRUE(cc.no_cache);
  EXPECT_FALSE(cc.is_private);
}

TEST(CacheControlTest, MaxStaleWithoutANumberTakesAny) {
  EXPECT_EQ(Read({"Cache-Control: max-stale"}).max_stale, CacheControl::kMaxDelta);
  EXPECT_EQ(Read({"Cache-Control: max-stale=3"}).max_stale, 3 * kSecond);
  EXPECT_EQ(Read({"Cache-Control: max-stale=x"}).max_stale, std::nullopt);
}

TEST(CacheControlTest, PragmaCountsInRequestsWithoutCacheControl) {
  EXPECT_TRUE(Read({"Pragma: no-cache"}).no_cache);
  EXPECT_FALSE(Read({"Pragma: no-cache", "Cache-Control: max-age=1"}).no_cache);
  Headers response;
  response.AddLine("Pragma: no-cache");
  EXPECT_FALSE(CacheControl::Of(response).no_cache);
}

}  // namespace
}  // namespace tapps::http
