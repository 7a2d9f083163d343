// Backups, through a store.
#include "storage/copy_file.h"

#include <sys/stat.h>

#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

using CopyFileTest = StoreFixture;

TEST_F(CopyFileTest, ABackupTakenWhileTheCacheIsWrittenIsACache) {
  Open();
  ASSERT_TRUE(Put("before", Noise(5 << 20, 1)).ok());
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      Group pair = Of(MakeRecord("left", std::to_string(i)));
      pair->records.push_back(MakeRecord("right", std::to_string(i)));
      ASSERT_TRUE(Write(pair).ok());
    }
  });
  const std::string copy = dir_.File("backup.db");
  Status taken;
  for (int i = 0; i < 5 && taken.ok(); ++i) taken = store_->Backup(copy);
  stop = true;
  writer.join();
  EXPECT_TRUE(taken.ok()) << taken.message();
  Close();
  struct stat st {};
  ASSERT_EQ(stat(copy.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
  path_ = copy;
  Open();
  EXPECT_TRUE(Get("before") == Noise(5 << 20, 1));
  EXPECT_EQ(Get("left"), Get("right"));
  EXPECT_TRUE(store_->Check(true)->ok());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    if (entry.path().filename().string().starts_with("backup.db")) ++files;
  }
  EXPECT_EQ(files, 3) << "the copy with its -wal and -shm, nothing temporary";
}

TEST_F(CopyFileTest, ABackupOverTheCacheItselfOrToNowhereIsRefused) {
  Open();
  EXPECT_EQ(store_->Backup(path_).code(), TAPPS_E_EXISTS);
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    EXPECT_EQ(store_->Backup(path_ + suffix).code(), TAPPS_E_EXISTS) << suffix;
  }
  EXPECT_EQ(store_->Backup(dir_.File("none/backup.db")).code(), TAPPS_E_NOT_FOUND);
  EXPECT_TRUE(Put("a", "1").ok());
}

TEST_F(CopyFileTest, ABackupOverACopyThatWasUsedIsNotMixedWithWhatWasWrittenThere) {
  Open();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Put("a" + std::to_string(i), Noise(2000, 1)).ok());
  const std::string original = path_;
  const std::string copy = dir_.File("backup.db");
  ASSERT_TRUE(store_->Backup(copy).ok());
  Close();
  path_ = copy;
  Open();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Put("b" + std::to_string(i), Noise(2000, 2)).ok());
  Close();
  path_ = original;
  Open();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Put("c" + std::to_string(i), Noise(9000, 3)).ok());
  const Status again = store_->Backup(copy);
  ASSERT_TRUE(again.ok()) << again.message();
  Close();
  path_ = copy;
  Open();
  EXPECT_TRUE(store_->Check(true)->ok());
  EXPECT_TRUE(Get("a7") == Noise(2000, 1));
  EXPECT_TRUE(Get("c7") == Noise(9000, 3));
  EXPECT_EQ(Get("b7"), "<NOT_FOUND>");
}

TEST_F(CopyFileTest, ABackupGoesThroughALinkedFolder) {
  std::filesystem::create_directory(dir_.File("real"));
  std::filesystem::create_directory_symlink(dir_.File("real"), dir_.File("link"));
  Open();
  ASSERT_TRUE(Put("a", "1").ok());
  const Status taken = store_->Backup(dir_.File("link/backup.db"));
  EXPECT_TRUE(taken.ok()) << taken.message();
  Close();
  path_ = dir_.File("real/backup.db");
  Open();
  EXPECT_EQ(Get("a"), "1");
}

}  // namespace
}  // namespace tapps::storage
