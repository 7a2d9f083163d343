// The bounds of the file, through a store.
#include "storage/upkeep.h"

#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

class UpkeepTest : public StoreFixture {
 protected:
  int64_t Entries() { return SqlInt("SELECT count(*) FROM entries"); }
  void Fill(const std::string& name, int count, size_t bytes) {
    for (int i = 0; i < count; ++i) {
      const Group group = Of(MakeRecord(name + std::to_string(i), Noise(bytes, ++seed_)));
      ASSERT_TRUE(store_->Write(group, 30 * kSecond, nullptr).ok());
      if (i % 200 == 199) {
        ASSERT_TRUE(Flush().ok());
      }
    }
    ASSERT_TRUE(Flush().ok());
  }
  uint64_t seed_ = 0;
};

TEST_F(UpkeepTest, TheFileSetStaysWithinItsBound) {
  options_.disk_bytes = 6 << 20;
  options_.queue_bytes = 1 << 20;
  Open();
  for (int round = 0; round < 20; ++round) {
    Fill("round " + std::to_string(round) + " ", 400, 4000);
    EXPECT_LE(FileSetBytes(), options_.disk_bytes) << "in round " << round;
  }
  EXPECT_GT(Entries() * 4000, options_.disk_bytes / 3) << "much room is left unused";
  EXPECT_GT(store_->writer_stats()->evictions.load(), 0);
}

TEST_F(UpkeepTest, TheNumberOfEntriesStaysWithinItsBound) {
  options_.disk_entries = 100;
  Open();
  Fill("a", 1000, 10);
  EXPECT_TRUE(Eventually([&] { return Entries() == 100; })) << Entries();
  EXPECT_EQ(SqlInt("SELECT total(entries) FROM totals"), 100);
}

