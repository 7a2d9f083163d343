#ifndef TAPPS_HTTP_STORED_RESPONSE_H_
#define TAPPS_HTTP_STORED_RESPONSE_H_

#include <cstdint>

#include "base/value.h"
#include "http/headers.h"

namespace tapps::http {

// A response as the cache keeps it. Immutable once stored.
struct StoredResponse {
  int32_t status = 0;
  Headers headers;  // as received, 304 responses merged in; no hop-by-hop fields
  ValueRef body;    // content decoded; null when empty
  int64_t request_time_us =
      0;  // UTC when the request was sent that brought it or last validated it
  int64_t response_time_us = 0;  // UTC when the answer to that came
  Headers selecting;             // the request's fields that Vary names, normalised (rules.h)
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_STORED_RESPONSE_H_
