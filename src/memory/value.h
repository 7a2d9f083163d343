#ifndef TAPPS_MEMORY_VALUE_H_
#define TAPPS_MEMORY_VALUE_H_
#include "base/value.h"
#endif  // TAPPS_MEMORY_VALUE_H_
