#ifndef TAPPS_TESTS_SUPPORT_SHIM_VFS_H_
#define TAPPS_TESTS_SUPPORT_SHIM_VFS_H_

#include <sqlite3.h>

#include <functional>

namespace tapps::test {

// While it lives, SQLite's default file layer is one that asks before every call that may fail.
// Connections opened meanwhile must be closed before it goes. One at a time.
class ShimVfs {
 public:
  enum class Op {
    kOpen,
    kDelete,
    kAccess,
    kRead,
    kWrite,
    kTruncate,
    kSync,
    kFileSize,
    kLock,
    kShmMap,
    kShmLock,
    // A PASSIVE checkpoint has read the WAL-index header, which others have changed since this
    // connection last looked, and nothing else. Its answer is not used.
    kCheckpointHasHeader,
  };
  // The answer, unless SQLITE_OK, becomes that of the call, which is not made. Any thread.
  using Hook = std::function<int(Op)>;

  ShimVfs();
  ~ShimVfs();
  ShimVfs(const ShimVfs&) = delete;
  ShimVfs& operator=(const ShimVfs&) = delete;

  // NULL: nothing fails.
  void SetHook(Hook hook);
};

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_SHIM_VFS_H_
