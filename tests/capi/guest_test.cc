// The library as a guest in other programs: no threads and no TLS for readers, threads that leave
// signals alone, exits and unloading at any time, not a byte on stdout or stderr.
#include <filesystem>
#include <set>
#include <sstream>

#include "capi/records.h"
#include "support/child.h"
#include "support/http_server.h"
#include "support/raw_server.h"

namespace tapps::capi {
namespace {

class GuestTest : public ::testing::Test {
 protected:
  GuestTest() {
    const CacheHandle cache = Open(path_);
    EXPECT_EQ(Put(cache.get(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
    EXPECT_EQ(tapps_cache_close(cache.get(), 0, nullptr), TAPPS_OK);
  }
  static test::ChildResult Run(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{TAPPS_GUEST};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return test::RunChild(command);
  }

  test::TempDir dir_;
  const std::string path_ = dir_.File("cache.db");
  test::RawServer hangs_{[](test::RawServer::Connection& connection) {
    connection.ReadRequest();
    connection.WaitForClose();
  }};
};

TEST_F(GuestTest, ReadersGetNoThreadAndNoNetworkLibrary) {
  const auto result = Run({"hits", path_});
  EXPECT_EQ(result.out, "found 1 threads 1 curl 0 ssl 0\n");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.exit_code, 0);
}

TEST_F(GuestTest, ThreadsAreNamedAndBlockAllSignals) {
  test::HttpServer origin;
  origin.handlers().Get("/", [](const auto&, auto& response) { response.set_content("x", "a/b"); });
  const auto serving = origin.Start();
  const auto result = Run({"threads", path_, origin.Url()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  std::istringstream lines(result.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
#ifdef __SANITIZE_THREAD__
    if (line.starts_with("capi_guest")) continue;  // the sanitizer's own
#endif
    EXPECT_TRUE(line.starts_with("tapps-")) << line;
    EXPECT_EQ(line.find(' '), std::string::npos) << "does not block: " << line;
  }
  EXPECT_GE(count, 3) << "writer, pool and network: " << result.out;
}

TEST_F(GuestTest, ExitWithWorkPendingIsQuickAndClean) {
  for (int round = 0; round < 5; ++round) {
    test::ChildResult result;
    EXPECT_LT(MillisecondsOf([&] { result = Run({"exit", path_, hangs_.Url("/")}); }), 5'000);
    ASSERT_EQ(result.exit_code, 0) << round << ": " << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "");
  }
  const CacheHandle cache = Open(path_);
  EXPECT_EQ(Get(cache.get(), "k").str(), "v");
}

TEST_F(GuestTest, UnloadingWhileTheWriterRunsIsSafe) {
  const auto result = test::RunChild({TAPPS_PLUGIN_HOST, TAPPS_LIBRARY, path_});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "");
}

TEST_F(GuestTest, ASecondCopyWithAnSqliteOfItsOwnIsRefused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers know nothing of namespaces of the loader";
#endif
  const std::string second = dir_.File("libsecond.so");
  std::filesystem::copy_file(TAPPS_LIBRARY, second);
  const auto result = test::RunChild({TAPPS_PLUGIN_HOST, TAPPS_LIBRARY, second, path_});
  if (result.exit_code == 77) GTEST_SKIP() << "the loader has no namespace for it";
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "");
}

TEST_F(GuestTest, NothingIsEverPrinted) {
  const auto result = Run({"quiet", dir_.path(), "http://127.0.0.1:1/"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "");
}

}  // namespace
}  // namespace tapps::capi
