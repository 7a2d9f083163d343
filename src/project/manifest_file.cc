#include "project/manifest_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/system_error.h"

namespace tapps {
namespace {

constexpr size_t kMaxEntries = 10'000;

// A part of the path that is no directory holds no such file.
Status ReadError(int error, const std::string& what = "cannot read it") {
  return SystemError(error == ENOTDIR ? TAPPS_E_NOT_FOUND : SystemCode(error), what, error);
}

std::string RealPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? std::string(real.get()) : std::string();
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void AppendUtf8(uint32_t c, std::string* out) {
  const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::string FromUtf16(std::string_view bytes, bool big_endian) {
  std::string out;
  out.reserve(bytes.size());
  const auto unit = [&](size_t i) -> uint32_t {
    const auto a = static_cast<unsigned char>(bytes[i]);
    const auto b = static_cast<unsigned char>(bytes[i + 1]);
    return big_endian ? a << 8 | b : b << 8 | a;
  };
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    uint32_t c = unit(i);
    if (c >= 0xD800 && c < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >> 10 == 0x37) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    } else if (c >= 0xD800 && c < 0xE000) {
      c = 0xFFFD;
    }
    AppendUtf8(c, &out);
  }
  return out;
}

}  // namespace

std::string DecodeText(std::string bytes) {
  const std::string_view view = bytes;
  if (view.substr(0, 3) == "\xEF\xBB\xBF") return bytes.substr(3);
  if (view.substr(0, 2) == "\xFF\xFE") return FromUtf16(view.substr(2), false);
  if (view.substr(0, 2) == "\xFE\xFF") return FromUtf16(view.substr(2), true);
  return bytes;
}

Result<ProjectTree> ProjectTree::Open(const std::string& root) {
  const std::string named = "project root '" + root + "'";
  if (root.empty() || root.find('\0') != std::string::npos) {
    return Status(TAPPS_E_INVALID, named + " is not a directory");
  }
  struct stat info {};
  if (stat(root.c_str(), &info) != 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) {
      return Status(TAPPS_E_INVALID, named + " is not a directory: it does not exist");
    }
    return ReadError(error, "cannot read " + named);
  }
  if (!S_ISDIR(info.st_mode)) return Status(TAPPS_E_INVALID, named + " is not a directory");
  const Descriptor directory(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return ReadError(errno, "cannot read " + named);
  if (access(root.c_str(), X_OK) != 0) return ReadError(errno, "cannot read " + named);
  const std::string real = RealPath(root);
  if (real.empty()) return ReadError(errno, "cannot read " + named);
  return ProjectTree(real);
}

std::string ProjectTree::Absolute(const std::string& path) const {
  return path.empty() ? root_ : (root_ == "/" ? "" : root_) + "/" + path;
}

std::string ProjectTree::Resolve(const std::string& path) const {
  const std::string real = RealPath(Absolute(path));
  const std::string prefix = root_ == "/" ? root_ : root_ + "/";
  return real.compare(0, prefix.size(), prefix) == 0 ? real.substr(prefix.size()) : "";
}

std::vector<ProjectTree::Entry> ProjectTree::List(const std::string& directory) const {
  std::vector<Entry> entries;
  if (!directory.empty() && Resolve(directory).empty()) return entries;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(Absolute(directory).c_str()), &closedir);
  if (!dir) return entries;
  while (const dirent* found = readdir(dir.get())) {
    Entry entry;
    entry.name = found->d_name;
    if (entry.name == "." || entry.name == "..") continue;
    const std::string path = directory.empty() ? entry.name : directory + "/" + entry.name;
    mode_t type = DTTOIF(found->d_type);
    if (found->d_type == DT_UNKNOWN) {  // some file systems do not say
      struct stat info {};
      if (lstat(Absolute(path).c_str(), &info) != 0) continue;
      type = info.st_mode;
    }
    entry.link = S_ISLNK(type);
    entry.directory = S_ISDIR(type) || (entry.link && IsDirectory(path));
    entries.push_back(std::move(entry));
    if (entries.size() == kMaxEntries) break;
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

bool ProjectTree::Exists(const std::string& path) const {
  struct stat info {};
  return lstat(Absolute(path).c_str(), &info) == 0 && !S_ISDIR(info.st_mode);
}

bool ProjectTree::IsFile(const std::string& path) const {
  struct stat info {};
  return stat(Absolute(path).c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool ProjectTree::IsDirectory(const std::string& path) const {
  struct stat info {};
  if (stat(Absolute(path).c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return false;
  return path.empty() || !Resolve(path).empty();
}

Result<std::string> ProjectTree::Read(const std::string& path) const {
  // Resolved first and opened without following links then: a link swapped in between cannot lead
  // out of its own folder.
  struct stat link {};
  if (lstat(Absolute(path).c_str(), &link) != 0) return ReadError(errno);
  const std::string real = Resolve(path);
  if (real.empty()) {
    return Status(TAPPS_E_DENIED, "a symbolic link leads out of the project or to nothing");
  }
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const Descriptor file(
      open(Absolute(real).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) return ReadError(errno);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return ReadError(errno);
  if (!S_ISREG(info.st_mode)) return Status(TAPPS_E_INVALID, "not a regular file");
  std::string content;
  while (content.size() <= kMaxManifestBytes) {
    char buffer[1 << 16];
    const ssize_t count = read(file.get(), buffer, sizeof buffer);
    if (count == 0) return DecodeText(std::move(content));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ReadError(errno);
    content.append(buffer, static_cast<size_t>(count));
    if (info.st_size > static_cast<off_t>(kMaxManifestBytes)) break;
  }
  return Status(TAPPS_E_TOO_LARGE, "larger than 32 MiB");
}

}  // namespace tapps
