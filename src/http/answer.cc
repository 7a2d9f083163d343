#include "http/answer.h"

#include <memory>
#include <string>
#include <utility>

#include "http/conditional.h"
#include "http/range.h"

namespace tapps::http {

StoredRef AnswerFrom(const Hop& hop, const StoredRef& stored, int64_t now_us) {
  const bool part = stored->status == 206;
  if (IsConditional(hop.headers) && !hop.range) {
    if (part) return nullptr;
    // RFC 9110 13.2.1: of an error or a redirect there is no condition.
    if (stored->status / 100 == 2 && IsNotModified(hop.headers, *stored, now_us)) {
      return std::make_shared<const StoredResponse>(MakeNotModified(*stored));
    }
  }
  if (hop.range && (part || stored->status == 200) && MatchesIfRange(hop.headers, *stored)) {
    auto cut = CutOut(*stored, *hop.range);
    if (!cut) return nullptr;
    return std::make_shared<const StoredResponse>(*std::move(cut));
  }
  if (part) return nullptr;
  if (hop.method != "HEAD" || !stored->body) return stored;
  auto head = std::make_shared<StoredResponse>(*stored);
  head->body = ValueRef();
  return head;
}

bool CanAnswer(const Hop& hop, const StoredResponse& stored) {
  const bool part = stored.status == 206;
  if (!hop.range) return !part;
  if (!part && stored.status != 200) return true;
  if (!MatchesIfRange(hop.headers, stored)) return !part;
  return CutOut(stored, *hop.range).has_value();
}

bool Continues(const Hop& hop, const StoredResponse& stored) {
  if (hop.method != "GET" || hop.range || IsConditional(hop.headers)) return false;
  if (BytesToContinueFrom(stored) == 0) return false;
  return !stored.headers.Has("ETag") || SameStrongTag(stored.headers, stored.headers);
}

void AddContinuation(const Hop& hop, const StoredResponse& stored, Headers* request) {
  if (!Continues(hop, stored)) return;
  const int64_t from = BytesToContinueFrom(stored);
  const auto tag = stored.headers.Get("ETag");
  if (!request->Set("Range", "bytes=" + std::to_string(from) + "-").ok()) return;
  if (tag) (void)request->Set("If-Range", *tag);
}

}  // namespace tapps::http
