#include "storage/process_id.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace tapps::storage {
namespace {

// The beginning of a file of /proc; empty when it cannot be read.
std::string ReadStart(const char* path) {
  std::array<char, 1024> buffer;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t size = read(fd, buffer.data(), buffer.size());
  close(fd);
  return size > 0 ? std::string(buffer.data(), static_cast<size_t>(size)) : std::string();
}

struct ProcessStat {
  char state = 0;       // 0: it cannot be read
  int64_t started = 0;  // 0: as above
};

// Fields 3 and 22 of /proc/PID/stat (proc(5)); the program's name, field 2, may hold anything but
// ends with the last parenthesis.
ProcessStat StatOf(int64_t pid) {
  const std::string stat = ReadStart(("/proc/" + std::to_string(pid) + "/stat").c_str());
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= stat.size()) return {};
  std::string_view rest = std::string_view(stat).substr(name_end + 1);
  ProcessStat found;
  found.state = rest[1];
  for (int field = 2; field < 22; ++field) {
    const size_t space = rest.find(' ');
    if (space == std::string_view::npos) return {};
    rest.remove_prefix(space + 1);
  }
  std::from_chars(rest.data(), rest.data() + rest.size(), found.started);
  return found;
}

int64_t PidSpace() {
  struct stat st {};
  return stat("/proc/self/ns/pid", &st) == 0 ? static_cast<int64_t>(st.st_ino) : 0;
}

}  // namespace

const ProcessId& ProcessId::Self() {
  static thread_local ProcessId self;
  const int64_t pid = getpid();
  if (self.pid != pid) {
    const std::string boot = ReadStart("/proc/sys/kernel/random/boot_id");
    self = {boot.empty() ? 0 : static_cast<int64_t>(Hash64(boot) >> 1), PidSpace(), pid,
            StatOf(pid).started};
  }
  return self;
}

bool ProcessId::Dead() const {
  const ProcessId& self = Self();
  if (boot == 0 || self.boot == 0) return false;
  if (boot != self.boot) return true;  // the file system is local, so the machine was booted since
  if (pids == 0 || pids != self.pids || pid <= 0) return false;
  if (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return true;
  const ProcessStat now = StatOf(pid);
  if (now.state == 'Z' || now.state == 'X') return true;  // ended, its parent has not asked yet
  return started != 0 && now.started != 0 && now.started != started;
}

}  // namespace tapps::storage
