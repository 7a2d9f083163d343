#include "base/system_text.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tapps {
namespace {

TEST(SystemTextTest, ErrorsAreSaidInWordsAndUnknownOnesByNumber) {
  EXPECT_EQ(SystemText(ENOENT), "No such file or directory");
  EXPECT_EQ(SystemText(EACCES), "Permission denied");
  EXPECT_NE(SystemText(99999).find("99999"), std::string::npos);
}

}  // namespace
}  // namespace tapps
