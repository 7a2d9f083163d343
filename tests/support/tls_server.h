#ifndef TAPPS_TESTS_SUPPORT_TLS_SERVER_H_
#define TAPPS_TESTS_SUPPORT_TLS_SERVER_H_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/temp_dir.h"

namespace tapps::test {

// Debian's nginx on a port of 127.0.0.1, with a certificate for "localhost" of an authority made
// for the test. It speaks HTTP/2 and answers with its protocol and the number of the connection;
// "/down" leads out of TLS.
class TlsServer {
 public:
  // Why there can be none here: "nginx is not installed"; empty when there can.
  static std::string Missing();

  // Failures are GoogleTest's; the server may not answer yet.
  TlsServer();
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  // The authority's certificate.
  std::string ca_file() const { return dir_.File("ca.pem"); }
  int port() const { return port_; }
  std::string Url(std::string_view path, std::string_view host = "localhost") const;

 private:
  void OpenSsl(const std::vector<std::string>& arguments);
  void MakeCertificates();
  void Start();

  TempDir dir_;
  int port_ = 0;
  pid_t nginx_ = 0;
};

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_TLS_SERVER_H_
