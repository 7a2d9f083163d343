#include "project/scan.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "support/diagnostic_text.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tapps {
namespace {

using Texts = std::vector<std::string>;

class ScanTest : public testing::Test {
 protected:
  const ProjectScan& Scan() {
    Result<ProjectScan> result = ScanProject(dir_.path());
    EXPECT_TRUE(result.ok()) << result.status().message();
    scan_ = *std::move(result);
    return scan_;
  }

  Texts Names() const {
    Texts out;
    for (const Dependency& d : scan_.dependencies) out.push_back(d.normalized);
    return out;
  }

  Texts Complaints() const {
    Texts out;
    for (const Diagnostic& d : scan_.diagnostics) out.push_back(DiagnosticText(d));
    return out;
  }

  const Dependency& Find(std::string_view name) const {
    static const Dependency none;
    const auto it = std::find_if(scan_.dependencies.begin(), scan_.dependencies.end(),
                                 [name](const Dependency& d) { return d.normalized == name; });
    EXPECT_NE(it, scan_.dependencies.end()) << name;
    return it == scan_.dependencies.end() ? none : *it;
  }

  test::TempDir dir_;
  ProjectScan scan_;
};

TEST_F(ScanTest, AnEmptyFolderIsAProjectWithoutDependencies) {
  Scan();
  EXPECT_EQ(Names(), Texts{});
  EXPECT_EQ(Complaints(), Texts{});
}

TEST_F(ScanTest, SortsByPriorityDirectnessKindAndName) {
  dir_.Write(
      "package.json",
      R"({"dependencies": {"zed": "1", "left": "1"}, "devDependencies": {"jest": "1", "aaa": "1"}})");
  dir_.Write("package-lock.json", R"({"lockfileVersion": 3, "packages": {
"node_modules/zed": {"version": "1.0.1"}, "node_modules/abc": {"version": "4.0.0"},
"node_modules/react": {"version": "18.0.0"}}})");
  dir_.Write("requirements.txt", "flask\nrequests\n");
  Scan();
  EXPECT_EQ(Names(), (Texts{"flask", "react", "requests", "jest", "left", "zed", "aaa", "abc"}));
  EXPECT_EQ(Find("flask").priority, 1);
  EXPECT_EQ(Find("react").priority, 1);
  EXPECT_FALSE(Find("react").direct);
  EXPECT_EQ(Find("abc").manifest, "package-lock.json");
  EXPECT_EQ(Find("abc").line, 2);
  EXPECT_EQ(Find("zed").locked_version, "1.0.1");
  EXPECT_TRUE(Find("zed").direct);
  EXPECT_EQ(Find("zed").manifest, "package.json");
  EXPECT_EQ(Find("aaa").kind, DependencyKind::kDev);
}

TEST_F(ScanTest, TheStrongestMentionOfALibraryWins) {
  dir_.Write("requirements-dev.txt", "-r requirements.txt\nflask==2.0\nmypy\n");
  dir_.Write("requirements.txt", "# the app\nFlask>=2\n");
  Scan();
  EXPECT_EQ(Names(), (Texts{"flask", "mypy"}));
  EXPECT_EQ(Find("flask").kind, DependencyKind::kRuntime);
  EXPECT_EQ(Find("flask").locked_version, "2.0");
  EXPECT_EQ(Find("flask").manifest, "requirements-dev.txt");
  EXPECT_EQ(Find("flask").line, 2);
}

TEST_F(ScanTest, IncludesAreFollowedInCirclesOnlyOnce) {
  dir_.Write("requirements.txt", "-r deps/a.txt\n-c pins.txt\n-r gone.txt\n");
  dir_.Write("deps/a.txt", "-r b.txt\nhttpx\n");
  dir_.Write("deps/b.txt", "-r a.txt\n-r ../requirements.txt\nrich\n");
  dir_.Write("pins.txt", "rich==13.0.0\nunused==1.0\n");
  Scan();
  EXPECT_EQ(Names(), (Texts{"httpx", "rich"}));
  EXPECT_EQ(Find("rich").locked_version, "13.0.0");
  EXPECT_EQ(Find("rich").manifest, "deps/b.txt");
  EXPECT_EQ(Complaints(), (Texts{"requirements.txt:3: 'gone.txt': cannot read it: No such file or "
                                 "directory"}));
}

