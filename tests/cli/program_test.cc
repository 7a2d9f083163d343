// What holds for every command: help, the cache file, and how little a hit costs.
#include "cli/program.h"

#include <filesystem>
#include <fstream>

#include "tapps.hpp"

namespace tapps::cli {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kCommands = {"docs", "warm", "fetch", "get",     "put",
                                            "rm",   "ls",   "stats", "breaker", "version"};

TEST_F(ProgramTest, HelpExplainsEveryCommandAndTheExitCodes) {
  const std::string help = Run({"--help"}).out;
  for (const std::string& command : kCommands) {
    EXPECT_NE(help.find("\n  " + command + " "), std::string::npos) << command;
    const auto own = Run({command, "--help"});
    EXPECT_EQ(own.exit_code, 0);
    EXPECT_NE(own.out.find("Exit codes:"), std::string::npos) << command;
  }
  EXPECT_NE(help.find("not found"), std::string::npos);
}

TEST_F(ProgramTest, HelpAndVersionTouchNothing) {
  options_.unset.push_back("TAPPS_CACHE");
  options_.env.erase("TAPPS_CACHE");
  for (const std::string& command : kCommands) Run({command, "--help"});
  Run({"--help"});
  Run({"--version"});
  EXPECT_EQ(Json({"version"})["version"], tapps_version());
  EXPECT_EQ(Json({"version"})["abi"], tapps_abi());
  EXPECT_TRUE(fs::is_empty(dir_.path()));
}

TEST_F(ProgramTest, TheCacheIsTheOneNamedElseTheEnvironmentsElseTheUsers) {
  Run({"put", "k", "environment"});
  EXPECT_TRUE(fs::exists(cache_));
  Run({"--cache", dir_.File("named.db"), "put", "k", "named"});
  EXPECT_TRUE(fs::exists(dir_.File("named.db")));
  EXPECT_EQ(Run({"get", "k"}).out, "environment");
  options_.env.erase("TAPPS_CACHE");
  options_.unset.push_back("TAPPS_CACHE");
  Run({"put", "k", "user"});
  EXPECT_TRUE(fs::exists(dir_.File(".cache/tapps/cache-1.db")));
  EXPECT_EQ(Run({"get", "k", "--cache", dir_.File("named.db")}).out, "named");
}

TEST_F(ProgramTest, AFileThatIsNoCacheIsRefusedAndLeftAlone) {
  const std::string text = "This is a letter, not a database, however long it may be.\n";
  const std::string letter = dir_.Write("letter.txt", text);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"get", "k"}, {"put", "k", "v"}, {"ls"}, {"stats"}, {"breaker"}}) {
    std::vector<std::string> arguments = {"--cache", letter};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const auto result = Run(arguments);
    EXPECT_EQ(result.exit_code, 3) << command[0];
    EXPECT_TRUE(result.err.starts_with("tapps: ")) << result.err;
  }
  EXPECT_EQ(Json({"--cache", letter, "ls"}, 3)["error"]["code"], "CORRUPT");
  EXPECT_EQ(test::ReadFile(letter), text);
}

TEST_F(ProgramTest, AFolderThatCannotBeMadeIsACacheError) {
  dir_.Write("file", "x");
  EXPECT_EQ(Run({"--cache", dir_.File("file/cache.db"), "ls"}).exit_code, 3);
  const auto result = Run({"--cache", dir_.path(), "ls"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("name another file with --cache or TAPPS_CACHE"), std::string::npos)
      << result.err;
}

TEST_F(ProgramTest, StatsShowWhatTheCacheHolds) {
  Run({"put", "k", std::string(5000, 'v')});
  const auto table = Run({"stats"});
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_NE(table.out.find(cache_), std::string::npos) << table.out;
  const auto json = Json({"stats"});
  EXPECT_EQ(json["path"], cache_);
  EXPECT_EQ(json["state"], "ok");
  EXPECT_TRUE(json["hits"].is_object());
  EXPECT_TRUE(json["disk"].is_object());
}

TEST_F(ProgramTest, BreakerListsWhatOpenedInOtherProcesses) {
  auto cache = cxx::Cache::Open(cache_.c_str());
  ASSERT_TRUE(cache) << cache.error().message();
  auto options = cxx::Options<tapps_breaker_options>();
  options.failures = 1;
  auto breaker = cache->OpenBreaker("https://example.org:443", &options);
  ASSERT_TRUE(breaker) << breaker.error().message();
  breaker->Acquire()->Report(TAPPS_OUTCOME_FAILURE);
  ASSERT_TRUE(cache->Close());
  const auto json = Json({"breaker"});
  ASSERT_EQ(json["breakers"].size(), 1U);
  EXPECT_EQ(json["breakers"][0]["name"], "https://example.org:443");
  EXPECT_EQ(json["breakers"][0]["state"], "OPEN");
  const std::string table = Run({"breaker", "--name", "https://example.org:443"}).out;
  EXPECT_NE(table.find("https://example.org:443  OPEN"), std::string::npos) << table;
}

TEST_F(ProgramTest, BreakerListsNothingWhereNothingFailed) {
  EXPECT_EQ(Run({"breaker"}).out, "");
  EXPECT_EQ(Json({"breaker"})["breakers"], nlohmann::json::array());
  EXPECT_EQ(Run({"breaker", "--name", "https://example.org:443"}).exit_code, 1);
}

TEST_F(ProgramTest, AHitLoadsNoCurlAndStartsNoThread) {
  if (std::string(TAPPS_STRACE).empty()) GTEST_SKIP() << "strace is not installed";
  Run({"put", "k", "v"});
  const std::string log = dir_.File("trace");
  const auto traced =
      test::RunChild({TAPPS_STRACE, "-f", "-o", log, "-e",
                      "trace=openat,clone,clone3,socket,connect", TAPPS_PROGRAM, "get", "k"},
                     options_);
  if (traced.exit_code != 0 && traced.err.find("ptrace") != std::string::npos) {
    GTEST_SKIP() << "strace may not trace here";
  }
  EXPECT_EQ(traced.out, "v");
  const std::string trace = test::ReadFile(log);
  EXPECT_NE(trace.find("libsqlite3"), std::string::npos) << "the trace shows what is loaded";
  for (const char* unwanted : {"libcurl", "libssl", "clone(", "clone3(", "socket("}) {
    EXPECT_EQ(trace.find(unwanted), std::string::npos) << unwanted;
  }
}

}  // namespace
}  // namespace tapps::cli
