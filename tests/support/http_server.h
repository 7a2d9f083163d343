#ifndef TAPPS_TESTS_SUPPORT_HTTP_SERVER_H_
#define TAPPS_TESTS_SUPPORT_HTTP_SERVER_H_

#include <httplib.h>

#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace tapps::test {

// A well-behaved HTTP server on 127.0.0.1. Set the handlers, then Start.
class HttpServer {
 public:
  // Stops the server when it goes.
  class [[nodiscard]] Serving {
   public:
    Serving() = default;
    explicit Serving(HttpServer* server) : server_(server) {}
    Serving(Serving&& other) noexcept : server_(std::exchange(other.server_, nullptr)) {}
    Serving& operator=(Serving&& other) noexcept {
      std::swap(server_, other.server_);
      return *this;
    }
    ~Serving() {
      if (server_ != nullptr) server_->Stop();
    }

   private:
    HttpServer* server_ = nullptr;
  };

  HttpServer() = default;
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  httplib::Server& handlers() { return server_; }
  // Answers as long as what is returned lives. A request may come late, when nobody waits for its
  // answer any more: keep it below all that the handlers use, in the same scope.
  Serving Start();
  // Ends all connections and returns when no handler runs; connections are refused from then on.
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
