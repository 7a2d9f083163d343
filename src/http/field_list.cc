#include "http/field_list.h"

#include <algorithm>

#include "http/text.h"

namespace tapps::http {

size_t FieldList::MemberEnd() {
  bool quoted = false;
  for (size_t i = 0; quotes_ && i < rest_.size(); ++i) {
    if (rest_[i] == '"') quoted = !quoted;
    if (rest_[i] == ',' && !quoted) return i;
    if (rest_[i] == '\\' && quoted) ++i;
  }
  if (quoted) quotes_ = false;
  return quotes_ ? rest_.size() : std::min(rest_.find(','), rest_.size());
}

std::optional<std::string_view> FieldList::Next() {
  while (!rest_.empty()) {
    const size_t end = MemberEnd();
    const std::string_view member = TrimSpace(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!member.empty()) return member;
  }
  return std::nullopt;
}

std::vector<std::string_view> SplitList(std::string_view value) {
  std::vector<std::string_view> members;
  FieldList list(value);
  while (const auto member = list.Next()) members.push_back(*member);
  return members;
}

}  // namespace tapps::http
