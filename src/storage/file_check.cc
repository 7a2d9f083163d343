#include "storage/file_check.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/system_error.h"
#include "storage/sqlite.h"

namespace tapps::storage {
namespace {

// Makes `folder` and what is missing above it.
Status MakeFolders(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT) return SystemError("cannot make the folder " + folder, errno);
  const std::string parent = FolderOf(folder);
  if (parent == folder) return SystemError("cannot make the folder " + folder, ENOENT);
  TAPPS_RETURN_IF_ERROR(MakeFolders(parent));
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return SystemError("cannot make the folder " + folder, errno);
}

Status CheckFolder(const std::string& folder) {
  struct stat st {};
  if (stat(folder.c_str(), &st) != 0) return SystemError("cannot use the folder " + folder, errno);
  if (!S_ISDIR(st.st_mode)) return Status(TAPPS_E_INVALID, folder + " is not a folder");
  // Who may write to the folder can replace the file. A sticky folder (/tmp) protects files of
  // others.
  if ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0) {
    return Status(TAPPS_E_DENIED, "the folder " + folder + " may be written by everybody");
  }
  if (st.st_uid != geteuid() && st.st_uid != 0) {
    return Status(TAPPS_E_DENIED, "the folder " + folder + " belongs to another user");
  }
  return {};
}

// The type of the mount that a device belongs to, from /proc/self/mountinfo (proc(5)): field 3 is
// the device, the type is the first field after the one that is "-". Empty when it is not there.
std::string MountType(dev_t device) {
  const std::string wanted = std::to_string(major(device)) + ":" + std::to_string(minor(device));
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 3; ++i) fields >> field;
    if (field != wanted) continue;
    while (fields >> field && field != "-") {
    }
    fields >> field;
    return field;
  }
  return {};
}

// SQLite's WAL needs shared memory between all processes that use the file.
Status CheckFileSystem(const std::string& folder) {
  struct statfs fs {};
  struct stat st {};
  if (statfs(folder.c_str(), &fs) != 0 || stat(folder.c_str(), &st) != 0) {
    return SystemError("cannot use the folder " + folder, errno);
  }
  const auto magic = static_cast<uint32_t>(fs.f_type);
  const bool fuse = magic == FUSE_SUPER_MAGIC;
  const char* remote = RemoteFileSystem(magic, fuse ? MountType(st.st_dev) : std::string());
  if (remote == nullptr) return {};
  return Status(TAPPS_E_UNSUPPORTED, folder + " is on a " + remote +
                                         " file system, where processes cannot share a WAL safely");
}

Result<FileId> CheckFile(const std::string& path) {
  struct stat st {};
  if (lstat(path.c_str(), &st) != 0) return SystemError("cannot use " + path, errno);
  if (S_ISLNK(st.st_mode)) return Status(TAPPS_E_DENIED, path + " is a symbolic link");
  if (S_ISDIR(st.st_mode)) return Status(TAPPS_E_INVALID, path + " is a folder, not a file");
  if (!S_ISREG(st.st_mode)) return Status(TAPPS_E_INVALID, path + " is not a regular file");
  if (st.st_uid != geteuid() && geteuid() != 0) {
    return Status(TAPPS_E_DENIED, path + " belongs to another user");
  }
  return FileId{st.st_dev, st.st_ino};
}

}  // namespace

const char* RemoteFileSystem(uint32_t magic, std::string_view mount_type) {
  struct Remote {
    uint32_t magic;
    const char* name;
  };
  static constexpr std::array kRemote = {
      Remote{NFS_SUPER_MAGIC, "NFS"},   Remote{SMB_SUPER_MAGIC, "SMB"},
      Remote{0xFF534D42, "CIFS"},       Remote{0xFE534D42, "SMB2"},
      Remote{V9FS_MAGIC, "9p"},         Remote{AFS_SUPER_MAGIC, "AFS"},
      Remote{CODA_SUPER_MAGIC, "Coda"}, Remote{0x00C36400, "Ceph"},
      Remote{0x0BD00BD0, "Lustre"},     Remote{0x01161970, "GFS2"},
  };
  for (const Remote& remote : kRemote) {
    if (magic == remote.magic) return remote.name;
  }
  static constexpr std::array kRemoteFuse = {
      "fuse.sshfs",     "fuse.rclone", "fuse.s3fs",  "fuse.gcsfuse",    "fuse.curlftpfs",
      "fuse.glusterfs", "fuse.cephfs", "fuse.davfs", "fuse.gvfsd-fuse", "fuse.grpcfuse"};
  for (const char* remote : kRemoteFuse) {
    if (magic == FUSE_SUPER_MAGIC && mount_type == remote) return remote;
  }
  return nullptr;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<FileId> IdentifyFile(const std::string& path) {
  struct stat st {};
  if (lstat(path.c_str(), &st) != 0) return SystemError("cannot find " + path, errno);
  return FileId{st.st_dev, st.st_ino};
}

Result<std::string> ResolveFolder(const std::string& path, bool make_folders) {
  const std::string folder = FolderOf(path);
  if (make_folders) TAPPS_RETURN_IF_ERROR(MakeFolders(folder));
  const std::unique_ptr<char, void (*)(void*)> real(realpath(folder.c_str(), nullptr), std::free);
  if (!real) return SystemError("cannot use the folder " + folder, errno);
  std::string resolved = real.get();
  if (resolved.back() != '/') resolved += '/';
  return resolved + path.substr(path.find_last_of('/') + 1);
}

Result<FileId> PrepareFile(const std::string& path, bool read_only) {
  const std::string folder = FolderOf(path);
  if (!read_only) TAPPS_RETURN_IF_ERROR(MakeFolders(folder));
  TAPPS_RETURN_IF_ERROR(CheckFolder(folder));
  TAPPS_RETURN_IF_ERROR(CheckFileSystem(folder));
  if (!read_only) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) {
      close(fd);
    } else if (errno != EEXIST) {
      return SystemError("cannot make " + path, errno);
    }
  }
  return CheckFile(path);
}

}  // namespace tapps::storage
