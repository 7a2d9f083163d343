#include "http/rules.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>

#include "http/field_list.h"
#include "http/http_date.h"
#include "http/text.h"

namespace tapps::http {
namespace {

constexpr int64_t kForEver = CacheControl::kMaxDelta;

template <size_t N>
bool IsOneOf(const std::array<int32_t, N>& statuses, int32_t status) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

template <size_t N>
bool IsOneOf(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view one) { return EqualsIgnoreCase(one, name); });
}

// RFC 9110 15.1.
constexpr std::array<int32_t, 12> kHeuristicStatuses = {200, 203, 204, 206, 300, 301,
                                                        308, 404, 405, 410, 414, 501};
// Statuses whose caching requirements are met here (must-understand, 5.2.2.3).
constexpr std::array<int32_t, 29> kUnderstoodStatuses = {
    200, 201, 202, 203, 204, 206, 300, 301, 302, 303, 307, 308, 400, 401, 403,
    404, 405, 406, 410, 413, 414, 415, 429, 451, 500, 501, 502, 503, 504};

// 7.6.1 of RFC 9110 and 3.1: fields about the connection or a proxy, not about the response.
constexpr std::array<std::string_view, 9> kHopByHop = {"Connection",
                                                       "Keep-Alive",
                                                       "Proxy-Connection",
                                                       "Transfer-Encoding",
                                                       "Upgrade",
                                                       "TE",
                                                       "Proxy-Authentication-Info",
                                                       "Proxy-Authenticate",
                                                       "Proxy-Authorization"};

std::optional<int64_t> DateField(const Headers& headers, std::string_view name, int64_t now_us) {
  const auto text = headers.Get(name);
  return text ? ParseHttpDate(*text, now_us) : std::nullopt;
}

bool ListHas(const Headers& headers, std::string_view field, std::string_view member) {
  bool found = false;
  headers.ForEach(field, [&](std::string_view value) {
    FieldList list(value);
    while (const auto one = list.Next()) {
      found = found || EqualsIgnoreCase(*one, member);
    }
  });
  return found;
}

bool HasValidator(const Headers& headers) {
  return headers.Has("ETag") || headers.Has("Last-Modified");
}

// 5.1. What is no number makes the response old, and so do several Age lines, also when somebody
// has joined them to "1, 2": nobody can tell which of them is meant. Of "1,2" the first counts.
int64_t AgeField(const Headers& headers) {
  int lines = 0;
  std::string_view value;
  headers.ForEach("Age", [&](std::string_view one) {
    ++lines;
    value = one;
  });
  if (lines == 0) return 0;
  if (lines > 1 || value.find(", ") != std::string_view::npos) return kForEver;
  const auto seconds = ParseDigits(value.substr(0, value.find(',')), kForEver / kSecond);
  return seconds ? *seconds * kSecond : kForEver;
}

}  // namespace

StoredFacts StoredFacts::Of(const StoredResponse& stored) {
  const int64_t received = stored.response_time_us;
  StoredFacts facts;
  facts.cc = CacheControl::Of(stored.headers);
  facts.date_us = DateField(stored.headers, "Date", received).value_or(received);
  facts.has_expires = stored.headers.Has("Expires");
  facts.expires_us = DateField(stored.headers, "Expires", received);
  facts.last_modified_us = DateField(stored.headers, "Last-Modified", received);
  facts.age_us = AgeField(stored.headers);
  facts.varies = stored.headers.Has("Vary");
  return facts;
}

int64_t CurrentAge(const StoredResponse& stored, const StoredFacts& facts, int64_t now_us) {
  const int64_t resident = now_us - stored.response_time_us;
  if (resident < -kMinute) return kForEver;
  const int64_t apparent = std::max<int64_t>(0, stored.response_time_us - facts.date_us);
  const int64_t delay = std::max<int64_t>(0, stored.response_time_us - stored.request_time_us);
  return std::max(apparent, facts.age_us + delay) + std::max<int64_t>(0, resident);
}

int64_t CurrentAge(const StoredResponse& stored, int64_t now_us) {
  return CurrentAge(stored, StoredFacts::Of(stored), now_us);
}

int64_t FreshnessLifetime(const StoredResponse& stored, const StoredFacts& facts,
                          const RuleOptions& options) {
  if (options.shared && facts.cc.s_maxage) return *facts.cc.s_maxage;  // 5.2.2.10
  if (facts.cc.max_age) return *facts.cc.max_age;
  if (facts.has_expires) {
    // 5.3: invalid is the past
    return facts.expires_us ? std::max<int64_t>(0, *facts.expires_us - facts.date_us) : 0;
  }
  if (!facts.cc.is_public && !IsOneOf(kHeuristicStatuses, stored.status)) return 0;
  if (!facts.last_modified_us || *facts.last_modified_us > facts.date_us) return 0;
  return std::min(options.max_heuristic_us, (facts.date_us - *facts.last_modified_us) / 10);
}

int64_t FreshnessLifetime(const StoredResponse& stored, const RuleOptions& options) {
  return FreshnessLifetime(stored, StoredFacts::Of(stored), options);
}

Verdict Judge(const CacheControl& request, const StoredResponse& stored, int64_t now_us,
              const RuleOptions& options) {
  return Judge(request, stored, StoredFacts::Of(stored), now_us, options);
}

