// The size of the WAL, through a store.
#include "storage/wal_keeper.h"

#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

class WalKeeperTest : public StoreFixture {
 protected:
  void Fill(int count) {
    for (int i = 0; i < count; ++i) {
      const Group group = Of(MakeRecord("a" + std::to_string(i), Noise(4000, ++seed_)));
      ASSERT_TRUE(store_->Write(group, 0, nullptr).ok());
      if (i % 50 == 49) {
        ASSERT_TRUE(Flush().ok());
      }
    }
  }
  uint64_t seed_ = 0;
};

TEST_F(WalKeeperTest, TheWalStaysNearItsSoftCap) {
  options_.disk_bytes = 64 << 20;
  const Limits limits{options_.disk_bytes, 0};
  Open();
  Fill(5000);
  EXPECT_LE(FileBytes("-wal"), 2 * limits.WalSoft());
  EXPECT_GT(store_->writer_stats()->checkpoints.load(), 2);
}

TEST_F(WalKeeperTest, AReaderThatStaysStopsCommitsAtTheHardCapUntilItGoes) {
  options_.disk_bytes = 8 << 20;
  const Limits limits{options_.disk_bytes, 0};
  std::atomic<int> pinned{0};
  options_.on_state = [&](int32_t state, const Status&) {
    if (state == TAPPS_STATE_WAL_PINNED) ++pinned;
  };
  Open();
  ASSERT_TRUE(Put("first", "1").ok());
  Connection reader = *Connection::Open(path_, Connection::Mode::kReadOnly);
  ASSERT_EQ(reader.Exec("BEGIN; SELECT count(*) FROM entries"), SQLITE_OK);
  for (int i = 0; i < 1000; ++i) {
    const Group group = Of(MakeRecord("a" + std::to_string(i), Noise(4000, ++seed_)));
    ASSERT_TRUE(store_->Write(group, 0, nullptr).ok());
  }
  EXPECT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_WAL_PINNED; }));
  EXPECT_LE(FileBytes("-wal"), limits.WalHard());
  const Group waiting = Of(MakeRecord("sync", "1"));
  waiting->deadline_us = Clock::Real().MonotonicNow() + 50 * kMillisecond;
  EXPECT_EQ(Write(waiting).code(), TAPPS_E_TIMEOUT);
  EXPECT_LE(FileBytes("-wal"), limits.WalHard());
  ASSERT_EQ(reader.Exec("COMMIT"), SQLITE_OK);
  EXPECT_TRUE(Flush().ok());
  EXPECT_EQ(store_->state(), TAPPS_STATE_OK);
  EXPECT_NE(Get("a999"), "<NOT_FOUND>");
  EXPECT_EQ(pinned.load(), 1);
  Fill(200);
  EXPECT_LE(FileBytes("-wal"), 2 * limits.WalSoft()) << "the WAL is cut when it begins anew";
}

TEST_F(WalKeeperTest, ReadersThatComeAndGoDoNotStopCommits) {
  options_.disk_bytes = 8 << 20;
  const Limits limits{options_.disk_bytes, 0};
  Open();
  ASSERT_TRUE(Put("first", "1").ok());
  std::atomic<bool> stop{false};
  // Two readers whose transactions overlap, so that at any time one of them uses the file.
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      Connection reader = *Connection::Open(path_, Connection::Mode::kReadOnly);
      while (!stop) {
        reader.Exec("BEGIN; SELECT count(*) FROM entries");
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
        reader.Exec("COMMIT");
      }
    });
  }
  Fill(2000);
  EXPECT_LE(FileBytes("-wal"), limits.WalHard());
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(WalKeeperTest, TagsCountForTheHardCap) {
  options_.disk_bytes = 256 << 20;
  options_.queue_bytes = 512 << 20;
  const Limits limits{options_.disk_bytes, 0};
  Open();
  Connection other = *Connection::Open(path_, Connection::Mode::kReadWrite);
  ASSERT_EQ(other.Exec("BEGIN IMMEDIATE"), SQLITE_OK);  // so that they wait for one batch
  for (int i = 0; i < 16; ++i) {
    std::string tags;
    for (int tag = 0; tags.size() + 12 < Limits::kText; ++tag) {
      if (!tags.empty()) tags += '\n';
      tags += std::to_string(i) + "-" + std::to_string(tag * 7919 % 99991 + 100000);
    }
    const Group group = Of(MakeRecord("a" + std::to_string(i), "1", {}, tags));
    ASSERT_TRUE(store_->Write(group, 0, nullptr).ok());
  }
  ASSERT_EQ(other.Exec("ROLLBACK"), SQLITE_OK);
  ASSERT_TRUE(Write(std::make_shared<WriteGroup>(), 100 * kSecond).ok());
  EXPECT_LE(FileBytes("-wal"), limits.WalHard());
}

}  // namespace
}  // namespace tapps::storage
