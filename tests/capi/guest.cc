// A host of the library, as small as one can be: what it prints is all that may be printed.
//   hits PATH            threads and libraries after opening and reading
//   threads PATH URL     names and signals of the library's threads
//   exit PATH URL        exit() with work pending
//   quiet FOLDER URL     everything that fails, with nothing on stdout and stderr
#include <dirent.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "tapps.h"

namespace {

std::string Line(const std::string& path, const std::string& start) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(start)) return line.substr(start.size());
  }
  return "";
}

std::vector<std::string> Tasks() {
  std::vector<std::string> tasks;
  DIR* folder = opendir("/proc/self/task");
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] != '.') tasks.push_back(std::string("/proc/self/task/") + entry->d_name);
  }
  closedir(folder);
  return tasks;
}

bool Mapped(const std::string& name) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(name) != std::string::npos) return true;
  }
  return false;
}

bool Has(tapps_cache* cache, const char* key) {
  tapps_value* value = nullptr;
  const int32_t code = tapps_cache_get(cache, nullptr, key, std::strlen(key), nullptr, &value,
                                       nullptr, nullptr, nullptr);
  tapps_value_release(value);
  return code == TAPPS_OK;
}

int Hits(tapps_cache* cache) {
  bool found = Has(cache, "k") && Has(cache, "k") && !Has(cache, "missing");
  tapps_cursor* cursor = nullptr;
  tapps_entry entry;
  found = found && tapps_cursor_open(cache, nullptr, nullptr, 0, &cursor, nullptr) == TAPPS_OK &&
          tapps_cursor_next(cursor, &entry, nullptr) == TAPPS_OK;
  tapps_cursor_release(cursor);
  std::printf("found %d threads %zu curl %d ssl %d\n", found, Tasks().size(), Mapped("libcurl"),
              Mapped("libssl"));
  return 0;
}

int Threads(tapps_cache* cache, const char* url) {
  tapps_queue* queue = nullptr;
  tapps_record record;
  size_t count = 0;
  tapps_queue_open(cache, &queue, nullptr);
  tapps_cache_put(cache, nullptr, "new", 3, "v", 1, nullptr, nullptr);
  tapps_queue_get(queue, nullptr, "k", 1, nullptr, 0, nullptr, nullptr);
  tapps_queue_fetch(queue, url, nullptr, 0, nullptr, nullptr);
  for (int i = 0; i < 2; ++i) {
    if (tapps_queue_wait(queue, 10'000'000, &record, 1, &count, nullptr) != TAPPS_OK) return 2;
    tapps_value_release(record.value);
    tapps_error_release(record.error);
  }
  for (const std::string& task : Tasks()) {
    if (task.ends_with("/" + std::to_string(getpid()))) continue;
    const auto blocked = std::strtoull(Line(task + "/status", "SigBlk:").c_str(), nullptr, 16);
    std::string open;
    for (int signal = 1; signal <= 64; ++signal) {
      // KILL and STOP cannot be blocked, 32 and 33 are the C library's own.
      if (signal == 9 || signal == 19 || signal == 32 || signal == 33) continue;
      if ((blocked >> (signal - 1) & 1) == 0) open += " " + std::to_string(signal);
    }
    std::printf("%s%s\n", Line(task + "/comm", "").c_str(), open.c_str());
  }
  tapps_queue_release(queue);
  return 0;
}

int Exit(tapps_cache* cache, const char* url) {
  tapps_queue* queue = nullptr;
  tapps_queue_open(cache, &queue, nullptr);
  for (int i = 0; i < 500; ++i) {
    const std::string key = std::to_string(i);
    tapps_cache_put(cache, nullptr, key.data(), key.size(), url, std::strlen(url), nullptr,
                    nullptr);
    tapps_queue_get(queue, nullptr, key.data(), key.size(), nullptr, 0, nullptr, nullptr);
    if (i < 4) {
      tapps_queue_fetch(queue, (url + key).c_str(), nullptr, 0, nullptr, nullptr);
      tapps_queue_docs(queue, key.c_str(), nullptr, 0, nullptr, nullptr);
    }
  }
  std::exit(0);
}

int Quiet(const std::string& folder, const char* url) {
  std::ofstream(folder + "/text") << "no database";
  std::ofstream(folder + "/broken.db")
      << std::string("SQLite format 3\0", 16) + std::string(4096, '\7');
  const std::string paths[] = {folder + "/text", folder + "/broken.db", folder, "/proc/none/x",
                               ":memory:",       folder + "/cache.db"};
  for (const std::string& path : paths) {
    tapps_cache* cache = nullptr;
    tapps_error* err = nullptr;
    tapps_cache_open(path.c_str(), nullptr, &cache, &err);
    tapps_error_release(err);
    tapps_cache_put(cache, nullptr, "k", 1, "v", 1, nullptr, nullptr);
    tapps_cache_put(cache, "\xff", "", 0, nullptr, 1, nullptr, nullptr);
    tapps_value* value = nullptr;
    for (int i = 0; i < 8; ++i) {
      tapps_cache_fetch(cache, url, nullptr, &value, nullptr, nullptr, nullptr);
      tapps_value_release(value);
    }
    tapps_docs_lookup(cache, "none", nullptr, &value, nullptr, nullptr, nullptr);
    tapps_plan* plan = nullptr;
    tapps_plan_open(cache, folder.c_str(), nullptr, &plan, nullptr);
    tapps_plan_release(plan);
    tapps_cache_close(cache, 0, nullptr);
    tapps_cache_release(cache);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  const std::string mode = argv[1];
  if (mode == "quiet" && argc > 3) return Quiet(argv[2], argv[3]);
  tapps_cache* cache = nullptr;
  if (tapps_cache_open(argv[2], nullptr, &cache, nullptr) != TAPPS_OK) return 65;
  int result = 66;
  if (mode == "hits") result = Hits(cache);
  if (mode == "threads" && argc > 3) result = Threads(cache, argv[3]);
  if (mode == "exit" && argc > 3) result = Exit(cache, argv[3]);
  tapps_cache_close(cache, 0, nullptr);
  tapps_cache_release(cache);
  return result;
}
