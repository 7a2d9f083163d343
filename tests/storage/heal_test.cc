#include "storage/heal.h"

#include <fstream>

#include "storage/schema.h"
#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

class HealTest : public StoreFixture {
 protected:
  static constexpr Limits kLimits = {.bytes = int64_t{1} << 30};
  static constexpr int kEntries = 600;
  static constexpr size_t kBytes = 1500;

  std::string Value(int i) { return Noise(kBytes, static_cast<uint64_t>(i) + 1); }
  void Fill() {
    for (int i = 0; i < kEntries; ++i) {
      const Group group = Of(MakeRecord("key " + std::to_string(i), Value(i)));
      ASSERT_TRUE(store_->Write(group, kSecond, nullptr).ok());
    }
    ASSERT_TRUE(Flush().ok());
  }
  // A closed cache file with kEntries entries and an empty WAL.
  void MakeFile() {
    Open();
    Fill();
    Close();
    Sql("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  void Overwrite(int64_t at, size_t bytes) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << std::string(bytes, '\xff');
  }
  std::vector<std::string> Copies() {
    std::vector<std::string> copies;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      if (entry.path().string().find(".damaged-") != std::string::npos) {
        copies.push_back(entry.path().string());
      }
    }
    return copies;
  }
  // How many entries are intact; none may have a wrong value.
  int Intact() {
    int intact = 0;
    for (int i = 0; i < kEntries; ++i) {
      const std::string found = Get("key " + std::to_string(i));
      if (found.size() < 20) continue;
      EXPECT_TRUE(found == Value(i)) << i;
      ++intact;
    }
    return intact;
  }
  // Reads everything, as callers do, telling the store what fails.
  void ReadAll() {
    for (int i = 0; i < kEntries; ++i) {
      auto reader = store_->readers().Take();
      if (!reader.ok()) continue;
      const std::string key = "key " + std::to_string(i);
      const auto found = (*reader)->Find(KeyHash("default", key), "default", key);
      if (!found.ok()) store_->NoteFailure(found.status());
    }
  }
  bool Whole() {
    return SqlInt("SELECT count(*) FROM pragma_quick_check WHERE quick_check = 'ok'") == 1;
  }
};

TEST_F(HealTest, AFileWithDamagedPagesIsHealedInPlaceAndKeepsWhatIsIntact) {
  MakeFile();
  Overwrite(40 * 4096, 4 * 4096);
  const FileId before = *IdentifyFile(path_);
  Open();
  ReadAll();
  EXPECT_TRUE(Eventually([&] { return Copies().size() == 1 && Whole(); }));
  ASSERT_TRUE(Put("after", "1").ok());
  EXPECT_TRUE(*IdentifyFile(path_) == before) << "another file stands there";
  EXPECT_GT(Intact(), kEntries / 2);
  EXPECT_LT(Intact(), kEntries);
  EXPECT_EQ(Get("after"), "1");
  EXPECT_EQ(store_->state(), TAPPS_STATE_OK);
  EXPECT_EQ(SqlInt("PRAGMA auto_vacuum"), 2);
}

TEST_F(HealTest, AProcessThatHasNotWrittenHealsTheFileToo) {
  MakeFile();
  Open();
  Overwrite(100, 8);  // the header of the first page's tree
  auto reader = Reader::Open(path_);
  const auto found = reader.ok() ? (*reader)->Find(KeyHash("default", "key 1"), "default", "key 1")
                                 : Result<ValueRef>(reader.status());
  ASSERT_TRUE(IsDamage(found.status())) << found.status().message();
  store_->NoteFailure(found.status());
  EXPECT_TRUE(Eventually([&] { return Copies().size() == 1 && Whole(); }));
  EXPECT_TRUE(Eventually([&] { return Put("after", "1").ok(); }));
  EXPECT_EQ(Get("after"), "1");
  EXPECT_EQ(store_->state(), TAPPS_STATE_OK);
}

TEST_F(HealTest, ATruncatedFileIsHealed) {
  MakeFile();
  std::filesystem::resize_file(path_, 100 * 4096 + 17);
  Open();
  ReadAll();
  ASSERT_TRUE(Put("after", "1").ok());
  EXPECT_TRUE(Eventually([&] { return Whole(); }));
  EXPECT_GT(Intact(), 20);
  EXPECT_EQ(Get("after"), "1");
}

