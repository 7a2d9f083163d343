#include "http/exchange.h"

#include <utility>

#include "http/answer.h"
#include "http/conditional.h"
#include "http/vary.h"

namespace tapps::http {
namespace {

std::string TtlText(const Verdict& verdict) {
  return "; ttl=" + std::to_string((verdict.lifetime_us - verdict.age_us) / kSecond);
}

// Why the request went to the origin (RFC 9211 2.2).
std::string ForwardText(const FetchRequest& request, const Hop& hop, const StoredRef& stored) {
  if (!IsSafeMethod(hop.method)) return "fwd=method";
  if (request.policy == TAPPS_FETCH_RELOAD) return "fwd=request";
  if (!hop.may_read) return "fwd=bypass";
  if (stored == nullptr) return "fwd=miss";
  if (!CanAnswer(hop, *stored)) return "fwd=partial";
  const bool asked = hop.directives.no_cache || request.policy == TAPPS_FETCH_NO_CACHE;
  return asked ? "fwd=request" : "fwd=stale";
}

// Whether an answer that is not stored says that the stored one is no longer so. It does not when
// the origin failed or wants to be asked later, nor when the caller's own condition held.
bool Supersedes(int32_t status) {
  return status < 500 && status != 304 && status != 408 && status != 416 && status != 425 &&
         status != 429;
}

}  // namespace

Headers FetchResult::HeadersWithAge() const {
  Headers headers = response->headers;
  if (served_from != TAPPS_FROM_NETWORK) {
    (void)headers.Set("Age", std::to_string(age_us / kSecond));
  }
  return headers;
}

std::string FetchResult::HeaderText() const {
  if (served_from == TAPPS_FROM_NETWORK) return response->headers.text();
  if (response->headers.Has("Age")) return HeadersWithAge().text();
  const std::string& fields = response->headers.text();
  std::string text;
  text.reserve(fields.size() + 32);
  text.append(fields).append("Age: ").append(std::to_string(age_us / kSecond)).append("\r\n");
  return text;
}

Exchanger::Exchanger(ResponseStore& store, const Clock& clock, const FetchOptions& options)
    : store_(store),
      clock_(clock),
      options_(options),
      hops_(options.secrets, options.credential_salt) {}

RuleOptions Exchanger::RulesFor(const FetchRequest& request) const {
  RuleOptions rules = options_.rules;
  if (request.ttl_us) rules.ttl_us = request.ttl_us;
  return rules;
}

// What is stored for the hop: under its own key, else, when a cookie is all that sets it apart,
// what was stored for everybody.
ResponseStore::Found Exchanger::Find(const Hop& hop, ResponseStore::Look look) const {
  if (!hop.may_read) return {};
  ResponseStore::Found found = store_.Find(hop.store_key, hop.headers, look);
  if (found.response == nullptr && !hop.cookieless_key.empty() &&
      look != ResponseStore::Look::kMemory) {
    found = store_.Find(hop.cookieless_key, hop.headers, look);
  }
  if (hop.credentials && found.response != nullptr &&
      found.response->response_time_us < invalidations_.ChangedAt(hop.url)) {
    return {};
  }
  return found;
}

Outcome Exchanger::Serve(StoredRef answer, int32_t served_from, const Verdict& verdict) const {
  Outcome outcome;
  FetchResult& result = outcome.result;
  result.response = std::move(answer);
  result.served_from = served_from;
  result.age_us = verdict.age_us;
  result.stale = !verdict.fresh();
  result.cache_status = "tapps; hit" + TtlText(verdict);
  return outcome;
}

// RFC 9111 5.2.2.2 and 5.2.1.7: the status a cache answers with when it may not use what it has.
Outcome Exchanger::Generated504(std::string_view warning) const {
  auto response = std::make_shared<StoredResponse>();
  response->status = 504;
  response->request_time_us = response->response_time_us = clock_.WallNow();
  Outcome outcome;
  outcome.result.response = std::move(response);
  outcome.result.served_from = TAPPS_FROM_MEMORY;
  outcome.result.warning = warning;
  outcome.result.cache_status = "tapps; detail=generated";
  return outcome;
}

Exchanger::Consulted Exchanger::Consult(const FetchRequest& request, const Hop& hop, bool offline,
                                        ResponseStore::Look look) const {
  Consulted consulted;
  const auto answer = [&](Outcome outcome, bool refresh = false) {
    consulted.next = refresh ? Consulted::kAnswerAndRefresh : Consulted::kAnswer;
    consulted.answer = std::move(outcome);
    return consulted;
  };
  ResponseStore::Found found = Find(hop, look);
  StoredRef fit;
  if (found.response != nullptr) {
    const int64_t now = clock_.WallNow();
    const RuleOptions rules = RulesFor(request);
    const Verdict verdict = found.facts != nullptr
                                ? Judge(hop.directives, *found.response, *found.facts, now, rules)
                                : Judge(hop.directives, *found.response, now, rules);
    fit = AnswerFrom(hop, found.response, now);
    const bool any =
        request.policy == TAPPS_FETCH_FORCE_CACHE || request.policy == TAPPS_FETCH_ONLY_IF_CACHED;
    if (fit != nullptr) {
      if (any || verdict.use == Use::kFresh || verdict.use == Use::kMaxStale ||
          (offline && verdict.usable_offline)) {
        return answer(Serve(std::move(fit), found.served_from, verdict));
      }
      if (verdict.use == Use::kStaleWhileRevalidate) {
        const bool refresh = !offline && hop.method == "GET" && !hop.range;
        consulted.stored = found.response;
        return answer(Serve(std::move(fit), found.served_from, verdict), refresh);
      }
    }
  }
  if (look == ResponseStore::Look::kMemory) return consulted;  // a file may know better
  const std::string host = hop.url.HostPort();
  if (request.policy == TAPPS_FETCH_ONLY_IF_CACHED) {
    return answer({Status(TAPPS_E_NOT_FOUND, host + ": no answer is stored for this URL"), {}});
  }
  if (offline) {
    return answer({Status(TAPPS_E_OFFLINE, host + ": not asked, the network is switched off"), {}});
  }
  if (hop.directives.only_if_cached && hop.may_read) {
    return answer(Generated504("only-if-cached, and no usable answer is stored"));
  }
  consulted.stored = std::move(found.response);
  return consulted;
}

TransferRequest Exchanger::MakeTransfer(const FetchRequest& request, const Hop& hop,
                                        const StoredRef& stored) const {
  TransferRequest transfer;
  transfer.method = hop.method;
  transfer.url = hop.url;
  transfer.headers = hop.headers;
  transfer.body = hop.body;
  transfer.limits = request.limits;
  transfer.limits.total_timeout_us = 0;  // the callers' deadlines end it
  transfer.off_disk = hop.OffDisk() || hop.directives.no_store;
  transfer.deny_private_addresses = request.deny_private_addresses;
  // Caches on the way shall do as this one does (RFC 9111 5.2.1).
  if (!hop.headers.Has("Cache-Control") && !hop.headers.Has("Pragma")) {
    if (request.policy == TAPPS_FETCH_NO_CACHE) {
      (void)transfer.headers.Add("Cache-Control", "max-age=0");
    } else if (request.policy == TAPPS_FETCH_RELOAD) {
      (void)transfer.headers.Add("Cache-Control", "no-cache");
    }
  }
  if (stored != nullptr && hop.method == "GET") {
    if (CanAnswer(hop, *stored)) {
      AddValidators(*stored, &transfer.headers);
    } else {
      AddContinuation(hop, *stored, &transfer.headers);
    }
  }
  return transfer;
}

// RFC 9111 5.2.2.5: no-store means other storage, too. And what names secrets is kept in memory.
bool Exchanger::IsForMemoryOnly(const Url& url, const Headers& answer) const {
  const CacheControl cc = CacheControl::Of(answer);
  return cc.no_store || (options_.rules.shared && cc.is_private) ||
         hops_.LeadsToSecrets(url, answer);
}

std::optional<Outcome> Exchanger::ServeOnError(const FetchRequest& request, const Hop& hop,
                                               const StoredRef& stored,
                                               std::string_view why) const {
  if (stored == nullptr) return std::nullopt;
  const Verdict verdict = Judge(hop.directives, *stored, clock_.WallNow(), RulesFor(request));
  StoredRef fit = verdict.usable_on_error ? AnswerFrom(hop, stored, clock_.WallNow()) : StoredRef();
  if (fit == nullptr) return std::nullopt;
  Outcome outcome = Serve(std::move(fit), TAPPS_FROM_MEMORY, verdict);
  outcome.result.stale = true;
  outcome.result.warning = "served from the cache, " + std::to_string(verdict.age_us / kSecond) +
                           " s old: " + std::string(why);
  outcome.result.cache_status = "tapps; hit; fwd=stale" + TtlText(verdict);
  return outcome;
}

Outcome Exchanger::Fallback(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                            Status why) const {
  if (auto outcome = ServeOnError(request, hop, stored, why.message())) return *std::move(outcome);
  // 5.2.2.2, 5.2.2.4: without validation the stored answer is not to be used, and a 504 says so.
  if (stored != nullptr && why.code() != TAPPS_E_TOO_LARGE) {
    const CacheControl cc = CacheControl::Of(stored->headers);
    if (cc.must_revalidate || cc.no_cache) return Generated504(why.message());
  }
  return {std::move(why), {}};
}

Storage Exchanger::Store(const Hop& hop, const StoredRef& response) const {
  Storage where = MayStore(hop.method, hop.headers, hop.OffDisk(), response->status,
                           response->headers, options_.rules);
  if (where == Storage::kNone) return where;
  // Where it leads to may be a secret, too.
  if (hops_.LeadsToSecrets(hop.url, response->headers)) where = Storage::kMemory;
  if (hop.directives.no_store) return Storage::kNone;
  if (!hop.may_write && !(hop.method == "POST" && NamesItself(hop, response->headers))) {
    return Storage::kNone;
  }
  auto stored = std::make_shared<StoredResponse>(*response);
  stored->headers = StoredFields(response->headers);
  stored->selecting = SelectingFields(hop.headers, response->headers);
  return store_.Put(hop.store_key, std::move(stored), where) ? where : Storage::kNone;
}

// Whether Content-Location is the URL that was asked (RFC 9110 8.7).
bool Exchanger::NamesItself(const Hop& hop, const Headers& response) const {
  const auto reference = response.Get("Content-Location");
  if (!reference) return false;
  const Result<Url> url = ResolveUrl(hop.url, *reference);
  return url.ok() && url->ToString() == hop.url.ToString();
}

Outcome Exchanger::Revalidated(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                               const TransferResponse& response) const {
  if (!Validates(response.headers, *stored)) {
    // 4.3.4: nothing here is what the origin means.
    store_.Erase(hop.store_key);
    if (!hop.cookieless_key.empty()) store_.Erase(hop.cookieless_key);
    Outcome outcome;
    outcome.ask_for_whole = true;
    return outcome;
  }
  const auto fresh = std::make_shared<const StoredResponse>(
      Freshen(*stored, response.headers, response.request_time_us, response.response_time_us));
  const Kept kept = {.response = fresh, .where = Store(hop, fresh)};
  if (kept.where == Storage::kNone && hop.may_write) store_.Erase(hop.store_key);
  const int64_t now = clock_.WallNow();
  const Verdict verdict = Judge(hop.directives, *fresh, now, RulesFor(request));
  StoredRef fit = AnswerFrom(hop, fresh, now);
  Outcome outcome = Serve(fit != nullptr ? std::move(fit) : fresh, TAPPS_FROM_REVALIDATED, verdict);
  outcome.result.stale = false;
  outcome.shareable = AnswersOthers(request, hop, kept);
  outcome.result.cache_status =
      "tapps; hit; " + ForwardText(request, hop, stored) + "; fwd-status=304";
  return outcome;
}

// RFC 9111 4.4: an unsafe request that succeeded leaves what is stored for the URL, and for those
// the answer names on the same origin, in doubt.
void Exchanger::Invalidate(const Hop& hop, const Headers& response) const {
  const auto erase = [&](const Url& url) {
    invalidations_.Note(url, clock_.WallNow());
    store_.Erase(hops_.StoreKey(hop, url, false));
    if (hop.credentials) store_.Erase(hops_.StoreKey(hop, url, true));
  };
  erase(hop.url);
  for (const std::string_view field : {"Location", "Content-Location"}) {
    const auto reference = response.Get(field);
    if (!reference) continue;
    const Result<Url> url = ResolveUrl(hop.url, *reference);
    if (url.ok() && url->Origin() == hop.url.Origin()) erase(*url);
  }
}

// 4.3.5: the answer to a HEAD updates what a GET has stored, or says that it is no longer so.
void Exchanger::AfterHead(const Hop& hop, const StoredRef& stored,
                          const StoredResponse& head) const {
  if (stored == nullptr || head.status != 200 || !hop.may_write) return;
  if (stored->status == 200 && HeadDescribes(head.headers, *stored)) {
    Hop get = hop;
    get.method = "GET";
    if (Store(get, std::make_shared<const StoredResponse>(Freshen(
                       *stored, head.headers, head.request_time_us, head.response_time_us))) !=
        Storage::kNone) {
      return;
    }
  }
  store_.Erase(hop.store_key);
}

// Stores what came, joined with what was there.
Exchanger::Kept Exchanger::Keep(const Hop& hop, const StoredRef& stored,
                                const StoredRef& fresh) const {
  StoredRef kept = fresh;
  if (fresh->status == 206 && stored != nullptr) {
    if (!IsWorthJoining(*stored, *fresh)) return {.left = true};
    if (auto all = Combine(*stored, *fresh)) {
      kept = std::make_shared<const StoredResponse>(*std::move(all));
    }
  }
  const Storage where = Store(hop, kept);
  if (where == Storage::kNone) return {};
  return {.response = std::move(kept), .where = where};
}

bool Exchanger::AnswersOthers(const FetchRequest& request, const Hop& hop, const Kept& kept) const {
  if (kept.where != Storage::kAnywhere) return false;
  if (request.policy == TAPPS_FETCH_FORCE_CACHE) return true;
  const Verdict verdict =
      Judge(hop.directives, *kept.response, clock_.WallNow(), RulesFor(request));
  return verdict.use == Use::kFresh || verdict.use == Use::kMaxStale ||
         verdict.use == Use::kStaleWhileRevalidate;
}

Outcome Exchanger::FromNetwork(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                               TransferResponse response) const {
  auto fresh = std::make_shared<StoredResponse>();
  fresh->status = response.status;
  fresh->headers = std::move(response.headers);
  fresh->body = std::move(response.body);
  fresh->request_time_us = response.request_time_us;
  fresh->response_time_us = response.response_time_us;
  if (!IsSafeMethod(hop.method) && fresh->status >= 200 && fresh->status < 400) {
    Invalidate(hop, fresh->headers);
  }
  Outcome outcome;
  Kept kept;
  if (fresh->status == 416 && stored != nullptr && Continues(hop, *stored)) {
    // There is nothing behind the part that is stored: it is of something else.
    store_.Erase(hop.store_key);
    outcome.ask_for_whole = true;
    return outcome;
  }
  if (hop.method == "HEAD") {
    AfterHead(hop, stored, *fresh);
  } else if (fresh->status == 206 && stored != nullptr && !hop.range && !CanAnswer(hop, *stored)) {
    // It was the cache that asked for the rest of what it has.
    auto all = Combine(*stored, *fresh);
    outcome.ask_for_whole = !all || all->status != 200;
    if (outcome.ask_for_whole) return outcome;
    fresh = std::make_shared<StoredResponse>(*std::move(all));
    kept = Keep(hop, nullptr, fresh);
  } else {
    kept = Keep(hop, stored, fresh);
    // A reload has not looked at what is stored.
    const bool may_be_stored = stored != nullptr || !hop.may_read;
    if (kept.response == nullptr && !kept.left && may_be_stored && hop.may_write &&
        Supersedes(fresh->status)) {
      store_.Erase(hop.store_key);
    }
  }
  outcome.result.age_us = CurrentAge(*fresh, clock_.WallNow());
  outcome.result.served_from = TAPPS_FROM_NETWORK;
  outcome.result.cache_status = "tapps; " + ForwardText(request, hop, stored) +
                                "; fwd-status=" + std::to_string(fresh->status) +
                                (kept.response != nullptr ? "; stored" : "");
  outcome.shareable = AnswersOthers(request, hop, kept);
  outcome.result.response = std::move(fresh);
  return outcome;
}

Outcome Exchanger::Conclude(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                            TransferResult result) const {
  if (!result.status.ok()) return Fallback(request, hop, stored, std::move(result.status));
  const int32_t status = result.response.status;
  if (status == 304 && stored != nullptr && hop.method == "GET" && CanAnswer(hop, *stored)) {
    if (!IsConditional(hop.headers)) return Revalidated(request, hop, stored, result.response);
    // The caller's own condition held: a 304 it is, and what is stored is known to be good when the
    // answer names its strong validator.
    if (SameStrongTag(result.response.headers, stored->headers)) {
      (void)Revalidated(request, hop, stored, result.response);
    }
  }
  if (IsOriginFailure(status)) {
    const std::string why = hop.url.HostPort() + " answered " + std::to_string(status);
    if (auto outcome = ServeOnError(request, hop, stored, why)) return *std::move(outcome);
  }
  return FromNetwork(request, hop, stored, std::move(result.response));
}

}  // namespace tapps::http
