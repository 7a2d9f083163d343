#ifndef TAPPS_TESTS_SUPPORT_TEMP_DIR_H_
#define TAPPS_TESTS_SUPPORT_TEMP_DIR_H_

#include <string>
#include <string_view>

namespace tapps::test {

// A fresh folder, removed with all it holds when the object goes.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(std::string_view relative) const { return path_ + "/" + std::string(relative); }
  // Writes a file, making the folders above it; returns its path.
  std::string Write(std::string_view relative, std::string_view content) const;

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path);

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_TEMP_DIR_H_
