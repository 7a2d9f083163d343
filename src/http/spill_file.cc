#include "http/spill_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "base/system_error.h"

namespace tapps::http {
namespace {

class Mapping final : public Value::Keeper {
 public:
  Mapping(void* at, size_t size) : at_(at), size_(size) {}
  ~Mapping() override { munmap(at_, size_); }

 private:
  void* const at_;
  const size_t size_;
};

int OpenNameless(const std::string& folder) {
#ifdef O_TMPFILE
  const int fd = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
#endif
  std::string name = folder + "/body-XXXXXX";
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

}  // namespace

SpillFile::~SpillFile() { Close(); }

Status SpillFile::Open(const std::string& folder) {
  Close();
  fd_ = OpenNameless(folder);
  if (fd_ >= 0) return {};
  constexpr const char* kWhat = "cannot make a file for it";
  // A fetch's NOT_FOUND means that no answer is stored.
  return errno == ENOENT ? SystemError(TAPPS_E_IO, kWhat, errno) : SystemError(kWhat, errno);
}

void SpillFile::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  size_ = 0;
}

Status SpillFile::Append(std::string_view bytes) {
  size_t end = size_;
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(end));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      return SystemError("cannot write it to the disk", written < 0 ? errno : ENOSPC);
    end += static_cast<size_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  size_ = end;
  return {};
}

Status SpillFile::Read(char* out) const {
  for (size_t at = 0; at < size_;) {
    const ssize_t got = pread(fd_, out + at, size_ - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return SystemError("cannot read it from the disk", got < 0 ? errno : EIO);
    at += static_cast<size_t>(got);
  }
  return {};
}

Result<ValueRef> SpillFile::Map() {
  // What a write left behind that failed half-way is cut off; one byte more is the NUL.
  const size_t room = size_ + 1;
  if (ftruncate(fd_, static_cast<off_t>(size_)) != 0 ||
      ftruncate(fd_, static_cast<off_t>(room)) != 0) {
    return SystemError("cannot write it to the disk", errno);
  }
  void* at = mmap(nullptr, room, PROT_READ, MAP_PRIVATE, fd_, 0);
  if (at == MAP_FAILED) return SystemError("cannot map it", errno);
  auto mapping = std::make_unique<Mapping>(at, room);
  ValueRef value = Value::Lend({static_cast<const char*>(at), size_}, std::move(mapping));
  Close();
  return value;
}

}  // namespace tapps::http
