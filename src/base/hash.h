#ifndef TAPPS_BASE_HASH_H_
#define TAPPS_BASE_HASH_H_

#include <cstdint>
#include <string_view>

namespace tapps {

// XXH3, 64 bits; the same on every machine and release: its results are stored in files.
uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

// The hash of a key within a namespace (empty: "default"). Keys of different namespaces are hashed
// under different seeds, so that ("a", "b:c") and ("a:b", "c") have nothing in common. Equal hashes
// do not make equal keys: compare them.
uint64_t KeyHash(std::string_view space, std::string_view key);

}  // namespace tapps

#endif  // TAPPS_BASE_HASH_H_
