#ifndef TAPPS_HTTP_ANSWER_H_
#define TAPPS_HTTP_ANSWER_H_

#include <cstdint>

#include "http/headers.h"
#include "http/hop.h"
#include "http/response_store.h"

// What of a stored response answers a hop, whatever its age: the whole, a part of it, a 304, or its
// head (RFC 9111 4, 4.3.2; RFC 9110 9.3.2, 14.2). Pure functions.
namespace tapps::http {

// Null when the stored response does not hold what the hop asks for.
StoredRef AnswerFrom(const Hop& hop, const StoredRef& stored, int64_t now_us);

// Whether it does; a cached answer to that question is not needed where the answer itself is.
bool CanAnswer(const Hop& hop, const StoredResponse& stored);
// Whether the whole is asked for by asking for what is behind the stored part.
bool Continues(const Hop& hop, const StoredResponse& stored);

// Makes the request one for what is missing of a stored part, if it may be continued: its start is
// there, and it has a strong ETag, or none (what comes then is only used if it is the whole).
void AddContinuation(const Hop& hop, const StoredResponse& stored, Headers* request);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_ANSWER_H_
