// fetch, docs and warm against a server on the loopback interface.
#include <httplib.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "cli/program.h"

namespace tapps::cli {
namespace {

class NetworkTest : public ProgramTest {
 protected:
  NetworkTest() {
    server_.set_pre_routing_handler([this](const httplib::Request&, httplib::Response&) {
      ++requests_;
      return httplib::Server::HandlerResponse::Unhandled;
    });
    server_.Get("/page", [](const httplib::Request&, httplib::Response& response) {
      response.set_header("Cache-Control", "max-age=3600");
      response.set_header("X-Twice", "one");
      response.set_header("X-Twice", "two");
      response.set_content("the page", "text/plain");
    });
    server_.Post("/echo", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.get_header_value("X-Mine") + ":" + request.body, "text/plain");
    });
    server_.Get("/docs/npm/left-pad", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("# left-pad\n\nPads on the left.\n\n# Unicode\n\nPads wide signs.\n",
                           "text/markdown");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    for (int i = 0; i < 5000 && !server_.is_running(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  ~NetworkTest() override { Stop(); }

  // Dates everything back: answers from files written this moment are not remembered.
  void Settle() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
      paths.push_back(entry.path());
    }
    paths.push_back(dir_.path());
    const auto earlier = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1);
    for (const auto& path : paths) std::filesystem::last_write_time(path, earlier);
  }

  void Stop() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  std::string Url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

  httplib::Server server_;
  std::thread thread_;
  std::atomic<int> requests_ = 0;
  int port_ = 0;
};

TEST_F(NetworkTest, FetchAsksTheOriginOnce) {
  const auto first = Run({"fetch", Url("/page")});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out, "the page");
  EXPECT_NE(first.err.find("200 from network"), std::string::npos) << first.err;
  const auto second = Run({"fetch", Url("/page")});
  EXPECT_EQ(second.out, "the page");
  EXPECT_NE(second.err.find("200 from disk"), std::string::npos) << second.err;
  EXPECT_EQ(Run({"-q", "fetch", Url("/page")}).err, "");
  EXPECT_EQ(requests_, 1);
}

TEST_F(NetworkTest, RmAllClearsResponsesToo) {
  EXPECT_EQ(Run({"-q", "fetch", Url("/page")}).exit_code, 0);
  EXPECT_EQ(Json({"rm", "--all"})["removed"], 1);
  EXPECT_EQ(Run({"-q", "fetch", Url("/page")}).out, "the page");
  EXPECT_EQ(requests_, 2);
}

TEST_F(NetworkTest, AZeroOfRedirectsFollowsNone) {
  server_.Get("/moved", [](const httplib::Request&, httplib::Response& response) {
    response.set_redirect("/page");
  });
  EXPECT_EQ(Json({"fetch", Url("/moved"), "--max-redirects", "0"})["http_status"], 302);
  EXPECT_EQ(Json({"fetch", Url("/moved")})["http_status"], 200);
}

