#include "project/requirements_file.h"

#include <algorithm>
#include <array>
#include <vector>

#include "project/names.h"
#include "project/python_dependency.h"
#include "project/text.h"

namespace tapps {
namespace {

struct LogicalLine {
  std::string text;
  int line = 0;  // where it starts
};

bool IsComment(std::string_view line) {
  const std::string_view trimmed = Trim(line);
  return !trimmed.empty() && trimmed[0] == '#';
}

// Joins lines that end with a backslash and drops comments, in the order pip does it: a comment
// ends a continuation, even when it ends with a backslash itself.
class LogicalLines {
 public:
  explicit LogicalLines(std::string_view text) : rest_(text) {}

  // The next line that is not empty; false at the end.
  bool Next(LogicalLine* out) {
    while (!rest_.empty()) {
      Join(out);
      DropComment(&out->text);
      out->text = std::string(Trim(out->text));
      if (!out->text.empty()) return true;
    }
    return false;
  }

 private:
  void Join(LogicalLine* out) {
    out->text.clear();
    out->line = number_ + 1;
    for (bool more = true; more && !rest_.empty();) {
      std::string_view line = NextLine(&rest_);
      ++number_;
      const bool comment = IsComment(line);
      more = !comment && !line.empty() && line.back() == '\\';
      if (more) line.remove_suffix(1);
      if (comment) out->text += ' ';
      out->text += line;
    }
  }

  static void DropComment(std::string* text) {
    for (size_t at = text->find('#'); at != std::string::npos; at = text->find('#', at + 1)) {
      if (at > 0 && !IsBlank((*text)[at - 1])) continue;
      text->resize(at);
      return;
    }
  }

  std::string_view rest_;
  int number_ = 0;
};

// Splits like a shell: blanks separate, quotes join.
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  char quote = '\0';
  bool in_word = false;
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        words.back() += c;
      }
      continue;
    }
    if (IsBlank(c)) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '"' || c == '\'') {
      quote = c;
    } else {
      words.back() += c;
    }
  }
  return words;
}

struct Option {
  std::string_view name;
  char letter;  // '\0': none
  bool value;
};

constexpr auto kOptions = std::to_array<Option>({
    {"requirement", 'r', true},
    {"constraint", 'c', true},
    {"editable", 'e', true},
    {"index-url", 'i', true},
    {"pypi-url", '\0', true},
    {"extra-index-url", '\0', true},
    {"find-links", 'f', true},
    {"trusted-host", '\0', true},
    {"no-binary", '\0', true},
    {"only-binary", '\0', true},
    {"use-feature", '\0', true},
    {"hash", '\0', true},
    {"global-option", '\0', true},
    {"install-option", '\0', true},
    {"config-settings", 'C', true},
    {"config-setting", '\0', true},
    {"no-index", '\0', false},
    {"pre", '\0', false},
    {"prefer-binary", '\0', false},
    {"require-hashes", '\0', false},
    {"always-unzip", 'Z', false},
    {"no-use-wheel", '\0', false},
    {"use-wheel", '\0', false},
    {"no-build-isolation", '\0', false},
    {"process-dependency-links", '\0', false},
    {"allow-external", '\0', true},
    {"no-deps", '\0', false},
    {"allow-unverified", '\0', true},
    {"allow-all-external", '\0', false},
});

class Reader {
 public:
  Reader(const Include& file, Findings* findings)
      : file_(file), place_{file.path, 0, file.kind}, findings_(findings) {}

  void Line(const LogicalLine& line) {
    place_.line = line.line;
    const size_t options = OptionsStart(line.text);
    const std::string_view requirement = Trim(std::string_view(line.text).substr(0, options));
    if (!requirement.empty()) Requirement(requirement);
    if (options < line.text.size()) Options(Words(std::string_view(line.text).substr(options)));
  }

 private:
  // Where the first word that starts with a dash stands.
  static size_t OptionsStart(std::string_view text) {
    for (size_t at = text.find('-'); at != std::string_view::npos; at = text.find('-', at + 1)) {
      if (at == 0 || IsBlank(text[at - 1])) return at;
    }
    return text.size();
  }

  void Requirement(std::string_view text) {
    if (file_.pins_only) return PinLine(text);
    const std::string_view name = text.substr(0, text.find_first_of("@;"));
    const bool named_url = name.size() < text.size() && text[name.size()] == '@' &&
                           name.find_first_of("/\\:") == std::string_view::npos;
    if (!named_url && (text.find("://") < text.find(';') || IsLocalPythonSource(text))) {
      return AddPythonUrl(place_, text, findings_);
    }
    AddPythonText(place_, text, findings_);
  }

  void PinLine(std::string_view text) {
    const Result<tapps::Requirement> requirement = ParseRequirement(text);
    if (!requirement.ok()) {
      if (text.find("://") == std::string_view::npos && !IsLocalPythonSource(text)) {
        Complain(std::string(requirement.status().message()));
      }
      return;
    }
    const std::string version = ExactVersion(requirement->specifier);
    if (!version.empty())
      findings_->pins.push_back({NormalizePypiName(requirement->name), version});
  }

