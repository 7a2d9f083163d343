#include "project/toml_document.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <vector>

#include "project/text.h"

namespace tapps {
namespace {

constexpr int kMaxErrors = 16;
constexpr size_t kMaxMendedBytes = 1 << 20;

// "[table]" or "[[array]]" alone on its line. An element of an array may look the same; then the
// worst is that one more line is left out.
bool IsHeader(std::string_view line) {
  line = Trim(line.substr(0, line.find('#')));
  return line.size() > 2 && line.front() == '[' && line.back() == ']' &&
         line.find_first_of(",=") == std::string_view::npos;
}

// "key =", the start of a statement.
bool IsKey(std::string_view line) {
  const size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = Trim(line.substr(0, equals));
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return IsAlnum(c) || std::string_view("-_. \"'").find(c) != std::string_view::npos;
  }) && !(key.front() == '"' && key.find('"', 1) == std::string_view::npos);
}

// A document that is mended line by line; the number of lines never changes.
class Mender {
 public:
  explicit Mender(std::string_view text) {
    for (const std::string_view line : Lines(text)) lines_.emplace_back(line);
  }

  std::string Text() const {
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
  }

  bool Blank(int line) {
    if (line < 1 || static_cast<size_t>(line) > lines_.size()) return false;
    lines_[static_cast<size_t>(line) - 1].clear();
    return true;
  }

  // Changes something at the line of an error (1-based); false if nothing is left to change.
  bool Mend(int line, std::string_view reason) {
    if (lines_.empty()) return false;
    const size_t at = std::min(static_cast<size_t>(std::max(line, 1)), lines_.size()) - 1;
    const bool at_end = static_cast<size_t>(line) >= lines_.size();
    const bool boundary =
        at_end || Trim(lines_[at]).empty() || IsHeader(lines_[at]) || IsKey(lines_[at]);
    // A new statement where an array goes on: its bracket is missing.
    if (boundary && at != closed_ && reason.find("redefine") == std::string_view::npos &&
        CloseArray(at_end ? lines_.size() : at)) {
      closed_ = at;
      return true;
    }
    if (!Trim(lines_[at]).empty()) {
      lines_[at].clear();
      return true;
    }
    return BlankStatement(at);
  }

 private:
  // Ends the statement before line `at` with a bracket if it is an open array.
  bool CloseArray(size_t at) {
    size_t key = at;
    while (key > 0 && !IsKey(lines_[key - 1]) && !IsHeader(lines_[key - 1])) --key;
    if (key == 0 || !IsKey(lines_[key - 1])) return false;
    const std::string& first = lines_[key - 1];
    const std::string_view value = Trim(std::string_view(first).substr(first.find('=') + 1));
    if (value.empty() || value[0] != '[') return false;
    size_t last = at;
    while (last > key && (Trim(lines_[last - 1]).empty() || Trim(lines_[last - 1])[0] == '#'))
      --last;
    if (lines_[last - 1].find('#') != std::string::npos) return false;
    lines_[last - 1] += " ]";
    return true;
  }

  bool BlankStatement(size_t at) {
    size_t start = at;
    while (start > 0 && !IsKey(lines_[start]) && !IsHeader(lines_[start])) --start;
    bool changed = false;
    for (size_t i = start; i <= at; ++i) {
      changed = changed || !lines_[i].empty();
      lines_[i].clear();
    }
    return changed;
  }

  std::vector<std::string> lines_;
  size_t closed_ = static_cast<size_t>(-1);  // the line before which a bracket was added last
};

// Finds nesting that the parser would follow: it bounds values within values, but not the parts of
// a dotted key, and a tree of a million tables overflows the stack when it is destroyed.
class DepthCheck {
 public:
  explicit DepthCheck(std::string_view text) : text_(text) {}

  // The first line that is nested too deep, 0 if there is none.
  int Run() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        SkipString(c);
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size()) - 1;
      } else if (c == '.') {
        if (++dots_ > kMaxKeyDots) return line_;
      } else if (c == '[' || c == '{') {
        dots_ = 0;
        if (++depth_ > kMaxValueDepth) return line_;
      } else if (c == ']' || c == '}') {
        dots_ = 0;
        depth_ = std::max(depth_ - 1, 0);
      } else if (c == '=' || c == ',' || c == '\n') {
        dots_ = 0;
        if (c == '\n') ++line_;
      }
    }
    return 0;
  }

 private:
  // Moves to the last character of the string that starts here. A string on one line ends with it.
  void SkipString(char quote) {
    const bool block = text_.substr(at_, 3) == std::string(3, quote);
    at_ += block ? 3 : 1;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        if (!block) {
          --at_;  // Run counts it
          return;
        }
        ++line_;
      } else if (c == '\\' && quote == '"') {
        if (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
      } else if (c == quote && (!block || text_.substr(at_, 3) == std::string(3, quote))) {
        if (!block) return;
        at_ += 2;
        // Up to two more quotes belong to the text before the end.
        for (int i = 0; i < 2 && at_ + 1 < text_.size() && text_[at_ + 1] == quote; ++i) ++at_;
        return;
      }
    }
  }

  static constexpr int kMaxKeyDots = 16;
  static constexpr int kMaxValueDepth = 32;

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  int dots_ = 0;
  int depth_ = 0;
};

std::string Printable(std::string_view text) {
  std::string out(text.substr(0, 200));
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

}  // namespace

void RefuseToml() { throw std::invalid_argument("not TOML: a value is missing or cut short"); }

toml::table ParseToml(std::string_view text, const std::string& file, Findings* findings) {
  Mender mender(text.size() > kMaxMendedBytes ? std::string_view() : text);
  std::string mended;
  int last_line = 0;
  for (int errors = 0; errors < kMaxErrors; ++errors) {
    if (errors > 0) {
      mended = mender.Text();
      text = mended;
    }
    if (const int line = DepthCheck(text).Run(); line > 0) {
      findings->Complain(file, line, "nested too deep");
      if (!mender.Blank(line)) break;
      continue;
    }
    try {
      return toml::parse(text);
    } catch (const toml::parse_error& error) {
      const int line = static_cast<int>(error.source().begin.line);
      // A mended place may be wrong once more: one message a line is enough.
      if (line != last_line) findings->Complain(file, line, Printable(error.description()));
      last_line = line;
      if (!mender.Mend(line, error.description())) break;
    } catch (const std::exception& error) {
      findings->Complain(file, 0, Printable(error.what()));
      break;
    }
  }
  return {};
}

}  // namespace tapps
