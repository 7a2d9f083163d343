#ifndef TAPPS_HTTP_RULES_H_
#define TAPPS_HTTP_RULES_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "http/cache_control.h"
#include "http/headers.h"
#include "http/stored_response.h"

// HTTP caching (RFC 9111) of a private cache as pure functions: no state, no I/O, time as an
// argument. Section numbers are RFC 9111's unless another RFC is named.
//
//     request --> MatchesVary? --> Judge --> kFresh                 serve it
//                  (4.1)           (4.2)     kMaxStale              serve it, marked stale
//                                            kStaleWhileRevalidate  serve it, marked stale; refresh
//                                            behind kRevalidate            AddValidators, ask the
//                                            origin:
//                                              304 -> Freshen (4.3.4), serve the stored body
//                                              5xx, no answer -> serve it if usable_on_error (RFC
//                                              5861 4) other -> MayStore? (3) replace it : drop it
namespace tapps::http {

struct RuleOptions {
  int64_t max_heuristic_us = kDay;           // upper bound of a heuristic lifetime (4.2.2)
  int64_t default_stale_if_error_us = kDay;  // where neither side gives stale-if-error
  std::optional<int64_t> ttl_us;  // lifetime the caller imposes, counted from the last validation
};

enum class Use { kFresh, kMaxStale, kStaleWhileRevalidate, kRevalidate };

struct Verdict {
  Use use = Use::kRevalidate;
  int64_t age_us = 0;       // current_age of 4.2.3
  int64_t lifetime_us = 0;  // freshness_lifetime of 4.2.1
  // May be served, marked stale, when the origin fails (RFC 5861 4).
  bool usable_on_error = false;
  // May be served, marked stale, when the caller is cut off on purpose (4.2.4); also no window
  // bounds it.
  bool usable_offline = false;

  bool fresh() const { return lifetime_us > age_us; }
};

// What may be done with a stored response for a request with these directives, now.
Verdict Judge(const CacheControl& request, const StoredResponse& stored, int64_t now_us,
              const RuleOptions& options);

// current_age (4.2.3). A response from more than a minute in the future is taken to be of unbounded
// age: the clock has been set back.
int64_t CurrentAge(const StoredResponse& stored, int64_t now_us);

// freshness_lifetime (4.2.1): max-age, else Expires - Date, else a tenth of the time since
// Last-Modified (4.2.2). s-maxage is for shared caches. 0 means stale at once.
int64_t FreshnessLifetime(const StoredResponse& stored, const RuleOptions& options);

// Whether and where a response may be stored (3).
enum class Storage {
  kNone,
  kMemory,  // credentials were sent for it: never on disk
  kAnywhere,
};
Storage MayStore(std::string_view method, const Headers& request, bool credentials, int32_t status,
                 const Headers& response);

// Fields of a response that are stored (3.1): all but hop-by-hop fields, those that Connection
// names, and, unless keep_set_cookie, Set-Cookie.
Headers StoredFields(const Headers& response, bool keep_set_cookie);

// The request's fields that the response's Vary names, each once and normalised: repeats combined,
// white space around list members removed (4.1).
Headers SelectingFields(const Headers& request, const Headers& response);

// Whether the request has the selecting fields of the stored response (4.1). "Vary: *" never
// matches.
bool MatchesVary(const StoredResponse& stored, const Headers& request);

// Makes the request conditional on the stored validators (4.3.1). False when there are none.
bool AddValidators(const StoredResponse& stored, Headers* request);

// Whether a 304 with these fields validates the stored response (4.3.4): its ETag, where it has
// one, is the stored one.
bool Validates(const Headers& not_modified, const StoredResponse& stored);

// The stored response freshened by a 304 (3.2, 4.3.4).
StoredResponse Freshen(const StoredResponse& stored, const Headers& not_modified,
                       int64_t request_time_us, int64_t response_time_us);

// Methods of RFC 9110 9.2.1: GET, HEAD, OPTIONS, TRACE. All others make what is stored for the URL
// doubtful (4.4).
bool IsSafeMethod(std::string_view method);

// 301, 302, 303, 307, 308 (RFC 9110 15.4).
bool IsRedirect(int32_t status);

// A status for which stale-if-error serves the stored response: 500, 502, 503, 504 (RFC 5861 4).
bool IsOriginFailure(int32_t status);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_RULES_H_
