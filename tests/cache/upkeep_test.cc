// Backup, check, compact and survey of a cache in use.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "cache/cache.h"
#include "support/temp_dir.h"

namespace tapps {
namespace {

class CacheUpkeepTest : public ::testing::Test {
 protected:
  void Put(std::string_view space, std::string_view key, std::string_view bytes,
           const PutOptions& options = {}) {
    const Status status = cache_->Put({space, key}, bytes, options);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  std::string Noise(size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }
  void TearDown() override { (void)cache_->Close(0); }

  test::TempDir dir_;
  const std::string path_ = dir_.File("cache-1.db");
  std::mt19937 random_{7};
  std::shared_ptr<Cache> cache_ = *Cache::Open(path_, {});
};

TEST_F(CacheUpkeepTest, ABackupHoldsWhatWasPutBefore) {
  Put("", "key", "value");
  const std::string copy = dir_.File("copy.db");
  const Status backup = cache_->Backup(copy);
  ASSERT_TRUE(backup.ok()) << backup.message();
  Put("", "later", "value");
  const std::shared_ptr<Cache> other = *Cache::Open(copy, {});
  EXPECT_EQ((*other->Get({"", "key"}, {}))->bytes(), "value");
  EXPECT_FALSE(other->Get({"", "later"}, {}).ok());
  EXPECT_EQ(cache_->Backup(path_).code(), TAPPS_E_EXISTS);
}

TEST_F(CacheUpkeepTest, ASoundFileIsFoundSound) {
  for (int i = 0; i < 50; ++i) Put("", "key" + std::to_string(i), Noise(1000));
  ASSERT_TRUE(cache_->Flush(0).ok());
  const Result<Json> report = cache_->Check(true);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ((*report)["ok"], true) << *report;
  EXPECT_EQ((*report)["entries"], 50);
  EXPECT_EQ((*report)["damaged"], 0);
}

TEST_F(CacheUpkeepTest, CompactingGivesSpaceBack) {
  for (int i = 0; i < 100; ++i) Put("", "key" + std::to_string(i), Noise(20'000));
  ASSERT_TRUE(cache_->DeleteAll({}).ok());
  const Result<int64_t> freed = cache_->Compact(20 * kSecond);
  ASSERT_TRUE(freed.ok()) << freed.status().message();
  const Result<Json> report = cache_->Check(false);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ((*report)["ok"], true);
  EXPECT_EQ(cache_->Stats()["disk"]["free_bytes"], 0);
}

TEST_F(CacheUpkeepTest, ASurveyCountsByNamespaceAndFreshness) {
  Put("a", "1", "12345");
  Put("a", "2", "12345", {.ttl_us = 1, .stale_us = kDay});
  Put("b", "1", "", {.negative = true});
  const Result<Json> survey = cache_->Survey();
  ASSERT_TRUE(survey.ok()) << survey.status().message();
  EXPECT_EQ((*survey)["entries"], 3);
  EXPECT_EQ((*survey)["bytes"], 6 + 6 + 1);
  EXPECT_EQ((*survey)["spaces"]["a"]["fresh"], 1);
  EXPECT_EQ((*survey)["spaces"]["a"]["stale"], 1);
  EXPECT_EQ((*survey)["spaces"]["b"]["negative"], 1);
  EXPECT_EQ((*survey)["ages"]["minute"], 3);
  EXPECT_EQ((*survey)["expired"], 0);
}

TEST_F(CacheUpkeepTest, WithoutAFileOnlyTheSurveyIsThere) {
  const std::shared_ptr<Cache> memory = *Cache::Open(":memory:", {});
  EXPECT_EQ(memory->Backup(dir_.File("copy.db")).code(), TAPPS_E_UNSUPPORTED);
  EXPECT_EQ(memory->Check(false).code(), TAPPS_E_UNSUPPORTED);
  EXPECT_EQ(memory->Compact(kSecond).code(), TAPPS_E_UNSUPPORTED);
  ASSERT_TRUE(memory->Put({"", "key"}, "value", {}).ok());
  EXPECT_EQ((*memory->Survey())["entries"], 1);
}

}  // namespace
}  // namespace tapps
