// Compares this room with the tools whose files it reads, where they are installed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <random>
#include <set>
#include <string>

#include "base/json.h"
#include "project/names.h"
#include "project/requirement.h"
#include "project/scan.h"
#include "project/text.h"
#include "support/diagnostic_text.h"
#include "support/temp_dir.h"

namespace tapps {
namespace {

// What a shell command writes; empty if it cannot be run.
std::string Output(const std::string& command) {
  std::string out;
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer;
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
    out.append(buffer.data(), count);
  }
  pclose(pipe);
  return out;
}

TEST(ReferenceTest, ListsForNpmItselfWhatNpmLsLists) {
  const std::string root(Trim(Output("npm root -g")));
  const std::string folder = root + "/npm";
  if (root.empty() || test::ReadFile(folder + "/package.json").empty()) {
    GTEST_SKIP() << "npm is not installed";
  }
  const auto expected = ParseJson(
      Output("cd '" + folder + "' && npm ls --json --depth=0 --offline --no-update-notifier"));
  ASSERT_TRUE(expected.ok()) << expected.status().message();
  const auto scan = ScanProject(folder);
  ASSERT_TRUE(scan.ok()) << scan.status().message();

  std::map<std::string, const Dependency*> direct;
  for (const Dependency& d : scan->dependencies) {
    if (d.direct) direct[d.name] = &d;
  }
  ASSERT_TRUE(expected->contains("dependencies"));
  const Json& listed = (*expected)["dependencies"];
  EXPECT_GT(listed.size(), 20u);
  for (const auto& [name, package] : listed.items()) {
    if (package.value("extraneous", false)) continue;
    ASSERT_TRUE(direct.count(name)) << name << " is not found";
    if (const auto version = JsonString(package, "version")) {
      EXPECT_EQ(direct[name]->installed_version, *version) << name;
    }
  }
  for (const auto& [name, dependency] : direct) {
    EXPECT_TRUE(listed.contains(name))
        << name << " at " << dependency->manifest << ":" << dependency->line;
  }
  for (const Diagnostic& d : scan->diagnostics) ADD_FAILURE() << DiagnosticText(d);
}

// Makes specifiers that are mostly right and sometimes not.
class Generator {
 public:
  std::string Line() {
    std::string out =
        Blank() + Pick({"requests", "Zope.Interface", "a", "A_b--C", "x1", "-bad", "1st"});
    if (Chance(4)) out += Blank() + Extras();
    if (Chance(8)) {
      out += Blank() + "@" + Blank() +
             Pick({"https://h/x.zip", "git+https://h/r@v1#egg=x", "file:///y"});
      if (Chance(2)) out += " ";
    } else if (!Chance(6)) {
      out += Blank() + (Chance(8) ? "(" + Versions() + ")" : Versions());
    }
    if (Chance(3)) out += Blank() + ";" + Blank() + Marker(0);
    if (Chance(12)) out.insert(Below(out.size() + 1), 1, "()[],;=<>~!@.*+ 'a1-"[Below(20)]);
    return out;
  }

 private:
  size_t Below(size_t limit) { return random_() % limit; }
  bool Chance(size_t one_in) { return Below(one_in) == 0; }
  std::string Blank() { return Chance(3) ? (Chance(4) ? "\t" : " ") : ""; }
  std::string Pick(std::initializer_list<const char*> choices) {
    return *(choices.begin() + Below(choices.size()));
  }
  std::string Extras() {
    std::string out = "[" + Blank();
    for (size_t i = Below(3); i > 0; --i) {
      out += Pick({"socks", "a.b", "x_1", "http2"}) + Blank() + (i > 1 || Chance(9) ? "," : "") +
             Blank();
    }
    return out + "]";
  }
  std::string Versions() {
    std::string out;
    for (size_t i = 1 + Below(3); i > 0; --i) {
      out += Pick({"==", "!=", ">=", "<=", "~=", ">", "<"}) + Blank() + Version() + Blank();
      if (i > 1 || Chance(15)) out += "," + Blank();
    }
    return out;
  }
  std::string Version() {
    std::string out = Chance(10) ? "1!" : Chance(10) ? "v" : "";
    out += Pick({"1", "1.2", "2023.10.1", "0", "4.2.1.7"});
    if (Chance(6)) return out + ".*";
    if (Chance(4)) out += Pick({"a1", "rc.2", "-beta", "_pre3", ".C4", "alpha"});
    if (Chance(5)) out += Pick({".post1", "-1", "rev2", "-r3", "post"});
    if (Chance(5)) out += Pick({".dev1", "dev", "-dev_3"});
    if (Chance(6)) out += Pick({"+local", "+a.1-b", "+"});
    return out;
  }
  std::string Value() {
    return Pick({"python_version", "os_name", "sys.platform", "'3.8'", "\"linux\"", "extra", "''",
                 "platform_machine", "implementation_version", "unknown_thing"});
  }
  std::string Marker(int depth) {
    std::string out;
    if (depth < 3 && Chance(4)) {
      out = "(" + Blank() + Marker(depth + 1) + Blank() + ")";
    } else {
      out = Value() + " " + Pick({"==", "!=", ">=", "<", "in", "not in", "not  in", "~=", "is"}) +
            " " + Value();
    }
    if (Chance(4)) out += " " + Pick({"and", "or"}) + " " + Marker(depth + 1);
    return out;
  }

