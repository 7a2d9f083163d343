#include "project/folders.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/temp_dir.h"

namespace tapps {
namespace {

using Texts = std::vector<std::string>;

TEST(FoldersTest, GlobsMatchByPart) {
  EXPECT_TRUE(GlobMatches("packages/*", "packages/a"));
  EXPECT_TRUE(GlobMatches("./packages/*/", "packages/a"));
  EXPECT_FALSE(GlobMatches("packages/*", "packages/a/b"));
  EXPECT_TRUE(GlobMatches("**", "a/b/c"));
  EXPECT_TRUE(GlobMatches("a/**/d", "a/d"));
  EXPECT_TRUE(GlobMatches("a/**/d", "a/b/c/d"));
  EXPECT_FALSE(GlobMatches("a/**/d", "b/d"));
  EXPECT_TRUE(GlobMatches("x-?*z", "x-abz"));
  EXPECT_FALSE(GlobMatches("x-?", "x-"));
}

TEST(FoldersTest, WorkspacesAreFoundByTheirPackageJson) {
  const test::TempDir dir;
  for (const char* path : {"packages/a", "packages/b", "packages/node_modules/c", "libs/x/y/deep",
                           "apps/build", "apps/web"}) {
    dir.Write(std::string(path) + "/package.json", "{}");
  }
  dir.Write("packages/notes/readme.md", "");
  const auto tree = ProjectTree::Open(dir.path());
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(WorkspaceFolders(*tree, "", {"packages/*", "gone/*", "!packages/b"}),
            (Texts{"packages/a"}));
  EXPECT_EQ(WorkspaceFolders(*tree, "", {"libs/**"}), (Texts{"libs/x/y/deep"}));
  EXPECT_EQ(WorkspaceFolders(*tree, "", {"./apps/{web,build}"}), (Texts{"apps/build", "apps/web"}));
  EXPECT_EQ(WorkspaceFolders(*tree, "apps", {"*", "../packages/a"}),
            (Texts{"apps/build", "apps/web"}));
}

TEST(FoldersTest, InstalledPackagesBuildOutputsAndLinksAreLeftOut) {
  const test::TempDir dir;
  for (const char* path : {"a/b/c/d/e/f", "node_modules/x/f", ".git/f", ".venv/f", "build/f",
                           "myenv/pyvenv.cfg", "tests/fixtures/f"}) {
    dir.Write(path, "");
  }
  ASSERT_EQ(symlink("..", dir.File("a/loop").c_str()), 0);
  const auto tree = ProjectTree::Open(dir.path());
  ASSERT_TRUE(tree.ok());
  Findings f;
  EXPECT_EQ(ProjectFolders(*tree, &f), (Texts{"", "a", "tests", "a/b", "a/b/c", "a/b/c/d"}));
  EXPECT_TRUE(f.diagnostics.empty());
}

}  // namespace
}  // namespace tapps
