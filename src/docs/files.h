#ifndef TAPPS_DOCS_FILES_H_
#define TAPPS_DOCS_FILES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tapps {

// Why a file can be believed to be what it was: device, inode, size, and times of modification and
// change in nanoseconds. "-" stands for a file that is not there.
std::string FileStamp(const std::string& path);

// A file or folder together with its stamp when an answer was made from it. As long as every
// witness of an answer has its stamp, the answer holds.
struct Witness {
  std::string path;
  std::string stamp;

  static Witness Of(std::string path);
  bool Holds() const { return FileStamp(path) == stamp; }
  // Whether the file was modified at or after a time of the machine's wall clock, or so shortly
  // before that another change might have left its stamp as it was.
  bool ModifiedSince(int64_t wall_us) const;
};

// A folder out of which files are read: nothing that lies outside of it, by its real path, is read
// through it, whatever links are inside.
class Folder {
 public:
  // NOT_FOUND, DENIED, or INVALID when `path` is not a folder.
  static Result<Folder> Open(const std::string& path);

  const std::string& given() const { return given_; }  // as it was asked for
  const std::string& real() const { return real_; }    // without links

  // The path of a member, by the path as given.
  std::string Path(std::string_view relative) const;
  // A regular file's bytes, at most `limit`; *cut tells whether there were more. NOT_FOUND; DENIED
  // when it may not be read or a link leads out of the folder; IO; INVALID for other than a file.
  Result<std::string> Read(std::string_view relative, size_t limit, bool* cut) const;
  // Names in a folder below, in byte order, "." and ".." left out; at most kMaxNames. Errors as for
  // Read.
  Result<std::vector<std::string>> List(std::string_view relative) const;
  // A folder below, out of which nothing is read either. Errors as for Read, and INVALID.
  Result<Folder> Enter(std::string_view relative) const;

  static constexpr size_t kMaxNames = 65536;

 private:
  // The real path of a member that lies within.
  Result<std::string> Resolve(std::string_view relative) const;

  std::string given_;
  std::string real_;
};

}  // namespace tapps

#endif  // TAPPS_DOCS_FILES_H_
