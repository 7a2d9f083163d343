#ifndef TAPPS_HTTP_TRANSFER_H_
#define TAPPS_HTTP_TRANSFER_H_

#include <curl/curl.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/value.h"
#include "http/body.h"
#include "http/curl_api.h"
#include "http/headers.h"
#include "http/url.h"

namespace tapps::http {

// Bounds of one exchange. Durations in microseconds; 0 means no such bound.
struct TransferLimits {
  int64_t connect_timeout_us = 10 * kSecond;  // name resolution and TLS included
  int64_t total_timeout_us = 30 * kSecond;
  int64_t first_byte_timeout_us = 0;         // from the start to the first byte of the answer
  int64_t low_speed_time_us = 0;             // fails when slower than low_speed_bytes for so long
  int64_t low_speed_bytes = 1;               // per second
  size_t max_header_bytes = 256 * 1024;      // of all header lines, interim answers included
  size_t max_body_bytes = 64 * 1024 * 1024;  // decoded
};

// What holds for all exchanges of a transport. The environment is not read: no proxy but the one
// given here.
struct NetworkOptions {
  std::string user_agent;  // "" means "tapps/<version>"
  std::string proxy;  // URL as libcurl takes it; "" means none. Credentials in it are never shown.
  std::string no_proxy;                 // hosts that are reached directly, separated by commas
  std::string ca_file;                  // PEM bundle in place of the system's
  bool deny_private_addresses = false;  // refuse to connect to what is not public (address.h), also
                                        // via DNS; INVALID for what a proxy would be asked for
};

struct TransferRequest {
  std::string method = "GET";
  Url url;                              // its user info is not sent
  Headers headers;                      // sent as they are
  ValueRef body;                        // null: none; an empty one is sent with Content-Length: 0
  bool deny_private_addresses = false;  // also refuses what NetworkOptions would allow
  bool off_disk = false;                // the answer's body is kept in memory, however large it is
  bool anew = false;  // on a connection of its own, to what the name stands for now
  TransferLimits limits;
};

struct TransferResponse {
  int32_t status = 0;
  Headers headers;
  ValueRef body;                 // null when empty
  int64_t request_time_us = 0;   // UTC
  int64_t response_time_us = 0;  // UTC when the header section was complete
};

// Whose fault a failed exchange seems to be.
enum class Fault {
  kNone,
  kCaller,  // bad argument, limit of the caller's, cancelled
  kLocal,   // name resolution, proxy, TLS set-up, no route: this machine may be alone with it
  kOrigin,  // refused, reset, timed out or spoke nonsense
};

struct TransferResult {
  Status status;
  TransferResponse response;  // when status is OK
  Fault fault = Fault::kNone;
  bool sent = false;  // the request was put on a connection: names, addresses and TLS were well
};

// One exchange on one easy handle: sets the handle up, collects the answer, names the failure. Used
// by the network thread alone.
class Transfer {
 public:
  // Borrows all but the request; `easy` is a fresh or reset handle.
  Transfer(const CurlApi& curl, CURL* easy, const Clock& clock, const NetworkOptions& network,
           BodyRoom& room, TransferRequest request);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Sets all options; call before the handle is added to a multi handle.
  Status Prepare();
  // The outcome after the transfer ended with `code`. Call once.
  TransferResult Finish(CURLcode code);

  CURL* easy() const { return easy_; }
  // The outcome when the answer has not begun in time.
  TransferResult LateFirstByte() const;
  bool has_first_byte() const { return header_bytes_ > 0; }
  const TransferRequest& request() const { return request_; }

 private:
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static curl_socket_t OnSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int OnSend(void* self, char* remote, char* local, int remote_port, int local_port);

  bool DeniesPrivate() const;
  bool AddressAllowed(const sockaddr* address, socklen_t size);
  bool TakeHeader(std::string_view line);
  void HeaderLine(std::string_view line);
  void PassUnknownCoding(std::string_view line);
  bool Append(std::string_view data);
  // Runs fn for libcurl, which is C and lets no exception pass; false also when memory ran out.
  template <typename Fn>
  bool Guard(const Fn& fn);
  // Whether what is known by the end of the header section keeps the body from the disk.
  bool StaysOffDisk() const;
  bool PrepareHeaders();
  bool PrepareMethod();
  bool PrepareNetwork();
  bool PrepareLimits();
  template <typename Value>
  bool Set(CURLoption option, Value value);
  TransferResult Failure(CURLcode code);
  TransferResult TimedOut();
  TransferResult Failed(int32_t code, Fault fault, const std::string& why) const;
  bool IsConnected() const;

  const CurlApi& curl_;
  CURL* const easy_;
  const Clock& clock_;
  const NetworkOptions& network_;
  BodyRoom& room_;
  TransferRequest request_;
  TransferResponse response_;
  Body body_;
  curl_slist* header_list_ = nullptr;
  size_t header_bytes_ = 0;
  bool header_done_ = false;
  int sends_ = 0;   // how often the request was put on a connection
  Status refused_;  // set by a callback that ended the transfer
  char error_[CURL_ERROR_SIZE] = "";
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_TRANSFER_H_
