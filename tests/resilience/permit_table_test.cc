#include "resilience/permit_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace tapps {
namespace {

constexpr int64_t kMaxToken = (int64_t{1} << 53) - 1;

TEST(PermitTableTest, GivesAsManyPlacesAsItsLimit) {
  PermitTable table(3, 7);
  std::set<int64_t> tokens;
  for (int i = 0; i < 3; ++i) tokens.insert(table.Take(100, 1));
  EXPECT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens.count(0), 0u);
  EXPECT_EQ(table.Take(100, 1), 0);
  EXPECT_FALSE(table.MakeRoom());
  EXPECT_EQ(table.taken(), 3);
}

TEST(PermitTableTest, EndsATokenOnceAndSaysWhichGenerationItWas) {
  PermitTable table(2, 7);
  const int64_t token = table.Take(100, 42);
  const PermitTable::Ended ended = table.End(token, 99);
  EXPECT_TRUE(ended.known);
  EXPECT_FALSE(ended.expired);
  EXPECT_EQ(ended.generation, 42u);
  EXPECT_FALSE(table.End(token, 99).known);
  EXPECT_NE(table.Take(100, 42), token);
}

TEST(PermitTableTest, ADeadlineIsTheFirstInstantThatIsTooLate) {
  PermitTable table(1, 7);
  EXPECT_FALSE(table.End(table.Take(100, 1), 99).expired);
  EXPECT_TRUE(table.End(table.Take(100, 1), 100).expired);
}

TEST(PermitTableTest, RefusesNumbersThatAreNoTokens) {
  PermitTable table(2, 7);
  const int64_t token = table.Take(100, 1);
  for (const int64_t other :
       {int64_t{0}, int64_t{-1}, int64_t{1}, token + 1, token + 2, -token, token + (1 << 16),
        std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    EXPECT_FALSE(table.End(other, 0).known) << other;
  }
  EXPECT_EQ(table.taken(), 1);
}

TEST(PermitTableTest, TokensStayIn53BitsAndAreNeverZeroWhenSequencesWrap) {
  PermitTable table(1, (uint64_t{1} << 37) - 2);
  int64_t before = 0;
  for (int i = 0; i < 4; ++i) {
    const int64_t token = table.Take(100, 1);
    EXPECT_GT(token, 0);
    EXPECT_LE(token, kMaxToken);
    EXPECT_NE(token, before);
    EXPECT_TRUE(table.End(token, 0).known);
    before = token;
  }
}

TEST(PermitTableTest, ReclaimFreesWhatIsOverAndNothingElse) {
  PermitTable table(4, 7);
  const int64_t early = table.Take(100, 1);
  const int64_t middle = table.Take(200, 2);
  const int64_t late = table.Take(300, 2);
  EXPECT_EQ(table.Reclaim(99, 2).all, 0);
  EXPECT_EQ(table.CountExpired(200), 2);
  EXPECT_EQ(table.taken(), 3);
  const PermitTable::Reclaimed reclaimed = table.Reclaim(200, 2);
  EXPECT_EQ(reclaimed.all, 2);
  EXPECT_EQ(reclaimed.of_generation, 1);
  EXPECT_EQ(table.taken(), 1);
  EXPECT_FALSE(table.End(early, 200).known);
  EXPECT_FALSE(table.End(middle, 200).known);
  EXPECT_TRUE(table.End(late, 200).known);
}

TEST(PermitTableTest, AnEarlierDeadlineTakenLaterIsReclaimedInTime) {
  PermitTable table(4, 7);
  table.Take(500, 1);
  EXPECT_EQ(table.Reclaim(100, 1).all, 0);
  table.Take(200, 1);
  EXPECT_EQ(table.Reclaim(200, 1).all, 1);
  EXPECT_EQ(table.Reclaim(500, 1).all, 1);
}

TEST(PermitTableTest, AnUnlimitedTableGrowsToTheNumberOfTokensAndKeepsThemValid) {
  PermitTable table(-2, 7);
  std::set<int64_t> tokens;
  for (int32_t i = 0; i < PermitTable::kMaxPlaces; ++i) {
    int64_t token = table.Take(100, 1);
    if (token == 0) {
      ASSERT_TRUE(table.MakeRoom());
      token = table.Take(100, 1);
    }
    ASSERT_TRUE(tokens.insert(token).second);
  }
  EXPECT_EQ(table.Take(100, 1), 0);
  EXPECT_FALSE(table.MakeRoom());
  for (const int64_t token : tokens) ASSERT_TRUE(table.End(token, 0).known);
  EXPECT_EQ(table.taken(), 0);
}

}  // namespace
}  // namespace tapps
