// Files that may not be written, other users' files, a full disk: a cache goes on as far as it can.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>

#include "capi/api.h"
#include "support/process.h"

namespace tapps::capi {
namespace {
namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

// What a child found; the parent shows it when it is not "".
struct Report {
  std::string file;
  int operator()(bool right, const std::string& text) const {
    if (right) return 0;
    FILE* out = std::fopen(file.c_str(), "a");
    if (out == nullptr) return 1;
    std::fprintf(out, "%s\n", text.c_str());
    std::fclose(out);
    return 1;
  }
};

class PermissionTest : public ::testing::Test {
 protected:
  PermissionTest() {
    chmod(dir_.path().c_str(), 0755);
    fs::create_directory(Home());
    fs::create_directory(dir_.File("report"));
    if (geteuid() == 0) {
      EXPECT_EQ(chown(Home().c_str(), kNobody, kNobody), 0);
      EXPECT_EQ(chown(dir_.File("report").c_str(), kNobody, kNobody), 0);
    }
  }
  ~PermissionTest() override { chmod(Home().c_str(), 0700); }

  std::string Home() const { return dir_.File("home"); }
  std::string CacheFile() const { return Home() + "/cache.db"; }

  // Runs the body in a child that is not root.
  void AsUser(const std::function<void(const Report&)>& body) {
    const Report report{dir_.File("report/text")};
    test::Process child([&] {
      if (geteuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) {
        return report(false, "setuid failed");
      }
      body(report);
      return 0;
    });
    EXPECT_EQ(child.Wait(), 0);
    EXPECT_EQ(test::ReadFile(report.file), "");
  }
  void MakeCache() {
    AsUser([&](const Report& expect) {
      const CacheHandle cache = Open(CacheFile());
      expect(cache != nullptr && Put(cache.get(), "k", "v", TAPPS_DURABILITY_SYNC) == TAPPS_OK &&
                 tapps_cache_close(cache.get(), 0, nullptr) == TAPPS_OK,
             "no cache could be made");
    });
  }
  static std::string Outcome(int32_t code, const std::string& message) {
    return std::string(tapps_code_name(code)) + ": " + message;
  }
  static void ExpectReadOnly(const Report& expect, const std::string& path) {
    int32_t code = TAPPS_OK;
    std::string message;
    const CacheHandle cache = Open(path, nullptr, &code, &message);
    if (expect(cache != nullptr, "open: " + Outcome(code, message)) != 0) return;
    const int32_t state = tapps_cache_state(cache.get());
    expect(state == TAPPS_STATE_READ_ONLY, "state " + std::to_string(state));
    expect(Get(cache.get(), "k").str() == "v", "get: " + Get(cache.get(), "k").str());
    code = Put(cache.get(), "new", "w");
    expect(code == TAPPS_OK, Outcome(code, "async put"));
    expect(Get(cache.get(), "new").str() == "w",
           "get of the new: " + Get(cache.get(), "new").str());
    code = Put(cache.get(), "synced", "w", TAPPS_DURABILITY_SYNC);
    expect(code == TAPPS_E_READ_ONLY, Outcome(code, "sync put"));
    Err err;
    code = tapps_cache_close(cache.get(), 2'000'000, err);
    expect(code == TAPPS_OK || code == TAPPS_E_READ_ONLY, Outcome(code, "close " + err.message()));
  }

