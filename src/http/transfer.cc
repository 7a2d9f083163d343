#include "http/transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <utility>

#include "base/text.h"
#include "http/address.h"
#include "http/field_list.h"
#include "http/text.h"

namespace tapps::http {
namespace {

// Rounds up: a timeout of 0 ms would mean none.
long Milliseconds(int64_t us) { return static_cast<long>((us + kMillisecond - 1) / kMillisecond); }

std::string DefaultUserAgent() {
  return "tapps/" + std::to_string(TAPPS_VERSION_MAJOR) + "." +
         std::to_string(TAPPS_VERSION_MINOR) + "." + std::to_string(TAPPS_VERSION_PATCH);
}

// Whether a list of hosts and domains, separated by commas, has this one: "*" is all.
bool IsListed(std::string_view host, std::string_view list) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    std::string_view one = TrimSpace(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (one == "*") return true;
    if (one.starts_with('.')) one.remove_prefix(1);
    if (one.empty() || one.size() > host.size()) continue;
    const std::string_view rest = host.substr(0, host.size() - one.size());
    if (EqualsIgnoreCase(host.substr(rest.size()), one) && (rest.empty() || rest.ends_with('.'))) {
      return true;
    }
  }
  return false;
}

struct FailureText {
  CURLcode curl;
  int32_t code;
  Fault fault;
  const char* why;
  bool with_detail = false;  // libcurl's own text follows
};

constexpr FailureText kFailures[] = {
    {CURLE_URL_MALFORMAT, TAPPS_E_INVALID, Fault::kCaller, "libcurl does not take the URL"},
    {CURLE_COULDNT_RESOLVE_HOST, TAPPS_E_NETWORK, Fault::kLocal,
     "the host name cannot be resolved"},
    {CURLE_COULDNT_RESOLVE_PROXY, TAPPS_E_NETWORK, Fault::kLocal,
     "the proxy's name cannot be resolved"},
    {CURLE_PROXY, TAPPS_E_NETWORK, Fault::kLocal, "the proxy refused"},
    {CURLE_COULDNT_CONNECT, TAPPS_E_NETWORK, Fault::kOrigin, "cannot connect"},
    {CURLE_GOT_NOTHING, TAPPS_E_NETWORK, Fault::kOrigin,
     "the connection was closed without an answer"},
    {CURLE_ABORTED_BY_CALLBACK, TAPPS_E_NETWORK, Fault::kOrigin,  // OnSend
     "a reused connection was closed without an answer"},
    // An answer without a status line is taken for HTTP/0.9.
    {CURLE_UNSUPPORTED_PROTOCOL, TAPPS_E_PROTOCOL, Fault::kOrigin, "the answer is not HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, TAPPS_E_PROTOCOL, Fault::kOrigin, "the answer is not HTTP"},
    {CURLE_BAD_CONTENT_ENCODING, TAPPS_E_PROTOCOL, Fault::kOrigin, "the body cannot be decoded"},
    {CURLE_HTTP2, TAPPS_E_PROTOCOL, Fault::kOrigin, "HTTP/2 failed", true},
    {CURLE_HTTP2_STREAM, TAPPS_E_PROTOCOL, Fault::kOrigin, "the HTTP/2 stream failed", true},
    {CURLE_OUT_OF_MEMORY, TAPPS_E_NOMEM, Fault::kCaller, "out of memory"},
    {CURLE_SSL_CONNECT_ERROR, TAPPS_E_NETWORK, Fault::kLocal, "TLS failed", true},
    {CURLE_SSL_CERTPROBLEM, TAPPS_E_NETWORK, Fault::kLocal, "TLS failed", true},
    {CURLE_SSL_CIPHER, TAPPS_E_NETWORK, Fault::kLocal, "TLS failed", true},
    {CURLE_SSL_CACERT_BADFILE, TAPPS_E_NETWORK, Fault::kLocal, "TLS failed", true},
    {CURLE_PEER_FAILED_VERIFICATION, TAPPS_E_NETWORK, Fault::kLocal, "TLS failed", true},
};

}  // namespace

Transfer::Transfer(const CurlApi& curl, CURL* easy, const Clock& clock,
                   const NetworkOptions& network, BodyRoom& room, TransferRequest request)
    : curl_(curl),
      easy_(easy),
      clock_(clock),
      network_(network),
      room_(room),
      request_(std::move(request)),
      body_(room, request_.limits.max_body_bytes) {}

Transfer::~Transfer() { curl_.slist_free_all(header_list_); }

template <typename Value>
bool Transfer::Set(CURLoption option, Value value) {
  return curl_.easy_setopt(easy_, option, value) == CURLE_OK;
}

bool Transfer::PrepareHeaders() {
  const auto add = [this](const std::string& line) {
    curl_slist* longer = curl_.slist_append(header_list_, line.c_str());
    if (longer != nullptr) header_list_ = longer;
    return longer != nullptr;
  };
  for (size_t i = 0; i < request_.headers.size(); ++i) {
    const auto [name, value] = request_.headers[i];
    // "Name;" is how libcurl takes a field without a value.
    if (!add(std::string(name) + (value.empty() ? ";" : ": " + std::string(value)))) return false;
  }
  // Fields libcurl would add by itself.
  if (!request_.headers.Has("Expect") && !add("Expect:")) return false;
  if (!request_.headers.Has("Content-Type") && !add("Content-Type:")) return false;
  if (!request_.headers.Has("Accept") && !add("Accept: */*")) return false;
  const std::string& agent = network_.user_agent;
  return Set(CURLOPT_HTTPHEADER, header_list_) &&
         Set(CURLOPT_USERAGENT, (agent.empty() ? DefaultUserAgent() : agent).c_str());
}

bool Transfer::PrepareMethod() {
  const std::string& method = request_.method;
  // A method that means a body says that there is none (RFC 9110 8.6); servers wait for one else.
  if (request_.body || method == "POST" || method == "PUT" || method == "PATCH") {
    const std::string_view body = request_.body ? request_.body->bytes() : std::string_view();
    const auto size = static_cast<curl_off_t>(body.size());
    const char* data = size > 0 ? body.data() : "";
    return Set(CURLOPT_POST, 1L) && Set(CURLOPT_POSTFIELDSIZE_LARGE, size) &&
           Set(CURLOPT_POSTFIELDS, data) && Set(CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  if (method == "HEAD") return Set(CURLOPT_NOBODY, 1L);
  return method == "GET" || Set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

bool Transfer::PrepareNetwork() {
  // The names of protocols came with 7.85; before it there were bits, which newer releases
  // deprecate.
  bool ok = Set(CURLOPT_PROTOCOLS_STR, "http,https");
  if (!ok)
    ok = Set(static_cast<CURLoption>(181), static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  ok = ok && Set(CURLOPT_FOLLOWLOCATION, 0L) && Set(CURLOPT_NOSIGNAL, 1L) &&
       Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)) && Set(CURLOPT_PATH_AS_IS, 1L) &&
       // Where the policy needs the origin's address, what IsListed says holds.
       Set(CURLOPT_PROXY, DeniesPrivate() ? "" : network_.proxy.c_str()) &&
       Set(CURLOPT_NOPROXY, network_.no_proxy.c_str()) && Set(CURLOPT_SSL_VERIFYPEER, 1L) &&
       Set(CURLOPT_SSL_VERIFYHOST, 2L) && Set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::OnSocket) &&
       Set(CURLOPT_OPENSOCKETDATA, this);
  if (!network_.ca_file.empty()) ok = ok && Set(CURLOPT_CAINFO, network_.ca_file.c_str());
  if (request_.anew)
    ok = ok && Set(CURLOPT_FRESH_CONNECT, 1L) && Set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  // Where HTTP/2 may be spoken, one connection is worth waiting for.
  if (request_.url.scheme == "https" && !request_.anew) ok = ok && Set(CURLOPT_PIPEWAIT, 1L);
  // Without: a cancelled transfer would block the thread until its name resolution ends.
  // Since 7.87.
  (void)Set(CURLOPT_QUICK_EXIT, 1L);
  // libcurl repeats a request by itself when a reused connection turns out dead. Since 7.80.
  const bool told = Set(CURLOPT_PREREQFUNCTION, &Transfer::OnSend) && Set(CURLOPT_PREREQDATA, this);
  // Without, where a connection leads is only known of a new one.
  if (!told && DeniesPrivate()) ok = ok && Set(CURLOPT_FRESH_CONNECT, 1L);
  return ok;
}

bool Transfer::PrepareLimits() {
  const TransferLimits& limits = request_.limits;
  bool ok = Set(CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(limits.connect_timeout_us)) &&
            Set(CURLOPT_TIMEOUT_MS, Milliseconds(limits.total_timeout_us));
  if (limits.low_speed_time_us > 0) {
    const auto seconds = std::max<int64_t>(1, limits.low_speed_time_us / kSecond);
    ok = ok && Set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(seconds)) &&
         Set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(limits.low_speed_bytes));
  }
  return ok;
}

