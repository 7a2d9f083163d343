// Loading through tapps.h, and its records.
#include "capi/records.h"

namespace tapps::capi {
namespace {

class LoadTest : public CacheTest {
 protected:
  Answer Load(int64_t* lease, const tapps_load_options* options = nullptr) {
    return Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_cache_load(cache(), nullptr, "key", 3, options, value, data, size, lease, err);
    });
  }
  int32_t Finish(int64_t lease, std::string_view bytes) {
    return tapps_cache_load_finish(cache(), lease, bytes.data(), bytes.size(), nullptr, nullptr);
  }
  int64_t SubmitLoad(const tapps_load_options* options = nullptr) {
    int64_t op = 0;
    EXPECT_EQ(tapps_queue_load(queue_.get(), nullptr, "key", 3, options, 7, &op, nullptr),
              TAPPS_OK);
    return op;
  }

  QueueHandle queue_ = OpenQueue();
};

TEST_F(LoadTest, TheFirstLoadsAndTheOthersGetItsValue) {
  int64_t lease = -1;
  const Answer first = Load(&lease);
  EXPECT_EQ(first.code, TAPPS_OK) << first.error;
  EXPECT_EQ(first.value, nullptr);
  ASSERT_GT(lease, 0);
  const int64_t op = SubmitLoad();
  ASSERT_EQ(Finish(lease, "value"), TAPPS_OK);
  const auto records = Await(queue_.get(), 1);
  EXPECT_EQ(records[0].op, op);
  EXPECT_EQ(records[0].kind, TAPPS_RECORD_LOAD);
  EXPECT_EQ(records[0].user_data, 7U);
  EXPECT_EQ(records[0].code, TAPPS_OK);
  EXPECT_EQ(records[0].bytes, "value");
  EXPECT_EQ(records[0].number, 0);
  EXPECT_EQ(Load(&lease).bytes, "value");
  EXPECT_EQ(lease, 0);
  EXPECT_EQ(Finish(99, "value"), TAPPS_E_NOT_FOUND);
}

TEST_F(LoadTest, ALeaseIsAbandonedAfterTheCloseToo) {
  tapps_cache* second = nullptr;
  ASSERT_EQ(tapps_cache_open(tapps_cache_path(cache()), nullptr, &second, nullptr), TAPPS_OK);
  tapps_value* value = nullptr;
  int64_t lease = 0;
  ASSERT_EQ(tapps_cache_load(second, nullptr, "key", 3, nullptr, &value, nullptr, nullptr, &lease,
                             nullptr),
            TAPPS_OK);
  ASSERT_GT(lease, 0);
  SubmitLoad();  // waits
  EXPECT_EQ(tapps_cache_close(second, 0, nullptr), TAPPS_OK);
  EXPECT_EQ(tapps_cache_load_finish(second, lease, "value", 5, nullptr, nullptr), TAPPS_E_CLOSED);
  tapps_cache_load_abandon(second, lease);
  const auto records = Await(queue_.get(), 1);
  EXPECT_EQ(records[0].code, TAPPS_OK);
  EXPECT_GT(records[0].number, 0);
  EXPECT_EQ(Finish(records[0].number, "value"), TAPPS_OK);
  tapps_cache_release(second);
}

TEST_F(LoadTest, ARecordCanCarryALease) {
  SubmitLoad();
  const auto records = Await(queue_.get(), 1);
  EXPECT_EQ(records[0].code, TAPPS_OK);
  EXPECT_EQ(records[0].value, nullptr);
  ASSERT_GT(records[0].number, 0);
  ASSERT_EQ(Finish(records[0].number, "value"), TAPPS_OK);
  SubmitLoad();
  EXPECT_EQ(Await(queue_.get(), 1)[0].bytes, "value");
}

TEST_F(LoadTest, ACancelledLoadLeavesTheLine) {
  int64_t lease = 0;
  Load(&lease);
  const int64_t waiting = SubmitLoad();
  tapps_queue_cancel(queue_.get(), waiting);
  auto records = Await(queue_.get(), 1);
  EXPECT_EQ(records[0].op, waiting);
  EXPECT_EQ(records[0].code, TAPPS_E_CANCELLED);
  // Nobody is stuck behind it: the lease comes back to who asks next.
  tapps_cache_load_abandon(cache(), lease);
  int64_t next = 0;
  EXPECT_EQ(Load(&next).code, TAPPS_OK);
  EXPECT_GT(next, lease);
  EXPECT_EQ(Finish(next, "value"), TAPPS_OK);
  EXPECT_EQ(Drain(queue_.get()).size(), 0U);
}

TEST_F(LoadTest, ALeaseThatNobodyReadsOfIsGivenBack) {
  SubmitLoad();
  ASSERT_TRUE(Readable(queue_.get(), 20'000));
  queue_.reset();
  int64_t lease = 0;
  EXPECT_EQ(Load(&lease).code, TAPPS_OK);
  EXPECT_GT(lease, 0);
}

TEST_F(LoadTest, WaitingEndsAtItsDeadline) {
  int64_t lease = 0;
  Load(&lease);
  tapps_load_options options{};
  options.struct_size = sizeof options;
  options.timeout_us = 2'000;
  int64_t other = -1;
  EXPECT_EQ(Load(&other, &options).code, TAPPS_E_TIMEOUT);
  EXPECT_EQ(other, 0);
  SubmitLoad(&options);
  EXPECT_EQ(Await(queue_.get(), 1)[0].code, TAPPS_E_TIMEOUT);
  options.lease_us = 1;
  EXPECT_EQ(Load(&other, &options).code, TAPPS_E_INVALID);
}

}  // namespace
}  // namespace tapps::capi
