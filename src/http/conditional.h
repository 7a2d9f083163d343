#ifndef TAPPS_HTTP_CONDITIONAL_H_
#define TAPPS_HTTP_CONDITIONAL_H_

#include <cstdint>

#include "http/headers.h"
#include "http/stored_response.h"

// Conditions in requests, the caller's and the cache's own (RFC 9110 13, RFC 9111 4.3), as pure
// functions.
namespace tapps::http {

// Whether the caller asks under conditions that a cache may evaluate: If-None-Match,
// If-Modified-Since (RFC 9111 4.3.2).
bool IsConditional(const Headers& request);

// Whether the request has conditions that only the origin may evaluate: If-Match,
// If-Unmodified-Since.
bool IsForOriginAlone(const Headers& request);

// Whether the stored response is what such a caller has already, so that the answer is a 304.
// If-None-Match comes first and is compared weakly (RFC 9110 13.1.2, 13.1.3).
bool IsNotModified(const Headers& request, const StoredResponse& stored, int64_t now_us);

// The 304 for it: the stored fields without the body and what describes it (RFC 9110 15.4.5).
StoredResponse MakeNotModified(const StoredResponse& stored);

// Whether the request's If-Range, when it has one, names the stored response (RFC 9110 13.1.5).
bool MatchesIfRange(const Headers& request, const StoredResponse& stored);

// Makes the request conditional on the stored validators (4.3.1), unless the caller has made it
// conditional. False when there are none.
bool AddValidators(const StoredResponse& stored, Headers* request);

// Whether a 304 with these fields validates the stored response (4.3.4): its ETag, where it has
// one, is the stored one.
bool Validates(const Headers& not_modified, const StoredResponse& stored);

// Whether the answer to a HEAD describes the stored response (4.3.5): validators and length, where
// it has them, are the stored ones.
bool HeadDescribes(const Headers& head, const StoredResponse& stored);

// Puts the newer fields in place of the older ones of the same names, but those of the body (3.2).
void MergeFields(const Headers& newer, Headers* older);

// The stored response freshened by a 304, or by the answer to a HEAD (3.2, 4.3.4, 4.3.5).
StoredResponse Freshen(const StoredResponse& stored, const Headers& update, int64_t request_time_us,
                       int64_t response_time_us);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_CONDITIONAL_H_
