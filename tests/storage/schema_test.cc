#include "storage/schema.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/file_check.h"
#include "support/temp_dir.h"

namespace tapps::storage {
namespace {

class SchemaTest : public ::testing::Test {
 protected:
  Status Prepare() {
    Result<Connection> connection = Connection::Open(path_, Connection::Mode::kReadWrite);
    if (!connection.ok()) return connection.status();
    return PrepareSchema(*connection, [] { return false; });
  }
  void Sql(const char* sql) {
    Result<Connection> connection = Connection::Open(path_, Connection::Mode::kReadWrite);
    ASSERT_TRUE(connection.ok());
    ASSERT_EQ(connection->Exec(sql), SQLITE_OK) << sqlite3_errmsg(connection->handle());
  }

  test::TempDir dir_;
  std::string path_ = dir_.Write("cache.db", "");
};

TEST_F(SchemaTest, AnEmptyFileBecomesACacheAndStaysOne) {
  EXPECT_TRUE(Prepare().ok());
  EXPECT_TRUE(Prepare().ok());
  Connection connection = *Connection::Open(path_, Connection::Mode::kReadWrite);
  EXPECT_EQ(*connection.QueryInt("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(*connection.QueryInt("PRAGMA user_version"), kFormatVersion);
  EXPECT_EQ(*connection.QueryInt("PRAGMA auto_vacuum"), 2);  // incremental
  EXPECT_EQ(*connection.QueryInt("PRAGMA wal_autocheckpoint"), 0);
  EXPECT_EQ(*connection.QueryInt("PRAGMA mmap_size"), 0);
}

TEST_F(SchemaTest, ANewerMinorIsReadAndANewerMajorRefused) {
  ASSERT_TRUE(Prepare().ok());
  Sql("PRAGMA user_version=1007");
  EXPECT_TRUE(Prepare().ok());
  EXPECT_EQ(*Connection::Open(path_, Connection::Mode::kReadOnly)->QueryInt("PRAGMA user_version"),
            1007);
  Sql("PRAGMA user_version=2000");
  const Status status = Prepare();
  EXPECT_EQ(status.code(), TAPPS_E_VERSION);
  EXPECT_NE(status.message().find("format 2"), std::string::npos) << status.message();
}

// As the releases of minor 0 made it.
constexpr char kMinor0[] = R"sql(
PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;
CREATE TABLE entries(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, space TEXT NOT NULL,
  key BLOB NOT NULL, version INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL,
  stale_until INTEGER NOT NULL, dead INTEGER NOT NULL, sliding INTEGER NOT NULL,
  last_used INTEGER NOT NULL, hits INTEGER NOT NULL, flags INTEGER NOT NULL,
  checksum INTEGER NOT NULL, content_type TEXT, source TEXT, tags TEXT, json TEXT,
  value BLOB NOT NULL);
CREATE INDEX entries_hash ON entries(hash);
CREATE INDEX entries_dead ON entries(dead) WHERE dead > 0;
CREATE TABLE tags(tag TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(tag, entry)) WITHOUT ROWID;
CREATE INDEX tags_entry ON tags(entry);
CREATE TABLE changes(seq INTEGER PRIMARY KEY, origin INTEGER NOT NULL, hashes BLOB);
INSERT INTO changes VALUES(1000, 0, x'');
INSERT INTO entries VALUES(1, 11, 'default', x'61', 1, 1, 0, 0, 0, 0, 1, 0, 0, 5, NULL, NULL, NULL,
  NULL, x'616263');
PRAGMA application_id=1952542832; PRAGMA user_version=1000)sql";

TEST_F(SchemaTest, AFileOfAnOlderMinorGetsWhatItLacks) {
  Sql(kMinor0);
  ASSERT_TRUE(Prepare().ok());
  Connection connection = *Connection::Open(path_, Connection::Mode::kReadWrite);
  EXPECT_EQ(*connection.QueryInt("PRAGMA user_version"), kFormatVersion);
  EXPECT_EQ(*connection.QueryInt("SELECT count(*) FROM leases"), 0);
  EXPECT_EQ(*connection.QueryInt("SELECT entries FROM totals WHERE space = 'default'"), 1);
  EXPECT_EQ(*connection.QueryInt("SELECT bytes FROM totals WHERE space = 'default'"), 4);
  EXPECT_EQ(*connection.QueryInt("SELECT max(seq) FROM changes"), 1000);
}

TEST_F(SchemaTest, AnOlderReleaseGoesOnReadingAndWriting) {
  Sql(kMinor0);
  Connection older = *Connection::Open(path_, Connection::Mode::kReadWrite);
  // Prepared before the upgrade, used after it, as in a process that has the file open.
  Statement insert = *older.Prepare(
      "INSERT INTO entries(hash, space, key, version, created, expires, stale_until, dead, "
      "sliding, "
      "last_used, hits, flags, checksum, content_type, source, tags, json, value) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?5, 0, ?10, ?11, ?12, ?13, ?14, ?15, ?16)");
  Statement update = *older.Prepare("UPDATE entries SET flags = 0, value = x'62' WHERE id = ?1");
  Statement remove = *older.Prepare("DELETE FROM entries WHERE id = ?1");
  ASSERT_TRUE(Prepare().ok());
  insert.Bind(1, int64_t{12}).BindText(2, "default").BindBlob(3, "b").BindBlob(16, "value");
  for (int i = 4; i <= 11; ++i) insert.Bind(i, int64_t{0});
  EXPECT_EQ(insert.Run(), SQLITE_OK);
  // What belongs to an entry of the newer kind goes when an older release replaces or removes it.
  for (Statement* change : {&update, &remove}) {
    Sql("INSERT INTO entries VALUES(7, 13, 'default', x'63', 1, 1, 0, 0, 0, 0, 1, 0, 512, 5, NULL, "
        "NULL, NULL, NULL, x''); INSERT INTO chunks VALUES(7 * 4096, x'00'), (8 * 4096, x'00')");
    EXPECT_EQ(change->Bind(1, int64_t{7}).Run(), SQLITE_OK);
    EXPECT_EQ(*older.QueryInt("SELECT count(*) FROM chunks WHERE id BETWEEN 28672 AND 32767"), 0);
    EXPECT_EQ(*older.QueryInt("SELECT count(*) FROM chunks"), 1);
    Sql("DELETE FROM entries WHERE id = 7; DELETE FROM chunks");
  }
}

TEST_F(SchemaTest, AForeignDatabaseIsRefusedAndLeftAsItIs) {
  Sql("CREATE TABLE other(x); INSERT INTO other VALUES(1)");
  const std::string before = test::ReadFile(path_);
  EXPECT_EQ(Prepare().code(), TAPPS_E_CORRUPT);
  EXPECT_EQ(test::ReadFile(path_), before);
}

TEST_F(SchemaTest, AFileThatIsNoDatabaseIsRefusedAndLeftAsItIs) {
  const std::string text(5000, 'x');
  dir_.Write("cache.db", text);
  EXPECT_EQ(Prepare().code(), TAPPS_E_CORRUPT);
  EXPECT_EQ(test::ReadFile(path_), text);
}

TEST(FileCheckTest, FileSystemsOfOtherMachinesAreKnown) {
  EXPECT_STREQ(RemoteFileSystem(0x6969, ""), "NFS");
  EXPECT_STREQ(RemoteFileSystem(0xFE534D42, ""), "SMB2");
  EXPECT_STREQ(RemoteFileSystem(0x01021997, ""), "9p");
  EXPECT_STREQ(RemoteFileSystem(0x65735546, "fuse.sshfs"), "fuse.sshfs");
  EXPECT_EQ(RemoteFileSystem(0x65735546, "fuse.ntfs-3g"), nullptr);
  EXPECT_EQ(RemoteFileSystem(0xEF53, ""), nullptr);      // ext4
  EXPECT_EQ(RemoteFileSystem(0x01021994, ""), nullptr);  // tmpfs
  EXPECT_EQ(RemoteFileSystem(0x794C7630, ""), nullptr);  // overlayfs
}

TEST_F(SchemaTest, LinksFoldersAndOpenFoldersAreRefused) {
  ASSERT_EQ(symlink(path_.c_str(), dir_.File("link.db").c_str()), 0);
  EXPECT_EQ(PrepareFile(dir_.File("link.db"), false).code(), TAPPS_E_DENIED);
  EXPECT_EQ(PrepareFile(dir_.path(), false).code(), TAPPS_E_INVALID);
  EXPECT_EQ(PrepareFile(path_ + "/x/cache.db", false).code(), TAPPS_E_INVALID);
  ASSERT_EQ(chmod(dir_.path().c_str(), 0777), 0);
  EXPECT_EQ(PrepareFile(path_, false).code(), TAPPS_E_DENIED);
}

}  // namespace
}  // namespace tapps::storage
