#ifndef TAPPS_BASE_RESULT_H_
#define TAPPS_BASE_RESULT_H_

#include <optional>
#include <utility>

#include "base/status.h"

namespace tapps {

// A value of type T, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor)
  Result(int32_t code, std::string message) : status_(code, std::move(message)) {}

  bool ok() const { return status_.ok(); }
  int32_t code() const { return status_.code(); }
  const Status& status() const& { return status_; }
  Status&& status() && { return std::move(status_); }

  // Only when ok().
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace tapps

// Returns the failure of EXPR from the enclosing function.
#define TAPPS_RETURN_IF_ERROR(expr)                                         \
  do {                                                                      \
    if (::tapps::Status status__ = (expr); !status__.ok()) return status__; \
  } while (false)

#endif  // TAPPS_BASE_RESULT_H_
