// Check and compact, through a store.
#include "storage/check.h"

#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

class CheckTest : public StoreFixture {
 protected:
  CheckTest() {
    Open();
    for (int i = 0; i < 700; ++i) {
      const Group group = Of(MakeRecord("a" + std::to_string(i), Noise(1000, i + 1)));
      EXPECT_TRUE(store_->Write(group, kSecond, nullptr).ok());
    }
    EXPECT_TRUE(Flush().ok());
  }
};

TEST_F(CheckTest, AWholeFileIsFoundWhole) {
  for (const bool deep : {false, true}) {
    const auto report = store_->Check(deep);
    ASSERT_TRUE(report.ok()) << report.status().message();
    EXPECT_TRUE(report->ok());
    EXPECT_EQ(report->entries, 700);
  }
}

TEST_F(CheckTest, DamagedEntriesAreCounted) {
  Sql("UPDATE entries SET value = zeroblob(1000) WHERE id % 100 = 7");
  const auto report = store_->Check(true);
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->ok());
  EXPECT_EQ(report->damaged, 7);
  EXPECT_EQ(Get("a6"), "<CORRUPT>");
}

TEST_F(CheckTest, CompactingGivesFreePagesBackAndPutsTotalsRight) {
  Sql("DELETE FROM entries WHERE id > 10");
  const auto report = store_->Compact(30 * kSecond);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_LT(report->bytes_after, report->bytes_before / 4);
  EXPECT_EQ(SqlInt("PRAGMA freelist_count"), 0);
  EXPECT_EQ(SqlInt("SELECT entries FROM totals"), 10);
  EXPECT_LT(FileBytes(""), 200'000);
  EXPECT_TRUE(Put("after", "1").ok());
  EXPECT_TRUE(store_->Check(true)->ok());
}

TEST_F(CheckTest, CompactingKeepsTheWalWithinItsCap) {
  Sql("DELETE FROM entries WHERE id <= 350");  // what stands behind is moved
  Close();
  Sql("PRAGMA wal_checkpoint(TRUNCATE)");
  const Limits limits{.bytes = 1 << 20};
  Connection reader = *Connection::Open(path_, Connection::Mode::kReadOnly);
  ASSERT_EQ(reader.Exec("BEGIN; SELECT count(*) FROM entries"), SQLITE_OK);
  const auto compact = [&](int64_t patience) {
    return CompactDatabase(path_, limits, Clock::Real().MonotonicNow() + patience);
  };
  EXPECT_EQ(compact(50 * kMillisecond).code(), TAPPS_E_TIMEOUT);
  EXPECT_LE(FileBytes("-wal"), limits.WalHard());
  ASSERT_EQ(reader.Exec("COMMIT"), SQLITE_OK);
  EXPECT_TRUE(compact(30 * kSecond).ok());
  EXPECT_LE(FileBytes("-wal"), limits.WalHard());
  EXPECT_EQ(SqlInt("PRAGMA freelist_count"), 0);
}

TEST_F(CheckTest, CompactingGivesUpAtItsDeadline) {
  Connection other = *Connection::Open(path_, Connection::Mode::kReadWrite);
  ASSERT_EQ(other.Exec("BEGIN IMMEDIATE"), SQLITE_OK);
  EXPECT_EQ(store_->Compact(20 * kMillisecond).code(), TAPPS_E_BUSY);
}

}  // namespace
}  // namespace tapps::storage
