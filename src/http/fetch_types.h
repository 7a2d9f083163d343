#ifndef TAPPS_HTTP_FETCH_TYPES_H_
#define TAPPS_HTTP_FETCH_TYPES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/value.h"
#include "http/headers.h"
#include "http/response_store.h"
#include "http/rules.h"
#include "http/transfer.h"
#include "http/url.h"

namespace tapps::http {

// One fetch as a caller asks for it.
struct FetchRequest {
  std::string url;  // user info in it becomes an Authorization field, and is kept nowhere else
  std::string method = "GET";
  Headers headers;
  ValueRef body;                         // null: none
  int32_t policy = TAPPS_FETCH_DEFAULT;  // TAPPS_FETCH_*
  std::optional<int64_t> ttl_us;  // lifetime in place of the answer's own; no-store still holds
  int32_t max_redirects = 10;     // TAPPS_NONE: the 3xx answer is the result
  TransferLimits limits;  // total_timeout_us is of the whole call, redirects and waits included
  bool deny_private_addresses = false;
  int32_t retries = 0;  // of an idempotent request that failed, within its time; TAPPS_NONE: none
};

// What came of it. Any status the origin answered is a success of the fetch.
struct FetchResult {
  StoredRef response;       // never null; its body is shared with the cache
  int32_t served_from = 0;  // TAPPS_FROM_MEMORY, _DISK, _NETWORK, _REVALIDATED
  int64_t age_us = 0;       // RFC 9111 4.2.3
  bool stale = false;
  std::string warning;       // why it is less than what was asked for; empty else
  std::string final_url;     // after redirects, without user info
  std::string cache_status;  // RFC 9211: "tapps; hit; ttl=60"

  int32_t status() const { return response->status; }
  std::string_view body() const {
    return response->body ? response->body->bytes() : std::string_view();
  }
  // The fields to hand on: as stored, with Age (RFC 9111 5.1) when the cache answered.
  Headers HeadersWithAge() const;
  // The same as text, in which a line ends with CR LF.
  std::string HeaderText() const;
};

using FetchDone = std::function<void(Result<FetchResult>)>;

struct FetchOptions {
  NetworkOptions network;
  BodyOptions bodies;  // what may not be written to a disk is the engine's to say
  RuleOptions rules;
  SecretParameters secrets;   // query parameters and header fields taken for credentials
  size_t max_waiting = 1024;  // fetches that wait for a place at one origin; more get BUSY
  bool offline = false;
  // Given: answers to requests with credentials may be stored anywhere, under a hash of these made
  // with it (hop.h). Empty: in memory alone.
  std::string credential_salt;
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_FETCH_TYPES_H_