TEST_F(ScanTest, AWorkspaceListsItsMembersLibrariesAndNotItsMembers) {
  dir_.Write("package.json", R"({"name": "root", "workspaces": ["packages/*"],
"devDependencies": {"typescript": "^5"}})");
  dir_.Write("packages/a/package.json",
             R"({"name": "@me/a", "dependencies": {"@me/b": "^1", "x": "^1"}})");
  dir_.Write("packages/b/package.json", R"({"name": "@me/b", "dependencies": {"x": "^2"}})");
  dir_.Write("examples/package.json", R"({"name": "ex", "dependencies": {"root": "*", "y": "1"}})");
  dir_.Write("package-lock.json", R"({"lockfileVersion": 3, "packages": {
"node_modules/@me/a": {"link": true, "resolved": "packages/a"},
"node_modules/x": {"version": "1.5.0"}, "packages/b/node_modules/x": {"version": "2.5.0"},
"node_modules/typescript": {"version": "5.4.0", "dev": true}}})");
  Scan();
  EXPECT_EQ(Names(), (Texts{"x", "y", "typescript"}));
  EXPECT_EQ(Find("x").locked_version, "1.5.0");
  EXPECT_EQ(Find("x").manifest, "packages/a/package.json");
  EXPECT_EQ(Find("typescript").locked_version, "5.4.0");
}

TEST_F(ScanTest, WorkspacesBelowTheWalkAreRead) {
  dir_.Write("package.json", R"({"workspaces": ["a/**"]})");
  dir_.Write("a/b/c/d/e/f/package.json", R"({"dependencies": {"deep": "1"}})");
  Scan();
  EXPECT_EQ(Names(), Texts{"deep"});
}

TEST_F(ScanTest, PythonPackagesOfTheSameTreeAreNotListed) {
  dir_.Write("pyproject.toml", "[project]\nname = 'root'\ndependencies = ['My_Core', 'rich']\n");
  dir_.Write("core/pyproject.toml", "[project]\nname = 'my-core'\ndependencies = ['attrs']\n");
  Scan();
  EXPECT_EQ(Names(), (Texts{"attrs", "rich"}));
}

TEST_F(ScanTest, VersionsComeFromInstalledPackagesToo) {
  dir_.Write("package.json", R"({"dependencies": {"a": "^1", "old": "npm:b@^2", "linked": "^1"}})");
  dir_.Write("node_modules/a/package.json", R"({"version": "1.9.0"})");
  dir_.Write("node_modules/old/package.json", R"({"name": "b", "version": "2.1.0"})");
  dir_.Write("lib/linked/index.js", "");
  ASSERT_EQ(symlink("../lib/linked", dir_.File("node_modules/linked").c_str()), 0);
  dir_.Write("requirements.txt", "zope.interface\nPyYAML\n");
  dir_.Write(".venv/lib/python3.11/site-packages/zope_interface-6.0.dist-info/METADATA", "");
  dir_.Write(".venv/lib/python3.11/site-packages/PyYAML-6.0.1.dist-info/METADATA", "");
  Scan();
  EXPECT_EQ(Names(), (Texts{"a", "b", "pyyaml", "zope-interface"}));
  EXPECT_EQ(Find("a").version(), "1.9.0");
  EXPECT_EQ(Find("b").installed_version, "2.1.0");
  EXPECT_EQ(Find("b").alias, "old");
  EXPECT_EQ(Find("zope-interface").installed_version, "6.0");
  EXPECT_EQ(Find("pyyaml").installed_version, "6.0.1");
}

TEST_F(ScanTest, ALockFileAloneTellsWhatIsDirect) {
  dir_.Write("package-lock.json", R"({"lockfileVersion": 3, "packages": {
"": {"dependencies": {"a": "^1"}},
"node_modules/a": {"version": "1.0.0"}, "node_modules/b": {"version": "2.0.0"}}})");
  Scan();
  EXPECT_TRUE(Find("a").direct);
  EXPECT_EQ(Find("a").locked_version, "1.0.0");
  EXPECT_FALSE(Find("b").direct);
}

TEST_F(ScanTest, OneBadManifestDoesNotHideTheOthers) {
  const test::TempDir outside;
  outside.Write("r.txt", "secret-library\n");
  dir_.Write("package.json", "{\"dependencies\": [[");
  dir_.Write("pyproject.toml", "x = '\xfe\xfd'");
  dir_.Write("package-lock.json", "");
  ASSERT_EQ(symlink(outside.File("r.txt").c_str(), dir_.File("requirements-x.txt").c_str()), 0);
  ASSERT_EQ(symlink("requirements.txt", dir_.File("requirements.in").c_str()), 0);
  dir_.Write("requirements.txt", "rich\n");
  Scan();
  EXPECT_EQ(Names(), Texts{"rich"});
  Texts files;
  for (const Diagnostic& d : scan_.diagnostics) files.push_back(d.file);
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  EXPECT_EQ(files,
            (Texts{"package-lock.json", "package.json", "pyproject.toml", "requirements-x.txt"}));
}

TEST_F(ScanTest, TheRootMustBeADirectory) {
  const auto result = ScanProject(dir_.File("absent"));
  EXPECT_EQ(result.code(), TAPPS_E_INVALID);
  EXPECT_NE(result.status().message().find("is not a directory"), std::string::npos);
}

// Run by root, who may read everything, in a child that is nobody.
TEST_F(ScanTest, AManifestThatMayNotBeReadIsADiagnosticBesideTheOthers) {
  dir_.Write("requirements.txt", "flask\n");
  ASSERT_EQ(chmod(dir_.Write("package.json", R"({"dependencies":{"lodash":"1"}})").c_str(), 0), 0);
  ASSERT_EQ(chmod(dir_.path().c_str(), 0755), 0);
  ASSERT_EQ(chmod(dir_.File("requirements.txt").c_str(), 0644), 0);
  const auto look = [&]() -> std::string {
    Scan();
    std::string seen;
    for (const std::string& name : Names()) seen += name + " ";
    for (const std::string& complaint : Complaints()) seen += "[" + complaint + "] ";
    const bool right = Names() == Texts{"flask"} && Complaints().size() == 1 &&
                       Complaints()[0].starts_with("package.json");
    return right ? "" : seen;
  };
  if (geteuid() != 0) {
    EXPECT_EQ(look(), "");
    return;
  }
  constexpr uid_t kNobody = 65534;
  test::Process child([&] {
    if (setresgid(kNobody, kNobody, kNobody) != 0 || setresuid(kNobody, kNobody, kNobody) != 0) {
      return 77;
    }
    const std::string seen = look();
    fputs(seen.c_str(), stderr);
    return seen.empty() ? 0 : 1;
  });
  const int code = child.Wait();
  if (code == 77) GTEST_SKIP() << "root that may not become another user";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace tapps
