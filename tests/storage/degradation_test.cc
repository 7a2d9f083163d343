// The file cannot be written for a while: the store says so, keeps what is unwritten, and recovers
// by itself.
#include "storage/store_fixture.h"
#include "support/shim_vfs.h"

namespace tapps::storage {
namespace {

class DegradationTest : public StoreFixture {
 protected:
  DegradationTest() {
    options_.on_state = [this](int32_t state, const Status& why) {
      std::lock_guard lock(mu_);
      states_.push_back(state);
      reason_ = why.message();
    };
  }
  // The store must be gone before the file layer is.
  ~DegradationTest() override {
    vfs_.SetHook(nullptr);
    Close();
  }
  void FailWrites(int code) {
    vfs_.SetHook([code](test::ShimVfs::Op op) {
      return op == test::ShimVfs::Op::kWrite ? code : SQLITE_OK;
    });
  }
  // What is to be so while writes fail with `code`, and after.
  void FailAndRecover(int code, int32_t state, int32_t answer) {
    Open();
    ASSERT_TRUE(Put("before", "1").ok());
    FailWrites(code);
    const Group async = Of(MakeRecord("async", "1"));
    ASSERT_TRUE(store_->Write(async, 0, nullptr).ok());
    EXPECT_EQ(Put("sync", "1").code(), answer);
    EXPECT_TRUE(Eventually([&] { return store_->state() == state; })) << store_->state();
    EXPECT_EQ(Get("before"), "1");
    EXPECT_TRUE(store_->queue().Find(async->records[0].hash, "default", "async", 0).has_value());
    vfs_.SetHook(nullptr);
    EXPECT_TRUE(Eventually([&] { return Get("async") == "1"; }));
    EXPECT_EQ(Get("sync"), "<NOT_FOUND>") << "what was answered with a failure must not come later";
    EXPECT_TRUE(Flush().ok());
    EXPECT_EQ(store_->state(), TAPPS_STATE_OK);
    std::lock_guard lock(mu_);
    EXPECT_EQ(states_, (std::vector<int32_t>{state, TAPPS_STATE_OK}));
  }

  test::ShimVfs vfs_;
  std::mutex mu_;
  std::vector<int32_t> states_;
  std::string reason_;
};

TEST_F(DegradationTest, AFullDisk) { FailAndRecover(SQLITE_FULL, TAPPS_STATE_FULL, TAPPS_E_FULL); }

TEST_F(DegradationTest, AFileThatMayNoLongerBeWritten) {
  FailAndRecover(SQLITE_READONLY, TAPPS_STATE_READ_ONLY, TAPPS_E_READ_ONLY);
}

TEST_F(DegradationTest, AFailingDisk) {
  FailAndRecover(SQLITE_IOERR_WRITE, TAPPS_STATE_FAILED, TAPPS_E_IO);
}

TEST_F(DegradationTest, TheStateIsRightAgainWhenNobodyWritesAnyMore) {
  Open();
  FailWrites(SQLITE_FULL);
  EXPECT_EQ(Put("sync", "1").code(), TAPPS_E_FULL);
  EXPECT_TRUE(store_->queue().empty());
  EXPECT_EQ(store_->state(), TAPPS_STATE_FULL);
  vfs_.SetHook(nullptr);
  EXPECT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_OK; }));
}

TEST_F(DegradationTest, AnotherProcessHoldsTheWriteLockForLong) {
  Open();
  ASSERT_TRUE(Put("before", "1").ok());
  Connection other = *Connection::Open(path_, Connection::Mode::kReadWrite);
  // The writer may be looking after the file at this moment.
  ASSERT_TRUE(Eventually([&] { return other.Exec("BEGIN IMMEDIATE") == SQLITE_OK; }));
  ASSERT_TRUE(store_->Write(Of(MakeRecord("async", "1")), 0, nullptr).ok());
  const Group sync = Of(MakeRecord("sync", "1"));
  sync->deadline_us = Clock::Real().MonotonicNow() + 50 * kMillisecond;
  EXPECT_EQ(Write(sync).code(), TAPPS_E_TIMEOUT);
  EXPECT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_LOCKED; }));
  EXPECT_EQ(Get("before"), "1");
  ASSERT_EQ(other.Exec("ROLLBACK"), SQLITE_OK);
  EXPECT_TRUE(Flush().ok());
  EXPECT_EQ(Get("async"), "1");
  EXPECT_EQ(Get("sync"), "<NOT_FOUND>");
  EXPECT_EQ(store_->state(), TAPPS_STATE_OK);
}

TEST_F(DegradationTest, AFolderThatIsGoneIsMadeAnew) {
  path_ = dir_.File("inner/cache-1.db");
  Open();
  ASSERT_TRUE(Put("before", "1").ok());
  std::filesystem::remove_all(dir_.File("inner"));
  EXPECT_TRUE(Eventually([&] { return Put("after", "1").ok(); }));
  store_->LookAgain();
  EXPECT_EQ(Get("after"), "1");
  EXPECT_EQ(Get("before"), "<NOT_FOUND>");
}

TEST_F(DegradationTest, ANoiseFileInPlaceOfTheCacheIsLeftAlone) {
  Open();
  ASSERT_TRUE(Put("before", "1").ok());
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  const std::string noise = Noise(5000, 1);
  dir_.Write("cache-1.db", noise);
  const Group sync = Of(MakeRecord("sync", "1"));
  EXPECT_EQ(Write(sync).code(), TAPPS_E_CORRUPT);
  EXPECT_EQ(store_->state(), TAPPS_STATE_FAILED);
  EXPECT_TRUE(test::ReadFile(path_) == noise);
  std::filesystem::remove(path_);
  EXPECT_TRUE(Eventually([&] { return Put("after", "1").ok(); }));
}

}  // namespace
}  // namespace tapps::storage
