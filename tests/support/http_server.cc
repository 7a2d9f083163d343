#include "support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>

namespace tapps::test {
namespace {

// The library has no means to end connections that idle. What has been asked is still answered.
void StopReceiving(int port) {
  for (int fd = 3; fd < 4096; ++fd) {
    sockaddr_in own = {};
    socklen_t size = sizeof own;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
        own.sin_family == AF_INET && ntohs(own.sin_port) == port) {
      shutdown(fd, SHUT_RD);
    }
  }
}

}  // namespace

HttpServer::Serving HttpServer::Start() {
  server_.new_task_queue = [] { return new httplib::ThreadPool(16); };
  server_.set_keep_alive_timeout(1);
  server_.set_tcp_nodelay(true);
  port_ = server_.bind_to_any_port("127.0.0.1");
  if (port_ <= 0) throw std::runtime_error("no loopback server could be started");
  thread_ = std::thread([this] { server_.listen_after_bind(); });
  while (!server_.is_running()) std::this_thread::yield();  // before that, stop() does nothing
  return Serving(this);
}

void HttpServer::Stop() {
  if (!thread_.joinable()) return;
  server_.stop();
  StopReceiving(port_);
  thread_.join();
}

HttpServer::~HttpServer() { Stop(); }

}  // namespace tapps::test
