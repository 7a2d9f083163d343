#ifndef TAPPS_STORAGE_COPY_FILE_H_
#define TAPPS_STORAGE_COPY_FILE_H_

#include <string>

#include "base/result.h"
#include "storage/sqlite.h"

namespace tapps::storage {

// Copies the database of `source` as one snapshot, with what its WAL holds, to a new file (0600)
// at `path`, which it replaces at once when all of it is there and synced. Others go on reading and
// writing meanwhile; the WAL cannot begin anew until it is done. What SQLite kept beside a database
// that stood at `path` goes with it. EXISTS when `path` is the database itself, or its -wal, -shm
// or -journal.
Status CopyDatabase(Connection& source, const std::string& path);

// Copies the bytes of the database file alone, for one that SQLite does not read any more. As
// above.
Status CopyRaw(Connection& source, const std::string& path);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_COPY_FILE_H_
