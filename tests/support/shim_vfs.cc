#include "support/shim_vfs.h"

#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

namespace tapps::test {
namespace {

using Op = ShimVfs::Op;

struct HookHolder {
  std::mutex mu;
  std::shared_ptr<const ShimVfs::Hook> hook;
};
HookHolder& Holder() {
  static HookHolder holder;
  return holder;
}

sqlite3_vfs* real = nullptr;
sqlite3_vfs shim;

int Ask(Op op) {
  std::shared_ptr<const ShimVfs::Hook> hook;
  {
    std::lock_guard lock(Holder().mu);
    hook = Holder().hook;
  }
  return hook ? (*hook)(op) : SQLITE_OK;
}

// SQLite's file object, with room for the real one behind.
struct File {
  sqlite3_file base;
  sqlite3_file* real_file() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* Real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real_file(); }
const sqlite3_io_methods* Methods(sqlite3_file* file) { return Real(file)->pMethods; }

int Close(sqlite3_file* f) { return Methods(f)->xClose(Real(f)); }
int Read(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  if (const int rc = Ask(Op::kRead); rc != SQLITE_OK) {
    if (rc == SQLITE_IOERR_SHORT_READ) std::memset(to, 0, static_cast<size_t>(size));
    return rc;
  }
  return Methods(f)->xRead(Real(f), to, size, at);
}
int Write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  if (const int rc = Ask(Op::kWrite); rc != SQLITE_OK) return rc;
  return Methods(f)->xWrite(Real(f), from, size, at);
}
int Truncate(sqlite3_file* f, sqlite3_int64 size) {
  if (const int rc = Ask(Op::kTruncate); rc != SQLITE_OK) return rc;
  return Methods(f)->xTruncate(Real(f), size);
}
int Sync(sqlite3_file* f, int flags) {
  if (const int rc = Ask(Op::kSync); rc != SQLITE_OK) return rc;
  return Methods(f)->xSync(Real(f), flags);
}
int FileSize(sqlite3_file* f, sqlite3_int64* size) {
  if (const int rc = Ask(Op::kFileSize); rc != SQLITE_OK) return rc;
  return Methods(f)->xFileSize(Real(f), size);
}
int Lock(sqlite3_file* f, int level) {
  if (const int rc = Ask(Op::kLock); rc != SQLITE_OK) return rc;
  return Methods(f)->xLock(Real(f), level);
}
int Unlock(sqlite3_file* f, int level) { return Methods(f)->xUnlock(Real(f), level); }
int CheckReserved(sqlite3_file* f, int* out) {
  return Methods(f)->xCheckReservedLock(Real(f), out);
}
int Control(sqlite3_file* f, int op, void* argument) {
  return Methods(f)->xFileControl(Real(f), op, argument);
}
int SectorSize(sqlite3_file* f) { return Methods(f)->xSectorSize(Real(f)); }
int Characteristics(sqlite3_file* f) { return Methods(f)->xDeviceCharacteristics(Real(f)); }
int ShmMap(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
  if (const int rc = Ask(Op::kShmMap); rc != SQLITE_OK) {
    *out = nullptr;
    return rc;
  }
  return Methods(f)->xShmMap(Real(f), region, size, extend, out);
}
int ShmLock(sqlite3_file* f, int offset, int count, int flags) {
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    if (const int rc = Ask(Op::kShmLock); rc != SQLITE_OK) return rc;
  }
  return Methods(f)->xShmLock(Real(f), offset, count, flags);
}
void ShmBarrier(sqlite3_file* f) { Methods(f)->xShmBarrier(Real(f)); }
int ShmUnmap(sqlite3_file* f, int remove) { return Methods(f)->xShmUnmap(Real(f), remove); }
int Fetch(sqlite3_file*, sqlite3_int64, int, void** out) {
  *out = nullptr;
  return SQLITE_OK;
}
int Unfetch(sqlite3_file*, sqlite3_int64, void* page) {
  // Nothing is ever mapped: a call for the whole file is the checkpoint's.
  if (page == nullptr) Ask(Op::kCheckpointHasHeader);
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    3,        Close,         Read,    Write,      Truncate,        Sync,   FileSize, Lock,
    Unlock,   CheckReserved, Control, SectorSize, Characteristics, ShmMap, ShmLock,  ShmBarrier,
    ShmUnmap, Fetch,         Unfetch};

int Open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if (const int rc = Ask(Op::kOpen); rc != SQLITE_OK) return rc;
  const int rc =
      real->xOpen(real, name, reinterpret_cast<File*>(file)->real_file(), flags, out_flags);
  if (rc == SQLITE_OK) file->pMethods = &kMethods;
  return rc;
}
int Delete(sqlite3_vfs*, const char* name, int sync) {
  if (const int rc = Ask(Op::kDelete); rc != SQLITE_OK) return rc;
  return real->xDelete(real, name, sync);
}
int Access(sqlite3_vfs*, const char* name, int flags, int* out) {
  if (const int rc = Ask(Op::kAccess); rc != SQLITE_OK) return rc;
  return real->xAccess(real, name, flags, out);
}

}  // namespace

ShimVfs::ShimVfs() {
  real = sqlite3_vfs_find(nullptr);
  shim = *real;
  shim.zName = "tapps-shim";
  shim.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  shim.pNext = nullptr;
  shim.xOpen = Open;
  shim.xDelete = Delete;
  shim.xAccess = Access;
  sqlite3_vfs_register(&shim, 1);
}

ShimVfs::~ShimVfs() {
  SetHook(nullptr);
  sqlite3_vfs_unregister(&shim);
  sqlite3_vfs_register(real, 1);
}

void ShimVfs::SetHook(Hook hook) {
  std::lock_guard lock(Holder().mu);
  Holder().hook = hook ? std::make_shared<const Hook>(std::move(hook)) : nullptr;
}

}  // namespace tapps::test
