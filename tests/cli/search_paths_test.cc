#include "cli/search_paths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "support/temp_dir.h"

namespace tapps::cli {
namespace {

namespace fs = std::filesystem;

class SearchPathsTest : public ::testing::Test {
 protected:
  // A folder below the test's own, as it is found: without links.
  std::string Folder(const std::string& relative) {
    fs::create_directories(dir_.File(relative));
    return fs::canonical(dir_.File(relative)).string();
  }
  void Program(const std::string& relative) {
    fs::permissions(dir_.Write(relative, "#!/bin/sh\nexit 1\n"), fs::perms::owner_all);
  }
  // Those of the paths found that the test made, relative to its folder.
  std::vector<std::string> Found() {
    std::vector<std::string> found;
    const std::string root = fs::canonical(dir_.path()).string() + "/";
    for (const std::string& path : InstalledPaths([&](const char* name) { return env_[name]; })) {
      if (path.starts_with(root)) found.push_back(path.substr(root.size()));
    }
    return found;
  }

  test::TempDir dir_;
  std::map<std::string, std::string> env_;
};

TEST_F(SearchPathsTest, GlobalNodeModulesLieBesideTheNodeOnPath) {
  Program("node/bin/node");
  Folder("node/lib/node_modules");
  env_["PATH"] = "/nowhere:" + dir_.File("node/bin");
  EXPECT_EQ(Found(), std::vector<std::string>{"node/lib/node_modules"});
}

TEST_F(SearchPathsTest, TheLinkOfNpmLeadsToTheFolderItIsInstalledIn) {
  Program("share/node_modules/npm/bin/npm-cli.js");
  fs::create_directories(dir_.File("bin"));
  fs::create_symlink(dir_.File("share/node_modules/npm/bin/npm-cli.js"), dir_.File("bin/npm"));
  env_["PATH"] = dir_.File("bin");
  EXPECT_EQ(Found(), std::vector<std::string>{"share/node_modules"});
}

TEST_F(SearchPathsTest, TheActiveVirtualEnvironmentComesBeforeThePythonOnPath) {
  Folder("venv/lib/python3.12/site-packages");
  Program("py/bin/python3");
  Folder("py/lib/python3.9/site-packages");
  Folder("py/lib/python3.11/site-packages");
  env_["VIRTUAL_ENV"] = dir_.File("venv");
  env_["PATH"] = dir_.File("py/bin");
  const std::vector<std::string> expected = {"venv/lib/python3.12/site-packages",
                                             "py/lib/python3.11/site-packages",
                                             "py/lib/python3.9/site-packages"};
  EXPECT_EQ(Found(), expected);
}

TEST_F(SearchPathsTest, ShimsOfPyenvStandForItsVersionsTheChosenOneFirst) {
  Program(".pyenv/shims/python3");
  for (const char* version : {"3.9.18", "3.10.13", "3.12.1"}) {
    const std::string number = std::string(version).substr(0, std::string(version).rfind('.'));
    Folder(std::string(".pyenv/versions/") + version + "/lib/python" + number + "/site-packages");
  }
  dir_.Write(".pyenv/version", "3.10.13\n");
  env_["PATH"] = dir_.File(".pyenv/shims");
  const std::vector<std::string> expected = {".pyenv/versions/3.10.13/lib/python3.10/site-packages",
                                             ".pyenv/versions/3.12.1/lib/python3.12/site-packages",
                                             ".pyenv/versions/3.9.18/lib/python3.9/site-packages"};
  EXPECT_EQ(Found(), expected);
}

TEST_F(SearchPathsTest, AnEmptyEnvironmentIsNoFailure) { EXPECT_TRUE(Found().empty()); }

TEST_F(SearchPathsTest, TheProjectIsTheNearestFolderWithAManifest) {
  dir_.Write("a/package.json", "{}");
  const std::string below = Folder("a/src/deep");
  EXPECT_EQ(FindProject(below, "/nowhere"), Folder("a"));
  EXPECT_EQ(FindProject(Folder("a"), "/nowhere"), Folder("a"));
}

TEST_F(SearchPathsTest, ProjectsEndAtTheRepositoryAndAtHome) {
  dir_.Write("a/package.json", "{}");
  Folder("a/repo/.git");
  EXPECT_EQ(FindProject(Folder("a/repo/src"), "/nowhere"), std::nullopt);
  EXPECT_EQ(FindProject(Folder("a/home/x"), Folder("a/home")), std::nullopt);
}

}  // namespace
}  // namespace tapps::cli
