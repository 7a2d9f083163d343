#include "storage/sole_sqlite.h"

#include <fcntl.h>
#include <unistd.h>

#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

constexpr char kOne[] =
    "7f00-7f01 r--p 00000000 08:01 11 /usr/lib/libsqlite3.so.0.8.6\n"
    "7f01-7f02 r-xp 00001000 08:01 11 /usr/lib/libsqlite3.so.0.8.6\n"
    "7f03-7f04 r--p 00000000 08:01 12 /usr/lib/libc.so.6\n"
    "7f05-7f06 rw-p 00000000 00:00 0 \n";

using SoleSqliteTest = StoreFixture;

TEST_F(SoleSqliteTest, CopiesAreCountedByTheirFirstMapping) {
  EXPECT_EQ(CountSqliteCopies(dir_.Write("one", kOne)), 1);
  const std::string other = "7f07-7f08 r--p 00000000 08:01 13 /opt/lib/libsqlite3.so.0\n";
  EXPECT_EQ(CountSqliteCopies(dir_.Write("two", kOne + other)), 2);
  const std::string again = "7f09-7f0a r--p 00000000 08:01 11 /usr/lib/libsqlite3.so.0.8.6\n";
  EXPECT_EQ(CountSqliteCopies(dir_.Write("dlmopen", kOne + again)), 2);
  EXPECT_EQ(CountSqliteCopies("/proc/self/maps"), 1);
  EXPECT_EQ(CountSqliteCopies(dir_.File("none")), 0);
}

TEST_F(SoleSqliteTest, AFileThatThisSqliteHasOpenMayBeOpened) {
  Open();
  EXPECT_TRUE(CheckSoleSqlite(path_, *IdentifyFile(path_)).ok());
}

}  // namespace
}  // namespace tapps::storage
