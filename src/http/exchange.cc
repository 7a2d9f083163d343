#include "http/exchange.h"

#include <utility>

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
  if (stored == nullptr) return "fwd=uri-miss";
  return hop.directives.no_cache ? "fwd=request" : "fwd=stale";
}

}  // namespace

Headers FetchResult::HeadersWithAge() const {
  Headers headers = response->headers;
  if (served_from != TAPPS_FROM_NETWORK) {
    (void)headers.Set("Age", std::to_string(age_us / kSecond));
  }
  return headers;
}

Exchanger::Exchanger(ResponseStore& store, const Clock& clock, const FetchOptions& options)
    : store_(store), clock_(clock), options_(options), hops_(options.secrets) {}

RuleOptions Exchanger::RulesFor(const FetchRequest& request) const {
  RuleOptions rules = options_.rules;
  if (request.ttl_us) rules.ttl_us = request.ttl_us;
  return rules;
}

Outcome Exchanger::Serve(const Hop& hop, const ResponseStore::Found& found,
                         const Verdict& verdict) const {
  Outcome outcome;
  FetchResult& result = outcome.result;
  result.response = found.response;
  if (hop.method == "HEAD" && found.response->body) {
    auto head = std::make_shared<StoredResponse>(*found.response);
    head->body = ValueRef();
    result.response = std::move(head);
  }
  result.served_from = found.served_from;
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

Exchanger::Consulted Exchanger::Consult(const FetchRequest& request, const Hop& hop,
                                        bool offline) const {
  Consulted consulted;
  const auto answer = [&](Outcome outcome, bool refresh = false) {
    consulted.next = refresh ? Consulted::kAnswerAndRefresh : Consulted::kAnswer;
    consulted.answer = std::move(outcome);
    return consulted;
  };
  ResponseStore::Found found;
  if (hop.may_read) found = store_.Find(hop.store_key, hop.headers);
  if (found.response != nullptr) {
    const Verdict verdict =
        Judge(hop.directives, *found.response, clock_.WallNow(), RulesFor(request));
    const bool any =
        request.policy == TAPPS_FETCH_FORCE_CACHE || request.policy == TAPPS_FETCH_ONLY_IF_CACHED;
    if (any || verdict.use == Use::kFresh || verdict.use == Use::kMaxStale ||
        (offline && verdict.usable_offline)) {
      return answer(Serve(hop, found, verdict));
    }
    if (verdict.use == Use::kStaleWhileRevalidate) {
      return answer(Serve(hop, found, verdict), !offline && hop.method == "GET");
    }
  }
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
  transfer.deny_private_addresses = request.deny_private_addresses;
  if (stored != nullptr && hop.method == "GET") AddValidators(*stored, &transfer.headers);
  return transfer;
}

std::optional<Outcome> Exchanger::ServeOnError(const FetchRequest& request, const Hop& hop,
                                               const StoredRef& stored,
                                               std::string_view why) const {
  if (stored == nullptr) return std::nullopt;
  const Verdict verdict = Judge(hop.directives, *stored, clock_.WallNow(), RulesFor(request));
  if (!verdict.usable_on_error) return std::nullopt;
  Outcome outcome = Serve(hop, {stored, TAPPS_FROM_MEMORY}, verdict);
  outcome.result.stale = true;
  outcome.result.warning = "served from the cache, " + std::to_string(verdict.age_us / kSecond) +
                           " s old: " + std::string(why);
  outcome.result.cache_status = "tapps; hit; fwd=stale" + TtlText(verdict);
  return outcome;
}

Outcome Exchanger::Fallback(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                            Status why) const {
  if (auto outcome = ServeOnError(request, hop, stored, why.message())) return *std::move(outcome);
  // 5.2.2.2: without validation the stored answer is not to be used, and a 504 says so.
  if (stored != nullptr && why.code() != TAPPS_E_TOO_LARGE &&
      CacheControl::Of(stored->headers).must_revalidate) {
    return Generated504(why.message());
  }
  return {std::move(why), {}};
}

bool Exchanger::Store(const Hop& hop, const StoredRef& response) const {
  const Storage where =
      MayStore(hop.method, hop.headers, hop.credentials, response->status, response->headers);
  if (!hop.may_write || where == Storage::kNone) return false;
  auto stored = std::make_shared<StoredResponse>(*response);
  stored->headers = StoredFields(response->headers, options_.keep_set_cookie);
  stored->selecting = SelectingFields(hop.headers, response->headers);
  store_.Put(hop.store_key, std::move(stored), where);
  return true;
}

Outcome Exchanger::Revalidated(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                               const TransferResponse& response) const {
  if (!Validates(response.headers, *stored)) {
    store_.Erase(hop.store_key);
    return {Status(TAPPS_E_PROTOCOL,
                   hop.url.HostPort() + ": answered 304 for another answer than the one stored"),
            {}};
  }
  const auto fresh = std::make_shared<const StoredResponse>(
      Freshen(*stored, response.headers, response.request_time_us, response.response_time_us));
  if (!Store(hop, fresh) && hop.may_write) store_.Erase(hop.store_key);
  Outcome outcome;
  const Verdict verdict = Judge(hop.directives, *fresh, clock_.WallNow(), RulesFor(request));
  outcome.result.response = fresh;
  outcome.result.served_from = TAPPS_FROM_REVALIDATED;
  outcome.result.age_us = verdict.age_us;
  outcome.result.cache_status =
      "tapps; hit; " + ForwardText(request, hop, stored) + "; fwd-status=304";
  return outcome;
}

// RFC 9111 4.4: an unsafe request that succeeded leaves what is stored for the URL, and for those
// the answer names on the same origin, in doubt.
void Exchanger::Invalidate(const Hop& hop, const Headers& response) const {
  const auto erase = [&](const Url& url) {
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

Outcome Exchanger::FromNetwork(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                               TransferResponse response) const {
  auto fresh = std::make_shared<StoredResponse>();
  fresh->status = response.status;
  fresh->headers = std::move(response.headers);
  if (!response.body.empty()) fresh->body = Value::Make(response.body, ValueInfo());
  fresh->request_time_us = response.request_time_us;
  fresh->response_time_us = response.response_time_us;
  if (!IsSafeMethod(hop.method) && fresh->status >= 200 && fresh->status < 400) {
    Invalidate(hop, fresh->headers);
  }
  const bool kept = Store(hop, fresh);
  // What was stored is superseded, unless the origin merely failed.
  if (!kept && stored != nullptr && hop.may_write && fresh->status < 500) {
    store_.Erase(hop.store_key);
  }
  Outcome outcome;
  outcome.result.age_us = CurrentAge(*fresh, clock_.WallNow());
  outcome.result.served_from = TAPPS_FROM_NETWORK;
  outcome.result.cache_status = "tapps; " + ForwardText(request, hop, stored) +
                                "; fwd-status=" + std::to_string(fresh->status) +
                                (kept ? "; stored" : "");
  outcome.result.response = std::move(fresh);
  return outcome;
}

Outcome Exchanger::Conclude(const FetchRequest& request, const Hop& hop, const StoredRef& stored,
                            TransferResult result) const {
  if (!result.status.ok()) return Fallback(request, hop, stored, std::move(result.status));
  const int32_t status = result.response.status;
  if (status == 304 && stored != nullptr && hop.method == "GET") {
    return Revalidated(request, hop, stored, result.response);
  }
  if (IsOriginFailure(status)) {
    const std::string why = hop.url.HostPort() + " answered " + std::to_string(status);
    if (auto outcome = ServeOnError(request, hop, stored, why)) return *std::move(outcome);
  }
  return FromNetwork(request, hop, stored, std::move(result.response));
}

}  // namespace tapps::http
