#include "storage/change_feed.h"

#include <gtest/gtest.h>

#include <set>

#include "storage/schema.h"
#include "support/temp_dir.h"

namespace tapps::storage {
namespace {

class Seen : public ChangeFeed::Sink {
 public:
  void OnChanged(uint64_t hash) override { hashes.insert(hash); }
  void OnEverythingChanged() override { everything = true; }
  std::set<uint64_t> hashes;
  bool everything = false;
};

// With the mapped header, and with the query that stands in for it.
class ChangeFeedTest : public ::testing::TestWithParam<ChangeFeed::Watch> {
 protected:
  static constexpr int64_t kOwn = 1;
  static constexpr int64_t kOther = 2;

  ChangeFeedTest() {
    EXPECT_TRUE(PrepareSchema(writer_, [] { return false; }).ok());
    EXPECT_EQ(writer_.Exec("PRAGMA synchronous=OFF"),
              SQLITE_OK);  // the test need not survive a power cut
    auto feed = ChangeFeed::Open(path_, kOwn, GetParam());
    EXPECT_TRUE(feed.ok()) << feed.status().message();
    feed_ = *std::move(feed);
  }
  void Commit(int64_t origin, const std::vector<uint64_t>& hashes) {
    Result<Statement> add = writer_.Prepare(
        "INSERT INTO changes(seq, origin, hashes) SELECT max(seq) + 1, ?1, ?2 FROM changes");
    ASSERT_TRUE(add.ok());
    const std::string packed = PackHashes(hashes);
    ASSERT_EQ(add->Bind(1, origin).BindBlob(2, packed).Run(), SQLITE_OK);
  }
  Seen Advance() {
    Seen seen;
    const Status status = feed_->Advance(seen);
    EXPECT_TRUE(status.ok()) << status.message();
    return seen;
  }

  test::TempDir dir_;
  std::string path_ = dir_.Write("cache.db", "");
  Connection writer_ = *Connection::Open(path_, Connection::Mode::kReadWrite);
  std::unique_ptr<ChangeFeed> feed_;
};

TEST_P(ChangeFeedTest, TheMappedHeaderIsUsedUnlessToldOtherwise) {
  EXPECT_EQ(feed_->mapped(), GetParam() == ChangeFeed::Watch::kMapped);
}

TEST_P(ChangeFeedTest, ACommitMakesItOutOfDateUntilItAdvances) {
  EXPECT_TRUE(feed_->Current());
  Commit(kOther, {7, 8});
  EXPECT_FALSE(feed_->Current());
  EXPECT_EQ(Advance().hashes, (std::set<uint64_t>{7, 8}));
  EXPECT_TRUE(feed_->Current());
  EXPECT_TRUE(Advance().hashes.empty());
}

TEST_P(ChangeFeedTest, EveryOneOfManyCommitsIsSeen) {
  for (uint64_t i = 0; i < 2000; ++i) {
    Commit(kOther, {i});
    ASSERT_FALSE(feed_->Current()) << i;
    ASSERT_EQ(Advance().hashes, std::set<uint64_t>{i});
  }
}

TEST_P(ChangeFeedTest, OwnRowsArePassedOver) {
  Commit(kOwn, {1});
  Commit(kOther, {2});
  Commit(kOwn, {3});
  EXPECT_EQ(Advance().hashes, std::set<uint64_t>{2});
}

TEST_P(ChangeFeedTest, ARowWithoutHashesMeansEverything) {
  ASSERT_EQ(writer_.Exec("INSERT INTO changes SELECT max(seq) + 1, 2, NULL FROM changes"),
            SQLITE_OK);
  EXPECT_TRUE(Advance().everything);
}

TEST_P(ChangeFeedTest, ARowOfNoHashesChangesNothing) {
  Commit(kOther, {});
  EXPECT_FALSE(feed_->Current());
  EXPECT_FALSE(Advance().everything);
}

TEST_P(ChangeFeedTest, AReaderWhoseRowIsGoneForgetsEverythingOnce) {
  Commit(kOther, {1});
  Commit(kOther, {2});
  ASSERT_EQ(writer_.Exec("DELETE FROM changes WHERE seq < (SELECT max(seq) FROM changes)"),
            SQLITE_OK);
  EXPECT_TRUE(Advance().everything);
  Commit(kOther, {3});
  const Seen seen = Advance();
  EXPECT_FALSE(seen.everything);
  EXPECT_EQ(seen.hashes, std::set<uint64_t>{3});
}

TEST_P(ChangeFeedTest, NumbersThatStartAnewAreNoticed) {
  ASSERT_EQ(writer_.Exec("DELETE FROM changes; INSERT INTO changes VALUES(5, 2, x'')"), SQLITE_OK);
  EXPECT_TRUE(Advance().everything);
  Commit(kOther, {4});
  EXPECT_EQ(Advance().hashes, std::set<uint64_t>{4});
}

INSTANTIATE_TEST_SUITE_P(Watches, ChangeFeedTest,
                         ::testing::Values(ChangeFeed::Watch::kMapped, ChangeFeed::Watch::kQuery),
                         [](const auto& param) {
                           return param.param == ChangeFeed::Watch::kMapped ? "Mapped" : "Query";
                         });

}  // namespace
}  // namespace tapps::storage
