// File systems on which processes cannot share a WAL: the kernel's word is replaced, as no network
// is needed to be told of one.
#include <dlfcn.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <atomic>
#include <filesystem>

#include "capi/api.h"

namespace {

std::atomic<int64_t> pretended_type = 0;  // 0: the truth

}  // namespace

// Found before the C library's by all of this program, the library under test included.
extern "C" [[gnu::visibility("default")]] int statfs(const char* path,
                                                     struct statfs* about) noexcept {
  using Statfs = int (*)(const char*, struct statfs*);
  static const auto real = reinterpret_cast<Statfs>(dlsym(RTLD_NEXT, "statfs"));
  const int result = real(path, about);
  if (result == 0 && pretended_type != 0) about->f_type = pretended_type;
  return result;
}

namespace tapps::capi {
namespace {

class FileSystemTest : public ::testing::Test {
 protected:
  ~FileSystemTest() override { pretended_type = 0; }
  test::TempDir dir_;
};

TEST_F(FileSystemTest, OfTheNetworkAreRefusedAndLeftAsTheyAre) {
  const std::string path = dir_.File("cache-1.db");
  for (const int64_t type :
       {int64_t{NFS_SUPER_MAGIC}, int64_t{V9FS_MAGIC}, int64_t{0xFF534D42}, int64_t{0xFE534D42}}) {
    pretended_type = type;
    int32_t code = TAPPS_OK;
    std::string message;
    EXPECT_EQ(Open(path, nullptr, &code, &message), nullptr);
    EXPECT_EQ(code, TAPPS_E_UNSUPPORTED) << message;
    EXPECT_HAS(message, dir_.path());
    EXPECT_HAS(message, "file system");
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_TRUE(std::filesystem::is_empty(dir_.path())) << "nothing was written";
  }
  CacheHandle memory = Open(":memory:");
  EXPECT_NE(memory, nullptr) << "needs no file system";
}

// A file that was made elsewhere and is now reached through the network.
TEST_F(FileSystemTest, AnExistingFileIsRefusedForReadersToo) {
  const std::string path = dir_.File("cache-1.db");
  {
    const CacheHandle cache = Open(path);
    ASSERT_EQ(Put(cache.get(), "key", "value", TAPPS_DURABILITY_SYNC), TAPPS_OK);
    ASSERT_EQ(tapps_cache_close(cache.get(), 0, nullptr), TAPPS_OK);
  }
  const std::string before = test::ReadFile(path);
  pretended_type = NFS_SUPER_MAGIC;
  for (const uint32_t flags : {uint32_t{0}, uint32_t{TAPPS_OPEN_READ_ONLY}}) {
    tapps_open_options options = OpenOptions();
    options.flags = flags;
    int32_t code = TAPPS_OK;
    EXPECT_EQ(Open(path, &options, &code), nullptr);
    EXPECT_EQ(code, TAPPS_E_UNSUPPORTED);
  }
  EXPECT_TRUE(test::ReadFile(path) == before);
  pretended_type = 0;
  EXPECT_EQ(Get(Open(path).get(), "key").str(), "value");
}

// Only what is known to be unsafe is refused.
TEST_F(FileSystemTest, LocalOnesAreUsed) {
  for (const int64_t type :
       {int64_t{EXT4_SUPER_MAGIC}, int64_t{BTRFS_SUPER_MAGIC}, int64_t{TMPFS_MAGIC},
        int64_t{OVERLAYFS_SUPER_MAGIC}, int64_t{0x1234}}) {
    pretended_type = type;
    const CacheHandle cache = Open(dir_.File(std::to_string(type)));
    ASSERT_NE(cache, nullptr) << type;
    EXPECT_EQ(Put(cache.get(), "key", "value", TAPPS_DURABILITY_SYNC), TAPPS_OK);
    EXPECT_EQ(tapps_cache_close(cache.get(), 0, nullptr), TAPPS_OK);
  }
}

}  // namespace
}  // namespace tapps::capi
