#ifndef TAPPS_BENCH_PEERS_LOOPBACK_SERVER_H_
#define TAPPS_BENCH_PEERS_LOOPBACK_SERVER_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "harness.h"

namespace bench {

// 2 KiB that are fresh for a day.
inline std::string FreshAnswer() {
  const std::string body(2048, 'x');
  return "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
         "Cache-Control: public, max-age=86400\r\nETag: \"5f3e-1a2b\"\r\n"
         "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nVary: Accept\r\nServer: loopback\r\n"
         "X-Content-Type-Options: nosniff\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// An HTTP/1.1 server on 127.0.0.1 that answers every request with the same bytes, on one thread,
// connections kept open: as little work as a server can do.
class LoopbackServer {
 public:
  explicit LoopbackServer(std::string answer) : answer_(std::move(answer)) {
    listen_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    Check(bind(listen_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
              listen(listen_, 128) == 0 &&
              getsockname(listen_, reinterpret_cast<sockaddr*>(&address), &size) == 0,
          "no loopback server");
    port_ = ntohs(address.sin_port);
    epoll_ = epoll_create1(0);
    Watch(listen_);
    thread_ = std::thread([this] { Run(); });
  }
  ~LoopbackServer() {
    stop_ = true;
    thread_.join();
    for (const auto& [fd, seen] : peers_) close(fd);
    close(epoll_);
    close(listen_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string Url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  void Watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  void Run() {
    epoll_event events[64];
    while (!stop_) {
      const int count = epoll_wait(epoll_, events, 64, 50);
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (fd == listen_) {
          Accept();
        } else {
          Serve(fd);
        }
      }
    }
  }
  void Accept() {
    const int fd = accept(listen_, nullptr, nullptr);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peers_[fd];
    Watch(fd);
  }
  void Serve(int fd) {
    char buffer[16 * 1024];
    const ssize_t got = read(fd, buffer, sizeof buffer);
    std::string& seen = peers_[fd];
    if (got > 0) seen.append(buffer, static_cast<size_t>(got));
    for (size_t end = seen.find("\r\n\r\n"); end != std::string::npos;
         end = seen.find("\r\n\r\n")) {
      seen.erase(0, end + 4);
      if (write(fd, answer_.data(), answer_.size()) < 0) break;
    }
    if (got > 0) return;
    close(fd);
    peers_.erase(fd);
  }

  const std::string answer_;
  int listen_ = -1;
  int epoll_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_ = false;
  std::map<int, std::string> peers_;
  std::thread thread_;
};

}  // namespace bench

#endif  // TAPPS_BENCH_PEERS_LOOPBACK_SERVER_H_
