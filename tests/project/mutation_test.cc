// Manifests with random damage: reading them ends, without a crash, and what it says stays in
// bounds.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "project/package_json.h"
#include "project/package_lock.h"
#include "project/pyproject.h"
#include "project/requirement.h"
#include "project/requirements_file.h"
#include "support/temp_dir.h"

namespace tapps {
namespace {

constexpr int kRounds = 3000;

const std::string kPackage = R"({
  "name": "app", "workspaces": {"packages": ["a/*", "!a/b"]},
  "dependencies": {"react": "^18.2.0", "@s/p": "npm:@x/y@1.2.3", "g": "git+https://u:p@h/r#semver:^1"},
  "devDependencies": {"jest": "~29", "f": "file:../f"},
  "peerDependencies": {"v\u0075e": ">=3 <4 || *"}
}
)";
const std::string kLock = R"({
  "lockfileVersion": 2,
  "packages": {"": {"dependencies": {"a": "^1"}},
    "node_modules/a": {"version": "1.2.3", "dev": true},
    "node_modules/a/node_modules/@s/b": {"version": "2.0.0-rc.1", "link": false}},
  "dependencies": {"a": {"version": "1.2.3", "dependencies": {"b": {"version": "npm:c@2.0.0"}}}}
}
)";
const std::string kRequirements = R"(# comment
-r base.txt
--index-url https://user:pw@host/simple
requests[socks, http2]>=2.8.1,==2.8.* ; python_version < "2.7" and (os_name == 'nt' or extra == 'x')
attrs==23.1.0 \
    --hash=sha256:1f28b4522cdc2fb4256ac1a020c78acf9cba2c6b461ccd2c126f3aa8e8335d04 \
    --hash=sha256:6279836d581513a26f1bf235f9acd333bc9115683f14f7e8fae46c98fc50e015
-e git+https://t@github.com/a/b.git@v1#egg=b[x]&subdirectory=c
pip @ https://host/pip-1.0-py3-none-any.whl?t=1#sha1=da9
)";
const std::string kPyproject = R"([build-system]
requires = ["setuptools>=61", 'wheel']
[project]
name = "app"
dependencies = [
  "fastapi[all]>=0.100",
  'httpx; python_version >= "3.8"', # comment
]
optional-dependencies.redis = ["redis>=5"]
[dependency-groups]
test = ["pytest>7", {include-group = "lint"}]
lint = ["ruff", {include-group = "test"}]
[tool.poetry.dependencies]
python = "^3.9"
numpy = [{version = "<=1.19", python = "<3.8"}, {version = "^1.20"}]
mine = {path = "../mine"}
[tool.poetry.group.docs.dependencies]
mkdocs = {version = "^1.5", git = """https://h/
r"""}
)";

class Mutator {
 public:
  std::string Damage(std::string text) {
    for (size_t i = 1 + Below(6); i > 0; --i) Once(&text);
    return text;
  }

 private:
  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void Once(std::string* text) {
    constexpr std::string_view kTokens = "{}[]\"':,=#\\\n\r;()<>@-. \t\x00\xFF\xC3!~*/";
    const size_t at = Below(text->size() + 1);
    const size_t length = Below(std::min<size_t>(40, text->size() - at) + 1);
    switch (Below(6)) {
      case 0:
        text->erase(at, length);
        break;
      case 1:
        text->insert(at, 1, kTokens[Below(kTokens.size())]);
        break;
      case 2:
        if (at < text->size()) (*text)[at] = kTokens[Below(kTokens.size())];
        break;
      case 3:
        if (at < text->size()) (*text)[at] = static_cast<char>(random_());
        break;
      case 4:
        text->insert(Below(text->size() + 1), std::string(*text, at, length));
        break;
      default:
        if (Below(4) == 0) text->resize(at);
        break;
    }
  }

  std::mt19937 random_{7};
};

void Check(const Findings& f, const std::string& text) {
  for (const Dependency& d : f.dependencies) {
    ASSERT_FALSE(d.name.empty()) << text;
    ASSERT_FALSE(d.normalized.empty()) << text;
    ASSERT_GE(d.line, 1) << text;
  }
  for (const Diagnostic& d : f.diagnostics) {
    ASSERT_LE(d.message.size(), 400u) << text;
    for (const char c : d.message) ASSERT_TRUE(c >= ' ' && c <= '~') << d.message;
  }
}

void Torture(const std::string& valid,
             const std::function<void(const std::string&, Findings*)>& read) {
  Findings clean;
  read(valid, &clean);
  Check(clean, valid);
  Mutator mutator;
  size_t damaged = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = mutator.Damage(valid);
    Findings f;
    read(text, &f);
    ASSERT_NO_FATAL_FAILURE(Check(f, text));
    damaged += f.diagnostics.size() > clean.diagnostics.size() ? 1 : 0;
  }
  EXPECT_GT(damaged, kRounds / 10u);
}

TEST(MutationTest, PackageJson) {
  Torture(kPackage,
          [](const std::string& text, Findings* f) { ReadPackageJson("package.json", text, f); });
}

TEST(MutationTest, PackageLock) {
  Torture(kLock, [](const std::string& text, Findings* f) {
    ReadPackageLock("package-lock.json", text, f);
  });
}

TEST(MutationTest, Requirements) {
  Torture(kRequirements, [](const std::string& text, Findings* f) {
    Include file;
    file.path = "requirements.txt";
    ReadRequirements(file, text, f);
  });
}

TEST(MutationTest, Pyproject) {
  Torture(kPyproject,
          [](const std::string& text, Findings* f) { ReadPyproject("pyproject.toml", text, f); });
}

}  // namespace
}  // namespace tapps
