#include "storage/write_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace tapps::storage {
namespace {

class WriteQueueTest : public ::testing::Test {
 protected:
  static std::shared_ptr<WriteGroup> Put(std::string key, std::string_view bytes) {
    auto group = std::make_shared<WriteGroup>();
    Record record;
    record.hash = key[0];  // keys with the same first letter collide
    record.space = "default";
    record.key = std::move(key);
    record.value = Value::Make(bytes, {});
    group->records.push_back(std::move(record));
    return group;
  }
  Status Add(std::shared_ptr<WriteGroup> group) { return queue_.Add(std::move(group), 0, nullptr); }
  std::string Find(const std::string& key, int64_t position = 0) {
    const auto found = queue_.Find(key[0], "default", key, position);
    if (!found) return "<nothing>";
    return *found ? std::string((*found)->bytes()) : "<removed>";
  }
  // Everything that waits, written.
  std::vector<std::string> TakeAll() {
    std::vector<std::string> bytes;
    const auto groups = queue_.Take(SIZE_MAX);
    for (const auto& group : groups) {
      for (const Record& record : group->records) bytes.emplace_back(record.value->bytes());
    }
    queue_.Finish(groups, {});
    return bytes;
  }

  WriteQueue queue_{64 << 10, 20 * kMillisecond};
};

TEST_F(WriteQueueTest, WhatWaitsCanBeFoundUntilItIsFinished) {
  ASSERT_TRUE(Add(Put("a", "1")).ok());
  EXPECT_EQ(Find("a"), "1");
  const auto taken = queue_.Take(SIZE_MAX);
  EXPECT_EQ(Find("a"), "1");
  queue_.Finish(taken, {});
  EXPECT_EQ(Find("a"), "<nothing>");
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.bytes(), 0);
}

TEST_F(WriteQueueTest, KeysWithOneHashAreKeptApart) {
  ASSERT_TRUE(Add(Put("a1", "1")).ok());
  ASSERT_TRUE(Add(Put("a2", "2")).ok());
  EXPECT_EQ(Find("a1"), "1");
  EXPECT_EQ(Find("a2"), "2");
  EXPECT_EQ(Find("a3"), "<nothing>");
}

TEST_F(WriteQueueTest, AnOverwrittenPutIsWrittenOnceInItsOldPlace) {
  ASSERT_TRUE(Add(Put("a", "1")).ok());
  ASSERT_TRUE(Add(Put("b", "2")).ok());
  ASSERT_TRUE(Add(Put("a", "3")).ok());
  EXPECT_EQ(Find("a"), "3");
  EXPECT_EQ(TakeAll(), (std::vector<std::string>{"3", "2"}));
}

TEST_F(WriteQueueTest, APutIsNotMovedAheadOfABulkRemoval) {
  ASSERT_TRUE(Add(Put("a", "1")).ok());
  auto removal = std::make_shared<WriteGroup>();
  removal->remove = Filter{};
  ASSERT_TRUE(Add(removal).ok());
  ASSERT_TRUE(Add(Put("a", "2")).ok());
  EXPECT_EQ(queue_.FirstRemoval(), nullptr);
  EXPECT_EQ(TakeAll(), std::vector<std::string>{"1"});
  EXPECT_EQ(queue_.FirstRemoval(), removal);
  EXPECT_EQ(queue_.Take(SIZE_MAX).size(), 1U) << "a removal is taken alone";
  EXPECT_EQ(TakeAll(), std::vector<std::string>{"2"});
}

TEST_F(WriteQueueTest, WhatIsBeingWrittenIsNotOverwritten) {
  ASSERT_TRUE(Add(Put("a", "1")).ok());
  const auto taken = queue_.Take(SIZE_MAX);
  ASSERT_TRUE(Add(Put("a", "2")).ok());
  EXPECT_EQ(taken.front()->records[0].value->bytes(), "1");
  EXPECT_EQ(Find("a"), "2");
  queue_.Finish(taken, {});
  EXPECT_EQ(Find("a"), "2");
}