bool Transfer::DeniesPrivate() const {
  return network_.deny_private_addresses || request_.deny_private_addresses;
}

Status Transfer::Prepare() {
  if (DeniesPrivate() && !network_.proxy.empty() &&
      !IsListed(request_.url.host, network_.no_proxy)) {
    return Status(TAPPS_E_INVALID, request_.url.HostPort() +
                                       ": a proxy would choose its address, and the policy allows "
                                       "public ones only");
  }
  response_.request_time_us = clock_.WallNow();
  const bool ok =
      Set(CURLOPT_URL, request_.url.ToString().c_str()) && Set(CURLOPT_ERRORBUFFER, error_) &&
      Set(CURLOPT_HEADERFUNCTION, &Transfer::OnHeader) && Set(CURLOPT_HEADERDATA, this) &&
      Set(CURLOPT_WRITEFUNCTION, &Transfer::OnBody) && Set(CURLOPT_WRITEDATA, this) &&
      Set(CURLOPT_PRIVATE, this) && PrepareNetwork() && PrepareMethod() && PrepareHeaders() &&
      // Ranges are of the encoded bytes: a part cannot be decoded, so none is asked for.
      (request_.headers.Has("Range") || Set(CURLOPT_ACCEPT_ENCODING, "")) && PrepareLimits();
  if (ok) return Status();
  return Status(TAPPS_E_NETWORK,
                request_.url.HostPort() + ": libcurl refused the set-up of a request");
}

