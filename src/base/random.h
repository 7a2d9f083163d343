#ifndef TAPPS_BASE_RANDOM_H_
#define TAPPS_BASE_RANDOM_H_

#include <cstdint>

namespace tapps {

// 64 bits that nobody can guess, from the system; half a microsecond. Any thread, and other ones in
// a child after fork.
//
// A std::random_device asks the processor what it can each time one is made, which traps in a
// virtual machine: 16 us there.
uint64_t RandomBits();

}  // namespace tapps

#endif  // TAPPS_BASE_RANDOM_H_
