#include "storage/sqlite.h"

#include <gtest/gtest.h>

#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

class StatementTest : public StoreFixture {
 protected:
  StatementTest() {
    Open();
    Close();
    connection_ = *Connection::Open(path_, Connection::Mode::kReadWrite);
    EXPECT_EQ(connection_.Exec("CREATE TEMP TABLE t(x)"), SQLITE_OK);
    sqlite3_limit(connection_.handle(), SQLITE_LIMIT_LENGTH, 1000);
  }
  Connection connection_;
};

TEST_F(StatementTest, WhatCannotBeBoundIsAnErrorAndNotNull) {
  Statement insert = *connection_.Prepare("INSERT INTO t VALUES(?1)");
  const std::string large(1001, 'x');
  EXPECT_EQ(insert.BindBlob(1, large).Run(), SQLITE_TOOBIG);
  EXPECT_EQ(insert.BindText(1, large).Run(), SQLITE_TOOBIG);
  EXPECT_EQ(*connection_.QueryInt("SELECT count(*) FROM t"), 0);
  EXPECT_EQ(insert.BindBlob(1, "small").Run(), SQLITE_OK) << "the next one can be";
  EXPECT_EQ(*connection_.QueryInt("SELECT count(x) FROM t"), 1);
}

TEST_F(StatementTest, TheFailureIsTheStatementsOwn) {
  Statement select = *connection_.Prepare("SELECT ?1 IS NULL");
  const std::string large(1001, 'x');
  select.BindText(1, large);
  Statement moved = std::move(select);
  EXPECT_EQ(moved.Step(), SQLITE_TOOBIG);
  EXPECT_EQ(connection_.Error(SQLITE_TOOBIG, "cannot bind").code(), TAPPS_E_TOO_LARGE);
  moved.Reset();
  EXPECT_EQ(moved.BindText(1, "small").Step(), SQLITE_ROW);
  EXPECT_EQ(moved.Int(0), 0);
}

}  // namespace
}  // namespace tapps::storage
