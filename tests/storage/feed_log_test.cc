#include "storage/feed_log.h"

#include <gtest/gtest.h>

#include "storage/schema.h"
#include "support/temp_dir.h"

namespace tapps::storage {
namespace {

class FeedLogTest : public ::testing::Test {
 protected:
  FeedLogTest() {
    EXPECT_TRUE(PrepareSchema(writer_, [] { return false; }).ok());
    writer_.Exec("PRAGMA synchronous=OFF");  // the test need not survive a power cut
  }
  int64_t Int(const char* sql) { return *writer_.QueryInt(sql, -1); }
  // The same in one transaction.
  void Append(const Limits& limits, int rows, size_t hashes) {
    FeedLog feed;
    ASSERT_TRUE(feed.Prepare(writer_, limits).ok());
    ASSERT_EQ(writer_.Exec("BEGIN"), SQLITE_OK);
    for (int i = 0; i < rows; ++i) {
      ASSERT_EQ(feed.Append(1, std::vector<uint64_t>(hashes, 7)), SQLITE_OK);
    }
    ASSERT_EQ(writer_.Exec("COMMIT"), SQLITE_OK);
  }

  test::TempDir dir_;
  Connection writer_ = *Connection::Open(dir_.Write("cache.db", ""), Connection::Mode::kReadWrite);
};

TEST_F(FeedLogTest, ItTakesASmallPartOfASmallFile) {
  const Limits limits{.bytes = 1 << 20};
  Append(limits, 3000, 300);
  EXPECT_LE(Int("SELECT sum(length(hashes)) FROM changes"), limits.Database() / 8);
  EXPECT_GT(Int("SELECT count(*) FROM changes"), 10);
}

TEST_F(FeedLogTest, WhatAnotherBoundHasLetGrowIsCut) {
  Append({.bytes = 1 << 30}, 1000, 300);
  EXPECT_EQ(Int("SELECT count(*) FROM changes"), 1001);
  const Limits limits{.bytes = 1 << 20};
  Append(limits, 1, 1);
  EXPECT_LE(Int("SELECT sum(length(hashes)) FROM changes"), limits.Database() / 8);
}

TEST_F(FeedLogTest, ARowIsNeverSoLargeThatItIsTheOnlyOne) {
  const Limits limits{.bytes = 1 << 20};
  for (const size_t hashes : {100u, 1000u, 10'000u, 100'000u}) {
    Append(limits, 300, hashes);
    EXPECT_GT(Int("SELECT count(*) FROM changes"), 10) << hashes;
  }
  EXPECT_EQ(Int("SELECT hashes IS NULL FROM changes ORDER BY seq DESC"), 1);
}

}  // namespace
}  // namespace tapps::storage
