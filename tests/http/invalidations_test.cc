#include "http/invalidations.h"

#include <gtest/gtest.h>

#include <string>

namespace tapps::http {
namespace {

Url Page(int number) { return *ParseUrl("http://example.com/page/" + std::to_string(number)); }

TEST(InvalidationsTest, AnotherUrlsChangesDoNotMakeAnAnswerOld) {
  Invalidations invalidations;
  const uint64_t before = invalidations.Count();
  for (int i = 1; i <= 1000; ++i) invalidations.Note(Page(i), 1);
  EXPECT_FALSE(invalidations.ChangedSince(Page(0), before));
  invalidations.Note(Page(0), 2);
  EXPECT_TRUE(invalidations.ChangedSince(Page(0), before));
  EXPECT_FALSE(invalidations.ChangedSince(Page(0), invalidations.Count()));
}

TEST(InvalidationsTest, WhatIsNoLongerKnownCountsAsChanged) {
  Invalidations invalidations;
  const uint64_t before = invalidations.Count();
  for (int i = 1; i <= 2000; ++i) invalidations.Note(Page(i), 1);
  EXPECT_TRUE(invalidations.ChangedSince(Page(0), before));
  EXPECT_FALSE(invalidations.ChangedSince(Page(0), before + 1000));
}

TEST(InvalidationsTest, TheLastChangeHasATime) {
  Invalidations invalidations;
  EXPECT_EQ(invalidations.ChangedAt(Page(0)), 0);
  invalidations.Note(Page(0), 5);
  EXPECT_EQ(invalidations.ChangedAt(Page(0)), 5);
}

}  // namespace
}  // namespace tapps::http