TEST_F(HealTest, ADamagedSchemaIsHealedAtOpen) {
  MakeFile();
  Overwrite(100, 8);  // the header of the first page's tree
  Open();
  EXPECT_EQ(Copies().size(), 1u);
  EXPECT_TRUE(Put("after", "1").ok());
  EXPECT_EQ(Get("after"), "1");
}

TEST_F(HealTest, AWriterThatMeetsDamageHealsAndLosesNoWrite) {
  MakeFile();
  Open();
  ASSERT_TRUE(Put("before", "1").ok());
  Close();
  Sql("PRAGMA wal_checkpoint(TRUNCATE)");
  for (int page = 5; page < 60; page += 2) Overwrite(page * 4096, 4096);
  Open();
  for (int i = 0; i < kEntries; ++i) {
    const Group group = Of(MakeRecord("key " + std::to_string(i), Value(i)));
    ASSERT_TRUE(store_->Write(group, kSecond, nullptr).ok());
  }
  EXPECT_TRUE(Eventually([&] { return Flush().ok(); }));
  EXPECT_EQ(Intact(), kEntries);
  EXPECT_TRUE(Whole());
}

TEST_F(HealTest, HealersAtOnceHealOnceAndLoseNoCommit) {
  MakeFile();
  Overwrite(40 * 4096, 4 * 4096);
  std::atomic<int> healed{0};
  const auto heal = [&] {
    const auto report = Heal(path_, true, clock_, kLimits, kMinute);
    EXPECT_TRUE(report.ok()) << report.status().message();
    if (report.ok() && report->damaged) ++healed;
    // What is committed after a heal is not lost to a healer that comes late.
    Connection writer = *Connection::Open(path_, Connection::Mode::kReadWrite);
    writer.SetBusyHandler([] { return true; });
    EXPECT_EQ(writer.Exec("INSERT INTO changes(origin, hashes) VALUES(77, x'')"), SQLITE_OK);
  };
  std::vector<std::thread> healers;
  for (int i = 0; i < 4; ++i) healers.emplace_back(heal);
  for (std::thread& healer : healers) healer.join();
  EXPECT_EQ(healed.load(), 1);
  EXPECT_EQ(SqlInt("SELECT count(*) FROM changes WHERE origin = 77"), 4);
}

TEST_F(HealTest, AnotherProgramsDamagedDatabaseIsLeftAsItIs) {
  Open();
  Close();
  Sql("PRAGMA application_id=77; PRAGMA wal_checkpoint(TRUNCATE)");
  Overwrite(100, 8);
  const std::string before = test::ReadFile(path_);
  options_.path = path_;
  options_.clock = &clock_;
  EXPECT_EQ(Store::Open(options_).code(), TAPPS_E_CORRUPT);
  EXPECT_TRUE(test::ReadFile(path_) == before);
  EXPECT_TRUE(Copies().empty());
}

TEST_F(HealTest, TheNumberOfCopiesIsBounded) {
  MakeFile();
  for (int i = 0; i < 5; ++i) {
    Sql("PRAGMA wal_checkpoint(TRUNCATE)");
    Overwrite(100, 8);
    clock_.Advance(kMinute);
    ASSERT_TRUE(Heal(path_, false, clock_, kLimits, kMinute).ok());
  }
  EXPECT_EQ(Copies().size(), kCopies);
}

TEST_F(HealTest, AFileThatIsWholeIsNotTouched) {
  MakeFile();
  const auto report = Heal(path_, false, clock_, kLimits, kMinute);
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->damaged);
  Open();
  EXPECT_EQ(Intact(), kEntries);
}

TEST_F(HealTest, WhatIsTakenOverKeepsTheWalWithinItsCap) {
  MakeFile();
  Overwrite(40 * 4096, 4 * 4096);
  const Limits limits{.bytes = 1 << 20};
  const auto report = Heal(path_, true, clock_, limits, kMinute);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_GT(report->saved, kEntries / 2);
  EXPECT_LE(FileBytes("-wal"), limits.WalHard());
}

}  // namespace
}  // namespace tapps::storage
