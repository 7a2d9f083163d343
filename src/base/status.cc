#include "base/status.h"

#include <array>

namespace tapps {
namespace {

struct CodeText {
  int32_t code;
  const char* name;
  const char* meaning;
};

constexpr std::array kCodes = {
    CodeText{TAPPS_OK, "OK", "success"},
    CodeText{TAPPS_E_NOT_FOUND, "NOT_FOUND", "nothing is stored there"},
    CodeText{TAPPS_E_EXISTS, "EXISTS", "it exists already"},
    CodeText{TAPPS_E_INVALID, "INVALID", "an argument is not valid"},
    CodeText{TAPPS_E_UNSUPPORTED, "UNSUPPORTED", "this is not supported here"},
    CodeText{TAPPS_E_CLOSED, "CLOSED", "the object was closed"},
    CodeText{TAPPS_E_FORKED, "FORKED", "the object was inherited through fork"},
    CodeText{TAPPS_E_VERSION, "VERSION", "the version is not compatible"},
    CodeText{TAPPS_E_BUSY, "BUSY", "a limit is reached, try again"},
    CodeText{TAPPS_E_WOULD_BLOCK, "WOULD_BLOCK", "the answer is not in memory"},
    CodeText{TAPPS_E_TIMEOUT, "TIMEOUT", "the deadline passed"},
    CodeText{TAPPS_E_CANCELLED, "CANCELLED", "the operation was cancelled"},
    CodeText{TAPPS_E_OUTCOME_UNKNOWN, "OUTCOME_UNKNOWN", "the deadline passed during the commit"},
    CodeText{TAPPS_E_IO, "IO", "an input or output operation failed"},
    CodeText{TAPPS_E_FULL, "FULL", "there is no space left"},
    CodeText{TAPPS_E_NOMEM, "NOMEM", "out of memory"},
    CodeText{TAPPS_E_CORRUPT, "CORRUPT", "the data is damaged or foreign"},
    CodeText{TAPPS_E_READ_ONLY, "READ_ONLY", "it may not be written"},
    CodeText{TAPPS_E_DENIED, "DENIED", "permission denied"},
    CodeText{TAPPS_E_NETWORK, "NETWORK", "the network transfer failed"},
    CodeText{TAPPS_E_OPEN_CIRCUIT, "OPEN_CIRCUIT", "the circuit breaker is open"},
    CodeText{TAPPS_E_QUOTA, "QUOTA", "the origin asked to wait"},
    CodeText{TAPPS_E_OFFLINE, "OFFLINE", "the network is switched off"},
    CodeText{TAPPS_E_TOO_LARGE, "TOO_LARGE", "a size limit is exceeded"},
    CodeText{TAPPS_E_PROTOCOL, "PROTOCOL", "the answer of the peer is malformed"},
    CodeText{TAPPS_E_INTERNAL, "INTERNAL", "an internal error"},
};

const CodeText* Find(int32_t code) {
  for (const CodeText& entry : kCodes) {
    if (entry.code == code) return &entry;
  }
  return nullptr;
}

}  // namespace

const char* CodeName(int32_t code) {
  const CodeText* entry = Find(code);
  return entry ? entry->name : "UNKNOWN";
}

const char* CodeMeaning(int32_t code) {
  const CodeText* entry = Find(code);
  return entry ? entry->meaning : "an unknown error";
}

std::string_view Status::message() const {
  return detail_ ? std::string_view(detail_->message) : std::string_view(CodeMeaning(code_));
}

const ErrorDetail& Status::detail() const {
  // Never destroyed: late threads may still look at it while the process exits.
  static const ErrorDetail* const none = new ErrorDetail();
  return detail_ ? *detail_ : *none;
}

Status Status::Wrap(std::string_view context) && {
  ErrorDetail detail = detail_ ? std::move(*detail_) : ErrorDetail{};
  if (detail.message.empty()) detail.message = CodeMeaning(code_);
  detail.message = std::string(context) + ": " + detail.message;
  return Status(code_, std::move(detail));
}

}  // namespace tapps