  test::TempDir dir_;
};

TEST_F(PermissionTest, AReadOnlyFileIsReadAndNewEntriesStayInMemory) {
  MakeCache();
  ASSERT_EQ(chmod(CacheFile().c_str(), 0400), 0);
  AsUser([&](const Report& expect) { ExpectReadOnly(expect, CacheFile()); });
}

TEST_F(PermissionTest, AReadOnlyFolderIsReadWhileItsHelpersAreThere) {
  MakeCache();
  ASSERT_TRUE(fs::exists(CacheFile() + "-shm")) << "left by a close that does not checkpoint";
  ASSERT_EQ(chmod(CacheFile().c_str(), 0400), 0);
  ASSERT_EQ(chmod((CacheFile() + "-wal").c_str(), 0400), 0);
  ASSERT_EQ(chmod((CacheFile() + "-shm").c_str(), 0400), 0);
  ASSERT_EQ(chmod(Home().c_str(), 0500), 0);
  AsUser([&](const Report& expect) { ExpectReadOnly(expect, CacheFile()); });
}

// SQLite cannot read a WAL database whose shared memory it can neither find nor make. Whatever is
// answered, it is no crash and no wrong value, and nothing is written.
TEST_F(PermissionTest, AReadOnlyFolderWithoutHelpersIsAClearAnswer) {
  MakeCache();
  fs::remove(CacheFile() + "-shm");
  fs::remove(CacheFile() + "-wal");
  ASSERT_EQ(chmod(CacheFile().c_str(), 0400), 0);
  ASSERT_EQ(chmod(Home().c_str(), 0500), 0);
  AsUser([&](const Report& expect) {
    int32_t code = TAPPS_OK;
    std::string message;
    const CacheHandle cache = Open(CacheFile(), nullptr, &code, &message);
    if (cache == nullptr) {
      expect(code == TAPPS_E_DENIED || code == TAPPS_E_READ_ONLY, Outcome(code, message));
      return;
    }
    const int32_t state = tapps_cache_state(cache.get());
    expect(state == TAPPS_STATE_READ_ONLY || state == TAPPS_STATE_MEMORY ||
               state == TAPPS_STATE_FAILED,
           "state " + std::to_string(state));
    expect(Put(cache.get(), "new", "w") == TAPPS_OK, "put");
    expect(Get(cache.get(), "new").str() == "w", "get: " + Get(cache.get(), "new").str());
  });
}

TEST_F(PermissionTest, AFolderThatMayNotBeWrittenIsDenied) {
  ASSERT_EQ(chmod(Home().c_str(), 0500), 0);
  AsUser([&](const Report& expect) {
    for (const std::string& path : {CacheFile(), Home() + "/sub/cache.db"}) {
      int32_t code = TAPPS_OK;
      std::string message;
      const CacheHandle cache = Open(path, nullptr, &code, &message);
      expect(cache == nullptr && code == TAPPS_E_DENIED, Outcome(code, message));
      expect(message.find(Home()) != std::string::npos, message);
    }
  });
}

TEST_F(PermissionTest, OtherUsersFilesAndFoldersAreDenied) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to own files as two users";
  MakeCache();
  const auto denied = [&] {
    AsUser([&](const Report& expect) {
      int32_t code = TAPPS_OK;
      std::string message;
      const CacheHandle cache = Open(CacheFile(), nullptr, &code, &message);
      expect(cache == nullptr && code == TAPPS_E_DENIED, Outcome(code, message));
    });
  };
  ASSERT_EQ(chmod(CacheFile().c_str(), 0666), 0);
  ASSERT_EQ(chown(CacheFile().c_str(), 0, 0), 0);
  denied();
  ASSERT_EQ(chown(CacheFile().c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(chmod(Home().c_str(), 0777), 0);
  ASSERT_EQ(chown(Home().c_str(), 0, 0), 0);
  denied();
}

class FullDiskTest : public ::testing::Test {
 protected:
  ~FullDiskTest() override {
    if (mounted_) umount2(dir_.path().c_str(), MNT_DETACH);
  }
  // A file system of 12 MiB over the folder.
  bool Mount() {
    mounted_ = mount("tapps-test", dir_.path().c_str(), "tmpfs", 0, "size=12m,mode=0700") == 0;
    return mounted_;
  }
  // Bytes that cannot be stored in fewer.
  static std::string Noise(size_t size, uint32_t seed) {
    std::mt19937 random(seed);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }
  // Leaves no byte on it.
  void Fill() {
    const int fd = open(dir_.File("filler").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    const std::string block(4096, 'f');
    while (write(fd, block.data(), block.size()) > 0) {
    }
    close(fd);
  }

  test::TempDir dir_;
  bool mounted_ = false;
};

TEST_F(FullDiskTest, PutsSayFullGetsGoOnAndSpaceHeals) {
  if (!Mount()) GTEST_SKIP() << "a tmpfs cannot be mounted here: " << std::strerror(errno);
  const CacheHandle cache = Open(dir_.File("cache.db"));
  ASSERT_NE(cache, nullptr);
  ASSERT_EQ(Put(cache.get(), "before", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  Fill();

  // Neither fits into what the files have already.
  const std::string big = Noise(1 << 20, 1);
  const std::string kept = Noise(2 << 20, 2);
  Err err;
  EXPECT_EQ(Put(cache.get(), "synced", big, TAPPS_DURABILITY_SYNC, err), TAPPS_E_FULL)
      << err.message();
  EXPECT_TRUE(Eventually([&] { return tapps_cache_state(cache.get()) == TAPPS_STATE_FULL; }));
  EXPECT_EQ(Put(cache.get(), "async", kept), TAPPS_OK);
  EXPECT_TRUE(Get(cache.get(), "async").bytes == kept);
  EXPECT_EQ(Get(cache.get(), "before").str(), "v");
  EXPECT_NE(tapps_cache_flush(cache.get(), 200'000, err), TAPPS_OK);

  fs::remove(dir_.File("filler"));
  EXPECT_EQ(tapps_cache_flush(cache.get(), 20'000'000, err), TAPPS_OK) << err.message();
  EXPECT_TRUE(Eventually([&] { return tapps_cache_state(cache.get()) == TAPPS_STATE_OK; }));
  EXPECT_EQ(Put(cache.get(), "after", big, TAPPS_DURABILITY_SYNC, err), TAPPS_OK) << err.message();
  ASSERT_EQ(tapps_cache_close(cache.get(), 0, err), TAPPS_OK) << err.message();
  const CacheHandle again = Open(dir_.File("cache.db"));
  EXPECT_TRUE(Get(again.get(), "async").bytes == kept);
  EXPECT_EQ(Get(again.get(), "after").bytes.size(), big.size());
  tapps_cache_close(again.get(), 0, nullptr);
}

TEST_F(FullDiskTest, OpeningOnAFullDiskIsFull) {
  if (!Mount()) GTEST_SKIP() << "a tmpfs cannot be mounted here: " << std::strerror(errno);
  Fill();
  int32_t code = TAPPS_OK;
  std::string message;
  const CacheHandle cache = Open(dir_.File("cache.db"), nullptr, &code, &message);
  EXPECT_EQ(cache, nullptr);
  EXPECT_EQ(code, TAPPS_E_FULL) << tapps_code_name(code) << ": " << message;
}

}  // namespace
}  // namespace tapps::capi
