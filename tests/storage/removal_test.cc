#include "storage/removal.h"

#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

class RemovalTest : public StoreFixture {
 protected:
  // Entries of so many bytes, in groups of one transaction.
  void Fill(const std::string& prefix, int count, size_t bytes) {
    for (int i = 0; i < count;) {
      auto group = std::make_shared<WriteGroup>();
      for (int end = std::min(count, i + 1000); i < end; ++i) {
        group->records.push_back(MakeRecord(prefix + std::to_string(i), Noise(bytes, ++seed_)));
      }
      ASSERT_TRUE(Write(group).ok());
    }
  }
  static Group Removing(Filter filter) {
    auto group = std::make_shared<WriteGroup>();
    group->remove = std::move(filter);
    return group;
  }
  int64_t Commits() { return store_->writer_stats()->commits.load(); }

  uint64_t seed_ = 0;
};

TEST_F(RemovalTest, ManyEntriesGoInSlicesAndAllOfThemGo) {
  Open();
  constexpr int kCount = 2 * Removal::kEntries + 5;
  Fill("a", kCount, 10);
  Fill("b", 7, 10);
  const int64_t before = Commits();
  const Group removal = Removing({"", "a", ""});
  ASSERT_TRUE(Write(removal).ok());
  EXPECT_EQ(removal->removed, kCount);
  EXPECT_EQ(Commits() - before, 3);
  EXPECT_EQ(SqlInt("SELECT count(*) FROM entries"), 7);
  EXPECT_EQ(SqlInt("SELECT entries FROM totals"), 7);
}

TEST_F(RemovalTest, ASliceEndsAtItsBytes) {
  Open();
  Fill("a", 5, Removal::kBytes / 2);
  const int64_t before = Commits();
  const Group removal = Removing({});
  ASSERT_TRUE(Write(removal).ok());
  EXPECT_EQ(removal->removed, 5);
  EXPECT_EQ(Commits() - before, 3);
}

TEST_F(RemovalTest, TheWalStaysSmallWhateverGoes) {
  Open();
  Fill("a", 60'000, 2000);
  ASSERT_TRUE(Write(Removing({})).ok());
  EXPECT_EQ(SqlInt("SELECT count(*) FROM entries"), 0);
  EXPECT_LT(FileBytes("-wal"), 64 << 20);
}

TEST_F(RemovalTest, WhatIsPutAfterItIsNotRemoved) {
  Open();
  Fill("a", 2 * Removal::kEntries, 10);
  ASSERT_TRUE(store_->Write(Removing({}), 30 * kSecond, nullptr).ok());
  ASSERT_TRUE(store_->Write(Of(MakeRecord("a0", "new")), 30 * kSecond, nullptr).ok());
  ASSERT_TRUE(Flush().ok());
  EXPECT_EQ(Get("a0"), "new");
  EXPECT_EQ(SqlInt("SELECT count(*) FROM entries"), 1);
}

// Between two slices anybody may write, an entry of the filter too.
TEST_F(RemovalTest, OthersWriteBetweenItsSlices) {
  Open();
  Fill("a", 20 * Removal::kEntries, 10);
  const Group removal = Removing({});
  ASSERT_TRUE(store_->Write(removal, 30 * kSecond, nullptr).ok());
  ASSERT_TRUE(Eventually([&] { return removal->slices > 0; }));
  // As a writer of another process does.
  Connection other = *Connection::Open(path_, Connection::Mode::kReadWrite);
  sqlite3_busy_handler(
      other.handle(), [](void*, int) { return sqlite3_sleep(1) >= 0 ? 1 : 0; }, nullptr);
  ASSERT_EQ(other.Exec("CREATE TABLE other(a)"), SQLITE_OK);
  EXPECT_LT(removal->slices, 20) << "it was over before the other one came";
  ASSERT_TRUE(Flush().ok());
  EXPECT_EQ(removal->removed, 20 * Removal::kEntries);
}

// All that was due may have been withdrawn before the writer had the write lock.
TEST_F(RemovalTest, ACommitOfNothingIsNoSlice) {
  EXPECT_FALSE(Removal().Proceed({}));
  Open();
  Connection other = *Connection::Open(path_, Connection::Mode::kReadWrite);
  ASSERT_EQ(other.Exec("BEGIN IMMEDIATE"), SQLITE_OK);
  const Group group = Of(MakeRecord("a", "1"));
  group->urgent = true;
  ASSERT_TRUE(store_->Write(group, 0, nullptr).ok());
  ASSERT_TRUE(store_->queue().Withdraw(group));
  ASSERT_EQ(other.Exec("COMMIT"), SQLITE_OK);
  EXPECT_TRUE(Flush().ok());
}

TEST_F(RemovalTest, ATagFindsItsEntriesInEverySlice) {
  Open();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Put("red" + std::to_string(i), "1", {}, "red").ok());
    Fill("a" + std::to_string(i), Removal::kEntries, 1);
  }
  const Group removal = Removing({"", "", "red"});
  ASSERT_TRUE(Write(removal).ok());
  EXPECT_EQ(removal->removed, 3);
  EXPECT_EQ(SqlInt("SELECT count(*) FROM tags"), 0);
}

}  // namespace
}  // namespace tapps::storage
