// Conditions, bulk removals and counts, through a store.
#include "storage/entry_table.h"

#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

class EntryTableTest : public StoreFixture {
 protected:
  EntryTableTest() { Open(); }
  Group PutIf(std::string_view key, std::string_view bytes, int64_t version) {
    Group group = Of(MakeRecord(key, bytes));
    group->records[0].if_version = version;
    return group;
  }
  ValueInfo Expiring(int64_t in_us, int64_t stale_us = 0) const {
    ValueInfo info;
    info.expires_us = clock_.WallNow() + in_us;
    info.stale_until_us = info.expires_us + stale_us;
    return info;
  }
};

TEST_F(EntryTableTest, APutOnTheConditionOfAbsenceIsStoredOnce) {
  EXPECT_TRUE(Write(PutIf("a", "1", Record::kAbsent)).ok());
  const Group second = PutIf("a", "2", Record::kAbsent);
  EXPECT_EQ(Write(second).code(), TAPPS_E_EXISTS);
  EXPECT_EQ(second->current_version, VersionOf("a"));
  EXPECT_EQ(Get("a"), "1");
}

TEST_F(EntryTableTest, APutOnAVersionNeedsThatVersion) {
  ASSERT_TRUE(Put("a", "1").ok());
  const int64_t version = VersionOf("a");
  EXPECT_TRUE(Write(PutIf("a", "2", version)).ok());
  const Group late = PutIf("a", "3", version);
  EXPECT_EQ(Write(late).code(), TAPPS_E_EXISTS);
  EXPECT_EQ(late->current_version, VersionOf("a"));
  const Group gone = PutIf("b", "1", version);
  EXPECT_EQ(Write(gone).code(), TAPPS_E_EXISTS);
  EXPECT_EQ(gone->current_version, 0);
  EXPECT_EQ(Get("a"), "2");
}

TEST_F(EntryTableTest, WhatAGetDoesNotFindIsAbsent) {
  ASSERT_TRUE(Put("expired", "1", Expiring(10 * kSecond)).ok());
  ASSERT_TRUE(Put("stale", "1", Expiring(10 * kSecond, kHour)).ok());
  ValueInfo negative;
  negative.flags = TAPPS_VALUE_NEGATIVE;
  ASSERT_TRUE(Put("negative", "", negative).ok());
  const int64_t stale_version = VersionOf("stale");
  clock_.Advance(11 * kSecond);
  EXPECT_TRUE(Write(PutIf("stale", "2", stale_version)).ok());
  ASSERT_TRUE(Put("stale", "1", Expiring(-1, kHour)).ok());
  for (const char* key : {"expired", "stale", "negative"}) {
    EXPECT_TRUE(Write(PutIf(key, "2", Record::kAbsent)).ok()) << key;
    EXPECT_EQ(Get(key), "2");
  }
}

TEST_F(EntryTableTest, NothingOfARefusedGroupIsStored) {
  ASSERT_TRUE(Put("a", "1").ok());
  Group group = Of(MakeRecord("b", "1"));
  group->records.push_back(MakeRecord("a", "2"));
  group->records[1].if_version = Record::kAbsent;
  EXPECT_EQ(Write(group).code(), TAPPS_E_EXISTS);
  EXPECT_EQ(Get("a"), "1");
  EXPECT_EQ(Get("b"), "<NOT_FOUND>");
}

TEST_F(EntryTableTest, ConditionsSeeWhatStandsBeforeThemInTheQueue) {
  Record first = MakeRecord("a", "1");
  const int64_t version = first.value->info().version;
  ASSERT_TRUE(store_->Write(Of(first), 0, nullptr).ok());
  Group conditional = PutIf("a", "2", version);
  ASSERT_TRUE(store_->Write(conditional, 0, nullptr).ok());
  // Not searchable: it may be refused. And what follows does not replace what stands before it.
  const auto found = store_->queue().Find(first.hash, "default", "a", 0);
  EXPECT_TRUE(!found || !*found || (*found)->bytes() == "1");
  ASSERT_TRUE(store_->Write(Of(MakeRecord("a", "3")), 0, nullptr).ok());
  ASSERT_TRUE(Flush().ok());
  EXPECT_TRUE(conditional->refusal.ok());
  EXPECT_EQ(Get("a"), "3");
}

