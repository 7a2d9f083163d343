// Fetches over TLS and HTTP/2, from Debian's nginx with certificates made for the test.
#include <gtest/gtest.h>
#include <unistd.h>

#include <sys/wait.h>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "http/await.h"
#include "http/curl_api.h"
#include "http/fetch.h"
#include "http/memory_store.h"
#include "support/child.h"
#include "support/raw_server.h"
#include "support/temp_dir.h"

namespace tapps::http {
namespace {

// The program's path, or "" when it is not installed.
std::string Which(const std::string& program) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
    if (access((folder + program).c_str(), X_OK) == 0) return folder + program;
  }
  return "";
}

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* program : {"nginx", "openssl"}) {
      if (!Which(program).empty()) continue;
      const std::string why = std::string(program) + " is not installed (tools/setup --all)";
      const char* ci = std::getenv("CI");
      if (ci != nullptr && std::string_view(ci) == "true") FAIL() << why;
      GTEST_SKIP() << "SKIP: TLS: " << why;
    }
    MakeCertificates();
    port_ = test::RawServer([](test::RawServer::Connection&) {}).port();  // free now
    StartNginx();
  }
  ~TlsTest() override {
    engine_.reset();
    if (nginx_ > 0) {
      kill(nginx_, SIGTERM);
      waitpid(nginx_, nullptr, 0);
    }
  }

  void OpenSsl(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv = {Which("openssl")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const test::ChildResult result = test::RunChild(argv);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  // A certificate authority, and a certificate of it for localhost but not for 127.0.0.1.
  void MakeCertificates() {
    const std::string key = "rsa:2048";
    OpenSsl({"req", "-x509", "-newkey", key, "-nodes", "-days", "2", "-subj", "/CN=test authority",
             "-keyout", dir_.File("ca.key"), "-out", dir_.File("ca.pem")});
    OpenSsl({"req", "-newkey", key, "-nodes", "-subj", "/CN=localhost", "-keyout",
             dir_.File("server.key"), "-out", dir_.File("server.csr")});
    const std::string extensions = dir_.Write("extensions", "subjectAltName=DNS:localhost\n");
    OpenSsl({"x509", "-req", "-days", "2", "-in", dir_.File("server.csr"), "-CA",
             dir_.File("ca.pem"), "-CAkey", dir_.File("ca.key"), "-CAcreateserial", "-extfile",
             extensions, "-out", dir_.File("server.pem")});
  }
  void StartNginx() {
    const std::string config = dir_.Write(
        "nginx.conf",
        "daemon off;\nmaster_process off;\nerror_log stderr crit;\npid " + dir_.File("pid") +
            ";\nevents { worker_connections 64; }\nhttp {\n  access_log off;\n"
            "  client_body_temp_path " +
            dir_.File("a") + ";\n  proxy_temp_path " + dir_.File("b") + ";\n  fastcgi_temp_path " +
            dir_.File("c") + ";\n  uwsgi_temp_path " + dir_.File("d") + ";\n  scgi_temp_path " +
            dir_.File("e") + ";\n  server {\n    listen 127.0.0.1:" + std::to_string(port_) +
            " ssl http2;\n    ssl_certificate " + dir_.File("server.pem") +
            ";\n    ssl_certificate_key " + dir_.File("server.key") +
            ";\n    default_type text/plain;\n"
            "    location / { return 200 '$server_protocol $connection'; }\n"
            "    location /down { return 302 http://127.0.0.1/; }\n  }\n}\n");
    nginx_ = fork();
    if (nginx_ == 0) {
      execl(Which("nginx").c_str(), "nginx", "-c", config.c_str(), "-p", dir_.path().c_str(),
            nullptr);
      _exit(127);
    }
    Open(dir_.File("ca.pem"));
    ASSERT_TRUE(test::Eventually([this] { return Fetch("/up").ok(); })) << "nginx does not answer";
  }
  void Open(const std::string& ca_file) {
    FetchOptions options;
    options.network.ca_file = ca_file;
    engine_.reset();
    breakers_ = std::make_unique<BreakerRegistry>(settings_, Clock::Real(), 1);
    engine_ = std::make_unique<FetchEngine>(store_, *breakers_, options);
  }
  FetchRequest Ask(const std::string& path, const std::string& host = "localhost") {
    FetchRequest request;
    request.url = "https://" + host + ":" + std::to_string(port_) + path;
    request.policy = TAPPS_FETCH_NO_STORE;
    return request;
  }
  Result<FetchResult> Fetch(const std::string& path, const std::string& host = "localhost") {
    return engine_->FetchAndWait(Ask(path, host));
  }

  test::TempDir dir_;
  int port_ = 0;
  pid_t nginx_ = 0;
  MemoryStore store_;
  BreakerSettings settings_ = [] {
    BreakerSettings settings;
    settings.failure_threshold = 1 << 20;
    settings.max_concurrency = 64;
    return settings;
  }();
  std::unique_ptr<BreakerRegistry> breakers_;
  std::unique_ptr<FetchEngine> engine_;
};

TEST_F(TlsTest, ManyFetchesShareOneHttp2Connection) {
  const Result<const CurlApi*> curl = LoadCurl();
  ASSERT_TRUE(curl.ok());
  if (((*curl)->features & CURL_VERSION_HTTP2) == 0) GTEST_SKIP() << "SKIP: libcurl without HTTP/2";
  test::Collector<std::string> bodies;
  for (int i = 0; i < 20; ++i) {
    engine_->Fetch(Ask("/" + std::to_string(i)), [bodies](Result<FetchResult> result) mutable {
      bodies.Add(result.ok() ? std::string(result->body())
                             : std::string(result.status().message()));
    });
  }
  ASSERT_TRUE(bodies.Await(20));
  std::set<std::string> connections;
  for (size_t i = 0; i < 20; ++i) connections.insert(bodies[i]);
  EXPECT_EQ(connections.size(), 1u) << *connections.begin() << ", " << *connections.rbegin();
  EXPECT_TRUE(connections.begin()->starts_with("HTTP/2")) << *connections.begin();
}

TEST_F(TlsTest, CertificatesAreVerified) {
  Result<FetchResult> result = Fetch("/", "127.0.0.1");
  EXPECT_EQ(result.code(), TAPPS_E_NETWORK) << "a name the certificate is not for";
  EXPECT_NE(result.status().message().find("TLS failed"), std::string_view::npos)
      << result.status().message();
  Open("");
  result = Fetch("/");
  EXPECT_EQ(result.code(), TAPPS_E_NETWORK) << "an authority the system does not know";
  EXPECT_NE(result.status().message().find("TLS failed"), std::string_view::npos)
      << result.status().message();
  Open(dir_.File("missing.pem"));
  EXPECT_EQ(Fetch("/").code(), TAPPS_E_NETWORK);
}

TEST_F(TlsTest, NoRedirectLeadsOutOfTls) {
  const Result<FetchResult> result = Fetch("/down");
  EXPECT_EQ(result.code(), TAPPS_E_PROTOCOL);
  EXPECT_NE(result.status().message().find("from https to http"), std::string_view::npos)
      << result.status().message();
}

}  // namespace
}  // namespace tapps::http