TEST_F(WriteQueueTest, AWithdrawnPutShowsTheOneBefore) {
  ASSERT_TRUE(Add(Put("a", "1")).ok());
  auto waited = Put("a", "2");
  waited->urgent = true;
  waited->done = [](const Status&) { FAIL() << "withdrawn groups are not answered"; };
  ASSERT_TRUE(Add(waited).ok());
  EXPECT_EQ(Find("a"), "2");
  EXPECT_TRUE(queue_.Withdraw(waited));
  EXPECT_EQ(Find("a"), "1");
  EXPECT_FALSE(queue_.Withdraw(waited));
}

TEST_F(WriteQueueTest, WhatIsTakenCannotBeWithdrawn) {
  auto group = Put("a", "1");
  group->urgent = true;
  ASSERT_TRUE(Add(group).ok());
  const auto taken = queue_.Take(SIZE_MAX);
  EXPECT_FALSE(queue_.Withdraw(group));
  queue_.Return(taken);
  EXPECT_TRUE(queue_.Withdraw(group));
}

TEST_F(WriteQueueTest, AFullQueueAnswersBusyAfterTheTimeout) {
  ASSERT_TRUE(Add(Put("a", std::string(60 << 10, 'x'))).ok());
  EXPECT_EQ(queue_.Add(Put("b", std::string(60 << 10, 'x')), kMillisecond, nullptr).code(),
            TAPPS_E_BUSY);
  TakeAll();
  EXPECT_TRUE(Add(Put("b", std::string(60 << 10, 'x'))).ok());
}

TEST_F(WriteQueueTest, AProducerWaitsForRoom) {
  ASSERT_TRUE(Add(Put("a", std::string(60 << 10, 'x'))).ok());
  std::thread producer([&] {
    EXPECT_TRUE(queue_.Add(Put("b", std::string(60 << 10, 'y')), 30 * kSecond, nullptr).ok());
  });
  TakeAll();
  producer.join();
  EXPECT_EQ(TakeAll().size(), 1u);
}

TEST_F(WriteQueueTest, OverdueGroupsAreAnsweredAndForgotten) {
  Status answer;
  auto group = Put("a", "1");
  group->deadline_us = 1;
  group->done = [&](Status status) { answer = std::move(status); };
  ASSERT_TRUE(Add(group).ok());
  queue_.ExpireOverdue(Status(TAPPS_E_BUSY, "locked"));
  EXPECT_EQ(answer.code(), TAPPS_E_TIMEOUT);
  EXPECT_EQ(answer.message(), "locked");
  EXPECT_EQ(Find("a"), "<nothing>");
}

TEST_F(WriteQueueTest, WhatIsStoredIsFoundUntilItsRowOfTheFeedIsSeen) {
  ASSERT_TRUE(Add(Put("a", "1")).ok());
  const auto taken = queue_.Take(1000);
  EXPECT_EQ(Find("a", 100), "1");
  queue_.Storing(taken, 7);
  EXPECT_EQ(Find("a", 6), "1");
  EXPECT_EQ(Find("a", 7), "<nothing>");
  queue_.Storing(taken, 0);  // rolled back
  EXPECT_EQ(Find("a", 7), "1");
  queue_.Return(taken);
  EXPECT_EQ(TakeAll().size(), 1u);
}

TEST_F(WriteQueueTest, AStoppedQueueIsDrainedAndTakesNothingMore) {
  ASSERT_TRUE(Add(Put("a", "1")).ok());
  queue_.Stop();
  EXPECT_EQ(Add(Put("b", "2")).code(), TAPPS_E_CLOSED);
  EXPECT_EQ(queue_.WaitForWork(kSecond), WriteQueue::Work::kDue);
  EXPECT_EQ(TakeAll().size(), 1u);
  EXPECT_EQ(queue_.WaitForWork(kSecond), WriteQueue::Work::kStopped);
}

TEST(FilterTest, MatchesByEveryConditionGiven) {
  EXPECT_TRUE((Filter{}).Matches("any", "key", ""));
  EXPECT_FALSE((Filter{}).Matches("tapps.own", "key", ""));
  EXPECT_TRUE((Filter{"tapps.own", "", ""}).Matches("tapps.own", "key", ""));
  EXPECT_TRUE((Filter{"", "ke", "b"}).Matches("s", "key", "a\nb\nc"));
  EXPECT_FALSE((Filter{"", "ke", "b"}).Matches("s", "key", "a\nbb"));
  EXPECT_FALSE((Filter{"", "x", "b"}).Matches("s", "key", "b"));
}

}  // namespace
}  // namespace tapps::storage