TEST_F(EntryTableTest, TheWritingProcessIsToldOfConditionalRecordsToo) {
  struct Told : ChangeFeed::Sink {
    void OnChanged(uint64_t hash) override { hashes.push_back(hash); }
    void OnEverythingChanged() override {}
    std::vector<uint64_t> hashes;
  } told;
  ASSERT_TRUE(Put("plain", "1").ok());
  ASSERT_TRUE(Write(PutIf("conditional", "1", Record::kAbsent)).ok());
  ASSERT_TRUE(store_->feed().Advance(told).ok());
  EXPECT_EQ(told.hashes, std::vector<uint64_t>{KeyHash("default", "conditional")});
}

// Memory may hold what the file has evicted, and only its keys' own processes know which.
TEST_F(EntryTableTest, ABulkRemovalTellsEveryProcessToForgetEverything) {
  struct Told : ChangeFeed::Sink {
    void OnChanged(uint64_t) override {}
    void OnEverythingChanged() override { everything = true; }
    bool everything = false;
  } own, other;
  ASSERT_TRUE(Put("evicted", "1", {}, "red").ok());
  const auto feed = ChangeFeed::Open(path_, 77);
  ASSERT_TRUE(feed.ok());
  Sql("DELETE FROM entries");
  const Group removal = std::make_shared<WriteGroup>();
  removal->remove = Filter{"", "", "red"};
  ASSERT_TRUE(Write(removal).ok());
  EXPECT_EQ(removal->removed, 0);
  ASSERT_TRUE(store_->feed().Advance(own).ok());
  ASSERT_TRUE((*feed)->Advance(other).ok());
  EXPECT_TRUE(own.everything);
  EXPECT_TRUE(other.everything);
}

TEST_F(EntryTableTest, CountsByFilter) {
  ASSERT_TRUE(Put("a/1", "12345", {}, "red\nblue").ok());
  ASSERT_TRUE(Put("a/2", "1", {}, "red").ok());
  ASSERT_TRUE(Put("b", "1", Expiring(kSecond)).ok());
  const auto count = [&](const Filter& filter) {
    auto reader = store_->readers().Take();
    auto counted = (*reader)->CountEntries(filter, clock_.WallNow());
    EXPECT_TRUE(counted.ok()) << counted.status().message();
    return std::pair(counted->entries, counted->bytes);
  };
  EXPECT_EQ(count({}), std::pair(int64_t{3}, int64_t{14}));
  EXPECT_EQ(count({"default", "a/", ""}), std::pair(int64_t{2}, int64_t{12}));
  EXPECT_EQ(count({"", "", "blue"}), std::pair(int64_t{1}, int64_t{8}));
  EXPECT_EQ(count({"other", "", ""}), std::pair(int64_t{0}, int64_t{0}));
  clock_.Advance(2 * kSecond);
  EXPECT_EQ(count({}), std::pair(int64_t{2}, int64_t{12}));
}

TEST_F(EntryTableTest, TheHeadOfAnEntryHasItsNumbers) {
  ASSERT_TRUE(Put("a", "1", Expiring(kSecond, kSecond)).ok());
  auto reader = store_->readers().Take();
  const auto head = (*reader)->Head(KeyHash("default", "a"), "default", "a");
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->expires_us, clock_.WallNow() + kSecond);
  EXPECT_EQ((*reader)->Head(KeyHash("default", "b"), "default", "b").code(), TAPPS_E_NOT_FOUND);
}

}  // namespace
}  // namespace tapps::storage
