#ifndef TAPPS_TESTS_SUPPORT_FAILING_ALLOCATIONS_H_
#define TAPPS_TESTS_SUPPORT_FAILING_ALLOCATIONS_H_

// Replaces operator new, to count allocations and to let one fail. To be included by one file of a
// program. Allocations of C libraries are not seen.

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>

namespace tapps::test {

// Of this thread.
inline thread_local int64_t allocations = 0;
inline thread_local int64_t allocations_until_failure = std::numeric_limits<int64_t>::max();

// Lets the allocation of this thread fail that comes after `successes` more, and only that.
inline void FailAllocationAfter(int64_t successes) { allocations_until_failure = successes; }
inline void FailNoAllocation() { allocations_until_failure = std::numeric_limits<int64_t>::max(); }

}  // namespace tapps::test

// g++ sees free() behind the sanitizers' own operator new and takes it for a mistake.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
  ++tapps::test::allocations;
  if (tapps::test::allocations_until_failure-- == 0) {
    tapps::test::FailNoAllocation();
    throw std::bad_alloc();
  }
  if (void* p = std::malloc(size != 0 ? size : 1)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

#endif  // TAPPS_TESTS_SUPPORT_FAILING_ALLOCATIONS_H_
