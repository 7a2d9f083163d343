// What the writer does with the write lock held, and what before.

#include "storage/writer.h"

#include <dlfcn.h>
#include <zstd.h>

#include "storage/store_fixture.h"

namespace {

// Asks whether the write lock is free, while something is compressed. Set by a test.
std::function<void()> on_compress;  // NOLINT(cert-err58-cpp)

}  // namespace

// Stands before the one of libzstd.
extern "C" size_t ZSTD_compressCCtx(ZSTD_CCtx* context, void* to, size_t room, const void* from,
                                    size_t size, int level) {
  static const auto real =
      reinterpret_cast<decltype(&ZSTD_compressCCtx)>(dlsym(RTLD_NEXT, "ZSTD_compressCCtx"));
  if (on_compress) on_compress();
  return real(context, to, room, from, size, level);
}

namespace tapps::storage {
namespace {

class WriterTest : public StoreFixture {
 protected:
  WriterTest() {
    Open();
    other_ = *Connection::Open(path_, Connection::Mode::kReadWrite);
    on_compress = [this] {
      const bool free = other_.Exec("BEGIN IMMEDIATE") == SQLITE_OK;
      if (free) other_.Exec("ROLLBACK");
      ++(free ? unlocked_ : locked_);
    };
  }
  ~WriterTest() override {
    Close();
    on_compress = nullptr;
  }

  Connection other_;  // the writer's thread only
  std::atomic<int> unlocked_ = 0;
  std::atomic<int> locked_ = 0;
};

TEST_F(WriterTest, ValuesAreCompressedWhileOthersMayWrite) {
  const std::string text(256 << 10, 'x');
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put("k" + std::to_string(i), text).ok());
  const Group group = std::make_shared<WriteGroup>();
  for (int i = 0; i < 20; ++i) group->records.push_back(MakeRecord(std::to_string(i), text));
  ASSERT_TRUE(Write(group).ok());
  EXPECT_EQ(Get("k7"), text);
  EXPECT_EQ(Get("7"), text);
  EXPECT_GE(unlocked_, 40);
  EXPECT_EQ(locked_, 0);
}

TEST_F(WriterTest, WhatComesWhileTheLockIsHeldElsewhereIsCompressedMeanwhile) {
  ASSERT_TRUE(Put("first", "").ok());
  Connection holder = *Connection::Open(path_, Connection::Mode::kReadWrite);
  holder.SetBusyHandler([] { return true; });
  ASSERT_EQ(holder.Exec("BEGIN IMMEDIATE"), SQLITE_OK);
  const std::string text(256 << 10, 'x');
  std::atomic<int> done = 0;
  for (int i = 0; i < 3; ++i) {
    const Group group = Of(MakeRecord(std::to_string(i), text));
    group->urgent = true;
    group->done = [&](const Status& status) { done += status.ok() ? 1 : 100; };
    ASSERT_TRUE(store_->Write(group, kSecond, nullptr).ok());
    // Of each, a part is tried first.
    ASSERT_TRUE(Eventually([&] { return locked_ == 2 * (i + 1); })) << "by the holder";
  }
  ASSERT_EQ(holder.Exec("COMMIT"), SQLITE_OK);
  ASSERT_TRUE(Eventually([&] { return done == 3; }));
  EXPECT_EQ(locked_ + unlocked_, 6) << "once each";
  EXPECT_EQ(store_->writer_stats()->commits, 2) << "one batch";
}

}  // namespace
}  // namespace tapps::storage