  void Options(const std::vector<std::string>& words) {
    for (size_t i = 0; i < words.size(); ++i) {
      std::string_view word = words[i];
      std::string value;
      bool has_value = false;
      const Option* option = nullptr;
      if (word.substr(0, 2) == "--") {
        const size_t equals = word.find('=');
        if (equals != std::string_view::npos) {
          has_value = true;
          value = std::string(word.substr(equals + 1));
          word = word.substr(0, equals);
        }
        option = FindLong(word.substr(2));
      } else if (word.size() >= 2 && word[0] == '-') {
        option = FindShort(word[1]);
        has_value = word.size() > 2;
        value = std::string(word.substr(2));
      } else {
        return Complain("expected an option, found " + Excerpt(word));
      }
      if (!option) return Complain("unknown option " + Excerpt(word));
      if (option->value && !has_value) {
        if (i + 1 == words.size()) return Complain("expected a value after " + Excerpt(word));
        value = words[++i];
      }
      // "-e name @ url", unquoted: the rest of the line is one requirement.
      if (option->letter == 'e') {
        for (; i + 1 < words.size() && words[i + 1][0] != '-'; ++i) value += " " + words[i + 1];
      }
      Apply(*option, value);
    }
  }

  static const Option* FindLong(std::string_view name) {
    const auto it = std::find_if(kOptions.begin(), kOptions.end(),
                                 [name](const Option& o) { return o.name == name; });
    return it == kOptions.end() ? nullptr : &*it;
  }

  static const Option* FindShort(char letter) {
    const auto it = std::find_if(kOptions.begin(), kOptions.end(),
                                 [letter](const Option& o) { return o.letter == letter; });
    return it == kOptions.end() ? nullptr : &*it;
  }

  void Apply(const Option& option, const std::string& value) {
    if (option.letter == 'e') return Requirement(value);
    if (option.letter != 'r' && option.letter != 'c') return;
    if (value.find("://") != std::string::npos) {
      return Complain("the file at " + Excerpt(value) + " is not in the project and is not read");
    }
    Include include;
    include.path = JoinInsideRoot(DirectoryOf(file_.path), value);
    include.line = place_.line;
    include.from = file_.path;
    include.pins_only = file_.pins_only || option.letter == 'c';
    include.kind = KindOfRequirementsFile(include.path, file_.kind);
    if (include.path.empty()) {
      return Complain("the file " + Excerpt(value) + " is outside the project and is not read");
    }
    findings_->includes.push_back(std::move(include));
  }

  void Complain(std::string message) {
    findings_->Complain(place_.file, place_.line, std::move(message));
  }

  const Include& file_;
  Place place_;
  Findings* findings_;
};

bool HasWord(std::string_view name, std::initializer_list<std::string_view> words) {
  while (!name.empty()) {
    const size_t end = std::min(name.find_first_of("-_."), name.size());
    if (std::find(words.begin(), words.end(), name.substr(0, end)) != words.end()) return true;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return false;
}

}  // namespace

void ReadRequirements(const Include& file, std::string_view text, Findings* findings) {
  Reader reader(file, findings);
  LogicalLines lines(text);
  for (LogicalLine line; lines.Next(&line);) reader.Line(line);
}

DependencyKind KindOfRequirementsFile(std::string_view path, DependencyKind otherwise) {
  // "dev.txt" and "requirements-dev.txt", and also "docs/requirements.txt".
  const std::string name = Lower(FileNameOf(path)) + "." + Lower(FileNameOf(DirectoryOf(path)));
  if (HasWord(name, {"dev",     "devel",  "develop", "development", "test",  "tests",
                     "testing", "lint",   "linting", "linters",     "doc",   "docs",
                     "ci",      "typing", "mypy",    "qa",          "style", "format",
                     "debug",   "local",  "bench",   "benchmark"})) {
    return DependencyKind::kDev;
  }
  if (HasWord(name, {"optional", "extra", "extras"})) return DependencyKind::kOptional;
  if (HasWord(name, {"build"})) return DependencyKind::kBuild;
  return otherwise;
}

bool IsRequirementsFile(std::string_view path) {
  const std::string name = Lower(FileNameOf(path));
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return false;
  const std::string extension = name.substr(dot);
  if (extension != ".txt" && extension != ".in") return false;
  const std::string stem = name.substr(0, dot);
  constexpr std::string_view kWord = "requirements";
  if (stem.compare(0, kWord.size(), kWord) == 0) return true;
  if (stem.size() > kWord.size() &&
      stem.compare(stem.size() - kWord.size(), kWord.size(), kWord) == 0) {
    return true;
  }
  return Lower(FileNameOf(DirectoryOf(path))) == kWord;
}

}  // namespace tapps
