// The file cannot be written for a while: the store says so, keeps what is unwritten, and recovers
// by itself.
#include <sys/resource.h>

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

TEST_F(DegradationTest, AFirstPutWithoutDescriptorsIsKeptAndWrittenLater) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "SKIP: the sanitizer needs descriptors to look at types";
#endif
  Open();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{3, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Status async = store_->Write(Of(MakeRecord("async", "1")), 0, nullptr);
  const bool told = Eventually([&] { return store_->state() == TAPPS_STATE_FAILED; });
  const Status sync = Put("sync", "1");
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(async.ok()) << async.message();
  EXPECT_TRUE(told) << store_->state();
  EXPECT_EQ(sync.code(), TAPPS_E_IO);
  EXPECT_TRUE(Eventually([&] { return Get("async") == "1"; }));
  EXPECT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_OK; }));
}

// The lock is one of a file that nobody can find any more.
TEST_F(DegradationTest, AWriterThatWaitsForADeletedFilesLockGoesOnWithTheNewFile) {
  Open();
  ASSERT_TRUE(Put("before", "1").ok());
  Connection other = *Connection::Open(path_, Connection::Mode::kReadWrite);
  ASSERT_TRUE(Eventually([&] { return other.Exec("BEGIN IMMEDIATE") == SQLITE_OK; }));
  ASSERT_TRUE(store_->Write(Of(MakeRecord("async", "1")), 0, nullptr).ok());
  ASSERT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_LOCKED; }));
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  EXPECT_TRUE(Put("sync", "1").ok());
  store_->LookAgain();
  for (const char* key : {"async", "sync"}) EXPECT_EQ(Get(key), "1") << key;
  EXPECT_EQ(store_->state(), TAPPS_STATE_OK);
  EXPECT_EQ(other.Exec("ROLLBACK"), SQLITE_OK);
}

// The lock is free a moment after the file has gone: before the writer looks by itself.
TEST_F(DegradationTest, NothingIsAcknowledgedThatOnlyADeletedFileHas) {
  Open();
  ASSERT_TRUE(Put("before", "1").ok());
  Connection other = *Connection::Open(path_, Connection::Mode::kReadWrite);
  ASSERT_TRUE(Eventually([&] { return other.Exec("BEGIN IMMEDIATE") == SQLITE_OK; }));
  ASSERT_TRUE(store_->Write(Of(MakeRecord("async", "1")), 0, nullptr).ok());
  ASSERT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_LOCKED; }));
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  ASSERT_EQ(other.Exec("ROLLBACK"), SQLITE_OK);
  ASSERT_TRUE(Flush().ok());
  EXPECT_EQ(SqlInt("SELECT count(*) FROM entries WHERE key = CAST('async' AS BLOB)"), 1);
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

// The full put comes when the writer has chosen how to commit, and its own sync fails.
TEST_F(DegradationTest, WhatIsCommittedAndCannotBeSyncedIsNotWrittenAgain) {
  Open();
  ASSERT_TRUE(Put("before", "1").ok());
  // The first commit after a checkpoint syncs the WAL's header, however it is made.
  ASSERT_TRUE(Eventually([&] { return store_->writer_stats()->checkpoints.load() > 0; }));
  ASSERT_TRUE(Put("before", "2").ok());
  Connection other = *Connection::Open(path_, Connection::Mode::kReadWrite);
  ASSERT_TRUE(Eventually([&] { return other.Exec("BEGIN IMMEDIATE") == SQLITE_OK; }));
  ASSERT_TRUE(store_->Write(Of(MakeRecord("async", "1")), 0, nullptr).ok());
  ASSERT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_LOCKED; }));
  vfs_.SetHook([](test::ShimVfs::Op op) {
    return op == test::ShimVfs::Op::kSync ? SQLITE_IOERR_FSYNC : SQLITE_OK;
  });
  std::atomic<int32_t> sync_answer{1};
  const Group sync = Of(MakeRecord("sync", "1"));
  sync->done = [&](const Status& status) { sync_answer = status.code(); };
  ASSERT_TRUE(store_->Write(sync, 0, nullptr).ok());
  std::atomic<int32_t> full_answer{1};
  const Group full = Of(MakeRecord("full", "1"));
  full->records[0].if_version = Record::kAbsent;
  full->durability = TAPPS_DURABILITY_FULL;
  full->done = [&](const Status& status) { full_answer = status.code(); };
  ASSERT_TRUE(store_->Write(full, 0, nullptr).ok());
  ASSERT_EQ(other.Exec("ROLLBACK"), SQLITE_OK);
  EXPECT_TRUE(Eventually([&] { return full_answer != 1; }));
  vfs_.SetHook(nullptr);
  EXPECT_EQ(full_answer, TAPPS_E_OUTCOME_UNKNOWN);
  EXPECT_EQ(sync_answer, TAPPS_OK);
  EXPECT_TRUE(Flush().ok());
  EXPECT_EQ(store_->writer_stats()->records.load(), 5);
  EXPECT_EQ(Get("full"), "1");
  EXPECT_EQ(Get("async"), "1");
}

