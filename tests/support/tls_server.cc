#include "support/tls_server.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "support/child.h"
#include "support/raw_server.h"

namespace tapps::test {
namespace {

// The program's path, or "" when it is not installed.
std::string Which(const std::string& program) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
    if (access((folder + program).c_str(), X_OK) == 0) return folder + program;
  }
  return "";
}

}  // namespace

std::string TlsServer::Missing() {
  for (const char* program : {"nginx", "openssl"}) {
    if (Which(program).empty()) return std::string(program) + " is not installed";
  }
  return "";
}

TlsServer::TlsServer() {
  MakeCertificates();
  port_ = RawServer([](RawServer::Connection&) {}).port();  // free now
  Start();
}

TlsServer::~TlsServer() {
  if (nginx_ <= 0) return;
  kill(nginx_, SIGTERM);
  waitpid(nginx_, nullptr, 0);
}

std::string TlsServer::Url(std::string_view path, std::string_view host) const {
  return "https://" + std::string(host) + ":" + std::to_string(port_) + std::string(path);
}

void TlsServer::OpenSsl(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {Which("openssl")};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const ChildResult result = RunChild(argv);
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

// A certificate authority, and a certificate of it for localhost but not for 127.0.0.1.
void TlsServer::MakeCertificates() {
  const std::string key = "rsa:2048";
  OpenSsl({"req", "-x509", "-newkey", key, "-nodes", "-days", "2", "-subj", "/CN=test authority",
           "-keyout", dir_.File("ca.key"), "-out", dir_.File("ca.pem")});
  OpenSsl({"req", "-newkey", key, "-nodes", "-subj", "/CN=localhost", "-keyout",
           dir_.File("server.key"), "-out", dir_.File("server.csr")});
  const std::string extensions = dir_.Write("extensions", "subjectAltName=DNS:localhost\n");
  OpenSsl({"x509", "-req", "-days", "2", "-in", dir_.File("server.csr"), "-CA", dir_.File("ca.pem"),
           "-CAkey", dir_.File("ca.key"), "-CAcreateserial", "-extfile", extensions, "-out",
           dir_.File("server.pem")});
}

void TlsServer::Start() {
  std::string folders;
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    folders += "  " + std::string(kind) + "_temp_path " + dir_.File(kind) + ";\n";
  }
  const std::string config = dir_.Write(
      "nginx.conf", "daemon off;\nmaster_process off;\nerror_log stderr crit;\npid " +
                        dir_.File("pid") +
                        ";\nevents { worker_connections 64; }\nhttp {\n  access_log off;\n" +
                        folders + "  server {\n    listen 127.0.0.1:" + std::to_string(port_) +
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
}

}  // namespace tapps::test
