#ifndef TAPPS_CACHE_DEFAULT_PATH_H_
#define TAPPS_CACHE_DEFAULT_PATH_H_

#include <string>

#include "base/result.h"

namespace tapps {

// Where all programs of a user share one cache: $XDG_CACHE_HOME/tapps/cache-1.db, else
// $HOME/.cache/tapps/cache-1.db. Reads these two variables and nothing else of the environment.
// INVALID when neither is an absolute path.
Result<std::string> DefaultCachePath();

}  // namespace tapps

#endif  // TAPPS_CACHE_DEFAULT_PATH_H_
