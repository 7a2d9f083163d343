// What tapps_cache_open makes of a path.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "capi/api.h"
#include "capi/lock_holder.h"
#include "support/child.h"
#include "support/process.h"

namespace tapps::capi {
namespace {
namespace fs = std::filesystem;

mode_t ModeOf(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 07777 : 0;
}

class OpenTest : public ::testing::Test {
 protected:
  void ExpectRefused(const std::string& path, int32_t expected) {
    SCOPED_TRACE(path);
    int32_t code = TAPPS_OK;
    std::string message;
    EXPECT_EQ(Open(path, nullptr, &code, &message), nullptr);
    EXPECT_EQ(code, expected) << tapps_code_name(code) << ": " << message;
    EXPECT_NE(message, "");
  }
  // Runs SQL on a file by a process that has its own SQLite.
  void Sql(const std::string& path, const std::string& statements) {
    const auto result = test::RunChild(
        {"python3", "-c",
         "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nc.executescript(sys.argv[2])\n", path,
         statements});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  // Opening it is refused, and neither the file nor the folder changes.
  void ExpectLeftAlone(const std::string& path, int32_t expected) {
    const std::string before = test::ReadFile(path);
    ExpectRefused(path, expected);
    EXPECT_TRUE(test::ReadFile(path) == before);
    EXPECT_FALSE(fs::exists(path + "-wal"));
    EXPECT_FALSE(fs::exists(path + "-shm"));
  }

  test::TempDir dir_;
};

// Somebody else's file that is locked is no reason to wait.
TEST_F(OpenTest, AnOpenThatWaitsKeepsNoOtherWaiting) {
  const std::string locked = dir_.File("locked.db");
  const CacheHandle before = Open(dir_.File("open.db"));
  const WaitingOpen opening(locked, dir_.File("marker"));
  ASSERT_TRUE(opening.waits());
  for (const std::string& path :
       {std::string(":memory:"), dir_.File("new.db"), dir_.File("open.db")}) {
    EXPECT_LT(MillisecondsOf([&] { EXPECT_NE(Open(path), nullptr) << path; }), 2'500) << path;
  }
  tapps_open_options options = OpenOptions();
  options.open_timeout_us = 100'000;
  int32_t code = TAPPS_OK;
  EXPECT_LT(MillisecondsOf([&] { EXPECT_EQ(Open(locked, &options, &code), nullptr); }), 2'500);
  EXPECT_EQ(code, TAPPS_E_TIMEOUT);
}

TEST_F(OpenTest, ThreadsThatOpenOneNewFileAtOnceShareOneCache) {
  for (int round = 0; round < 10; ++round) {
    const std::string path = dir_.File("new/" + std::to_string(round) + "/cache.db");
    std::vector<CacheHandle> caches(8);
    std::vector<std::thread> threads;
    for (CacheHandle& cache : caches) threads.emplace_back([&] { cache = Open(path); });
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(Put(caches[0].get(), "k", "v", TAPPS_DURABILITY_MEMORY), TAPPS_OK);
    for (const CacheHandle& cache : caches) EXPECT_EQ(Get(cache.get(), "k").str(), "v");
  }
}

TEST_F(OpenTest, MissingFoldersAndTheFileAreTheUsersAlone) {
  const mode_t mask = umask(0);
  const std::string path = dir_.File("a/b/cache.db");
  const CacheHandle cache = Open(path);
  ASSERT_NE(cache, nullptr);
  ASSERT_EQ(Put(cache.get(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  umask(mask);
  EXPECT_EQ(ModeOf(dir_.File("a")), 0700U);
  EXPECT_EQ(ModeOf(dir_.File("a/b")), 0700U);
  EXPECT_EQ(ModeOf(path), 0600U);
  EXPECT_EQ(ModeOf(path + "-wal"), 0600U);
  EXPECT_EQ(ModeOf(path + "-shm"), 0600U);
  EXPECT_EQ(tapps_cache_path(cache.get()), path);
  EXPECT_EQ(tapps_cache_state(cache.get()), TAPPS_STATE_OK);
}

TEST_F(OpenTest, MemoryHasNoFile) {
  const fs::path here = fs::current_path();
  fs::current_path(dir_.path());
  const CacheHandle cache = Open(":memory:");
  fs::current_path(here);
  ASSERT_NE(cache, nullptr);
  EXPECT_STREQ(tapps_cache_path(cache.get()), ":memory:");
  EXPECT_EQ(tapps_cache_state(cache.get()), TAPPS_STATE_MEMORY);
  EXPECT_EQ(Put(cache.get(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  EXPECT_EQ(Get(cache.get(), "k").str(), "v");
  EXPECT_TRUE(fs::is_empty(dir_.path()));
  const CacheHandle other = Open(":memory:");
  EXPECT_EQ(Get(other.get(), "k").code, TAPPS_E_NOT_FOUND) << "each is a cache of its own";
}

TEST_F(OpenTest, AFileWhereAFolderShouldBeIsInvalid) {
  const std::string file = dir_.Write("file", "text");
  ExpectRefused(file + "/cache.db", TAPPS_E_INVALID);
  ExpectRefused(file + "/deeper/cache.db", TAPPS_E_INVALID);
  EXPECT_EQ(test::ReadFile(file), "text");
}

TEST_F(OpenTest, ADirectoryIsNoCacheFile) {
  fs::create_directory(dir_.File("folder"));
  ExpectRefused(dir_.File("folder"), TAPPS_E_INVALID);
  ExpectRefused(dir_.path() + "/", TAPPS_E_INVALID);
  ExpectRefused("", TAPPS_E_INVALID);
}

TEST_F(OpenTest, ADeviceOrPipeIsNoCacheFile) {
  ASSERT_EQ(mkfifo(dir_.File("pipe").c_str(), 0600), 0);
  EXPECT_LT(MillisecondsOf([&] { ExpectRefused(dir_.File("pipe"), TAPPS_E_INVALID); }), 3000);
}

TEST_F(OpenTest, ForeignFilesAreLeftAlone) {
  ExpectLeftAlone(dir_.Write("text", "not a database\n"), TAPPS_E_CORRUPT);
  ExpectLeftAlone(dir_.Write("long", std::string(100'000, 'x')), TAPPS_E_CORRUPT);
  Sql(dir_.File("other.db"), "CREATE TABLE bookmarks(url); INSERT INTO bookmarks VALUES('x');");
  ExpectLeftAlone(dir_.File("other.db"), TAPPS_E_CORRUPT);
  Sql(dir_.File("owned.db"), "PRAGMA application_id=7; CREATE TABLE t(a);");
  ExpectLeftAlone(dir_.File("owned.db"), TAPPS_E_CORRUPT);
}

TEST_F(OpenTest, AnEmptyFileBecomesACache) {
  const std::string path = dir_.Write("empty.db", "");
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  const CacheHandle cache = Open(path);
  ASSERT_NE(cache, nullptr);
  EXPECT_EQ(Put(cache.get(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
}

TEST_F(OpenTest, ANewerMajorFormatIsLeftAlone) {
  const std::string path = dir_.File("cache.db");
  {
    const CacheHandle cache = Open(path);
    ASSERT_EQ(Put(cache.get(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
    ASSERT_EQ(tapps_cache_close(cache.get(), 0, nullptr), TAPPS_OK);
  }
  Sql(path,
      "PRAGMA user_version=2000; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE");
  ExpectLeftAlone(path, TAPPS_E_VERSION);
}

TEST_F(OpenTest, ANewerMinorFormatIsUsed) {
  const std::string path = dir_.File("cache.db");
  {
    const CacheHandle cache = Open(path);
    ASSERT_EQ(Put(cache.get(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
    ASSERT_EQ(tapps_cache_close(cache.get(), 0, nullptr), TAPPS_OK);
  }
  Sql(path, "PRAGMA user_version=1900; CREATE TABLE later(a);");
  const CacheHandle cache = Open(path);
  ASSERT_NE(cache, nullptr);
  EXPECT_EQ(Get(cache.get(), "k").str(), "v");
  EXPECT_EQ(Put(cache.get(), "k", "w", TAPPS_DURABILITY_SYNC), TAPPS_OK);
}

TEST_F(OpenTest, SymbolicLinksAreRefused) {
  const std::string real = dir_.File("real/cache.db");
  ASSERT_NE(Open(real), nullptr);
  fs::create_symlink(real, dir_.File("link.db"));
  ExpectRefused(dir_.File("link.db"), TAPPS_E_DENIED);
  fs::create_symlink(dir_.File("nowhere.db"), dir_.File("dangling.db"));
  ExpectRefused(dir_.File("dangling.db"), TAPPS_E_DENIED);
  EXPECT_FALSE(fs::exists(dir_.File("nowhere.db")));
}

TEST_F(OpenTest, TheSameFileIsTheSameCache) {
  const std::string path = dir_.File("cache.db");
  tapps_open_options options = OpenOptions();
  options.memory_bytes = 1 << 20;
  const CacheHandle first = Open(path, &options);
  const CacheHandle again = Open(path, &options);
  fs::create_directory(dir_.File("sub"));
  const CacheHandle roundabout = Open(dir_.File("sub/../cache.db"), &options);
  ASSERT_TRUE(first != nullptr && again != nullptr && roundabout != nullptr);
  ASSERT_EQ(Put(first.get(), "k", "v", TAPPS_DURABILITY_MEMORY), TAPPS_OK);
  EXPECT_EQ(Get(again.get(), "k").str(), "v");
  EXPECT_EQ(Get(roundabout.get(), "k").str(), "v");

  int32_t code = TAPPS_OK;
  std::string message;
  options.memory_bytes = 2 << 20;
  EXPECT_EQ(Open(path, &options, &code, &message), nullptr);
  EXPECT_EQ(code, TAPPS_E_EXISTS) << message;
  EXPECT_EQ(Open(path, nullptr, &code, &message), nullptr) << "the defaults are other options too";
  EXPECT_EQ(code, TAPPS_E_EXISTS) << message;

  // The one handle's close leaves the others at work.
  ASSERT_EQ(tapps_cache_close(first.get(), 0, nullptr), TAPPS_OK);
  EXPECT_EQ(Get(first.get(), "k").code, TAPPS_E_CLOSED);
  EXPECT_EQ(Get(again.get(), "k").str(), "v");
  EXPECT_EQ(Put(again.get(), "k", "w", TAPPS_DURABILITY_SYNC), TAPPS_OK);
}

TEST_F(OpenTest, OptionsMayChangeOnceAllHandlesAreGone) {
  const std::string path = dir_.File("cache.db");
  CacheHandle cache = Open(path);
  ASSERT_EQ(Put(cache.get(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  ASSERT_EQ(tapps_cache_close(cache.get(), 0, nullptr), TAPPS_OK);
  tapps_open_options options = OpenOptions();
  options.ttl_us = 1'000'000;
  int32_t code = TAPPS_OK;
  std::string message;
  cache = Open(path, &options, &code, &message);
  ASSERT_NE(cache, nullptr) << message;
  EXPECT_EQ(Get(cache.get(), "k").str(), "v");
}

TEST_F(OpenTest, TheDefaultPathFollowsTheEnvironment) {
  const test::Process child([&] {
    setenv("XDG_CACHE_HOME", dir_.File("xdg").c_str(), 1);
    setenv("HOME", dir_.File("home").c_str(), 1);
    const auto opened = [](const std::string& expected) {
      tapps_cache* cache = nullptr;
      if (tapps_cache_open(nullptr, nullptr, &cache, nullptr) != TAPPS_OK) return false;
      const CacheHandle handle(cache);
      return tapps_cache_path(cache) == expected && fs::exists(expected);
    };
    if (!opened(dir_.File("xdg/tapps/cache-1.db"))) return 1;
    unsetenv("XDG_CACHE_HOME");
    if (!opened(dir_.File("home/.cache/tapps/cache-1.db"))) return 2;
    // The specification has relative paths ignored.
    setenv("XDG_CACHE_HOME", "relative", 1);
    return opened(dir_.File("home/.cache/tapps/cache-1.db")) ? 0 : 3;
  });
  EXPECT_EQ(const_cast<test::Process&>(child).Wait(), 0);
}

TEST_F(OpenTest, ReadOnlyNeedsAFileAndNeverWritesIt) {
  const std::string path = dir_.File("cache.db");
  tapps_open_options options = OpenOptions();
  options.flags = TAPPS_OPEN_READ_ONLY;
  int32_t code = TAPPS_OK;
  EXPECT_EQ(Open(path, &options, &code), nullptr);
  EXPECT_EQ(code, TAPPS_E_NOT_FOUND) << tapps_code_name(code);
  EXPECT_FALSE(fs::exists(path));
  {
    const CacheHandle cache = Open(path);
    ASSERT_EQ(Put(cache.get(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
    ASSERT_EQ(tapps_cache_close(cache.get(), 0, nullptr), TAPPS_OK);
  }
  const std::string before = test::ReadFile(path);
  const CacheHandle cache = Open(path, &options);
  ASSERT_NE(cache, nullptr);
  EXPECT_EQ(tapps_cache_state(cache.get()), TAPPS_STATE_READ_ONLY);
  EXPECT_EQ(Get(cache.get(), "k").str(), "v");
  EXPECT_EQ(Put(cache.get(), "new", "in memory"), TAPPS_OK);
  EXPECT_EQ(Get(cache.get(), "new").str(), "in memory");
  EXPECT_EQ(Put(cache.get(), "synced", "v", TAPPS_DURABILITY_SYNC), TAPPS_E_READ_ONLY);
  tapps_cache_close(cache.get(), 0, nullptr);
  EXPECT_TRUE(test::ReadFile(path) == before);
}

}  // namespace
}  // namespace tapps::capi
