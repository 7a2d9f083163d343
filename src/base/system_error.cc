#include "base/system_error.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace tapps {

std::string SystemText(int error) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
  const char* text = strerrordesc_np(error);  // strerror translates
#else
  const char* text = std::strerror(error);
#endif
  return text != nullptr ? text : "error " + std::to_string(error);
}

int32_t SystemCode(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case ELOOP:
      return TAPPS_E_DENIED;
    case EROFS:
      return TAPPS_E_READ_ONLY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return TAPPS_E_FULL;
    case ENOTDIR:
    case ENAMETOOLONG:
    case EISDIR:
      return TAPPS_E_INVALID;
    case ENOENT:
      return TAPPS_E_NOT_FOUND;
    case ENOMEM:
      return TAPPS_E_NOMEM;
    default:
      return TAPPS_E_IO;
  }
}

Status SystemError(const std::string& what, int error) {
  return SystemError(SystemCode(error), what, error);
}

Status SystemError(int32_t code, const std::string& what, int error) {
  ErrorDetail detail;
  detail.message = what + ": " + SystemText(error);
  detail.sys_errno = error;
  return Status(code, std::move(detail));
}

}  // namespace tapps