// stdout has one document with --json, also when the end of the run fails.
TEST_F(NetworkTest, AFileThatCannotBeWrittenLeavesOneDocument) {
  Run({"put", "k", "v"});
  const std::string marker = dir_.File("locked");
  std::FILE* locker = popen(("python3 -c 'import sqlite3,sys\n"
                             "c=sqlite3.connect(sys.argv[1],isolation_level=None)\n"
                             "c.execute(\"BEGIN IMMEDIATE\")\nopen(sys.argv[2],\"w\").close()\n"
                             "sys.stdin.read()' " +
                             cache_ + " " + marker)
                                .c_str(),
                            "w");
  ASSERT_NE(locker, nullptr);
  for (int i = 0; i < 20'000 && !std::filesystem::exists(marker); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(Json({"fetch", Url("/page")}, 3)["http_status"], 200);
  pclose(locker);
}

TEST_F(NetworkTest, AnEndlessBodyIsRefused) {
  options_.deadline = std::chrono::seconds(60);
  const auto result = Run({"fetch", "-d", "@/dev/zero", Url("/echo")});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_NE(result.err, "");
  EXPECT_EQ(requests_, 0);
}

TEST_F(NetworkTest, FetchTellsEverythingAsJson) {
  const auto json = Json({"fetch", Url("/page")});
  EXPECT_EQ(json["http_status"], 200);
  EXPECT_EQ(json["served_from"], "network");
  EXPECT_EQ(json["body"], "the page");
  EXPECT_EQ(json["url"], Url("/page"));
  int twice = 0;
  for (const auto& header : json["headers"]) twice += header[0] == "X-Twice" ? 1 : 0;
  EXPECT_EQ(twice, 2);
}

TEST_F(NetworkTest, FetchSendsMethodHeadersAndBody) {
  EXPECT_EQ(Run({"fetch", Url("/echo"), "-d", "body", "-H", "X-Mine: yes"}).out, "yes:body");
  options_.input = "from stdin";
  EXPECT_EQ(Run({"fetch", Url("/echo"), "-d", "@-", "-X", "POST"}).out, ":from stdin");
}

TEST_F(NetworkTest, StatusesFailOnlyOnRequest) {
  EXPECT_EQ(Run({"fetch", Url("/missing")}).exit_code, 0);
  EXPECT_EQ(Run({"fetch", Url("/missing"), "--fail"}).exit_code, 1);
}

TEST_F(NetworkTest, OfflineServesWhatIsStoredAndAsksNobody) {
  Run({"fetch", Url("/page")});
  EXPECT_EQ(Run({"--offline", "fetch", Url("/page")}).out, "the page");
  EXPECT_EQ(Run({"--offline", "fetch", Url("/echo")}).exit_code, 4);
  EXPECT_EQ(Run({"fetch", Url("/other"), "--policy", "only-if-cached"}).exit_code, 1);
  EXPECT_EQ(requests_, 1);
}

TEST_F(NetworkTest, ADeadServerIsANetworkError) {
  Stop();
  const auto result = Run({"fetch", Url("/page"), "--timeout", "5s"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_TRUE(result.err.starts_with("tapps: ")) << result.err;
  EXPECT_EQ(Json({"fetch", Url("/page")}, 4)["error"]["code"], "NETWORK");
}

TEST_F(NetworkTest, OtherSchemesAreAUsageError) {
  for (const char* url : {"ftp://example.org/", "file:///etc/passwd", "no url", "http://"}) {
    EXPECT_EQ(Run({"fetch", url}).exit_code, 2) << url;
  }
  EXPECT_EQ(Run({"fetch", Url("/page"), "--policy", "sometimes"}).exit_code, 2);
  EXPECT_EQ(Run({"fetch", Url("/page"), "--policy", "3"}).exit_code, 2);
  EXPECT_EQ(Run({"fetch", Url("/page"), "-H", "Bad: a\r\nInjected: b"}).exit_code, 2);
  EXPECT_EQ(requests_, 0);
}

TEST_F(NetworkTest, DocsComeFromTheInstalledPackageWithoutTheNetwork) {
  dir_.Write("package.json", R"({"dependencies":{"left-pad":"^1.0.0"}})");
  dir_.Write("node_modules/left-pad/package.json", R"({"name":"left-pad","version":"1.3.0"})");
  dir_.Write("node_modules/left-pad/README.md", "# left-pad\n\nString left pad, installed.\n");
  options_.env["HOME"] = "/nonexistent";  // the project is not the home folder
  const auto first = Run({"docs", "left-pad"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.out.find("String left pad, installed."), std::string::npos);
  EXPECT_NE(first.err.find("left-pad 1.3.0"), std::string::npos) << first.err;
  const auto json = Json({"docs", "left-pad"});
  EXPECT_EQ(json["library_version"], "1.3.0");
  EXPECT_EQ(json["ecosystem"], "npm");
  EXPECT_NE(json["document"].get<std::string>().find("installed"), std::string::npos);
  EXPECT_EQ(requests_, 0);
}

TEST_F(NetworkTest, ASecondProcessHasDocsFromTheFile) {
  dir_.Write("app/package.json", R"({"dependencies":{"left-pad":"^1.0.0"}})");
  dir_.Write("app/node_modules/left-pad/package.json", R"({"name":"left-pad","version":"1.3.0"})");
  dir_.Write("app/node_modules/left-pad/README.md", "# left-pad\n\nString left pad, installed.\n");
  dir_.Write("app/.venv/lib/python3.11/site-packages/right-2.0.dist-info/METADATA",
             "Metadata-Version: 2.1\nName: right\nVersion: 2.0\n\n# right\n\nPads right.\n");
  Settle();
  options_.folder = dir_.File("app");  // the cache file changes the folder it is in
  options_.env["HOME"] = "/nonexistent";
  for (const char* library : {"left-pad", "right"}) {
    const auto first = Json({"docs", library});
    EXPECT_EQ(first["served_from"], "installed") << library;
    const auto second = Json({"docs", library});
    EXPECT_EQ(second["served_from"], "disk") << library;
    EXPECT_EQ(second["document"], first["document"]) << library;
  }
  EXPECT_EQ(requests_, 0);
}

TEST_F(NetworkTest, DocsOfAnUnknownLibraryAreNotFound) {
  const auto result = Run({"docs", "no-such-library-anywhere-42"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(result.err.starts_with("tapps: ")) << result.err;
  EXPECT_NE(result.err.find("--url-template"), std::string::npos) << "what to do: " << result.err;
}

TEST_F(NetworkTest, DocsUseTheUrlTemplateWhenNamed) {
  const std::vector<std::string> docs = {"docs",           "left-pad",
                                         "--ecosystem",    "npm",
                                         "--url-template", Url("/docs/{ecosystem}/{library}"),
                                         "--whole"};
  const auto first = Run(docs);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.out.find("Pads on the left."), std::string::npos);
  EXPECT_EQ(Run(docs).out, first.out);
  EXPECT_EQ(requests_, 1);
}

TEST_F(NetworkTest, WarmLooksUpWhatTheProjectUses) {
  dir_.Write("app/package.json", R"({"dependencies":{"left-pad":"1.3.0"}})");
  dir_.Write("app/node_modules/left-pad/package.json", R"({"name":"left-pad","version":"1.3.0"})");
  dir_.Write("app/node_modules/left-pad/README.md", "# left-pad\n\nInstalled.\n");
  Settle();
  const auto plan = Json({"warm", dir_.File("app"), "--dry-run"});
  ASSERT_EQ(plan["items"].size(), 1U);
  EXPECT_EQ(plan["items"][0]["library"], "left-pad");
  const auto first = Json({"warm", dir_.File("app")});
  EXPECT_EQ(first["total"], 1);
  EXPECT_EQ(first["fetched"], 1);
  EXPECT_EQ(Json({"warm", dir_.File("app")})["skipped"], 1);
  const auto text = Run({"warm", dir_.File("app")});
  EXPECT_EQ(text.out.substr(0, 10), "1 library:");
  EXPECT_EQ(text.err, "") << "no bar where there is no terminal";
}

TEST_F(NetworkTest, WarmSaysWhatFailed) {
  dir_.Write("app/package.json", R"({"dependencies":{"no-such-library-anywhere-42":"1.0.0"}})");
  const auto result = Run({"warm", dir_.File("app")});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_NE(result.err.find("no-such-library-anywhere-42"), std::string::npos) << result.err;
}

TEST_F(NetworkTest, WarmSaysThatAFolderNamesNoLibraries) {
  dir_.Write("empty/notes.txt", "nothing\n");
  const auto result = Run({"warm", dir_.File("empty")});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.err.find("no dependencies in " + dir_.File("empty")), std::string::npos)
      << result.err;
}

TEST_F(NetworkTest, WarmOfNoFolderIsRefused) {
  EXPECT_EQ(Run({"warm", dir_.File("nothing")}).exit_code, 2);
}

TEST_F(NetworkTest, WarmTakesTheProjectAroundTheCurrentFolder) {
  dir_.Write("app/package.json", R"({"dependencies":{"left-pad":"1.3.0"}})");
  dir_.Write("app/src/main.js", "");
  options_.folder = dir_.File("app/src");
  const auto plan = Json({"warm", "--dry-run"});
  ASSERT_EQ(plan["items"].size(), 1U);
  EXPECT_EQ(plan["items"][0]["library"], "left-pad");
}

}  // namespace
}  // namespace tapps::cli
