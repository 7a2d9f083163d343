#ifndef TAPPS_TESTS_SUPPORT_RAW_SERVER_H_
#define TAPPS_TESTS_SUPPORT_RAW_SERVER_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace tapps::test {

// A TCP server on 127.0.0.1, or another loopback address, that does just what a test tells it,
// however rude. Each connection runs the script on a thread of its own; the connection is closed
// when the script returns.
class RawServer {
 public:
  class Connection {
   public:
    explicit Connection(int fd) : fd_(fd) {}
    // The next request, up to and with its empty line; "" when the peer has closed.
    std::string ReadRequest();
    // False when the peer has gone.
    bool Write(std::string_view bytes);
    // Returns when the peer closes, or the server stops.
    void WaitForClose();
    // Passes bytes between the peer and another port of 127.0.0.1 until one of them closes.
    void TunnelTo(int port);
    // Ends the connection with a TCP reset.
    void Reset();

   private:
    int fd_;
    std::string read_;
  };
  using Script = std::function<void(Connection&)>;

  explicit RawServer(Script script, const std::string& address = "127.0.0.1", int port = 0);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  int port() const { return port_; }
  std::string Url(std::string_view path = "/") const;
  int connections() const { return connections_; }
  // Waits until so many connections came, at most 10 s.
  bool AwaitConnections(int count);

 private:
  struct Peer {
    int fd;
    std::thread thread;
  };
  void Accept();

  const Script script_;
  int listen_fd_;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::condition_variable came_;
  std::list<Peer> peers_;
  std::thread acceptor_;
};

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_RAW_SERVER_H_
