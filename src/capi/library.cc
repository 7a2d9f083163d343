#include "tapps.h"

#define TAPPS_STRING_(x) #x
#define TAPPS_STRING(x) TAPPS_STRING_(x)

const char* tapps_version(void) {
  return TAPPS_STRING(TAPPS_VERSION_MAJOR) "." TAPPS_STRING(TAPPS_VERSION_MINOR) "." TAPPS_STRING(
      TAPPS_VERSION_PATCH);
}

int32_t tapps_abi(void) { return TAPPS_ABI; }
