#ifndef TAPPS_CACHE_SPACES_H_
#define TAPPS_CACHE_SPACES_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/result.h"
#include "cache/options.h"

namespace tapps {

// The defaults of namespaces. Any thread; a load when no namespace has some.
class Spaces {
 public:
  static constexpr size_t kMax = 1024;

  // Nothing: none any more. FULL when too many have some.
  Status Set(std::string_view space, const std::optional<SpaceOptions>& options);
  // The options of a put with what it leaves open filled in; `ttl_us` is the cache's default.
  PutOptions Complete(std::string_view space, const PutOptions& given, int64_t ttl_us) const;

 private:
  SpaceOptions Find(std::string_view space) const;

  std::atomic<bool> any_{false};
  mutable Mutex mu_;
  std::map<std::string, SpaceOptions, std::less<>> spaces_ GUARDED_BY(mu_);
};

}  // namespace tapps

#endif  // TAPPS_CACHE_SPACES_H_
