// Values. Include <tapps.hpp>.
#ifndef TAPPS_VALUE_HPP
#define TAPPS_VALUE_HPP

#include <optional>
#include <string_view>

#include "../tapps.h"
#include "result.hpp"

namespace tapps::cxx {

// Immutable bytes and what is known about them. Views live as long as the value.
class Value {
 public:
  Value() = default;
  // Takes the reference over.
  explicit Value(tapps_value* value) : value_(value) {}

  explicit operator bool() const { return value_ != nullptr; }
  std::string_view bytes() const& {
    size_t size = 0;
    const void* data = tapps_value_data(value_.get(), &size);
    return detail::View(data, size);
  }
  std::string_view bytes() const&& = delete;
  tapps_info info() const {
    tapps_info info{};
    if (value_) tapps_value_info(value_.get(), &info);
    return info;
  }
  // TAPPS_TEXT_*; nothing when it is not known.
  std::optional<std::string_view> text(int32_t text) const& {
    size_t size = 0;
    const char* data = tapps_value_text(value_.get(), text, &size);
    if (data == nullptr) return std::nullopt;
    return std::string_view(data, size);
  }
  std::optional<std::string_view> text(int32_t text) const&& = delete;
  // Another handle on the same bytes.
  Value Share() const { return Value(tapps_value_retain(value_.get())); }
  tapps_value* get() const { return value_.get(); }

 private:
  detail::Owned<tapps_value, tapps_value_release> value_;
};

template <>
inline constexpr bool detail::kLends<Value> = true;

}  // namespace tapps::cxx

#endif  // TAPPS_VALUE_HPP
