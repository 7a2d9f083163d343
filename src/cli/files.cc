#include "cli/files.h"

#include <cerrno>
#include <cstring>
#include <memory>

namespace tapps::cli {
namespace {

struct Closer {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

std::string Failure(const std::string& path) { return path + ": " + std::strerror(errno); }

}  // namespace

std::optional<std::string> ReadFile(const std::string& path, size_t limit, std::string* content) {
  const bool from_stdin = path == "-";
  const std::unique_ptr<std::FILE, Closer> file(from_stdin ? stdin
                                                           : std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return Failure(path);
  content->clear();
  char block[1 << 16];
  while (content->size() <= limit) {
    const size_t count = std::fread(block, 1, sizeof(block), file.get());
    content->append(block, count);
    if (count < sizeof(block)) break;
  }
  if (std::ferror(file.get()) != 0) return Failure(from_stdin ? "stdin" : path);
  return std::nullopt;
}

std::optional<std::string> WriteFile(const std::string& path, std::string_view content) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return Failure(path);
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const int error = errno;
  if (std::fclose(file) != 0) return Failure(path);
  errno = error;
  if (!written) return Failure(path);
  return std::nullopt;
}

}  // namespace tapps::cli
