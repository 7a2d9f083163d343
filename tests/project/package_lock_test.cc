#include "project/package_lock.h"

#include <gtest/gtest.h>

#include "support/diagnostic_text.h"

namespace tapps {
namespace {

constexpr std::string_view kVersion3 = R"({
  "name": "app", "lockfileVersion": 3,
  "packages": {
    "": {"name": "app", "dependencies": {"a": "^1", "w": "file:packages/w"}},
    "node_modules/a": {
      "version": "1.2.3"
    },
    "node_modules/a/node_modules/@s/b": {"version": "1.0.0", "dev": true},
    "node_modules/@s/b": {"version": "2.0.0-rc.1", "optional": true},
    "node_modules/alias": {"name": "real", "version": "3.0.0"},
    "node_modules/w": {"resolved": "packages/w", "link": true},
    "packages/w": {"version": "0.0.1"},
    "packages/w/node_modules/a": {"version": "0.9.0", "peer": true}
  }
})";

TEST(PackageLockTest, ReadsTheFlatFormat) {
  Findings f;
  const PackageLock lock = ReadPackageLock("package-lock.json", kVersion3, &f);
  EXPECT_TRUE(f.diagnostics.empty());
  ASSERT_EQ(lock.packages.size(), 6u);
  const LockedPackage& a = lock.packages.at("node_modules/a");
  EXPECT_EQ(a.version, "1.2.3");
  EXPECT_EQ(a.line, 5);
  EXPECT_EQ(a.kind, DependencyKind::kRuntime);
  EXPECT_EQ(lock.packages.at("node_modules/a/node_modules/@s/b").name, "@s/b");
  EXPECT_EQ(lock.packages.at("node_modules/a/node_modules/@s/b").kind, DependencyKind::kDev);
  EXPECT_EQ(lock.packages.at("node_modules/@s/b").version, "2.0.0-rc.1");
  EXPECT_EQ(lock.packages.at("node_modules/alias").name, "real");
  EXPECT_TRUE(lock.packages.at("node_modules/w").local);
  ASSERT_EQ(lock.root.dependencies.size(), 1u);
  EXPECT_EQ(lock.root.dependencies[0].name, "a");
}

TEST(PackageLockTest, FindsWhatAFolderWouldLoad) {
  Findings f;
  const PackageLock lock = ReadPackageLock("package-lock.json", kVersion3, &f);
  EXPECT_EQ(lock.Find("", "a")->version, "1.2.3");
  EXPECT_EQ(lock.Find("packages/w", "a")->version, "0.9.0");
  EXPECT_EQ(lock.Find("packages/w", "@s/b")->version, "2.0.0-rc.1");
  EXPECT_EQ(lock.Find("", "absent"), nullptr);
}

TEST(PackageLockTest, ReadsTheNestedFormat) {
  Findings f;
  const PackageLock lock = ReadPackageLock("sub/package-lock.json", R"({"lockfileVersion": 1,
"dependencies": {
"a": {"version": "1.0.0", "dev": true, "requires": {"b": "2"}, "dependencies": {
"b": {"version": "2.0.0"}}},
"al": {"version": "npm:real@3.1.0"},
"g": {"version": "git+https://tok:en@github.com/u/g.git#abc"},
"l": {"version": "file:../l"},
"bad": 5
}})",
                                           &f);
  EXPECT_EQ(lock.directory, "sub");
  EXPECT_EQ(lock.packages.at("node_modules/a/node_modules/b").version, "2.0.0");
  EXPECT_EQ(lock.packages.at("node_modules/a/node_modules/b").line, 4);
  EXPECT_EQ(lock.packages.at("node_modules/al").name, "real");
  EXPECT_EQ(lock.packages.at("node_modules/al").version, "3.1.0");
  EXPECT_EQ(lock.packages.at("node_modules/g").version, "");
  EXPECT_TRUE(lock.packages.at("node_modules/l").local);
  ASSERT_EQ(f.diagnostics.size(), 1u);
  EXPECT_EQ(DiagnosticText(f.diagnostics[0]),
            "sub/package-lock.json:8: expected an object for 'bad'");
}

TEST(PackageLockTest, VersionTwoReadsTheFlatPart) {
  Findings f;
  const PackageLock lock = ReadPackageLock("package-lock.json", R"({"lockfileVersion": 2,
"packages": {"node_modules/a": {"version": "1.0.0"}},
"dependencies": {"a": {"version": "9.9.9"}}})",
                                           &f);
  EXPECT_EQ(lock.Find("", "a")->version, "1.0.0");
}

TEST(PackageLockTest, DeepNestingIsRefused) {
  Findings f;
  std::string text = "{\"dependencies\":";
  for (int i = 0; i < 100'000; ++i) text += "{\"a\":{\"dependencies\":";
  ReadPackageLock("package-lock.json", text, &f);
  ASSERT_EQ(f.diagnostics.size(), 1u);
  EXPECT_EQ(f.diagnostics[0].message, "nested more than 200 levels deep");
}

}  // namespace
}  // namespace tapps