// Not only after the next upkeep, to which another process may not let us come.
TEST_F(UpkeepTest, TheBoundsHoldAfterEveryCommit) {
  options_.disk_entries = 100;
  options_.disk_bytes = 2 << 20;
  Open();
  for (int i = 0; i < 300; ++i) {
    auto group = std::make_shared<WriteGroup>();
    for (int k = 0; k < 10; ++k) {
      group->records.push_back(
          MakeRecord(std::to_string(i * 10 + k), Noise(i % 50 == 49 ? 40'000 : 500, ++seed_)));
    }
    ASSERT_TRUE(Write(group).ok());
    ASSERT_LE(Entries(), 100) << i;
    ASSERT_LE(FileSetBytes(), options_.disk_bytes) << i;
  }
  EXPECT_GE(Entries(), 90);
}

TEST_F(UpkeepTest, TotalsThatAnOlderReleaseLeftWrongDoNotEvictEverything) {
  options_.disk_entries = 100;
  Open();
  Fill("a", 50, 10);
  Close();
  Sql("DELETE FROM entries");  // as a release that does not keep the totals
  Sql("UPDATE totals SET entries = 5000");
  Open();
  Fill("b", 20, 10);
  EXPECT_TRUE(Eventually([&] { return SqlInt("SELECT total(entries) FROM totals") < 100; }));
  Fill("c", 50, 10);
  EXPECT_EQ(SqlInt("SELECT total(entries) FROM totals"), Entries());
  EXPECT_GE(Entries(), 50);
}

TEST_F(UpkeepTest, WhatIsUsedStays) {
  options_.disk_bytes = 4 << 20;
  Open();
  Fill("hot", 40, 4000);
  for (int round = 0; round < 12; ++round) {
    clock_.Advance(kHour);
    Fill("cold " + std::to_string(round) + " ", 120, 4000);
    for (int i = 0; i < 40; ++i) store_->NoteUse(KeyHash("default", "hot" + std::to_string(i)));
    Open();  // closing flushes the notes
  }
  EXPECT_EQ(SqlInt("SELECT count(*) FROM entries WHERE CAST(key AS TEXT) GLOB 'hot*'"), 40);
  EXPECT_GT(store_->MaxValueBytes(), 0);
  EXPECT_LT(Entries(), 800);
  EXPECT_GT(SqlInt("SELECT min(hits) FROM entries WHERE CAST(key AS TEXT) GLOB 'hot*'"), 5);
}

TEST_F(UpkeepTest, WhatWasJustPutIsNotAllEvicted) {
  options_.disk_bytes = 4 << 20;
  Open();
  Fill("a", 2000, 4000);  // the clock stands still: nothing is older than anything
  EXPECT_GT(Entries(), 300);
  EXPECT_NE(Get("a1999"), "<NOT_FOUND>");
}

TEST_F(UpkeepTest, OnlyReadingNotesUsesAtClose) {
  Open();
  ASSERT_TRUE(Put("a", "1").ok());
  Open();
  clock_.Advance(kHour);
  store_->NoteUse(KeyHash("default", "a"));
  store_->NoteUse(KeyHash("default", "a"));
  const auto lasted = Clock::Real().MonotonicCoarse() + 200 * kMillisecond;  // a look is due
  ASSERT_TRUE(Eventually([&] { return Clock::Real().MonotonicCoarse() >= lasted; }));
  store_->LookAgain();
  Close();
  EXPECT_EQ(SqlInt("SELECT last_used FROM entries"), clock_.WallNow());
  EXPECT_EQ(SqlInt("SELECT hits FROM entries"), 2);
}

TEST_F(UpkeepTest, AShortLivedReaderStartsNoThreadToNoteUses) {
  Open();
  ASSERT_TRUE(Put("a", "1").ok());
  Open();
  store_->NoteUse(KeyHash("default", "a"));
  EXPECT_TRUE(store_->Close(30 * kSecond).ok());
  EXPECT_EQ(store_->writer_stats(), nullptr);
}

TEST_F(UpkeepTest, TotalsFollowEveryChange) {
  Open();
  Fill("a", 50, 100);
  Fill("a", 20, 10);  // overwritten
  for (int i = 0; i < 10; ++i) {
    Record record = MakeRecord("a" + std::to_string(i), "");
    record.kind = Record::Kind::kDelete;
    record.value = {};
    ASSERT_TRUE(Write(Of(record)).ok());
  }
  const Group removal = std::make_shared<WriteGroup>();
  removal->remove = Filter{"", "a4", ""};
  ASSERT_TRUE(Write(removal).ok());
  EXPECT_EQ(SqlInt("SELECT entries FROM totals"), Entries());
  EXPECT_EQ(SqlInt("SELECT bytes FROM totals"),
            SqlInt("SELECT sum(length(key) + length(value)) FROM entries"));
}

// Sessions come and go, each with a namespace of its own.
TEST_F(UpkeepTest, ANamespaceWithoutEntriesTakesNoRoomInTheTotals) {
  Open();
  for (int i = 0; i < 10; ++i) {
    Record record = MakeRecord("a", "1");
    record.space = "session " + std::to_string(i);
    record.hash = KeyHash(record.space, "a");
    ASSERT_TRUE(Write(Of(record)).ok());
    if (i == 0) continue;
    record.kind = Record::Kind::kDelete;
    record.value = {};
    ASSERT_TRUE(Write(Of(record)).ok());
  }
  EXPECT_EQ(SqlInt("SELECT count(*) FROM totals"), 1);
  EXPECT_EQ(SqlInt("SELECT entries FROM totals"), 1);
}

TEST_F(UpkeepTest, FreedSpaceGoesBackToTheFileSystem) {
  Open();
  Fill("a", 3000, 4000);
  Close();
  Open();
  const Group removal = std::make_shared<WriteGroup>();
  removal->remove = Filter{};
  ASSERT_TRUE(Write(removal).ok());
  EXPECT_TRUE(Eventually([&] { return FileBytes("") < (5 << 20); })) << FileBytes("");
}

TEST_F(UpkeepTest, AValueThatTheBoundHasNoRoomForIsRefused) {
  options_.disk_bytes = 4 << 20;
  Open();
  EXPECT_EQ(Put("a", Noise(2 << 20, 1)).code(), TAPPS_E_TOO_LARGE);
  EXPECT_TRUE(Put("a", Noise(static_cast<size_t>(store_->MaxValueBytes()), 1)).ok());
}

TEST_F(UpkeepTest, TextsCountAsTheValueDoes) {
  options_.disk_bytes = 4 << 20;
  Open();
  const std::string half(static_cast<size_t>(store_->MaxValueBytes() / 2), 'x');
  const auto put = [&](const std::string& bytes, const std::string& tags, const std::string& json) {
    Record record = MakeRecord("a", "");
    record.value = Value::Make(bytes, record.value->info(),
                               {{TAPPS_TEXT_TAGS, tags}, {TAPPS_TEXT_JSON, json}});
    return Write(Of(record)).code();
  };
  EXPECT_EQ(put(half, half, ""), TAPPS_OK);
  EXPECT_EQ(put(half, half, "12"), TAPPS_E_TOO_LARGE);
  EXPECT_EQ(put("", half, half + "12"), TAPPS_E_TOO_LARGE);
  options_.disk_bytes = 1 << 30;
  Open();
  EXPECT_EQ(put("", "", std::string(Limits::kText, 'x')), TAPPS_OK);
  EXPECT_EQ(put("", "", std::string(Limits::kText + 1, 'x')), TAPPS_E_TOO_LARGE);
}

TEST_F(UpkeepTest, AGroupThatTheBoundHasNoRoomForIsRefusedAsAWhole) {
  options_.disk_bytes = 4 << 20;
  Open();
  auto group = std::make_shared<WriteGroup>();
  for (int i = 0; i < 1000; ++i) {
    group->records.push_back(MakeRecord(std::to_string(i), Noise(4000, ++seed_)));
  }
  EXPECT_EQ(Write(group).code(), TAPPS_E_TOO_LARGE);
  EXPECT_TRUE(store_->queue().empty());
  auto keys = std::make_shared<WriteGroup>();
  for (int i = 0; i < 1000; ++i) {
    keys->records.push_back(MakeRecord(std::string(4000, 'k') + std::to_string(i), "1"));
  }
  EXPECT_EQ(Write(keys).code(), TAPPS_E_TOO_LARGE);
  EXPECT_EQ(Entries(), 0);
}

}  // namespace
}  // namespace tapps::storage
