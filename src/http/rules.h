#ifndef TAPPS_HTTP_RULES_H_
#define TAPPS_HTTP_RULES_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "http/cache_control.h"
#include "http/headers.h"
#include "http/stored_response.h"

// HTTP caching (RFC 9111) as pure functions: no state, no I/O, time as an argument. Numbers in
// comments are sections of RFC 9111 unless another RFC is named.
//
//   request ---- vary.h: which stored response is meant (4.1)
//      |
//      v
//    Judge (4.2) --- kFresh                 serve it
//      |         `-- kMaxStale              serve it, marked stale
//      |         `-- kStaleWhileRevalidate  serve it, marked stale, and ask the origin behind it
//      v
//   kRevalidate: conditional.h adds validators (4.3.1), the origin is asked
//      304 ........................ Freshen (4.3.4), serve the stored body
//      200, 206, 404 ... .......... MayStore (3): replaces what was stored, or drops it;
//                                   range.h joins parts (3.4)
//      500, 502, 503, 504, nothing  serve the stored one if usable_on_error (RFC 5861 4);
//                                   504 where that is forbidden (5.2.2.2)
//
// What holds everywhere:
//  - Doubt costs a request, never a wrong answer: a directive that cannot be read counts as the
//    stricter reading (4.2.1), a clock that jumped back makes everything old.
//  - no-cache and must-revalidate of the origin outrank every wish of the caller but an explicit
//    lifetime (ttl) or policy, which are the caller's own risk.
//  - The cache is a private one: s-maxage and proxy-revalidate say nothing to it, private does not
//    keep it from storing. RuleOptions::shared turns that round.
//  - Heuristic lifetimes (4.2.2) need Last-Modified; nothing is guessed from nothing.
namespace tapps::http {

struct RuleOptions {
  int64_t max_heuristic_us = kDay;           // upper bound of a heuristic lifetime (4.2.2)
  int64_t default_stale_if_error_us = kDay;  // where neither side gives stale-if-error
  std::optional<int64_t> ttl_us;  // lifetime the caller imposes, counted from the last validation
  bool shared = false;            // obey what is for shared caches
};

// What the rules want to know of a stored response, read from its fields once.
struct StoredFacts {
  CacheControl cc;
  int64_t date_us = 0;  // Date, else when it was received
  bool has_expires = false;
  std::optional<int64_t> expires_us;  // nullopt with has_expires: not a date
  std::optional<int64_t> last_modified_us;
  int64_t age_us = 0;  // Age (5.1)
  bool varies = false;

  static StoredFacts Of(const StoredResponse& stored);
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
Verdict Judge(const CacheControl& request, const StoredResponse& stored, const StoredFacts& facts,
              int64_t now_us, const RuleOptions& options);
Verdict Judge(const CacheControl& request, const StoredResponse& stored, int64_t now_us,
              const RuleOptions& options);

// current_age (4.2.3). A response from more than a minute in the future is taken to be of unbounded
// age: the clock has been set back.
int64_t CurrentAge(const StoredResponse& stored, const StoredFacts& facts, int64_t now_us);
int64_t CurrentAge(const StoredResponse& stored, int64_t now_us);

// freshness_lifetime (4.2.1): max-age, else Expires - Date, else a tenth of the time since
// Last-Modified (4.2.2). s-maxage is for shared caches. 0 means stale at once.
int64_t FreshnessLifetime(const StoredResponse& stored, const StoredFacts& facts,
                          const RuleOptions& options);
int64_t FreshnessLifetime(const StoredResponse& stored, const RuleOptions& options);

// Whether and where a response may be stored (3).
enum class Storage {
  kNone,
  kMemory,  // credentials were sent for it: never on disk
  kAnywhere,
};
// For POST the answer supposes that Content-Location is the URL of the request, as which it is then
// stored (RFC 9110 9.3.3); for 206 that the request asked for one range (3.3).
Storage MayStore(std::string_view method, const Headers& request, bool credentials, int32_t status,
                 const Headers& response, const RuleOptions& options = {});

// Fields of a response that are stored (3.1): all but hop-by-hop fields and those that Connection
// names.
Headers StoredFields(const Headers& response);
// Whether fields of that name are about one connection, or for a proxy (RFC 9110 7.6.1).
bool IsConnectionField(std::string_view name);

// Set-Cookie and Set-Cookie2: kept in memory, written to disk on the host's demand only.
bool IsCookieField(std::string_view name);

// Methods of RFC 9110 9.2.1: GET, HEAD, OPTIONS, TRACE. All others make what is stored for the URL
// doubtful (4.4).
bool IsSafeMethod(std::string_view method);

// 301, 302, 303, 307, 308 (RFC 9110 15.4).
bool IsRedirect(int32_t status);

// A status for which stale-if-error serves the stored response: 500, 502, 503, 504 (RFC 5861 4).
bool IsOriginFailure(int32_t status);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_RULES_H_
