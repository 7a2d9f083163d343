#ifndef TAPPS_TESTS_SUPPORT_HTTP_SERVER_H_
#define TAPPS_TESTS_SUPPORT_HTTP_SERVER_H_

#include <httplib.h>

#include <string>
#include <string_view>
#include <thread>

namespace tapps::test {

// A well-behaved HTTP server on 127.0.0.1. Set the handlers, then Start.
class HttpServer {
 public:
  HttpServer() = default;
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  httplib::Server& handlers() { return server_; }
  void Start();
  // Stops answering; connections are refused from then on.
  void Stop();
  int port() const { return port_; }
  std::string Url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_HTTP_SERVER_H_
