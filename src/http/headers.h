#ifndef TAPPS_HTTP_HEADERS_H_
#define TAPPS_HTTP_HEADERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tapps::http {

// Header fields in the order they came, repeats and spelling kept; names are looked up without
// case. One block of text ("Name: value\r\n" a field) with an index over it: storing is writing the
// block. Views handed out are valid until the object changes.
class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  Headers() = default;
  // Reads what text() wrote. CORRUPT when it is not that.
  static Result<Headers> Parse(std::string_view text);

  // Appends a field. INVALID when the name is not a token (RFC 9110 5.6.2) or the value has CR, LF
  // or NUL in it; the message names the field, never the value.
  Status Add(std::string_view name, std::string_view value);
  // Add, in place of all fields of that name.
  Status Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name);
  // Takes one received field line without its line end. A line that starts with white space
  // continues the last field (RFC 9112 5.2). Lines that are no field are ignored.
  void AddLine(std::string_view line);

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  Field operator[](size_t i) const;
  bool Has(std::string_view name) const { return Get(name).has_value(); }
  // The value of the first field of that name.
  std::optional<std::string_view> Get(std::string_view name) const;
  // All values of that name, joined by ", " (RFC 9110 5.3); nullopt when there is none.
  std::optional<std::string> Combined(std::string_view name) const;
  // Calls visit(value) for each field of that name, in order.
  template <typename Visit>
  void ForEach(std::string_view name, Visit visit) const {
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (NameIs(fields_[i], name)) visit((*this)[i].value);
    }
  }

  const std::string& text() const { return text_; }

 private:
  struct Span {
    uint32_t begin;       // of the name
    uint32_t name_size;   // the value follows after ": "
    uint32_t value_size;  // "\r\n" follows
  };
  bool NameIs(const Span& span, std::string_view name) const;
  void Append(std::string_view name, std::string_view value);

  std::string text_;
  std::vector<Span> fields_;
};

// A token of RFC 9110 5.6.2: a field name, a method.
bool IsToken(std::string_view text);

// Whether text may be a field value: no CR, LF or NUL (RFC 9110 5.5).
bool IsFieldValue(std::string_view text);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_HEADERS_H_
