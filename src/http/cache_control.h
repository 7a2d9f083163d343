#ifndef TAPPS_HTTP_CACHE_CONTROL_H_
#define TAPPS_HTTP_CACHE_CONTROL_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/headers.h"

namespace tapps::http {

// The directives of Cache-Control fields (RFC 9111 5.2, RFC 5861, RFC 8246). Durations in
// microseconds, at most kMaxDelta. Reading is tolerant: unknown directives are passed over, quoted
// numbers are numbers (RFC 9111 5.2), of repeated ones the first counts (4.2.1). A max-age or
// s-maxage that is no number is 0: stale (4.2.1).
struct CacheControl {
  static constexpr int64_t kMaxDelta = (int64_t{1} << 31) * 1'000'000;  // RFC 9111 1.2.2

  std::optional<int64_t> max_age;
  std::optional<int64_t> s_maxage;
  std::optional<int64_t> max_stale;  // kMaxDelta when it stands without a number (5.2.1.2)
  std::optional<int64_t> min_fresh;
  std::optional<int64_t> stale_while_revalidate;
  std::optional<int64_t> stale_if_error;
  bool no_store = false;
  bool no_cache = false;  // the form with field names too, as 5.2.2.4 allows
  bool only_if_cached = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool is_public = false;
  bool is_private = false;      // the form without field names alone
  bool private_fields = false;  // the form with field names
  bool immutable = false;

  // All Cache-Control fields of a message.
  static CacheControl Of(const Headers& headers);
  // The same of a request, where Pragma: no-cache counts when there is no Cache-Control (RFC
  // 9111 5.4).
  static CacheControl OfRequest(const Headers& headers);
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_CACHE_CONTROL_H_
