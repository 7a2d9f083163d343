#include "base/system_error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tapps {
namespace {

TEST(SystemErrorTest, ErrorsAreSaidInWordsAndUnknownOnesByNumber) {
  EXPECT_EQ(SystemText(ENOENT), "No such file or directory");
  EXPECT_EQ(SystemText(EACCES), "Permission denied");
  EXPECT_NE(SystemText(99999).find("99999"), std::string::npos);
}

TEST(SystemErrorTest, TheCodeSaysWhatTheHostCanDoAboutIt) {
  EXPECT_EQ(SystemCode(ENOENT), TAPPS_E_NOT_FOUND);
  EXPECT_EQ(SystemCode(EPERM), TAPPS_E_DENIED);
  EXPECT_EQ(SystemCode(EDQUOT), TAPPS_E_FULL);
  EXPECT_EQ(SystemCode(EROFS), TAPPS_E_READ_ONLY);
  EXPECT_EQ(SystemCode(ENAMETOOLONG), TAPPS_E_INVALID);
  EXPECT_EQ(SystemCode(ENOMEM), TAPPS_E_NOMEM);
  EXPECT_EQ(SystemCode(EIO), TAPPS_E_IO);
}

TEST(SystemErrorTest, AStatusCarriesWhatWasBeingDoneAndTheNumber) {
  const Status failed = SystemError("cannot write /a", ENOSPC);
  EXPECT_EQ(failed.code(), TAPPS_E_FULL);
  EXPECT_EQ(failed.message(), "cannot write /a: No space left on device");
  EXPECT_EQ(failed.detail().sys_errno, ENOSPC);
}

}  // namespace
}  // namespace tapps
