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
    if (IsNotModified(hop.headers, *stored, now_us)) {
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

void AddContinuation(const Hop& hop, const StoredResponse& stored, Headers* request) {
  if (hop.range || IsConditional(hop.headers)) return;
  const int64_t from = BytesToContinueFrom(stored);
  if (from == 0) return;
  const auto tag = stored.headers.Get("ETag");
  if (tag && !SameStrongTag(stored.headers, stored.headers)) return;
  if (!request->Set("Range", "bytes=" + std::to_string(from) + "-").ok()) return;
  if (tag) (void)request->Set("If-Range", *tag);
}

}  // namespace tapps::http
