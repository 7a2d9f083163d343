// Memory runs out at every allocation in turn: nothing that was acknowledged is lost, everybody who
// waits is answered, and no exception leaves the writer's thread.
#include <optional>

#include "storage/store_fixture.h"
#include "support/failing_allocations.h"

namespace tapps::storage {
namespace {

class MemoryFailureTest : public StoreFixture {
 protected:
  static constexpr int64_t kNever = -1;

  ~MemoryFailureTest() override { StopWriter(); }
  // A writer without a store, whose thread can be told to run out of memory.
  void StartWriter() {
    Open();  // makes the file
    Close();
    Writer::Options options{.path = path_,
                            .origin = 5,
                            .limits = {.bytes = int64_t{1} << 30},
                            .uses = &uses_,
                            .clock = &clock_,
                            .damage = &damage_,
                            .damaged = &damaged_,
                            .file_generation = [this]() -> Result<int64_t> {
                              const int64_t successes = fail_after_.exchange(kNever);
                              if (successes != kNever) test::FailAllocationAfter(successes);
                              return 0;
                            }};
    writer_ = std::make_unique<Writer>(std::move(options), queue_);
    thread_ = std::thread([this] { writer_->Run(); });
  }
  void StopWriter() {
    queue_->Stop();
    if (thread_.joinable()) thread_.join();
  }

  UseLog uses_;
  DamageStats damage_;
  std::atomic<bool> damaged_{false};
  std::atomic<int64_t> fail_after_{kNever};
  std::shared_ptr<WriteQueue> queue_ = std::make_shared<WriteQueue>(32 << 20, kMillisecond);
  std::unique_ptr<Writer> writer_;
  std::thread thread_;
};

TEST_F(MemoryFailureTest, TheWriterTriesAgain) {
  constexpr int kRounds = 120;
  StartWriter();
  std::vector<std::string> synced;
  int failures = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string name = std::to_string(i);
    fail_after_ = i;
    ASSERT_TRUE(
        queue_->Add(Of(MakeRecord("a" + name, Noise(3000, 1), {}, "red\nblue")), 0, nullptr).ok());
    ASSERT_TRUE(
        queue_->Add(Of(MakeRecord("b" + name, std::string(100'000, 'x'))), 0, nullptr).ok());
    const Group removal = std::make_shared<WriteGroup>();
    removal->remove = Filter{"", "c", ""};
    ASSERT_TRUE(queue_->Add(removal, 0, nullptr).ok());
    std::atomic<int32_t> answer{1};
    const Group sync = Of(MakeRecord("s" + name, "1"));
    sync->urgent = true;
    sync->done = [&](const Status& status) { answer = status.code(); };
    ASSERT_TRUE(queue_->Add(sync, 0, nullptr).ok());
    ASSERT_TRUE(Eventually([&] { return answer != 1; })) << i;
    if (answer == TAPPS_OK) {
      synced.push_back("s" + name);
    } else {
      EXPECT_EQ(answer, TAPPS_E_NOMEM) << i;
      ++failures;
    }
  }
  StopWriter();
  EXPECT_GT(failures, 5);
  EXPECT_GT(synced.size(), 0u);
  EXPECT_TRUE(queue_->empty());
  EXPECT_EQ(queue_->bytes(), 0);
  Open();
  for (const std::string& key : synced) EXPECT_EQ(Get(key), "1") << key;
  for (int i = 0; i < kRounds; ++i) {
    EXPECT_TRUE(Get("a" + std::to_string(i)) == Noise(3000, 1)) << i;
    EXPECT_EQ(Get("b" + std::to_string(i)).size(), 100'000u) << i;
  }
}

TEST_F(MemoryFailureTest, AnAddThatFailsLeavesNothingInTheQueue) {
  WriteQueue queue(32 << 20, kMillisecond);
  bool added = false;
  for (int64_t i = 0; i < 100 && !added; ++i) {
    auto group = std::make_shared<WriteGroup>();
    for (const char* key : {"a", "b", "a", "c"}) group->records.push_back(MakeRecord(key, "1"));
    try {
      test::FailAllocationAfter(i);
      added = queue.Add(group, 0, nullptr).ok();
    } catch (const std::bad_alloc&) {
    }
    test::FailNoAllocation();
    if (added) continue;
    EXPECT_TRUE(queue.empty()) << i;
    EXPECT_EQ(queue.bytes(), 0) << i;
    ASSERT_TRUE(queue.Add(Of(MakeRecord("d", "2")), 0, nullptr).ok());
    for (const char* key : {"a", "b", "c"}) {
      EXPECT_FALSE(queue.Find(KeyHash("default", key), "default", key, 0).has_value()) << i;
    }
    group.reset();
    ASSERT_TRUE(queue.Add(Of(MakeRecord("a", "2")), 0, nullptr).ok());
    queue.Finish(queue.Take(SIZE_MAX), {});
    EXPECT_TRUE(queue.empty()) << i;
  }
  EXPECT_TRUE(added);
}

TEST_F(MemoryFailureTest, WhatCannotBeCompressedIsStoredAsItIs) {
  Compressor compressor;
  const std::string value(100'000, 'x');
  for (int64_t i = 0; i < 3; ++i) {
    test::FailAllocationAfter(i);
    const std::string_view compressed = compressor.Compress(value);
    test::FailNoAllocation();
    EXPECT_TRUE(i > 0 || compressed.empty());
  }
  EXPECT_FALSE(compressor.Compress(value).empty());
}

}  // namespace
}  // namespace tapps::storage
