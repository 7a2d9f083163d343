#include "project/package_json.h"

#include <gtest/gtest.h>

#include "support/diagnostic_text.h"

namespace tapps {
namespace {

using Texts = std::vector<std::string>;

Texts Listed(const Findings& findings) {
  Texts out;
  for (const Dependency& d : findings.dependencies) {
    out.push_back(d.name + (d.alias.empty() ? "" : "(" + d.alias + ")") + " " + d.constraint + " " +
                  std::string(KindName(d.kind)) + ":" + std::to_string(d.line));
  }
  return out;
}

Texts Complaints(const Findings& findings) {
  Texts out;
  for (const Diagnostic& d : findings.diagnostics) out.push_back(DiagnosticText(d));
  return out;
}

TEST(PackageJsonTest, ReadsEveryKindOfDependency) {
  Findings f;
  const PackageJson package = ReadPackageJson("package.json", R"({
  "name": "@me/app",
  "dependencies": {
    "react": "^18.2.0",
    "@scope/pkg": "1.2.3", "lodash": ""
  },
  "devDependencies": {"jest": "latest"},
  "peerDependencies": {"vue": ">=3"},
  "optionalDependencies": {
    "fsevents": "~2.3"
  },
  "bundleDependencies": ["react"],
  "workspaces": ["packages/*", "!packages/old"]
})",
                                              &f);
  EXPECT_EQ(Listed(f),
            (Texts{"react ^18.2.0 runtime:4", "@scope/pkg 1.2.3 runtime:5", "lodash  runtime:5",
                   "fsevents ~2.3 optional:10", "vue >=3 optional:8", "jest latest dev:7"}));
  EXPECT_EQ(f.dependencies[1].locked_version, "1.2.3");
  EXPECT_EQ(package.name, "@me/app");
  EXPECT_EQ(package.workspaces, (Texts{"packages/*", "!packages/old"}));
  EXPECT_EQ(Complaints(f), Texts{});
}

TEST(PackageJsonTest, AliasesAndRemoteSpecsAreListedLocalOnesAreNot) {
  Findings f;
  ReadPackageJson("package.json", R"({"name": "self", "dependencies": {
"old-react": "npm:react@^16", "scoped": "npm:@a/b@1.0.0", "plain": "npm:^2",
"g1": "git+https://tok:en@github.com/u/r.git#semver:^1", "g2": "u/r#main", "g3": "github:u/r",
"t": "https://host/t.tgz?token=x", "c": "catalog:", "p": "patch:p@npm%3A1.2.3#./p.patch",
"f": "file:../f", "l": "link:./l", "w": "workspace:*", "d": "./d", "h": "~/h", "a": "/abs",
"self": "^1", "fs": "*", "events": "^3"
}})",
                  &f);
  EXPECT_EQ(
      Listed(f),
      (Texts{"react(old-react) ^16 runtime:2", "@a/b(scoped) 1.0.0 runtime:2", "plain ^2 runtime:2",
             "g1 git+https://github.com/u/r.git#semver:^1 runtime:3", "g2 u/r#main runtime:3",
             "g3 github:u/r runtime:3", "t https://host/t.tgz runtime:4", "c catalog: runtime:4",
             "p 1.2.3 runtime:4", "events ^3 runtime:6"}));
  EXPECT_EQ(Complaints(f), (Texts{"package.json:6: 'fs' is a module of Node"}));
}

TEST(PackageJsonTest, ABadEntryLosesOnlyItself) {
  Findings f;
  ReadPackageJson("package.json", R"({"dependencies": {
"a": 5,
"b": "1",
"not a name": "1",
"//": "a comment",
".hidden": "1",
"@x": "1"
}, "devDependencies": ["c"], "optionalDependencies": [], "workspaces": {"packages": ["w", 1]}})",
                  &f);
  EXPECT_EQ(Listed(f), (Texts{"b 1 runtime:3"}));
  EXPECT_EQ(Complaints(f), (Texts{"package.json:8: expected a text in 'workspaces'",
                                  "package.json:2: expected a version as text for 'a'",
                                  "package.json:4: 'not a name' is not a legal package name",
                                  "package.json:6: '.hidden' is not a legal package name",
                                  "package.json:7: '@x' is not a legal package name",
                                  "package.json:8: 'devDependencies' is not an object"}));
}

TEST(PackageJsonTest, ReadsOnAfterSyntaxErrors) {
  Findings f;
  ReadPackageJson("package.json", R"({
  // a comment is let pass
  "dependencies": {
    "a": "1",
    "b": oops,
    "c": "1"
    "d": "1",
    "e": "unterminated,
    "f": "1",
  },
  "devDependencies": {
    "g": "1",
  }
})",
                  &f);
  EXPECT_EQ(Listed(f), (Texts{"a 1 runtime:4", "c 1 runtime:6", "d 1 runtime:7", "f 1 runtime:9",
                              "g 1 dev:12"}));
  std::vector<int> lines;
  for (const Diagnostic& d : f.diagnostics) lines.push_back(d.line);
  EXPECT_EQ(lines, (std::vector<int>{5, 7, 8, 10, 13}));
}

TEST(PackageJsonTest, WhatStandsBeforeACutIsKept) {
  Findings f;
  ReadPackageJson("package.json", "{\"dependencies\": {\"a\": \"1\", \"b\": \"2\"", &f);
  EXPECT_EQ(Listed(f), (Texts{"a 1 runtime:1", "b 2 runtime:1"}));
  EXPECT_EQ(f.diagnostics.size(), 1u);
}

TEST(PackageJsonTest, OtherThingsThanObjectsAreReported) {
  for (const char* text : {"[]", "5", "\"x\"", "null", ""}) {
    Findings f;
    ReadPackageJson("package.json", text, &f);
    EXPECT_EQ(f.diagnostics.size(), 1u) << text;
  }
}

}  // namespace
}  // namespace tapps
