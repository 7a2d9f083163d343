#ifndef TAPPS_BASE_SYSTEM_TEXT_H_
#define TAPPS_BASE_SYSTEM_TEXT_H_

#include <string>

namespace tapps {

// What an errno means, in English whatever the host's locale is. Any thread.
std::string SystemText(int error);

}  // namespace tapps

#endif  // TAPPS_BASE_SYSTEM_TEXT_H_
