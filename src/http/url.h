#ifndef TAPPS_HTTP_URL_H_
#define TAPPS_HTTP_URL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tapps::http {

// An absolute http or https URL in normal form (RFC 3986 6.2, RFC 9110 4.2.3): scheme and host in
// lower case, no default port, no fragment, "." and ".." resolved, an empty path as "/".
// Percent-encoded unreserved characters are decoded and the other escapes upper-cased, so that
// equal resources have equal texts.
struct Url {
  std::string scheme;     // "http" or "https"
  std::string host;       // lower case; an IPv6 address keeps its brackets
  uint16_t port = 0;      // the one to connect to, the default made explicit
  std::string target;     // path and query, as sent in the request; starts with '/'
  std::string user_info;  // "user:password" as written; a secret, part of no text below

  // "https://host/path?query", the cache key. Never holds user info; may hold secret query
  // parameters.
  std::string ToString() const;
  // "https://host:443", always with its port.
  std::string Origin() const;
  // "host", or "host:port" where the port is not the default one.
  std::string HostPort() const;
  bool has_default_port() const { return port == (scheme == "https" ? 443 : 80); }
};

// Parses and normalises. INVALID when it is not an absolute http or https URL, has spaces, control
// characters or bytes that are not ASCII in it, or is longer than 64 KiB. Messages never hold user
// info or a query.
Result<Url> ParseUrl(std::string_view text);

// The URL that `reference`, as in a Location field, means on a page at `base` (RFC 3986 5.2). User
// info of the base is not carried over.
Result<Url> ResolveUrl(const Url& base, std::string_view reference);

// Which query parameters are secrets. Names are compared without case; a name also matches when it
// ends in "-NAME", "_NAME" or ".NAME" ("X-Amz-Signature").
class SecretParameters {
 public:
  // The usual names: token, key, sig, signature, secret, password, access_token, api_key and the
  // like.
  SecretParameters();
  explicit SecretParameters(std::vector<std::string> names);
  // Further names, one a line.
  void Add(std::string_view lines);

  bool Matches(std::string_view parameter) const;
  // Whether the URL's query has a secret in it.
  bool Contains(const Url& url) const;
  // The secret parameters of the URL with their values, in their order.
  std::string Values(const Url& url) const;
  // The URL for a log or an error text: values of secret parameters replaced by "***", no user
  // info.
  std::string Redact(const Url& url) const;

 private:
  std::vector<std::string> names_;  // lower case
};

// "user:password" with its percent escapes decoded, as Basic authentication wants it (RFC 7617 2).
std::string DecodeUserInfo(std::string_view user_info);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_URL_H_
