#ifndef TAPPS_STORAGE_SOLE_SQLITE_H_
#define TAPPS_STORAGE_SOLE_SQLITE_H_

#include <string>

#include "base/result.h"
#include "storage/file_check.h"

namespace tapps::storage {

// Whether this process may open the file, which is at `path`. POSIX drops all locks that a process
// has on a file when it closes any descriptor of it. SQLite knows of its own descriptors, but not
// of those of another copy of itself in the process: whichever closes first leaves the other
// without its locks, and other processes write through them. UNSUPPORTED when the file is open in
// this process already and there is more than one copy of SQLite that may have it open: libraries
// in namespaces of their own (dlmopen), or two builds of libsqlite3. Copies of tapps that share one
// SQLite, as two files of it loaded by dlopen do, may share a cache file like two processes.
//
// Not seen: an SQLite that is part of another program or library, not a library by its name.
Status CheckSoleSqlite(const std::string& path, const FileId& file);

// How many copies of libsqlite3 a table of mappings (proc(5), /proc/self/maps) shows.
int CountSqliteCopies(const std::string& maps_path);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_SOLE_SQLITE_H_
