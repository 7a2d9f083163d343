#ifndef TAPPS_PROJECT_MANIFEST_FILE_H_
#define TAPPS_PROJECT_MANIFEST_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tapps {

inline constexpr size_t kMaxManifestBytes = 32u << 20;

// The tree that is scanned. Symbolic links are followed as long as they stay inside.
class ProjectTree {
 public:
  // INVALID if root is not a folder, DENIED if it may not be read, else IO.
  static Result<ProjectTree> Open(const std::string& root);

  // Absolute, without symbolic links.
  const std::string& root() const { return root_; }

  struct Entry {
    std::string name;
    bool directory = false;  // a folder, or a link to one inside the tree
    bool link = false;
  };
  // The entries of a folder, by name. At most 10,000; a folder that cannot be read is empty.
  std::vector<Entry> List(const std::string& directory) const;

  // Anything by that name but a folder; also a link that leads nowhere.
  bool Exists(const std::string& path) const;
  bool IsFile(const std::string& path) const;
  bool IsDirectory(const std::string& path) const;

  // The content of a regular file as UTF-8 without a byte order mark; UTF-16 with one is converted.
  // TOO_LARGE above kMaxManifestBytes; DENIED if it is a link that leaves the tree or may not be
  // read; NOT_FOUND, IO. Messages are reasons without the path.
  Result<std::string> Read(const std::string& path) const;

  // The path below the root that `path` really is, links resolved; empty if it is absent or
  // outside.
  std::string Resolve(const std::string& path) const;

 private:
  explicit ProjectTree(std::string root) : root_(std::move(root)) {}
  std::string Absolute(const std::string& path) const;

  std::string root_;
};

// Text in UTF-8, whatever its byte order mark says it is; malformed UTF-16 becomes U+FFFD.
std::string DecodeText(std::string bytes);

}  // namespace tapps

#endif  // TAPPS_PROJECT_MANIFEST_FILE_H_
