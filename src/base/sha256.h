#ifndef TAPPS_BASE_SHA256_H_
#define TAPPS_BASE_SHA256_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tapps {

// SHA-256 (FIPS 180-4): for what must not be found from its hash, which Hash64 does not promise.
// About 5 ns a byte.
std::array<uint8_t, 32> Sha256(std::string_view bytes);

// The first half of it in 32 hexadecimal digits.
std::string Sha256Text(std::string_view bytes);

}  // namespace tapps

#endif  // TAPPS_BASE_SHA256_H_
