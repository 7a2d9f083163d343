#include "storage/sole_sqlite.h"

#include <dirent.h>
#include <sys/stat.h>

#include <fstream>

namespace tapps::storage {
namespace {

// Looks at the descriptors that are there and opens none.
bool HasOpen(const FileId& file) {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return false;
  bool found = false;
  while (const dirent* entry = readdir(folder)) {
    struct stat st {};
    if (fstatat(dirfd(folder), entry->d_name, &st, 0) != 0) continue;
    found = found || FileId{st.st_dev, st.st_ino} == file;
  }
  closedir(folder);
  return found;
}

}  // namespace

int CountSqliteCopies(const std::string& maps_path) {
  std::ifstream maps(maps_path);
  int copies = 0;
  for (std::string line; std::getline(maps, line);) {
    // address, permissions, offset, device, inode, path: each copy maps its file's beginning once.
    if (line.find(" 00000000 ") == std::string::npos) continue;
    const size_t name = line.find_last_of('/');
    if (name != std::string::npos && line.compare(name, 12, "/libsqlite3.") == 0) ++copies;
  }
  return copies;
}

Status CheckSoleSqlite(const std::string& path, const FileId& file) {
  if (!HasOpen(file) || CountSqliteCopies("/proc/self/maps") < 2) return {};
  return Status(TAPPS_E_UNSUPPORTED,
                path +
                    ": this process has it open already and has more than one copy of SQLite, "
                    "which would drop each other's locks");
}

}  // namespace tapps::storage
