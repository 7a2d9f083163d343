#ifndef TAPPS_HTTP_EXCHANGE_H_
#define TAPPS_HTTP_EXCHANGE_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/fetch_types.h"
#include "http/hop.h"
#include "http/invalidations.h"

namespace tapps::http {

// How a hop ended.
struct Outcome {
  Status status;
  FetchResult result;  // when status is OK; final_url is left empty
  // Given: the answer is stale, and this, which it was made from, shall be refreshed behind it.
  StoredRef refresh;
  // Stored for everybody, and an answer to others who ask the same now.
  bool shareable = false;
  // Neither: the origin sent the missing part of something else, or says that something else is
  // unchanged. The whole has to be asked for.
  bool ask_for_whole = false;
};

// The rules applied: what is stored, what the origin said and which of them is the answer. Shared
// by all fetches of an engine; any thread.
class Exchanger {
 public:
  // All three outlive it.
  Exchanger(ResponseStore& store, const Clock& clock, const FetchOptions& options);

  const HopMaker& hops() const { return hops_; }
  // What requests have changed: what was asked for before its URL changed is old.
  const Invalidations& invalidations() const { return invalidations_; }

  struct Consulted {
    enum { kAnswer, kAnswerAndRefresh, kAskOrigin } next = kAskOrigin;
    Outcome answer;
    // Unless kAnswer: what may be validated, or served when the origin fails.
    StoredRef stored;
  };
  // What the cache alone has to say. `offline`: the origin may not be asked.
  Consulted Consult(const FetchRequest& request, const Hop& hop, bool offline,
                    ResponseStore::Look look = ResponseStore::Look::kFirst) const;

  // What to send, conditional when there is something to validate.
  TransferRequest MakeTransfer(const FetchRequest& request, const Hop& hop,
                               const StoredRef& stored) const;
  // Whether an answer of any size may not be written to a disk.
  bool IsForMemoryOnly(const Url& url, const Headers& answer) const;
  // What the origin's answer means; stores or drops what must be.
  Outcome Conclude(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                   TransferResult result) const;
  // The answer when the origin has none: what is stored where that is allowed, else `why`.
  Outcome Fallback(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                   Status why) const;

 private:
  RuleOptions RulesFor(const FetchRequest& request) const;
  ResponseStore::Found Find(const Hop& hop, ResponseStore::Look look) const;
  Outcome Serve(StoredRef answer, int32_t served_from, const Verdict& verdict) const;
  Outcome Generated504(std::string_view warning) const;
  std::optional<Outcome> ServeOnError(const FetchRequest& request, const Hop& hop,
                                      const StoredRef& stored, std::string_view why) const;
  Outcome Revalidated(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                      const TransferResponse& response) const;
  Outcome FromNetwork(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                      TransferResponse response) const;
  void AfterHead(const Hop& hop, const StoredRef& stored, const StoredResponse& head) const;
  struct Kept {
    StoredRef response;  // null: not stored
    Storage where = Storage::kNone;
    bool left = false;  // as it was: the new part was not worth joining
  };
  Kept Keep(const Hop& hop, const StoredRef& stored, const StoredRef& fresh) const;
  bool AnswersOthers(const FetchRequest& request, const Hop& hop, const Kept& kept) const;
  void Invalidate(const Hop& hop, const Headers& response) const;
  bool NamesItself(const Hop& hop, const Headers& response) const;
  // Where the response was stored.
  Storage Store(const Hop& hop, const StoredRef& response) const;

  ResponseStore& store_;
  const Clock& clock_;
  const FetchOptions& options_;
  HopMaker hops_;
  mutable Invalidations invalidations_;
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_EXCHANGE_H_
