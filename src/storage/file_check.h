#ifndef TAPPS_STORAGE_FILE_CHECK_H_
#define TAPPS_STORAGE_FILE_CHECK_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tapps::storage {

// What tells one file from another on a machine.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

// Makes the file at `path` ready to be opened by SQLite, or says why it may not be. Makes missing
// folders (0700) and, unless read_only, the file (0600, O_EXCL, so that nobody can slip another one
// in). Refuses symbolic links, files and folders of another owner, folders others may write to,
// things that are no regular files (DENIED, INVALID) and file systems on which several processes
// cannot share a WAL (UNSUPPORTED). Safe to run in many processes at once. In one process, callers
// must keep others from opening the same file meanwhile: closing a descriptor drops SQLite's locks
// on it.
Result<FileId> PrepareFile(const std::string& path, bool read_only);

// The same place as an absolute path whose folder has no symbolic link in it; the name at its end
// stays as it is. Makes missing folders (0700) where asked to. SQLite refuses links anywhere in a
// path, and a home or a ~/.cache may stand behind one.
Result<std::string> ResolveFolder(const std::string& path, bool make_folders);

// Which file is at `path` now; NOT_FOUND when there is none.
Result<FileId> IdentifyFile(const std::string& path);

// The name of a file system that other machines may write to, or on which processes do not share
// memory; NULL for all others. `magic` is statfs's f_type, `mount_type` the type in the table of
// mounts, which tells network file systems from others among those of FUSE.
const char* RemoteFileSystem(uint32_t magic, std::string_view mount_type);

// The folder part of a path: "a/b" -> "a", "b" -> ".".
std::string FolderOf(const std::string& path);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_FILE_CHECK_H_
