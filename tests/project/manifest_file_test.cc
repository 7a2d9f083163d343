#include "project/manifest_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace tapps {
namespace {

TEST(ManifestFileTest, TheRootMustBeADirectory) {
  const test::TempDir dir;
  const std::string file = dir.Write("file", "");
  for (const std::string& root : {std::string(), file, dir.File("absent"), file + "/x"}) {
    const auto tree = ProjectTree::Open(root);
    EXPECT_EQ(tree.code(), TAPPS_E_INVALID);
    EXPECT_NE(tree.status().message().find("is not a directory"), std::string::npos);
  }
}

TEST(ManifestFileTest, ARootWithoutPermissionIsDenied) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const test::TempDir dir;
  std::filesystem::create_directory(dir.File("closed"));
  ASSERT_EQ(chmod(dir.File("closed").c_str(), 0), 0);
  EXPECT_EQ(ProjectTree::Open(dir.File("closed")).code(), TAPPS_E_DENIED);
}

TEST(ManifestFileTest, ReadsTextInAnyUnicodeEncoding) {
  const test::TempDir dir;
  dir.Write("plain", "a\xC3\xA9");
  dir.Write("bom",
            "\xEF\xBB\xBF"
            "a");
  dir.Write("le", std::string("\xFF\xFE"
                              "a\0\xE9\0\x3D\xD8\0\xDE\0\xD8",
                              12));
  dir.Write("be", std::string("\xFE\xFF\0a", 4));
  const auto tree = ProjectTree::Open(dir.path());
  EXPECT_EQ(*tree->Read("plain"), "a\xC3\xA9");
  EXPECT_EQ(*tree->Read("bom"), "a");
  EXPECT_EQ(*tree->Read("le"), "a\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD");
  EXPECT_EQ(*tree->Read("be"), "a");
}

TEST(ManifestFileTest, LinksAreFollowedInsideTheTreeOnly) {
  const test::TempDir outside;
  outside.Write("secret", "x");
  const test::TempDir dir;
  dir.Write("real", "y");
  ASSERT_EQ(symlink("real", dir.File("inside").c_str()), 0);
  ASSERT_EQ(symlink(outside.File("secret").c_str(), dir.File("out").c_str()), 0);
  ASSERT_EQ(symlink("nowhere", dir.File("dangling").c_str()), 0);
  ASSERT_EQ(symlink(outside.path().c_str(), dir.File("folder").c_str()), 0);
  const auto tree = ProjectTree::Open(dir.path());
  EXPECT_EQ(*tree->Read("inside"), "y");
  EXPECT_EQ(tree->Read("out").code(), TAPPS_E_DENIED);
  EXPECT_EQ(tree->Read("folder/secret").code(), TAPPS_E_DENIED);
  EXPECT_EQ(tree->Read("dangling").code(), TAPPS_E_DENIED);
  EXPECT_EQ(tree->Read("absent").code(), TAPPS_E_NOT_FOUND);
  EXPECT_FALSE(tree->IsDirectory("folder"));
  EXPECT_TRUE(tree->List("folder").empty());
}

TEST(ManifestFileTest, WhatIsNoFileOrTooLargeIsRefused) {
  const test::TempDir dir;
  ASSERT_EQ(mkfifo(dir.File("pipe").c_str(), 0600), 0);
  std::filesystem::create_directory(dir.File("folder"));
  dir.Write("large", "");
  std::filesystem::resize_file(dir.File("large"), kMaxManifestBytes + 1);
  dir.Write("limit", "");
  std::filesystem::resize_file(dir.File("limit"), kMaxManifestBytes);
  const auto tree = ProjectTree::Open(dir.path());
  EXPECT_EQ(tree->Read("pipe").code(), TAPPS_E_INVALID);
  EXPECT_EQ(tree->Read("folder").code(), TAPPS_E_INVALID);
  EXPECT_EQ(tree->Read("large").code(), TAPPS_E_TOO_LARGE);
  EXPECT_TRUE(tree->Read("limit").ok());
}

}  // namespace
}  // namespace tapps
