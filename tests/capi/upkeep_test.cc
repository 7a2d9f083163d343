// Backup, check, compact and survey through tapps.h, and their records.
#include "capi/records.h"

namespace tapps::capi {
namespace {

class UpkeepTest : public CacheTest {
 protected:
  QueueHandle queue_ = OpenQueue();
};

TEST_F(UpkeepTest, TheCallsAnswerInJson) {
  ASSERT_EQ(Put(cache(), "key", "value"), TAPPS_OK);
  const std::string copy = dir_.File("copy.db");
  Err err;
  ASSERT_EQ(tapps_cache_backup(cache(), copy.c_str(), err), TAPPS_OK) << err.message();
  const CacheHandle other = Open(copy);
  EXPECT_EQ(Get(other.get(), "key").bytes, "value");
  const Answer check = Ask([&](auto value, auto data, auto size, tapps_error** error) {
    return tapps_cache_check(cache(), TAPPS_CHECK_DEEP, value, data, size, error);
  });
  EXPECT_HAS(check.str(), "\"ok\":true");
  const Answer survey = Ask([&](auto value, auto data, auto size, tapps_error** error) {
    return tapps_cache_survey(cache(), value, data, size, error);
  });
  EXPECT_HAS(survey.str(), "\"default\"");
  int64_t freed = -1;
  EXPECT_EQ(tapps_cache_compact(cache(), 0, &freed, err), TAPPS_OK) << err.message();
  EXPECT_GE(freed, 0);
  EXPECT_EQ(tapps_cache_backup(cache(), "", err), TAPPS_E_INVALID);
  EXPECT_EQ(tapps_cache_backup(cache(), nullptr, err), TAPPS_E_INVALID);
}

TEST_F(UpkeepTest, EachEndsInARecordOfItsKind) {
  ASSERT_EQ(Put(cache(), "key", "value"), TAPPS_OK);
  const auto one = [&](int32_t code, int32_t kind) {
    EXPECT_EQ(code, TAPPS_OK);
    std::vector<Record> records = Await(queue_.get(), 1);
    EXPECT_EQ(records[0].kind, kind);
    EXPECT_EQ(records[0].code, TAPPS_OK) << records[0].error;
    EXPECT_EQ(records[0].user_data, 3U);
    return records[0].bytes;
  };
  const std::string copy = dir_.File("copy.db");
  one(tapps_queue_backup(queue_.get(), copy.c_str(), 3, nullptr, nullptr), TAPPS_RECORD_BACKUP);
  EXPECT_HAS(one(tapps_queue_check(queue_.get(), 0, 3, nullptr, nullptr), TAPPS_RECORD_CHECK),
             "\"ok\":true");
  one(tapps_queue_compact(queue_.get(), 0, 3, nullptr, nullptr), TAPPS_RECORD_COMPACT);
  EXPECT_HAS(one(tapps_queue_survey(queue_.get(), 3, nullptr, nullptr), TAPPS_RECORD_SURVEY),
             "\"entries\":1");
}

}  // namespace
}  // namespace tapps::capi
