#include "resilience/permit_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <set>
#include <thread>
#include <vector>

namespace tapps {
namespace {

constexpr int64_t kMaxToken = (int64_t{1} << 53) - 1;

// As a breaker uses it: 0 when there is no place.
int64_t Take(PermitTable& table, int64_t deadline, uint64_t generation) {
  PermitTable::Place* place = table.Claim();
  if (place == nullptr) return 0;
  place->deadline = deadline;
  place->generation = generation;
  return table.Occupy(place);
}

bool End(PermitTable& table, int64_t token) {
  PermitTable::Place* place = table.End(token);
  if (place == nullptr) return false;
  table.Vacate(place);
  return true;
}

TEST(PermitTableTest, GivesAsManyPlacesAsItsLimit) {
  PermitTable table(3, 7);
  std::set<int64_t> tokens;
  for (int i = 0; i < 3; ++i) tokens.insert(Take(table, 100, 1));
  EXPECT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens.count(0), 0u);
  EXPECT_EQ(Take(table, 100, 1), 0);
  EXPECT_FALSE(table.Grow());
  EXPECT_EQ(table.Count(0).taken, 3);
}

TEST(PermitTableTest, EndsATokenOnceAndKnowsItsGeneration) {
  PermitTable table(2, 7);
  const int64_t token = Take(table, 100, 42);
  PermitTable::Place* place = table.End(token);
  ASSERT_NE(place, nullptr);
  EXPECT_EQ(place->generation, 42u);
  EXPECT_EQ(table.End(token), nullptr) << "between End and Vacate";
  table.Vacate(place);
  EXPECT_EQ(table.End(token), nullptr);
  EXPECT_NE(Take(table, 100, 42), token);
}

TEST(PermitTableTest, AClaimedPlaceHasNoTokenUntilItIsOccupied) {
  PermitTable table(1, 7);
  const int64_t before = Take(table, 100, 1);
  ASSERT_TRUE(End(table, before));
  PermitTable::Place* place = table.Claim();
  ASSERT_NE(place, nullptr);
  EXPECT_EQ(table.Claim(), nullptr);
  EXPECT_EQ(table.Count(0).claimed, 1);
  EXPECT_EQ(table.EndExpired(1000, 1).all, 0) << "the deadline is still that of the permit before";
  table.Vacate(place);
  EXPECT_NE(Take(table, 100, 1), 0);
}

TEST(PermitTableTest, RefusesNumbersThatAreNoTokens) {
  PermitTable table(2, 7);
  const int64_t token = Take(table, 100, 1);
  for (const int64_t other :
       {int64_t{0}, int64_t{-1}, int64_t{1}, token + 1, token + 2, -token, token + (1 << 16),
        std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    EXPECT_FALSE(End(table, other)) << other;
  }
  EXPECT_EQ(table.Count(0).taken, 1);
}

TEST(PermitTableTest, TokensStayIn53BitsAndAreNeverZeroWhenSequencesWrap) {
  PermitTable table(1, (uint64_t{1} << 37) - 2);
  int64_t before = 0;
  for (int i = 0; i < 4; ++i) {
    const int64_t token = Take(table, 100, 1);
    EXPECT_GT(token, 0);
    EXPECT_LE(token, kMaxToken);
    EXPECT_NE(token, before);
    EXPECT_TRUE(End(table, token));
    before = token;
  }
}

TEST(PermitTableTest, EndExpiredFreesWhatIsOverAndNothingElse) {
  PermitTable table(4, 7);
  const int64_t early = Take(table, 100, 1);
  const int64_t middle = Take(table, 200, 2);
  const int64_t late = Take(table, 300, 2);
  EXPECT_EQ(table.EndExpired(99, 2).all, 0);
  EXPECT_EQ(table.Count(200).expired, 2);
  EXPECT_EQ(table.Count(200).taken, 3);
  const PermitTable::Ended ended = table.EndExpired(200, 2);
  EXPECT_EQ(ended.all, 2);
  EXPECT_EQ(ended.of_generation, 1);
  EXPECT_EQ(table.Count(200).taken, 1);
  EXPECT_FALSE(End(table, early));
  EXPECT_FALSE(End(table, middle));
  EXPECT_TRUE(End(table, late));
}

TEST(PermitTableTest, AnUnlimitedTableGrowsToTheNumberOfTokensAndKeepsThemValid) {
  PermitTable table(-2, 7);
  std::set<int64_t> tokens;
  for (int32_t i = 0; i < PermitTable::kMaxPlaces; ++i) {
    int64_t token = Take(table, 100, 1);
    if (token == 0) {
      ASSERT_TRUE(table.Grow());
      token = Take(table, 100, 1);
    }
    ASSERT_TRUE(tokens.insert(token).second);
  }
  EXPECT_EQ(Take(table, 100, 1), 0);
  EXPECT_FALSE(table.Grow());
  for (const int64_t token : tokens) ASSERT_TRUE(End(table, token));
  EXPECT_EQ(table.Count(0).taken, 0);
}

TEST(PermitTableTest, ThreadsNeverShareAPlaceAndOneOfThemEndsIt) {
  PermitTable table(3, 7);
  std::atomic<int> inside{0};
  std::atomic<int64_t> given{0};
  std::atomic<int64_t> ended{0};
  std::atomic<int64_t> latest{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        if (const int64_t token = Take(table, 100, 1); token != 0) {
          EXPECT_LE(++inside, 3);
          ++given;
          --inside;
          latest = token;  // from here on others may end it, and a fourth may get its place
          if (End(table, token)) ++ended;
        }
        if (End(table, latest)) ++ended;  // races for another's permit
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(given, ended);
  EXPECT_EQ(table.Count(0).taken, 0);
}

}  // namespace
}  // namespace tapps
