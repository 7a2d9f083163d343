#include "project/requirement.h"

#include <algorithm>
#include <array>

#include "project/names.h"
#include "project/pep440.h"
#include "project/text.h"

namespace tapps {
namespace {

constexpr int kMaxMarkerDepth = 64;

constexpr auto kMarkerVariables = std::to_array<std::string_view>({
    "python_version",
    "python_full_version",
    "os_name",
    "os.name",
    "sys_platform",
    "sys.platform",
    "platform_release",
    "platform_system",
    "platform_version",
    "platform.version",
    "platform_machine",
    "platform.machine",
    "platform_python_implementation",
    "platform.python_implementation",
    "python_implementation",
    "implementation_name",
    "implementation_version",
    "extra",
    "extras",
    "dependency_groups",
});

Status Invalid(std::string message) { return Status(TAPPS_E_INVALID, std::move(message)); }

// Recursive descent over one specifier. Messages speak of what stands before the fault, because
// what stands after it may be anything.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Requirement> Run() {
    Requirement out;
    SkipBlanks();
    out.name = std::string(Name());
    if (out.name.empty()) return Invalid("expected a package name, found " + Found());
    SkipBlanks();
    TAPPS_RETURN_IF_ERROR(Extras(&out));
    SkipBlanks();
    if (Peek() == '@') {
      TAPPS_RETURN_IF_ERROR(Url(&out));
    } else {
      TAPPS_RETURN_IF_ERROR(Specifiers(&out));
    }
    SkipBlanks();
    if (at_ == text_.size()) return out;
    if (Peek() != ';') {
      return Invalid("unexpected " + Found() + " after " + Excerpt(text_.substr(0, at_)));
    }
    ++at_;
    const size_t start = at_;
    TAPPS_RETURN_IF_ERROR(Marker(0));
    if (at_ != text_.size()) return Invalid("unexpected " + Found() + " in the marker");
    out.marker = std::string(Trim(text_.substr(start)));
    return out;
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  std::string_view Rest() const { return text_.substr(at_); }
  std::string Found() const { return at_ < text_.size() ? Excerpt(Rest()) : "the end"; }
  void SkipBlanks() {
    while (IsBlank(Peek())) ++at_;
  }

  // An identifier; ends with a letter or digit.
  std::string_view Name() {
    if (!IsAlnum(Peek())) return {};
    const size_t start = at_;
    size_t end = at_;
    for (; IsAlnum(Peek()) || Peek() == '-' || Peek() == '_' || Peek() == '.'; ++at_) {
      if (IsAlnum(Peek())) end = at_ + 1;
    }
    at_ = end;
    return text_.substr(start, end - start);
  }

  Status Extras(Requirement* out) {
    if (Peek() != '[') return {};
    ++at_;
    SkipBlanks();
    while (Peek() != ']') {
      const std::string_view extra = Name();
      if (extra.empty()) return Invalid("expected the name of an extra, found " + Found());
      out->extras.emplace_back(extra);
      SkipBlanks();
      if (Peek() == ']') break;
      if (Peek() != ',') return Invalid("expected ',' or ']' after extra " + Excerpt(extra));
      ++at_;
      SkipBlanks();
      if (Peek() == ']') return Invalid("expected the name of an extra after ','");
    }
    ++at_;
    return {};
  }

  Status Url(Requirement* out) {
    ++at_;
    SkipBlanks();
    const size_t end = std::min(text_.find_first_of(" \t", at_), text_.size());
    out->url = std::string(text_.substr(at_, end - at_));
    if (out->url.empty()) return Invalid("expected a URL after '@'");
    at_ = end;
    return {};
  }

  Status Specifiers(Requirement* out) {
    const bool parenthesis = Peek() == '(';
    if (parenthesis) ++at_;
    SkipBlanks();
    const size_t start = at_;
    size_t end = at_;
    while (true) {
      const std::string_view op = MatchOperator(Rest());
      if (op.empty()) break;
      at_ += op.size();
      SkipBlanks();
      const size_t length = MatchVersion(Rest(), op);
      if (length == 0) return Invalid("expected a version after '" + std::string(op) + "'");
      at_ += length;
      end = at_;
      if (!AtClauseEnd()) {
        return Invalid("unexpected " + Found() + " after the version in " +
                       Excerpt(text_.substr(start, end - start)));
      }
      SkipBlanks();
      if (Peek() != ',') break;
      ++at_;
      SkipBlanks();
    }
    out->specifier = std::string(text_.substr(start, end - start));
    if (!parenthesis) return {};
    if (Peek() != ')') return Invalid("expected ')', found " + Found());
    ++at_;
    return {};
  }

  bool AtClauseEnd() const {
    return at_ == text_.size() || std::string_view(" \t,;)").find(Peek()) != std::string_view::npos;
  }

  std::string_view PeekWord() const {
    size_t end = at_;
    while (end < text_.size() && (IsAlnum(text_[end]) || text_[end] == '_' || text_[end] == '.')) {
      ++end;
    }
    return text_.substr(at_, end - at_);
  }

  bool TakeWord(std::string_view word) {
    if (PeekWord() != word) return false;
    at_ += word.size();
    return true;
  }

  Status Marker(int depth) {
    if (depth > kMaxMarkerDepth) return Invalid("the marker is nested too deep");
    do {
      SkipBlanks();
      if (Peek() == '(') {
        ++at_;
        TAPPS_RETURN_IF_ERROR(Marker(depth + 1));
        if (Peek() != ')') return Invalid("expected ')' in the marker, found " + Found());
        ++at_;
      } else {
        TAPPS_RETURN_IF_ERROR(Comparison());
      }
      SkipBlanks();
    } while (TakeWord("and") || TakeWord("or"));
    return {};
  }

  Status Comparison() {
    TAPPS_RETURN_IF_ERROR(MarkerValue());
    SkipBlanks();
    if (const std::string_view op = MatchOperator(Rest()); !op.empty()) {
      at_ += op.size();
    } else if (TakeWord("not")) {
      SkipBlanks();
      if (!TakeWord("in")) return Invalid("expected 'in' after 'not' in the marker");
    } else if (!TakeWord("in")) {
      return Invalid("expected a comparison in the marker, found " + Found());
    }
    SkipBlanks();
    return MarkerValue();
  }

  Status MarkerValue() {
    if (const char quote = Peek(); quote == '"' || quote == '\'') {
      const size_t end = text_.find(quote, at_ + 1);
      if (end == std::string_view::npos) return Invalid("a text in the marker has no end");
      at_ = end + 1;
      return {};
    }
    const std::string_view word = PeekWord();
    if (std::find(kMarkerVariables.begin(), kMarkerVariables.end(), word) ==
        kMarkerVariables.end()) {
      return Invalid("expected a marker variable or a quoted text, found " + Found());
    }
    at_ += word.size();
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
};

bool IsPlainAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
}

}  // namespace

Result<Requirement> ParseRequirement(std::string_view text) {
  text = Trim(text);
  if (!IsPlainAscii(text)) return Invalid("expected ASCII text, found " + Excerpt(text));
  return Parser(text).Run();
}

std::string ExactVersion(std::string_view specifier) {
  if (specifier.substr(0, 2) != "==") return "";
  specifier.remove_prefix(specifier.substr(0, 3) == "===" ? 3 : 2);
  const std::string_view version = Trim(specifier);
  return version.find_first_of("*,<>=!~") == std::string_view::npos ? std::string(version) : "";
}

}  // namespace tapps
