#include "docs/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <memory>

#include "base/clock.h"
#include "base/system_error.h"
#include "base/text.h"

namespace tapps {
namespace {

// File systems stamp with the ticks of the kernel's clock, 10 ms apart at most.
constexpr int64_t kStampTick = 20 * kMillisecond;

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Status Failure(int error, std::string_view path) {
  const bool nothing = error == ENOTDIR || error == ENAMETOOLONG;  // can be there
  return SystemError(nothing ? TAPPS_E_NOT_FOUND : SystemCode(error), Printable(path, 512), error);
}

bool IsWithin(std::string_view path, std::string_view folder) {
  if (folder == "/") return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

Result<std::string> RealPath(const std::string& path) {
  char real[PATH_MAX];
  if (::realpath(path.c_str(), real) == nullptr) return Failure(errno, path);
  return std::string(real);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// Returns errno, 0 when all went well.
int ReadAll(int fd, size_t limit, std::string* bytes) {
  while (bytes->size() < limit) {
    char block[65536];
    const ssize_t n = ::read(fd, block, std::min(sizeof block, limit - bytes->size()));
    if (n == 0) break;
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes->append(block, static_cast<size_t>(n));
  }
  return 0;
}

}  // namespace

std::string FileStamp(const std::string& path) {
  struct stat st;
  if (::stat(path.c_str(), &st) != 0) return "-";
  std::string stamp = std::to_string(st.st_dev);
  for (const int64_t number : {static_cast<int64_t>(st.st_ino), static_cast<int64_t>(st.st_size),
                               Nanoseconds(st.st_mtim), Nanoseconds(st.st_ctim)}) {
    stamp += '.';
    stamp += std::to_string(number);
  }
  return stamp;
}

Witness Witness::Of(std::string path) {
  std::string stamp = FileStamp(path);
  return {std::move(path), std::move(stamp)};
}

bool Witness::ModifiedSince(int64_t wall_us) const {
  struct stat st;
  if (::stat(path.c_str(), &st) != 0) return false;
  return Nanoseconds(st.st_mtim) / 1000 > wall_us - kStampTick;
}

Result<Folder> Folder::Open(const std::string& path) {
  Result<std::string> real = RealPath(path);
  if (!real.ok()) return std::move(real).status();
  struct stat st;
  if (::stat(real->c_str(), &st) != 0) return Failure(errno, path);
  if (!S_ISDIR(st.st_mode)) return Status(TAPPS_E_INVALID, Printable(path, 512) + ": not a folder");
  Folder folder;
  folder.given_ = path;
  while (folder.given_.size() > 1 && folder.given_.back() == '/') folder.given_.pop_back();
  folder.real_ = *std::move(real);
  return folder;
}

std::string Folder::Path(std::string_view relative) const {
  return given_ + (given_.ends_with('/') ? "" : "/") + std::string(relative);
}

Result<std::string> Folder::Resolve(std::string_view relative) const {
  const std::string path = Path(relative);
  Result<std::string> real = RealPath(path);
  if (real.ok() && !IsWithin(*real, real_)) {
    return Status(TAPPS_E_DENIED,
                  Printable(path, 512) + ": a link that leaves " + Printable(real_, 512));
  }
  return real;
}

Result<std::string> Folder::Read(std::string_view relative, size_t limit, bool* cut) const {
  *cut = false;
  Result<std::string> real = Resolve(relative);
  if (!real.ok()) return real;
  const Descriptor file(::open(real->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) return Failure(errno, *real);
  struct stat st;
  if (::fstat(file.get(), &st) != 0) return Failure(errno, *real);
  if (!S_ISREG(st.st_mode)) {
    return Status(TAPPS_E_INVALID, Printable(*real, 512) + ": not a regular file");
  }
  std::string bytes;
  bytes.reserve(std::min(limit, static_cast<size_t>(st.st_size)) + 1);
  const int error = ReadAll(file.get(), limit + 1, &bytes);
  // One byte more than the limit shows that there is more.
  if (error != 0) return Failure(error, *real);
  if (bytes.size() > limit) {
    *cut = true;
    bytes.resize(limit);
  }
  return bytes;
}

Result<std::vector<std::string>> Folder::List(std::string_view relative) const {
  Result<std::string> real = Resolve(relative);
  if (!real.ok()) return std::move(real).status();
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(real->c_str()), &::closedir);
  if (!dir) return Failure(errno, *real);
  std::vector<std::string> names;
  while (names.size() < kMaxNames) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return Failure(errno, *real);
  std::sort(names.begin(), names.end());
  return names;
}

Result<Folder> Folder::Enter(std::string_view relative) const {
  Result<std::string> real = Resolve(relative);
  if (!real.ok()) return std::move(real).status();
  return Open(Path(relative));
}

}  // namespace tapps
