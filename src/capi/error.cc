#include "capi/guard.h"

int32_t tapps_error_code(const tapps_error* error) {
  return error ? error->status.code() : TAPPS_OK;
}

const char* tapps_error_message(const tapps_error* error) {
  // Messages are NUL-terminated: of a std::string, or of a literal.
  return error ? error->status.message().data() : "";
}

int32_t tapps_error_sqlite(const tapps_error* error) {
  return error ? error->status.detail().sqlite_code : 0;
}

int32_t tapps_error_errno(const tapps_error* error) {
  return error ? error->status.detail().sys_errno : 0;
}

int32_t tapps_error_http_status(const tapps_error* error) {
  return error ? error->status.detail().http_status : 0;
}

int64_t tapps_error_retry_after_us(const tapps_error* error) {
  return error ? error->status.detail().retry_after_us : 0;
}

void tapps_error_release(tapps_error* error) { delete error; }

const char* tapps_code_name(int32_t code) { return tapps::CodeName(code); }

const char* tapps_code_meaning(int32_t code) { return tapps::CodeMeaning(code); }