TEST_F(DegradationTest, OfABatchThatCanNeverBeWrittenOnlyTheCulpritIsDropped) {
  Open();
  ASSERT_TRUE(Put("before", "1").ok());
  Sql("CREATE TRIGGER t BEFORE INSERT ON entries WHEN new.key = CAST('bad' AS BLOB) BEGIN "
      "SELECT RAISE(ABORT, 'no'); END");
  Connection other = *Connection::Open(path_, Connection::Mode::kReadWrite);
  ASSERT_TRUE(Eventually([&] { return other.Exec("BEGIN IMMEDIATE") == SQLITE_OK; }));
  for (const char* key : {"a", "bad", "b", "c"}) {
    ASSERT_TRUE(store_->Write(Of(MakeRecord(key, "1")), 0, nullptr).ok());
  }
  ASSERT_EQ(other.Exec("ROLLBACK"), SQLITE_OK);
  EXPECT_TRUE(Flush().ok());
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(Get(key), "1") << key;
  EXPECT_EQ(Get("bad"), "<NOT_FOUND>");
  EXPECT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_OK; }));
  EXPECT_EQ(Put("bad", "1").code(), TAPPS_E_INTERNAL);
  std::lock_guard lock(mu_);
  ASSERT_FALSE(states_.empty());
  EXPECT_EQ(states_[0], TAPPS_STATE_FAILED) << "that an unwaited put was dropped is told";
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

// Nothing can be begun: nothing is taken from the queue, and still who waits must hear of it.
TEST_F(DegradationTest, AFileInPlaceOfTheFolderIsAFailureToTryAgainAfter) {
  path_ = dir_.File("inner/cache-1.db");
  Open();
  ASSERT_TRUE(Put("before", "1").ok());
  std::filesystem::remove_all(dir_.File("inner"));
  dir_.Write("inner", "no folder");
  ASSERT_TRUE(store_->Write(Of(MakeRecord("async", "1")), 0, nullptr).ok());
  EXPECT_EQ(Write(Of(MakeRecord("sync", "1")), 5 * kSecond).code(), TAPPS_E_INVALID);
  EXPECT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_FAILED; }));
  EXPECT_LT(store_->writer_stats()->failures.load(), 100) << "it does not wait between its tries";
  std::filesystem::remove(dir_.File("inner"));
  EXPECT_TRUE(Eventually([&] { return Get("async") == "1"; }));
  EXPECT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_OK; }));
}

TEST_F(DegradationTest, AWriterThatIsStoppedWaitsBetweenItsTriesToo) {
  Open();
  ASSERT_TRUE(Put("before", "1").ok());
  FailWrites(SQLITE_FULL);
  ASSERT_TRUE(store_->Write(Of(MakeRecord("async", "1")), 0, nullptr).ok());
  EXPECT_EQ(store_->Close(500 * kMillisecond).code(), TAPPS_E_TIMEOUT);
  EXPECT_LT(store_->writer_stats()->failures.load(), 20);
  vfs_.SetHook(nullptr);
  EXPECT_TRUE(store_->Close(30 * kSecond).ok());
  EXPECT_EQ(Get("async"), "1");
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
