#include "resilience/quota_book.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

constexpr int64_t kNow = kHour;
constexpr uint64_t kAnna = 1;
constexpr uint64_t kBert = 2;

TEST(QuotaBookTest, WhoWasAskedToWaitWaitsAndNobodyElse) {
  QuotaBook book;
  book.Limit(kAnna, 0, kNow + 5 * kSecond, kNow);
  EXPECT_EQ(book.Wait(kAnna, kNow), 5 * kSecond);
  EXPECT_EQ(book.Wait(kAnna, kNow + 2 * kSecond), 3 * kSecond);
  EXPECT_EQ(book.Wait(kBert, kNow), 0);
  book.Prune(kNow + 5 * kSecond);
  EXPECT_TRUE(book.empty());
}

TEST(QuotaBookTest, EveryoneWaitsWhenEveryoneWasAsked) {
  QuotaBook book;
  book.Limit(QuotaBook::kEveryone, 0, kNow + kSecond, kNow);
  EXPECT_EQ(book.Wait(kBert, kNow), kSecond);
}

TEST(QuotaBookTest, ABudgetIsSpentCallByCall) {
  QuotaBook book;
  book.Limit(kAnna, 2, kNow + kSecond, kNow);
  EXPECT_EQ(book.Wait(kAnna, kNow), 0);
  book.Spend(kAnna);
  book.Spend(kBert);
  EXPECT_EQ(book.Wait(kAnna, kNow), 0);
  book.Spend(kAnna);
  EXPECT_EQ(book.Wait(kAnna, kNow), kSecond);
  book.Limit(kAnna, 7, kNow + 2 * kSecond, kNow);
  EXPECT_EQ(book.Wait(kAnna, kNow), 0) << "the service said anew how many are left";
}

TEST(QuotaBookTest, AWaitIsNotCutShortByALaterAnswer) {
  QuotaBook book;
  book.Limit(kAnna, 0, kNow + kMinute, kNow);
  book.Limit(kAnna, 10, kNow + kSecond, kNow);
  EXPECT_EQ(book.Wait(kAnna, kNow), kMinute);
}

TEST(QuotaBookTest, NothingIsBelievedForLongerThanAnHour) {
  QuotaBook book;
  book.Limit(kAnna, 0, kNow + kDay, kNow);
  EXPECT_EQ(book.LongestWait(kNow), kHour);
}

TEST(QuotaBookTest, EndlessCallersTakeBoundedMemoryAndTheLongestWaitsStay) {
  QuotaBook book;
  book.Limit(kAnna, 0, kNow + kHour, kNow);
  for (uint64_t who = 10; who < 1000; ++who) book.Limit(who, 0, kNow + kSecond, kNow);
  EXPECT_EQ(book.Wait(kAnna, kNow), kHour);
  EXPECT_EQ(book.Wait(999, kNow), kSecond);
  EXPECT_EQ(book.Wait(11, kNow), 0);
}

}  // namespace
}  // namespace tapps