Verdict Judge(const CacheControl& request, const StoredResponse& stored, const StoredFacts& facts,
              int64_t now_us, const RuleOptions& options) {
  const CacheControl& cc = facts.cc;
  Verdict verdict;
  verdict.age_us = CurrentAge(stored, facts, now_us);
  verdict.lifetime_us = FreshnessLifetime(stored, facts, options);
  if (options.ttl_us) {
    verdict.age_us =
        std::min(verdict.age_us, std::max<int64_t>(0, now_us - stored.response_time_us));
    verdict.lifetime_us = *options.ttl_us;
  }
  const int64_t stale_by = verdict.age_us - verdict.lifetime_us;
  // 4.2.4: what forbids to serve a stale response, whatever the client would take.
  const bool must_validate = cc.no_cache && !options.ttl_us;
  const bool no_stale = must_validate || cc.must_revalidate ||
                        (options.shared && (cc.proxy_revalidate || cc.s_maxage));

  verdict.usable_offline = !no_stale || (verdict.fresh() && !must_validate);
  const int64_t error_window = request.stale_if_error.value_or(
      cc.stale_if_error.value_or(options.default_stale_if_error_us));
  // A fresh one that the client wanted validated is usable too, unless no-cache on either side says
  // never.
  verdict.usable_on_error = !must_validate && !request.no_cache &&
                            (verdict.fresh() || (!no_stale && stale_by <= error_window));

  if (must_validate || request.no_cache) return verdict;    // 5.2.2.4, 5.2.1.4
  const bool unchanging = cc.immutable && verdict.fresh();  // RFC 8246 2
  if (request.max_age && verdict.age_us > *request.max_age && !unchanging) {
    return verdict;  // 5.2.1.1
  }
  if (verdict.fresh()) {
    if (verdict.lifetime_us - verdict.age_us >= request.min_fresh.value_or(0)) {  // 5.2.1.3
      verdict.use = Use::kFresh;
    }
    return verdict;
  }
  if (no_stale || request.min_fresh) return verdict;
  if (request.max_stale && stale_by <= *request.max_stale) {  // 5.2.1.2
    verdict.use = Use::kMaxStale;
  } else if (!request.max_age && cc.stale_while_revalidate &&
             stale_by <= *cc.stale_while_revalidate) {  // RFC 5861 3
    verdict.use = Use::kStaleWhileRevalidate;
  }
  return verdict;
}

Storage MayStore(std::string_view method, const Headers& request, bool credentials, int32_t status,
                 const Headers& response, const RuleOptions& options) {
  // A 416 is about the range that was asked for (RFC 9110 15.5.17), a 304 about a condition.
  if (status < 200 || status == 304 || status == 416) return Storage::kNone;
  const CacheControl cc = CacheControl::Of(response);
  if (cc.must_understand) {  // 5.2.2.3: stands in for no-store where the status is understood
    if (!IsOneOf(kUnderstoodStatuses, status)) return Storage::kNone;
  } else if (cc.no_store) {
    return Storage::kNone;
  }
  if (CacheControl::Of(request).no_store) return Storage::kNone;
  if (status == 206 && (!request.Has("Range") || !response.Has("Content-Range"))) {
    return Storage::kNone;  // 3.3
  }
  if (ListHas(response, "Vary", "*")) return Storage::kNone;  // could never be selected (4.1)
  const bool for_how_long =
      cc.max_age || response.Has("Expires") || (options.shared && cc.s_maxage.has_value());
  if (method == "POST") {
    if (!for_how_long || !response.Has("Content-Location")) return Storage::kNone;
  } else if (method != "GET") {
    return Storage::kNone;
  }
  if (options.shared) {
    if (cc.is_private || cc.private_fields) return Storage::kNone;  // 5.2.2.7
    const bool permitted = cc.is_public || cc.must_revalidate || cc.s_maxage;
    if (request.Has("Authorization") && !permitted) return Storage::kNone;  // 3.5
  }
  const bool explicitly = for_how_long || cc.is_public || cc.is_private;
  const bool heuristically =
      IsOneOf(kHeuristicStatuses, status) || (cc.no_cache && HasValidator(response));
  if (!explicitly && !heuristically) return Storage::kNone;
  return credentials ? Storage::kMemory : Storage::kAnywhere;
}

bool IsConnectionField(std::string_view name) { return IsOneOf(kHopByHop, name); }

Headers StoredFields(const Headers& response) {
  Headers stored;
  std::unordered_set<std::string> listed;  // 7.6.1
  response.ForEach("Connection", [&](std::string_view value) {
    FieldList list(value);
    while (const auto name = list.Next()) listed.insert(LowerCase(*name));
  });
  for (size_t i = 0; i < response.size(); ++i) {
    const auto [name, value] = response[i];
    if (IsConnectionField(name)) continue;
    if (!listed.empty() && listed.contains(LowerCase(name))) continue;
    (void)stored.Add(name, value);  // valid as it was received
  }
  return stored;
}

bool IsCookieField(std::string_view name) {
  return EqualsIgnoreCase(name, "Set-Cookie") || EqualsIgnoreCase(name, "Set-Cookie2");
}

bool IsSafeMethod(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

bool IsRedirect(int32_t status) {
  constexpr std::array<int32_t, 5> kRedirects = {301, 302, 303, 307, 308};
  return IsOneOf(kRedirects, status);
}

bool IsOriginFailure(int32_t status) {
  constexpr std::array<int32_t, 4> kFailures = {500, 502, 503, 504};
  return IsOneOf(kFailures, status);
}

}  // namespace tapps::http
