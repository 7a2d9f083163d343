#include "base/random.h"

#include <sys/random.h>
#include <unistd.h>

#include <random>

namespace tapps {

uint64_t RandomBits() {
  uint64_t bits = 0;
  if (getentropy(&bits, sizeof bits) == 0) return bits;
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

}  // namespace tapps