  std::mt19937 random_{20240229};
};

constexpr std::string_view kJudge = R"(
import sys, json
from packaging.requirements import Requirement, InvalidRequirement
from packaging.utils import canonicalize_name
for line in open(sys.argv[1], newline='\n'):
    try:
        r = Requirement(line.rstrip('\n'))
        print(json.dumps([r.name, sorted(r.extras), sorted({str(s).lower() for s in r.specifier}), r.url,
                          r.marker is not None, canonicalize_name(r.name)]))
    except InvalidRequirement:
        print('null')
)";

// The clauses of a specifier as packaging prints them: without blanks, each once, sorted.
std::vector<std::string> Clauses(const std::string& specifier) {
  std::set<std::string> out;
  std::string clause;
  for (const char c : Lower(specifier) + ",") {
    if (c == ',') {
      if (!clause.empty()) out.insert(clause);
      clause.clear();
    } else if (!IsBlank(c)) {
      clause += c;
    }
  }
  return {out.begin(), out.end()};
}

TEST(ReferenceTest, ReadsSpecifiersAsThePackagingLibraryDoes) {
  // The version of packaging that pip carries may be older and laxer than the standard.
  if (Trim(Output(
          "python3 -c 'import packaging as p; print(int(p.__version__.split(\".\")[0]) >= 22)'")) !=
      "True") {
    GTEST_SKIP() << "python3 with packaging 22 or newer is not installed";
  }
  constexpr int kLines = 4000;
  Generator generator;
  std::vector<std::string> lines;
  std::string corpus;
  for (int i = 0; i < kLines; ++i) {
    lines.push_back(generator.Line());
    corpus += lines.back() + "\n";
  }
  const test::TempDir dir;
  const std::string file = dir.Write("corpus", corpus);
  const std::string judge = dir.Write("judge.py", kJudge);
  const std::string output = Output("python3 '" + judge + "' '" + file + "'");
  const std::vector<std::string_view> answers = Lines(output);
  ASSERT_EQ(answers.size(), lines.size());
  int good = 0;
  int bad = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const Result<Requirement> mine = ParseRequirement(lines[i]);
    const Result<Json> theirs = ParseJson(answers[i]);
    ASSERT_TRUE(theirs.ok());
    if (theirs->is_null()) {
      ++bad;
      EXPECT_FALSE(mine.ok()) << lines[i];
      continue;
    }
    ++good;
    ASSERT_TRUE(mine.ok()) << lines[i] << ": " << mine.status().message();
    std::set<std::string> extras(mine->extras.begin(), mine->extras.end());
    const Json answer = {mine->name,
                         extras,
                         Clauses(mine->specifier),
                         mine->url.empty() ? Json() : Json(mine->url),
                         !mine->marker.empty(),
                         NormalizePypiName(mine->name)};
    EXPECT_EQ(answer.dump(), theirs->dump()) << lines[i];
  }
  EXPECT_GT(good, kLines / 4);
  EXPECT_GT(bad, kLines / 20);
}

}  // namespace
}  // namespace tapps
