#include "project/pyproject.h"

#include <gtest/gtest.h>

#include "support/diagnostic_text.h"

namespace tapps {
namespace {

using Texts = std::vector<std::string>;

Findings Read(std::string_view text) {
  Findings findings;
  ReadPyproject("pyproject.toml", text, &findings);
  return findings;
}

// "name constraint kind:line" for each dependency.
Texts Listed(const Findings& findings) {
  Texts out;
  for (const Dependency& d : findings.dependencies) {
    out.push_back(d.name + " " + d.constraint + " " + std::string(KindName(d.kind)) + ":" +
                  std::to_string(d.line));
  }
  return out;
}

Texts Complaints(const Findings& findings) {
  Texts out;
  for (const Diagnostic& d : findings.diagnostics) out.push_back(DiagnosticText(d));
  return out;
}

TEST(PyprojectTest, ReadsTheStandardTables) {
  const Findings f = Read(R"([build-system]
requires = ["hatchling>=1.18"]

[project]
name = "My.App"
dependencies = [
  "fastapi[all]>=0.100",  # comment
  'httpx; python_version >= "3.8"',
]
[project.optional-dependencies]
redis = ["redis>=5"]
all = ["my-app[redis]"]

[dependency-groups]
test = ["pytest>7", {include-group = "Lint"}]
lint = ["ruff"]
)");
  EXPECT_EQ(Listed(f), (Texts{"fastapi >=0.100 runtime:7", "httpx  runtime:8",
                              "my-app  optional:12", "redis >=5 optional:11", "ruff  dev:16",
                              "pytest >7 dev:15", "hatchling >=1.18 build:2"}));
  EXPECT_EQ(f.dependencies[1].marker, "python_version >= \"3.8\"");
  EXPECT_EQ(f.local.count({Ecosystem::kPypi, "my-app"}), 1u);
  EXPECT_EQ(Complaints(f), Texts{});
}

TEST(PyprojectTest, ReportsGroupsThatAreMissingOrGoInCircles) {
  const Findings f = Read(R"([dependency-groups]
a = [{include-group = "b"}, "pytest"]
b = [{include-group = "a"}, {include-group = "gone"}, "mypy"]
c = [{other = 1}, 5, "ruff"]
)");
  EXPECT_EQ(f.dependencies.size(), 3u);
  EXPECT_EQ(
      Complaints(f),
      (Texts{"pyproject.toml:4: expected a text or { include-group = ... } in dependency-groups.c",
             "pyproject.toml:4: expected a text in dependency-groups.c",
             "pyproject.toml:3: dependency group 'a' includes itself",
             "pyproject.toml:3: dependency group 'gone' does not exist"}));
}

TEST(PyprojectTest, ReadsPoetry) {
  const Findings f = Read(R"([tool.poetry]
name = "app"
[tool.poetry.dependencies]
python = "^3.9"
django = "^4.2"
celery = {version = "5.3.1", extras = ["redis"], optional = true}
mine = {path = "../mine", develop = true}
black = {git = "https://tok@github.com/psf/black.git", rev = "23.1"}
numpy = [{version = "<=1.19", python = "<3.8"}, {version = "^1.20", python = ">=3.8"}]
odd = 5
[tool.poetry.dev-dependencies]
pytest = "*"
[tool.poetry.group.docs.dependencies]
mkdocs = {version = "^1.5", markers = "sys_platform == 'linux'"}
)");
  EXPECT_EQ(Listed(f),
            (Texts{"black git+https://github.com/psf/black.git runtime:8",
                   "celery 5.3.1 optional:6", "django ^4.2 runtime:5", "numpy <=1.19 runtime:9",
                   "numpy ^1.20 runtime:9", "pytest * dev:12", "mkdocs ^1.5 dev:14"}));
  EXPECT_EQ(f.dependencies[1].locked_version, "5.3.1");
  EXPECT_EQ(f.dependencies[6].marker, "sys_platform == 'linux'");
  EXPECT_EQ(f.local.count({Ecosystem::kPypi, "mine"}), 1u);
  EXPECT_EQ(Complaints(f), (Texts{"pyproject.toml:10: expected a version or a table for 'odd'"}));
}

TEST(PyprojectTest, ReadsUvPdmAndSetuptools) {
  const Findings f = Read(R"([tool.uv]
dev-dependencies = ["ruff"]
[tool.uv.sources]
core = { workspace = true }
other = { path = "x" }
flask = { git = "https://github.com/pallets/flask" }
[tool.pdm.dev-dependencies]
test = ["pytest", "-e file:///${PROJECT_ROOT}/sub#egg=sub"]
[tool.setuptools.dynamic]
dependencies = {file = ["deps.in", "/etc/passwd"]}
)");
  EXPECT_EQ(Listed(f), (Texts{"ruff  dev:2", "pytest  dev:8"}));
  EXPECT_EQ(f.local.size(), 3u);
  ASSERT_EQ(f.includes.size(), 1u);
  EXPECT_EQ(f.includes[0].path, "deps.in");
  EXPECT_EQ(f.diagnostics.size(), 1u);
}

TEST(PyprojectTest, ABadEntryLosesOnlyItself) {
  const Findings f = Read("[project]\ndependencies = ['flask', 'a >=', 7, 'django']\n");
  EXPECT_EQ(Listed(f), (Texts{"flask  runtime:2", "django  runtime:2"}));
  EXPECT_EQ(Complaints(f), (Texts{"pyproject.toml:2: expected a version after '>='",
                                  "pyproject.toml:2: expected a text in project.dependencies"}));
}

TEST(PyprojectTest, ReadsOnAfterASyntaxError) {
  const Findings f = Read(
      "[project]\nname = = 'x'\ndependencies = [\n  'flask',\n  oops,\n  'django',\n]\n"
      "[dependency-groups]\ntest = ['pytest']\n");
  EXPECT_EQ(Listed(f), (Texts{"flask  runtime:4", "django  runtime:6", "pytest  dev:9"}));
  ASSERT_EQ(f.diagnostics.size(), 2u);
  EXPECT_EQ(f.diagnostics[0].line, 2);
  EXPECT_EQ(f.diagnostics[1].line, 5);
}

TEST(PyprojectTest, ReadsOnAfterAnArrayWithoutItsEnd) {
  const Findings f = Read(
      "[project]\ndependencies = [\n  'flask',\n  'django'\n\n[dependency-groups]\n"
      "test = ['pytest']\n[build-system]\nrequires = [\n  'hatchling',\n");
  EXPECT_EQ(Listed(f), (Texts{"flask  runtime:3", "django  runtime:4", "pytest  dev:7",
                              "hatchling  build:10"}));
  EXPECT_EQ(f.diagnostics.size(), 2u);
}

TEST(PyprojectTest, DeepNestingIsRefused) {
  std::string key;
  for (int i = 0; i < 200'000; ++i) key += "a.";
  const std::string good = "dependency-groups.a = ['rich', \"\"\"tqdm\"\"\"] # a.b\n";
  for (const std::string& bad :
       {key + "a = 1", "[" + key + "a]", "x = [{" + key + "a = 1}]", std::string(100'000, '['),
        "x = \"\"\"s\"\"\"\"\nz = ['', {'=." + std::string("'.") + key + "a = 1}]"}) {
    const Findings f = Read(good + bad + "\n");
    EXPECT_GE(f.diagnostics.size(), 1u);
    EXPECT_EQ(Listed(f), (Texts{"rich  dev:1", "tqdm  dev:1"})) << bad.substr(0, 20);
  }
}

TEST(PyprojectTest, WrongTypesAreReported) {
  const Findings f =
      Read("project = 5\ndependency-groups = 'x'\nbuild-system = []\n[tool]\npoetry = 1\n");
  EXPECT_EQ(f.dependencies.size(), 0u);
  EXPECT_EQ(f.diagnostics.size(), 4u);
}

}  // namespace
}  // namespace tapps
