#include "support/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace tapps::test {

std::string RawServer::Connection::ReadRequest() {
  for (;;) {
    const size_t end = read_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::string request = read_.substr(0, end + 4);
      read_.erase(0, end + 4);
      return request;
    }
    char buffer[4096];
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0) return "";
    read_.append(buffer, static_cast<size_t>(got));
  }
}

bool RawServer::Connection::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void RawServer::Connection::WaitForClose() {
  char buffer[4096];
  while (recv(fd_, buffer, sizeof buffer, 0) > 0) {
  }
}

void RawServer::Connection::TunnelTo(int port) {
  const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const auto pass = [](int from, int to) {
    char buffer[4096];
    const ssize_t got = recv(from, buffer, sizeof buffer, 0);
    return got > 0 && send(to, buffer, static_cast<size_t>(got), MSG_NOSIGNAL) == got;
  };
  bool open = connect(other, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  while (open) {
    pollfd ends[] = {{fd_, POLLIN, 0}, {other, POLLIN, 0}};
    open = poll(ends, 2, -1) > 0;
    if (open && ends[0].revents != 0) open = pass(fd_, other);
    if (open && ends[1].revents != 0) open = pass(other, fd_);
  }
  close(other);
}

void RawServer::Connection::Reset() {
  const linger hard = {1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

RawServer::RawServer(Script script, const std::string& at, int port) : script_(std::move(script)) {
  listen_fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, at.c_str(), &address.sin_addr);
  address.sin_port = htons(static_cast<uint16_t>(port));
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(listen_fd_, plain, size) != 0 || listen(listen_fd_, 64) != 0 ||
      getsockname(listen_fd_, plain, &size) != 0) {
    throw std::runtime_error("no loopback server could be started");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

RawServer::~RawServer() {
  stopping_ = true;
  shutdown(listen_fd_, SHUT_RDWR);
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    for (Peer& peer : peers_) shutdown(peer.fd, SHUT_RDWR);
  }
  for (Peer& peer : peers_) {
    peer.thread.join();
    close(peer.fd);
  }
  close(listen_fd_);
}

void RawServer::Accept() {
  for (;;) {
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 || stopping_) {
      if (fd >= 0) close(fd);
      return;
    }
    std::lock_guard lock(mutex_);
    peers_.push_back({fd, std::thread([this, fd] {
                        Connection connection(fd);
                        script_(connection);
                        // With a linger time of 0 this is a reset. The descriptor is closed at the
                        // end, so that its number is not given to anybody else meanwhile.
                        linger how = {};
                        socklen_t size = sizeof how;
                        getsockopt(fd, SOL_SOCKET, SO_LINGER, &how, &size);
                        if (how.l_onoff != 0) {
                          const sockaddr none = {AF_UNSPEC, {}};
                          connect(fd, &none, sizeof none);  // resets
                        } else {
                          shutdown(fd, SHUT_RDWR);
                        }
                      })});
    ++connections_;
    came_.notify_all();
  }
}

std::string RawServer::Url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

bool RawServer::AwaitConnections(int count) {
  std::unique_lock lock(mutex_);
  return came_.wait_for(lock, std::chrono::seconds(10), [&] { return connections_ >= count; });
}

}  // namespace tapps::test
