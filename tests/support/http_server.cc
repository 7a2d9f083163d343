#include "support/http_server.h"

#include <stdexcept>

namespace tapps::test {

void HttpServer::Start() {
  server_.new_task_queue = [] { return new httplib::ThreadPool(16); };
  server_.set_keep_alive_timeout(1);  // stopping waits for connections that idle
  server_.set_tcp_nodelay(true);
  port_ = server_.bind_to_any_port("127.0.0.1");
  if (port_ <= 0) throw std::runtime_error("no loopback server could be started");
  thread_ = std::thread([this] { server_.listen_after_bind(); });
  while (!server_.is_running()) std::this_thread::yield();  // before that, stop() does nothing
}

void HttpServer::Stop() {
  if (!thread_.joinable()) return;
  server_.stop();
  thread_.join();
}

HttpServer::~HttpServer() { Stop(); }

}  // namespace tapps::test
