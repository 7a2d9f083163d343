#include "project/requirements_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/diagnostic_text.h"

namespace tapps {
namespace {

Findings Read(std::string_view text, const std::string& path = "requirements.txt") {
  Findings findings;
  Include file;
  file.path = path;
  ReadRequirements(file, text, &findings);
  return findings;
}

// "name constraint:line" for each dependency.
std::vector<std::string> Listed(const Findings& findings) {
  std::vector<std::string> out;
  for (const Dependency& d : findings.dependencies) {
    out.push_back(d.name + " " + d.constraint + ":" + std::to_string(d.line));
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(RequirementsFileTest, ReadsLinesCommentsAndContinuations) {
  const Findings f = Read(
      "# a comment\r\n"
      "requests==2.31.0  # pinned\r\n"
      "\r\n"
      "flask \\\r\n"
      "    >=2,\\\r\n"
      "    <4\r\n"
      "django # a comment reaches over a backslash \\\n"
      "as in pip\n"
      "numpy>=1 \\\n"
      "# a comment ends it\n"
      "httpx[http2]>=0.24 ; python_version >= '3.8'\r"
      "Jinja2");
  EXPECT_EQ(Listed(f), (Texts{"requests ==2.31.0:2", "flask >=2,    <4:4", "django :7",
                              "numpy >=1:9", "httpx >=0.24:11", "Jinja2 :12"}));
  EXPECT_TRUE(f.diagnostics.empty());
  ASSERT_EQ(f.dependencies.size(), 6u);
  EXPECT_EQ(f.dependencies[0].locked_version, "2.31.0");
  EXPECT_EQ(f.dependencies[4].marker, "python_version >= '3.8'");
  EXPECT_EQ(f.dependencies[5].normalized, "jinja2");
}

TEST(RequirementsFileTest, OptionsAreNotLibraries) {
  const Findings f = Read(
      "-i https://user:secret@index/simple\n"
      "--extra-index-url=https://other\n"
      "--no-binary :all:\n"
      "--pre --require-hashes\n"
      "attrs==23.1.0 \\\n"
      "    --hash=sha256:1f28b4522cdc2fb4256ac1a020c78acf9cba2c6b461ccd2c126f3aa8e8335d04 \\\n"
      "    --hash sha256:6279836d581513a26f1bf235f9acd333bc9115683f14f7e8fae46c98fc50e015\n"
      "--frobnicate\n"
      "-f\n");
  EXPECT_EQ(Listed(f), (Texts{"attrs ==23.1.0:5"}));
  ASSERT_EQ(f.diagnostics.size(), 2u);
  EXPECT_EQ(DiagnosticText(f.diagnostics[0]), "requirements.txt:8: unknown option '--frobnicate'");
  EXPECT_EQ(DiagnosticText(f.diagnostics[1]), "requirements.txt:9: expected a value after '-f'");
}

TEST(RequirementsFileTest, IncludesAreRelativeToTheFile) {
  const Findings f = Read(
      "-r base.txt\n-rsub/dev.txt\n--requirement=../top.txt\n-c constraints.txt\n"
      "-r ../../etc/passwd\n-r https://user:pw@host/r.txt\n",
      "requirements/all.txt");
  ASSERT_EQ(f.includes.size(), 4u);
  EXPECT_EQ(f.includes[0].path, "requirements/base.txt");
  EXPECT_EQ(f.includes[1].path, "requirements/sub/dev.txt");
  EXPECT_EQ(f.includes[1].kind, DependencyKind::kDev);
  EXPECT_EQ(f.includes[2].path, "top.txt");
  EXPECT_TRUE(f.includes[3].pins_only);
  EXPECT_TRUE(f.dependencies.empty());
  ASSERT_EQ(f.diagnostics.size(), 2u);
  EXPECT_EQ(f.diagnostics[0].message,
            "the file '../../etc/passwd' is outside the project and is not read");
  EXPECT_EQ(f.diagnostics[1].message.find("pw"), std::string::npos);
}

TEST(RequirementsFileTest, AFileNameWithoutAVersionIsNoDependency) {
  const Findings f = Read("https://host/a--x.whl\nhttps://host/a-.whl\nhttps://host/-.tar.gz\n");
  EXPECT_EQ(Listed(f), Texts());
  EXPECT_EQ(f.diagnostics.size(), 3u);
}

TEST(RequirementsFileTest, UrlsAreListedByNameAndWithoutCredentials) {
  const Findings f = Read(
      "git+https://tok:en@github.com/psf/requests.git@v2.31#egg=requests[socks]&subdirectory=x\n"
      "-e git+ssh://git@github.com/pallets/flask#egg=Flask\n"
      "https://host/dl/click-8.1.7-py3-none-any.whl?token=abc#sha256=ff\n"
      "https://host/rich-13.0.tar.gz ; python_version > '3.7'\n"
      "typer @ https://u:p@host/typer.zip\n"
      "-e 'httpx @ git+https://github.com/encode/httpx'\n"
      "git+https://github.com/a/b.git\n");
  EXPECT_EQ(Listed(f),
            (Texts{"requests git+https://github.com/psf/requests.git@v2.31#egg=requests[socks]&"
                   "subdirectory=x:1",
                   "Flask git+ssh://github.com/pallets/flask#egg=Flask:2",
                   "click https://host/dl/click-8.1.7-py3-none-any.whl#sha256=ff:3",
                   "rich https://host/rich-13.0.tar.gz:4", "typer https://host/typer.zip:5",
                   "httpx git+https://github.com/encode/httpx:6"}));
  EXPECT_EQ(f.dependencies[2].locked_version, "8.1.7");
  EXPECT_EQ(f.dependencies[3].marker, "python_version > '3.7'");
  ASSERT_EQ(f.diagnostics.size(), 1u);
  EXPECT_EQ(f.diagnostics[0].line, 7);
}

TEST(RequirementsFileTest, LocalModulesAreNotListed) {
  const Findings f = Read(
      "-e .\n-e .[dev]\n--editable=./libs/core#egg=core\n.\n./x.whl\nlibs/thing\nfile:///srv/y\n"
      "mine @ file:///srv/mine\nsomething.whl\n..\\windows\n-e.\n");
  EXPECT_EQ(Listed(f), Texts{});
  EXPECT_TRUE(f.diagnostics.empty());
  EXPECT_EQ(f.local.count({Ecosystem::kPypi, "core"}), 1u);
  EXPECT_EQ(f.local.count({Ecosystem::kPypi, "mine"}), 1u);
}

TEST(RequirementsFileTest, ABrokenLineLosesOnlyItself) {
  const Findings f = Read(
      "requests\nflask>=\nThese are the libraries we use:\n===\njson\ndjango\n"
      "requirements.txt\npkg-resources==0.0.0\n");
  EXPECT_EQ(Listed(f), (Texts{"requests :1", "django :6"}));
  Texts texts;
  for (const Diagnostic& d : f.diagnostics) texts.push_back(DiagnosticText(d));
  EXPECT_EQ(texts,
            (Texts{"requirements.txt:2: expected a version after '>='",
                   "requirements.txt:3: unexpected 'are the libraries we use:' after 'These'",
                   "requirements.txt:4: expected a package name, found '==='",
                   "requirements.txt:5: 'json' is a module of the standard library",
                   "requirements.txt:7: 'requirements.txt' is not a library",
                   "requirements.txt:8: 'pkg-resources' is not a library"}));
}

TEST(RequirementsFileTest, ConstraintsGivePinsOnly) {
  Findings f;
  Include file;
  file.path = "constraints.txt";
  file.pins_only = true;
  ReadRequirements(file, "Requests==2.31.0\nflask<3\nx @ https://h/x.zip\n", &f);
  EXPECT_TRUE(f.dependencies.empty());
  ASSERT_EQ(f.pins.size(), 1u);
  EXPECT_EQ(f.pins[0].normalized, "requests");
  EXPECT_EQ(f.pins[0].version, "2.31.0");
}

TEST(RequirementsFileTest, KnowsItsFilesAndWhatTheyAreFor) {
  for (const char* path : {"requirements.txt", "requirements-dev.txt", "Requirements.TXT",
                           "dev-requirements.txt", "requirements/base.txt", "a/requirements.in"}) {
    EXPECT_TRUE(IsRequirementsFile(path)) << path;
  }
  for (const char* path : {"readme.txt", "requirements.md", "my/notes.txt", "requirements"}) {
    EXPECT_FALSE(IsRequirementsFile(path)) << path;
  }
  const auto kind = [](const char* path) {
    return KindOfRequirementsFile(path, DependencyKind::kRuntime);
  };
  EXPECT_EQ(kind("requirements.txt"), DependencyKind::kRuntime);
  EXPECT_EQ(kind("requirements_dev.txt"), DependencyKind::kDev);
  EXPECT_EQ(kind("requirements/test.txt"), DependencyKind::kDev);
  EXPECT_EQ(kind("docs/requirements.txt"), DependencyKind::kDev);
  EXPECT_EQ(kind("requirements-build.txt"), DependencyKind::kBuild);
  EXPECT_EQ(kind("requirements-latest.txt"), DependencyKind::kRuntime);
}

}  // namespace
}  // namespace tapps
