#include "base/json.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

TEST(JsonTest, AnErrorNamesLineAndColumn) {
  const auto result = ParseJson("{\n  \"a\": 1,\n  oops\n}");
  ASSERT_EQ(result.code(), TAPPS_E_INVALID);
  EXPECT_NE(result.status().message().find("line 3, column 3"), std::string::npos)
      << result.status().message();
}

TEST(JsonTest, DeepNestingIsRefusedNotRecursedInto) {
  EXPECT_EQ(ParseJson(std::string(100'000, '[')).code(), TAPPS_E_INVALID);
}

TEST(JsonTest, ANumberThatNothingCanHoldIsRefused) {
  const auto result = ParseJson("[1e999]");
  ASSERT_EQ(result.code(), TAPPS_E_INVALID);
  EXPECT_NE(result.status().message().find("1e999"), std::string::npos)
      << result.status().message();
}

TEST(JsonTest, BytesThatAreNotUtf8AreReplacedWhenWritten) {
  EXPECT_EQ(DumpJson(Json{{"k", "a\xff"}}), "{\"k\":\"a\xEF\xBF\xBD\"}");
}

TEST(JsonTest, AMemberOfAnotherTypeIsAbsent) {
  const Json object = {{"n", 1}, {"s", "x"}};
  EXPECT_EQ(JsonString(object, "n"), std::nullopt);
  EXPECT_EQ(JsonString(object, "s"), "x");
  EXPECT_EQ(JsonString(Json::array(), "s"), std::nullopt);
}

}  // namespace
}  // namespace tapps
