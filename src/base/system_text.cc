#include "base/system_text.h"

#include <cstring>

namespace tapps {

std::string SystemText(int error) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
  const char* text = strerrordesc_np(error);  // strerror translates
#else
  const char* text = std::strerror(error);
#endif
  return text != nullptr ? text : "error " + std::to_string(error);
}

}  // namespace tapps
