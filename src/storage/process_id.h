#ifndef TAPPS_STORAGE_PROCESS_ID_H_
#define TAPPS_STORAGE_PROCESS_ID_H_

#include <cstdint>

namespace tapps::storage {

// Names a process so that others can tell whether it is still there, also when its number has come
// to name another process. Numbers are 0 where the machine does not tell.
struct ProcessId {
  int64_t boot = 0;     // of the machine, hashed from its boot id
  int64_t pids = 0;     // the PID namespace: containers count their processes on their own
  int64_t pid = 0;      // within it
  int64_t started = 0;  // clock ticks after boot

  // Of this process. Asked anew after a fork.
  static const ProcessId& Self();
  // Whether the process is known to have ended. False when it cannot be told from here.
  bool Dead() const;
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_PROCESS_ID_H_
