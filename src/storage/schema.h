#ifndef TAPPS_STORAGE_SCHEMA_H_
#define TAPPS_STORAGE_SCHEMA_H_

#include <cstdint>
#include <functional>

#include "storage/sqlite.h"

namespace tapps::storage {

// "tapp" in ASCII, in SQLite's application_id: tells our files from other databases.
inline constexpr int64_t kApplicationId = 0x74617070;
// The format's major is user_version / 1000, its minor the rest. Within a major, releases only add.
inline constexpr int64_t kFormatMajor = 1;
inline constexpr int64_t kFormatVersion = kFormatMajor * 1000 + 1;

// Brings a file that may be empty, or be made by another process at this moment, to the present
// format in WAL mode. A file of an older minor gets what it lacks; older releases that have it open
// go on with it. `keep_waiting` bounds the wait for other processes (TIMEOUT when it says no).
// Foreign databases (CORRUPT) and newer majors (VERSION) are refused before anything is written.
Status PrepareSchema(Connection& connection, const std::function<bool()>& keep_waiting);

// Checks a file that is opened for reading only. As above.
Status CheckSchema(Connection& connection);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_SCHEMA_H_
