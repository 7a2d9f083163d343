#ifndef TAPPS_TESTS_SUPPORT_PROCESS_STATE_H_
#define TAPPS_TESTS_SUPPORT_PROCESS_STATE_H_

#include <cstdint>
#include <string>

namespace tapps::test {

// Threads and open descriptors of this process, now.
int CountThreads();
int CountDescriptors();
// Threads of this process that have the name.
int CountThreads(const std::string& name);
// Whether a thread of this process (gettid) waits for something.
bool IsAsleep(int thread);
// The most memory of this process that was resident at once, in bytes, since the last reset.
int64_t PeakMemory();
void ResetPeakMemory();
// Memory of this process that is resident now and no file's, in bytes.
int64_t AnonymousMemory();
// Whether a file whose path has `part` in it is mapped into this process.
bool IsMapped(const std::string& part);

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_PROCESS_STATE_H_
