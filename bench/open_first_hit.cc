// A fresh process that loads the library, opens the cache and gets one entry, against one that does
// the same with SQLite alone, and one that does nothing. From spawn to the end of the process.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "harness.h"
#include "peers/raw_sqlite.h"
#include "peers/tapps_cache.h"
#include "workload.h"

extern char** environ;

namespace {

using namespace bench;

// Runs a program that lies beside this one to its end.
void Run(const std::string& program, std::vector<std::string> arguments) {
  std::vector<char*> argv;
  arguments.insert(arguments.begin(), program);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  Check(posix_spawn(&child, program.c_str(), nullptr, nullptr, argv.data(), environ) == 0, "spawn");
  int status = 0;
  Check(waitpid(child, &status, 0) == child, "waitpid");
  Check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a program failed");
}

bool CurlIsMapped(const std::string& program, const std::string& path, const std::string& key) {
  FILE* out = popen(("'" + program + "' '" + path + "' '" + key + "' maps").c_str(), "r");
  Check(out != nullptr, "popen");
  const int answer = std::fgetc(out);
  Check(pclose(out) == 0 && (answer == '0' || answer == '1'), "open_tapps failed");
  return answer == '1';
}

}  // namespace

int main(int argc, char** argv) {
  const size_t entries = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000;
  const std::string self = argv[0];
  const std::string here = self.substr(0, self.rfind('/') + 1);
  const Folder folder;
  const std::string path = folder.File("tapps.db");
  const Data data(entries);
  {
    tapps_open_options options{};
    options.disk_bytes = int64_t{8} << 30;
    options.put_timeout_us = 60'000'000;
    TappsCache(path, options).Fill(data);
  }
  const std::string key(data.key(entries / 2));
  RawSqlite file(path, RawSqlite::OfTapps{});  // stays open: the -shm file exists for all of them
  sqlite3_stmt* find = file.Prepare("SELECT hash FROM entries WHERE key = ?1");
  sqlite3_bind_blob(find, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
  Check(sqlite3_step(find) == SQLITE_ROW, "the key is not there");
  const std::string hash = std::to_string(sqlite3_column_int64(find, 0));
  sqlite3_finalize(find);

  Report report;
  const auto measure = [&](const char* who, const std::string& program,
                           const std::vector<std::string>& arguments) {
    constexpr int kRuns = 10;
    Samples samples(kRuns);
    for (int i = 0; i < kRuns; ++i) {
      const uint64_t begin = Begin();
      Run(here + program, arguments);
      samples.Add(begin, End());
    }
    report.Add("open and first hit", who, "median", "us", samples.Quantile(0.5) / 1000);
  };
  Alternate(25, {[&] {
                   measure("tapps", "open_tapps", {path, key});
                 },
                 [&] {
                   measure("sqlite", "open_sqlite", {path, key, hash});
                 },
                 [&] { measure("nothing", "open_nothing", {}); }});
  report.Add("open and first hit", "tapps", "libcurl mapped", "",
             CurlIsMapped(here + "open_tapps", path, key) ? 1 : 0);
}
