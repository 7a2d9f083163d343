#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tapps {

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

uint64_t KeyHash(std::string_view space, std::string_view key) {
  const uint64_t seed = space.empty() || space == "default" ? 0 : Hash64(space, 1);
  return Hash64(key, seed);
}

}  // namespace tapps
