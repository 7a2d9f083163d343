#include "cache/default_path.h"

#include <cstdlib>

namespace tapps {

Result<std::string> DefaultCachePath() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  // The XDG base directory specification has relative paths ignored.
  if (cache && cache[0] == '/') return std::string(cache) + "/tapps/cache-1.db";
  const char* home = std::getenv("HOME");
  if (home && home[0] == '/') return std::string(home) + "/.cache/tapps/cache-1.db";
  return Status(TAPPS_E_INVALID,
                "no path was given, and neither XDG_CACHE_HOME nor HOME names a folder");
}

}  // namespace tapps