size_t Transfer::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const size_t bytes = size * count;
  const bool taken = transfer->Guard([&] { return transfer->TakeHeader({data, bytes}); });
  return taken ? bytes : 0;
}

template <typename Fn>
bool Transfer::Guard(const Fn& fn) {
  try {
    return fn();
  } catch (const std::bad_alloc&) {
    refused_ = Status::Bare(TAPPS_E_NOMEM);  // Failure finds the words, with the body freed
    return false;
  }
}

bool Transfer::TakeHeader(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > request_.limits.max_header_bytes) {
    refused_ =
        Status(TAPPS_E_TOO_LARGE, request_.url.HostPort() + ": headers of more than " +
                                      std::to_string(request_.limits.max_header_bytes) + " bytes");
    return false;
  }
  HeaderLine(line);
  return true;
}

void Transfer::HeaderLine(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (header_done_ && !line.starts_with("HTTP/")) return;  // a trailer field
  if (line.starts_with("HTTP/") && (header_done_ || response_.headers.empty())) {
    response_.headers = Headers();  // of an interim answer
    header_done_ = false;
  } else if (line.empty()) {
    header_done_ = true;
    response_.response_time_us = clock_.WallNow();
  } else {
    response_.headers.AddLine(line);
    PassUnknownCoding(line);
  }
}

// A coding that libcurl does not know is not its to remove: the body is handed on as it comes.
void Transfer::PassUnknownCoding(std::string_view line) {
  const size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  if (!EqualsIgnoreCase(name, "Content-Encoding") && !EqualsIgnoreCase(name, "Transfer-Encoding")) {
    return;
  }
  FieldList list(line.substr(std::min(colon + 1, line.size())));
  while (const auto coding = list.Next()) {
    if (!curl_.Decodes(*coding)) (void)Set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
  }
}

bool Transfer::StaysOffDisk() const {
  const auto& rule = room_.options().keep_off_disk;
  return request_.off_disk || (rule && rule(request_.url, response_.headers));
}

bool Transfer::Append(std::string_view data) {
  const size_t limit = request_.limits.max_body_bytes;
  if (data.size() > limit - body_.size()) {
    refused_ = Status(TAPPS_E_TOO_LARGE, request_.url.HostPort() + ": a body of more than " +
                                             std::to_string(limit) + " bytes");
    return false;
  }
  if (body_.size() == 0 && StaysOffDisk()) body_.KeepOffDisk();
  Status status = body_.Append(data);
  if (!status.ok()) refused_ = std::move(status).Wrap(request_.url.HostPort());
  return refused_.ok();
}

size_t Transfer::OnBody(char* data, size_t size, size_t count, void* self) {
  const size_t bytes = size * count;
  auto* transfer = static_cast<Transfer*>(self);
  return transfer->Guard([&] { return transfer->Append({data, bytes}); }) ? bytes : 0;
}

bool Transfer::AddressAllowed(const sockaddr* address, socklen_t size) {
  if (!DeniesPrivate()) return true;
  if (IsPublicAddress(address, size)) return true;
  refused_ = Status(TAPPS_E_DENIED, request_.url.HostPort() + ": its address " +
                                        AddressText(address, size) +
                                        " is not public, and the policy allows no other");
  return false;
}

