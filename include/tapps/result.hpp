// Failures, results, options. Include <tapps.hpp>.
#ifndef TAPPS_RESULT_HPP
#define TAPPS_RESULT_HPP

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../tapps.h"

namespace tapps::cxx {

// An options struct with its size set and every default chosen.
template <typename T>
T Options() {
  T options{};
  options.struct_size = static_cast<uint32_t>(sizeof(T));
  return options;
}

// The version of the library that was loaded, "0.1.0".
inline const char* Version() { return tapps_version(); }

// A duration as tapps.h counts it.
template <typename Rep, typename Period>
constexpr int64_t Microseconds(std::chrono::duration<Rep, Period> duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

namespace detail {

template <typename T, void (*Release)(T*)>
struct Releaser {
  void operator()(T* object) const { Release(object); }
};

template <typename T, void (*Release)(T*)>
using Owned = std::unique_ptr<T, Releaser<T, Release>>;

// Whether a T has views of what it owns: not to be reached through a Result that ends at once.
template <typename T>
inline constexpr bool kLends = false;

// What to do about a library that was loaded instead of the one built against.
inline std::string WrongAbi(int32_t found) {
  const std::string needed = std::to_string(TAPPS_ABI);
  return std::string("the libtapps that was loaded, ") + tapps_version() + ", has ABI " +
         std::to_string(found) + " and this program was built for " + needed +
         ": install libtapps.so." + needed +
         ", name its folder in LD_LIBRARY_PATH, or build the program again";
}

inline std::string_view View(const void* data, size_t size) {
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(data), size);
}

}  // namespace detail

// Why a call failed; OK when made by default.
class Error {
 public:
  Error() = default;
  // Takes `error` over; it may be NULL.
  explicit Error(int32_t code, tapps_error* error = nullptr) : code_(code), error_(error) {}
  // With one line of the caller's own.
  Error(int32_t code, std::string text) : code_(code), text_(std::move(text)) {}

  int32_t code() const { return code_; }
  // "NOT_FOUND".
  const char* name() const { return tapps_code_name(code_); }
  // One line, never empty; lives as long as the error.
  const char* message() const {
    if (!text_.empty()) return text_.c_str();
    const char* text = tapps_error_message(error_.get());
    return text != nullptr && *text != '\0' ? text : tapps_code_meaning(code_);
  }
  int32_t sqlite_code() const { return tapps_error_sqlite(error_.get()); }
  int32_t sys_errno() const { return tapps_error_errno(error_.get()); }
  int32_t http_status() const { return tapps_error_http_status(error_.get()); }
  std::chrono::microseconds retry_after() const {
    return std::chrono::microseconds(tapps_error_retry_after_us(error_.get()));
  }

 private:
  int32_t code_ = TAPPS_OK;
  detail::Owned<tapps_error, tapps_error_release> error_;
  std::string text_;
};

// A T, or the Error that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  int32_t code() const { return error_.code(); }
  // Only when !ok().
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }
  // Only when ok(). What has views, a Value, has to be kept: views of a temporary would dangle.
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() & { return &*value_; }
  const T* operator->() const& { return &*value_; }
  template <typename U = T, std::enable_if_t<!detail::kLends<U>, int> = 0>
  U* operator->() && {
    return &*value_;
  }
  template <typename U = T, std::enable_if_t<detail::kLends<U>, int> = 0>
  U* operator->() && = delete;

 private:
  Error error_;
  std::optional<T> value_;
};

// Success, or the Error that says why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return error_.code() == TAPPS_OK; }
  explicit operator bool() const { return ok(); }
  int32_t code() const { return error_.code(); }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
};

namespace detail {

inline Result<void> Check(int32_t code, tapps_error* error) {
  if (code == TAPPS_OK) return {};
  return Error(code, error);
}

}  // namespace detail

}  // namespace tapps::cxx

#endif  // TAPPS_RESULT_HPP
