#include "support/process_state.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace tapps::test {
namespace {

int CountEntries(const char* folder) {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator(folder),
                                        std::filesystem::directory_iterator()));
}

int64_t StatusBytes(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stoll(line.substr(name.size())) * 1024;
  }
  return 0;
}

}  // namespace

int CountThreads() {
  const int count = CountEntries("/proc/self/task");
#ifdef __SANITIZE_THREAD__
  return count - 1;  // the sanitizer's own
#else
  return count;
#endif
}

// Less the one that reads the folder.
int CountDescriptors() { return CountEntries("/proc/self/fd") - 1; }

int CountThreads(const std::string& name) {
  int count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "comm");
    std::string comm;
    std::getline(file, comm);
    if (comm == name) ++count;
  }
  return count;
}

bool IsAsleep(int thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string stat;
  std::getline(file, stat);
  const size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.substr(name_end + 2, 1) == "S";
}

int64_t PeakMemory() { return StatusBytes("VmHWM:"); }

int64_t AnonymousMemory() { return StatusBytes("RssAnon:"); }

void ResetPeakMemory() { std::ofstream("/proc/self/clear_refs") << "5"; }

bool IsMapped(const std::string& part) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace tapps::test