curl_socket_t Transfer::OnSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* transfer = static_cast<Transfer*>(self);
  if (!transfer->Guard(
          [&] { return transfer->AddressAllowed(&address->addr, address->addrlen); })) {
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Called when a connection, new or reused, is about to carry the request.
int Transfer::OnSend(void* self, char* remote, char*, int, int) {
  auto* transfer = static_cast<Transfer*>(self);
  sockaddr_in6 v6 = {};
  sockaddr_in v4 = {};
  v6.sin6_family = AF_INET6;
  v4.sin_family = AF_INET;
  const bool is_v6 = inet_pton(AF_INET6, remote, &v6.sin6_addr) == 1;
  if (!is_v6) inet_pton(AF_INET, remote, &v4.sin_addr);
  const bool allowed = transfer->Guard([&] {
    return is_v6 ? transfer->AddressAllowed(reinterpret_cast<const sockaddr*>(&v6), sizeof v6)
                 : transfer->AddressAllowed(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  });
  if (!allowed || ++transfer->sends_ > 1) return CURL_PREREQFUNC_ABORT;
  transfer->refused_ = Status();  // of another of the host's addresses
  return CURL_PREREQFUNC_OK;
}

TransferResult Transfer::Finish(CURLcode code) {
  if (code != CURLE_OK) return Failure(code);
  long status = 0;
  curl_.easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int32_t>(status);
  if (response_.response_time_us == 0) response_.response_time_us = clock_.WallNow();
  Result<ValueRef> body = ValueRef();
  if (!Guard([&] { return (body = body_.Finish()).ok() || body.code() != TAPPS_E_NOMEM; })) {
    refused_ = Status::Bare(TAPPS_E_NOMEM);
    return Failure(code);
  }
  if (!body.ok()) {
    return {std::move(body).status().Wrap(request_.url.HostPort()), {}, Fault::kCaller, sends_ > 0};
  }
  response_.body = *std::move(body);
  return {Status(), std::move(response_), Fault::kNone};
}

TransferResult Transfer::Failure(CURLcode code) {
  if (refused_.code() == TAPPS_E_NOMEM) {
    response_ = {};
    body_.Drop();
    return Failed(TAPPS_E_NOMEM, Fault::kCaller, "no memory for its answer");
  }
  if (!refused_.ok()) return {refused_, {}, Fault::kCaller, sends_ > 0};
  if (code == CURLE_OPERATION_TIMEDOUT) return TimedOut();
  if (code == CURLE_PARTIAL_FILE) {
    return Failed(TAPPS_E_NETWORK, Fault::kOrigin,
                  "the connection was closed after " + std::to_string(body_.size()) +
                      " bytes of the body, before its end");
  }
  if (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR) {
    return Failed(TAPPS_E_NETWORK, Fault::kOrigin,
                  has_first_byte() ? "the connection broke in the middle of the answer"
                                   : "the connection broke before the answer");
  }
  // libcurl runs "out of memory" too when a header line is longer than its own bound of 100 KiB.
  if (code == CURLE_OUT_OF_MEMORY && IsConnected() && !header_done_) {
    return Failed(TAPPS_E_TOO_LARGE, Fault::kOrigin, "a header line is too long");
  }
  for (const FailureText& failure : kFailures) {
    if (failure.curl != code) continue;
    std::string why = failure.why;
    if (failure.with_detail) {
      why += ": " + Printable(error_[0] != '\0' ? error_ : curl_.easy_strerror(code), 200);
    }
    return Failed(failure.code, failure.fault, why);
  }
  return Failed(TAPPS_E_NETWORK, Fault::kOrigin,
                std::string("the transfer failed: ") + curl_.easy_strerror(code));
}

TransferResult Transfer::LateFirstByte() const {
  return Failed(TAPPS_E_TIMEOUT, Fault::kOrigin, "no first byte of an answer in time");
}

TransferResult Transfer::TimedOut() {
  if (!IsConnected()) {
    return Failed(TAPPS_E_TIMEOUT, Fault::kOrigin, "no connection before the deadline");
  }
  return Failed(TAPPS_E_TIMEOUT, Fault::kOrigin,
                has_first_byte() ? "the answer was not complete before the deadline"
                                 : "no answer before the deadline");
}

TransferResult Transfer::Failed(int32_t code, Fault fault, const std::string& why) const {
  return {Status(code, request_.url.HostPort() + ": " + why), {}, fault, sends_ > 0};
}

bool Transfer::IsConnected() const {
  double seconds = 0;
  curl_.easy_getinfo(easy_, CURLINFO_CONNECT_TIME, &seconds);
  return seconds > 0;
}

}  // namespace tapps::http
