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
  Sql("PRAGMA user_version=2000");
  const Status status = Prepare();
  EXPECT_EQ(status.code(), TAPPS_E_VERSION);
  EXPECT_NE(status.message().find("format 2"), std::string::npos) << status.message();
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
