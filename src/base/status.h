#ifndef TAPPS_BASE_STATUS_H_
#define TAPPS_BASE_STATUS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tapps.h"

namespace tapps {

// What went wrong beyond the code. All numbers are 0 where they do not apply.
struct ErrorDetail {
  std::string message;         // one line, UTF-8, says what failed and why
  int32_t sqlite_code = 0;     // SQLite extended result code
  int32_t sys_errno = 0;       // errno at the failing system call
  int32_t http_status = 0;     // status of the answer that failed the call
  int64_t retry_after_us = 0;  // how long to wait before trying again
};

// Success, or a TAPPS_E_* code with its detail. A success carries no allocation.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(int32_t code, std::string message)
      : code_(code), detail_(std::make_unique<ErrorDetail>()) {
    detail_->message = std::move(message);
  }
  Status(int32_t code, ErrorDetail detail)
      : code_(code), detail_(std::make_unique<ErrorDetail>(std::move(detail))) {}
  Status(const Status& other)
      : code_(other.code_),
        detail_(other.detail_ ? std::make_unique<ErrorDetail>(*other.detail_) : nullptr) {}
  Status& operator=(const Status& other) {
    if (this != &other) *this = Status(other);
    return *this;
  }
  Status(Status&&) = default;
  Status& operator=(Status&&) = default;

  // The code alone, without a message or an allocation: for answers that are not failures
  // (NOT_FOUND, WOULD_BLOCK) on paths that must be fast.
  static Status Bare(int32_t code) {
    Status s;
    s.code_ = code;
    return s;
  }

  bool ok() const { return code_ == TAPPS_OK; }
  int32_t code() const { return code_; }
  std::string_view message() const;
  const ErrorDetail& detail() const;

  // The same failure seen from further out: "CONTEXT: message".
  Status Wrap(std::string_view context) &&;

 private:
  int32_t code_ = TAPPS_OK;
  std::unique_ptr<ErrorDetail> detail_;
};

// The name of a code without its prefix ("NOT_FOUND"); "UNKNOWN" for numbers that are not codes.
const char* CodeName(int32_t code);
// One sentence on what a code means.
const char* CodeMeaning(int32_t code);

}  // namespace tapps

#endif  // TAPPS_BASE_STATUS_H_
