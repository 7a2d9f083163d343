// The asynchronous operations on entries.
#include "capi/records.h"

namespace tapps::capi {
namespace {

class QueueEntriesTest : public CacheTest {
 protected:
  tapps_queue* queue() { return queue_.get(); }
  // The record of the one operation under way.
  Record One(int32_t code, int32_t kind) {
    EXPECT_EQ(code, TAPPS_OK);
    std::vector<Record> records = Await(queue(), 1);
    EXPECT_EQ(records[0].kind, kind);
    EXPECT_EQ(records[0].user_data, 5U);
    return std::move(records[0]);
  }

  QueueHandle queue_ = OpenQueue();
};

TEST_F(QueueEntriesTest, ManyGetsEndOneByOneUnderNumbersInARow) {
  ASSERT_EQ(Put(cache(), "cold", "1", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  ASSERT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);
  queue_.reset();
  cache_ = Open(path_);
  queue_ = OpenQueue();
  ASSERT_EQ(Put(cache(), "hot", "2"), TAPPS_OK);
  tapps_get_item items[3] = {};
  const std::string_view keys[] = {"cold", "none", "hot"};
  for (size_t i = 0; i < 3; ++i) {
    items[i].key = keys[i].data();
    items[i].key_size = keys[i].size();
  }
  int64_t first = 0;
  ASSERT_EQ(tapps_queue_get_many(queue(), nullptr, items, 3, nullptr, 5, &first, nullptr),
            TAPPS_OK);
  std::string found[3];
  for (const Record& record : Await(queue(), 3)) {
    ASSERT_GE(record.op, first);
    ASSERT_LT(record.op, first + 3);
    EXPECT_EQ(record.kind, TAPPS_RECORD_GET);
    found[record.op - first] =
        record.code == TAPPS_OK ? record.bytes : tapps_code_name(record.code);
  }
  EXPECT_EQ(found[0], "1");
  EXPECT_EQ(found[1], "NOT_FOUND");
  EXPECT_EQ(found[2], "2");
  EXPECT_EQ(tapps_queue_get_many(queue(), nullptr, items, 0, nullptr, 5, &first, nullptr),
            TAPPS_E_INVALID);
}

TEST_F(QueueEntriesTest, EachOperationEndsInARecordOfItsKind) {
  const tapps_put_item items[] = {{"a", 1, "1", 1}, {"b", 1, "22", 2}};
  tapps_put_options sync{};
  sync.struct_size = sizeof sync;
  sync.durability = TAPPS_DURABILITY_SYNC;
  Record put = One(tapps_queue_put_many(queue(), nullptr, items, 2, &sync, 5, nullptr, nullptr),
                   TAPPS_RECORD_PUT);
  EXPECT_EQ(put.code, TAPPS_OK);
  EXPECT_EQ(Get(cache(), "b").bytes, "22");

  Record contains = One(tapps_queue_contains(queue(), nullptr, "a", 1, 5, nullptr, nullptr),
                        TAPPS_RECORD_CONTAINS);
  EXPECT_EQ(contains.code, TAPPS_OK);
  EXPECT_EQ(contains.number, Get(cache(), "a").info.version);

  Record swap = One(tapps_queue_swap(queue(), nullptr, "a", 1, contains.number, "3", 1, nullptr, 5,
                                     nullptr, nullptr),
                    TAPPS_RECORD_SWAP);
  EXPECT_EQ(swap.code, TAPPS_OK);
  EXPECT_GT(swap.number, contains.number);
  Record refused =
      One(tapps_queue_swap(queue(), nullptr, "a", 1, 0, "4", 1, nullptr, 5, nullptr, nullptr),
          TAPPS_RECORD_SWAP);
  EXPECT_EQ(refused.code, TAPPS_E_EXISTS);
  EXPECT_EQ(refused.number, swap.number);
  EXPECT_EQ(Get(cache(), "a").bytes, "3");

  Record touch = One(tapps_queue_touch(queue(), nullptr, "a", 1, 60'000'000, 5, nullptr, nullptr),
                     TAPPS_RECORD_TOUCH);
  EXPECT_EQ(touch.code, TAPPS_OK);
  EXPECT_GT(Get(cache(), "a").info.expires_us, 0);
  EXPECT_EQ(One(tapps_queue_touch(queue(), nullptr, "none", 4, 0, 5, nullptr, nullptr),
                TAPPS_RECORD_TOUCH)
                .code,
            TAPPS_E_NOT_FOUND);

  Record count = One(tapps_queue_count(queue(), nullptr, 5, nullptr, nullptr), TAPPS_RECORD_COUNT);
  EXPECT_EQ(count.number, 2);
  EXPECT_EQ(count.size, 1 + 1 + 1 + 2);

  Record removed =
      One(tapps_queue_delete(queue(), nullptr, "a", 1, TAPPS_DURABILITY_SYNC, 5, nullptr, nullptr),
          TAPPS_RECORD_DELETE);
  EXPECT_EQ(removed.code, TAPPS_OK);
  EXPECT_EQ(Get(cache(), "a").code, TAPPS_E_NOT_FOUND);

  Record cleared =
      One(tapps_queue_delete_all(queue(), nullptr, 5, nullptr, nullptr), TAPPS_RECORD_DELETE_ALL);
  EXPECT_EQ(cleared.code, TAPPS_OK);
  EXPECT_EQ(cleared.number, 1);
  EXPECT_EQ(Get(cache(), "b").code, TAPPS_E_NOT_FOUND);
}

TEST_F(QueueEntriesTest, CancelEndsAnyOperationWithOneRecord) {
  constexpr int kRounds = 50;
  std::vector<int64_t> ops;
  for (int i = 0; i < kRounds; ++i) {
    const std::string key = "key" + std::to_string(i);
    int64_t op[4] = {};
    tapps_queue_swap(queue(), nullptr, key.data(), key.size(), 0, "v", 1, nullptr, 0, &op[0],
                     nullptr);
    tapps_queue_count(queue(), nullptr, 0, &op[1], nullptr);
    tapps_queue_delete(queue(), nullptr, key.data(), key.size(), TAPPS_DURABILITY_SYNC, 0, &op[2],
                       nullptr);
    tapps_queue_load(queue(), nullptr, key.data(), key.size(), nullptr, 0, &op[3], nullptr);
    for (const int64_t one : op) {
      ASSERT_GT(one, 0);
      tapps_queue_cancel(queue(), one);
      ops.push_back(one);
    }
  }
  std::vector<int64_t> ended;
  for (const Record& record : Await(queue(), ops.size())) ended.push_back(record.op);
  std::sort(ended.begin(), ended.end());
  EXPECT_EQ(ended, ops);
  EXPECT_EQ(Drain(queue()).size(), 0U);
}

}  // namespace
}  // namespace tapps::capi
