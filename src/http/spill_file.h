#ifndef TAPPS_HTTP_SPILL_FILE_H_
#define TAPPS_HTTP_SPILL_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/value.h"

namespace tapps::http {

// A file without a name that holds one large body: readable by nobody else, and gone with its last
// descriptor or mapping, also when the process is killed. One thread at a time.
//
// What it becomes is a mapping, of pages that the system takes back when memory is short. Nobody
// can cut the file, but a disk that fails to read such a page again ends the process with SIGBUS,
// as it does for the pages of its program.
class SpillFile {
 public:
  SpillFile() = default;
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // In a folder; what is in it already is not touched. FULL, READ_ONLY, DENIED or IO.
  Status Open(const std::string& folder);
  bool is_open() const { return fd_ >= 0; }
  size_t size() const { return size_; }
  // All of the bytes or none. FULL or IO.
  Status Append(std::string_view bytes);
  // Copies all that was appended to `out`, of size() bytes. IO.
  Status Read(char* out) const;
  // The bytes as a value that shows the file; closed then. NOMEM or IO.
  Result<ValueRef> Map();
  void Close();

 private:
  int fd_ = -1;
  size_t size_ = 0;
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_SPILL_FILE_H_
