#include "http/spill_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "http/full_disk.h"
#include "support/process_state.h"
#include "support/temp_dir.h"

namespace tapps::http {
namespace {

TEST(SpillFileTest, WhatWasAppendedIsShownAndHasNoName) {
  const test::TempDir dir;
  SpillFile file;
  ASSERT_TRUE(file.Open(dir.path()).ok());
  ASSERT_TRUE(file.Append("one ").ok());
  ASSERT_TRUE(file.Append("two").ok());
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
  const Result<ValueRef> value = file.Map();
  ASSERT_TRUE(value.ok()) << value.status().message();
  EXPECT_EQ((*value)->bytes(), "one two");
  EXPECT_EQ((*value)->bytes().data()[7], '\0');
  EXPECT_FALSE(file.is_open());
}

TEST(SpillFileTest, ABodyOfWholePagesEndsWithANulToo) {
  const test::TempDir dir;
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  SpillFile file;
  ASSERT_TRUE(file.Open(dir.path()).ok());
  ASSERT_TRUE(file.Append(std::string(2 * page, 'x')).ok());
  const Result<ValueRef> value = file.Map();
  ASSERT_TRUE(value.ok());
  EXPECT_EQ((*value)->bytes(), std::string(2 * page, 'x'));
  EXPECT_EQ((*value)->bytes().data()[2 * page], '\0');
}

TEST(SpillFileTest, TheFileGoesWithItsLastValue) {
  const test::TempDir dir;
  const int before = test::CountDescriptors();
  SpillFile file;
  ASSERT_TRUE(file.Open(dir.path()).ok());
  ASSERT_TRUE(file.Append("bytes").ok());
  EXPECT_EQ(test::CountDescriptors(), before + 1);
  Result<ValueRef> value = file.Map();
  EXPECT_EQ(test::CountDescriptors(), before);
  EXPECT_TRUE(test::IsMapped(dir.path()));
  *value = {};
  EXPECT_FALSE(test::IsMapped(dir.path()));
}

TEST(SpillFileTest, AFolderThatIsNotThereIsAnError) {
  const test::TempDir dir;
  SpillFile file;
  const Status status = file.Open(dir.File("gone"));
  EXPECT_EQ(status.code(), TAPPS_E_IO);
  EXPECT_EQ(status.message(), "cannot make a file for it: No such file or directory");
  EXPECT_FALSE(file.is_open());
}

TEST(SpillFileTest, AFullDiskTakesAllOfAPieceOrNone) {
  const test::TempDir dir;
  SpillFile file;
  ASSERT_TRUE(file.Open(dir.path()).ok());
  {
    const test::FullDisk full(10'000);
    ASSERT_TRUE(file.Append(std::string(9'000, 'a')).ok());
    EXPECT_EQ(file.Append(std::string(9'000, 'b')).code(), TAPPS_E_FULL);
  }
  EXPECT_EQ(file.size(), 9'000u);
  std::string read(9'000, '\0');
  ASSERT_TRUE(file.Read(read.data()).ok());
  EXPECT_EQ(read, std::string(9'000, 'a'));
  EXPECT_EQ((*file.Map())->bytes(), std::string(9'000, 'a'));
}

}  // namespace
}  // namespace tapps::http
