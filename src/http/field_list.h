#ifndef TAPPS_HTTP_FIELD_LIST_H_
#define TAPPS_HTTP_FIELD_LIST_H_

#include <optional>
#include <string_view>
#include <vector>

namespace tapps::http {

// Reads a field's comma-separated list (RFC 9110 5.6.1) in time linear in its length, without
// allocating: members are trimmed, empty ones dropped, commas in quoted strings do not separate.
// From a quote that is never closed on, every comma separates. Members are views into `value`.
class FieldList {
 public:
  explicit FieldList(std::string_view value) : rest_(value) {}

  // The next member; nullopt at the end.
  std::optional<std::string_view> Next();

 private:
  size_t MemberEnd();

  std::string_view rest_;
  bool quotes_ = true;  // until one is found unclosed
};

// All members.
std::vector<std::string_view> SplitList(std::string_view value);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_FIELD_LIST_H_
