#include "project/pep440.h"

#include <algorithm>
#include <initializer_list>

#include "project/text.h"

namespace tapps {
namespace {

// Moves over the parts of a version; each function returns whether its part was there.
class Matcher {
 public:
  explicit Matcher(std::string_view text) : text_(text) {}

  size_t position() const { return at_; }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool Digits() {
    const size_t start = at_;
    while (IsDigit(Peek())) ++at_;
    return at_ > start;
  }

  bool Word(std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) {
      if (Lower(text_.substr(at_, word.size())) == word) {
        at_ += word.size();
        return true;
      }
    }
    return false;
  }

  // "1!2.3" with an optional v; numbers counts those of the release.
  bool Release(int* numbers) {
    Word({"v"});
    const size_t start = at_;
    if (!Digits()) return false;
    if (Peek() == '!') {
      ++at_;
      if (!Digits()) {
        at_ = start;
        return Digits();
      }
    }
    *numbers = 1;
    while (Peek() == '.' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1])) {
      ++at_;
      Digits();
      ++*numbers;
    }
    return true;
  }

  // "-rc.1": a separator, one of the words, a separator, a number; all but the word may be absent.
  void Suffix(std::initializer_list<std::string_view> words) {
    const size_t start = at_;
    Separator();
    if (!Word(words)) {
      at_ = start;
      return;
    }
    Separator();
    Digits();
  }

  void Post() {
    const size_t start = at_;
    if (Peek() == '-') {
      ++at_;
      if (Digits()) return;
      at_ = start;
    }
    Suffix({"post", "rev", "r"});
  }

  void Local() {
    if (Peek() != '+') return;
    const size_t start = at_++;
    if (!Label()) {
      at_ = start;
      return;
    }
    for (size_t end = at_; Separator(); end = at_) {
      if (!Label()) {
        at_ = end;
        return;
      }
    }
  }

  bool Wildcard() { return Word({".*"}); }

 private:
  bool Separator() {
    if (Peek() != '-' && Peek() != '_' && Peek() != '.') return false;
    ++at_;
    return true;
  }

  bool Label() {
    const size_t start = at_;
    while (IsAlnum(Peek())) ++at_;
    return at_ > start;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::string_view MatchOperator(std::string_view text) {
  for (const std::string_view op : {"===", "==", "~=", "!=", "<=", ">=", "<", ">"}) {
    if (text.substr(0, op.size()) == op) return text.substr(0, op.size());
  }
  return {};
}

size_t MatchVersion(std::string_view text, std::string_view op) {
  if (op == "===") return std::min(text.find_first_of(" \t;),"), text.size());
  const bool equality = op == "==" || op == "!=";
  Matcher match(text);
  int numbers = 0;
  if (!match.Release(&numbers)) return 0;
  if (op == "~=" && numbers < 2) return 0;
  if (equality && match.Wildcard()) return match.position();
  match.Suffix({"alpha", "beta", "preview", "pre", "a", "b", "c", "rc"});
  match.Post();
  match.Suffix({"dev"});
  if (equality) match.Local();
  return match.position();
}

}  // namespace tapps
