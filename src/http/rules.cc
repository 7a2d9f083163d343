#include "http/rules.h"

#include <algorithm>
#include <array>
#include <string>

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

// RFC 9110 15.1; 206 is stored by its own rules only.
constexpr std::array<int32_t, 11> kHeuristicStatuses = {200, 203, 204, 300, 301, 308,
                                                        404, 405, 410, 414, 501};
// Statuses whose caching requirements are met here (must-understand, 5.2.2.3).
constexpr std::array<int32_t, 28> kUnderstoodStatuses = {
    200, 201, 202, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 403,
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

// 3.2: a 304 does not describe these of the stored body.
constexpr std::array<std::string_view, 3> kOfTheBody = {"Content-Length", "Content-Encoding",
                                                        "Content-Range"};

std::optional<int64_t> DateField(const Headers& headers, std::string_view name, int64_t now_us) {
  const auto text = headers.Get(name);
  return text ? ParseHttpDate(*text, now_us) : std::nullopt;
}

int64_t DateOf(const StoredResponse& stored) {
  return DateField(stored.headers, "Date", stored.response_time_us)
      .value_or(stored.response_time_us);
}

bool ListHas(const Headers& headers, std::string_view field, std::string_view member) {
  bool found = false;
  headers.ForEach(field, [&](std::string_view rest) {
    while (const auto one = NextListMember(&rest)) {
      found = found || EqualsIgnoreCase(*one, member);
    }
  });
  return found;
}

bool HasValidator(const Headers& headers) {
  return headers.Has("ETag") || headers.Has("Last-Modified");
}

// 5.1: of a list the first member counts; what is no number counts nothing.
int64_t AgeField(const Headers& headers) {
  auto rest = headers.Get("Age");
  if (!rest) return 0;
  const auto first = NextListMember(&*rest);
  return ParseDigits(first.value_or(""), kForEver / kSecond).value_or(0) * kSecond;
}

// A list with the white space around its members removed, so that equal lists are equal texts.
std::string NormaliseList(std::string_view rest) {
  std::string out;
  while (const auto member = NextListMember(&rest)) {
    if (!out.empty()) out += ',';
    out += *member;
  }
  return out;
}

std::optional<std::string> SelectingValue(const Headers& request, std::string_view name) {
  const auto combined = request.Combined(name);
  if (!combined) return std::nullopt;
  return NormaliseList(*combined);
}

std::string_view OpaqueTag(std::string_view etag) {
  etag = TrimSpace(etag);
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

}  // namespace

int64_t CurrentAge(const StoredResponse& stored, int64_t now_us) {
  const int64_t resident = now_us - stored.response_time_us;
  if (resident < -kMinute) return kForEver;
  const int64_t apparent = std::max<int64_t>(0, stored.response_time_us - DateOf(stored));
  const int64_t delay = std::max<int64_t>(0, stored.response_time_us - stored.request_time_us);
  const int64_t corrected = AgeField(stored.headers) + delay;
  return std::max(apparent, corrected) + std::max<int64_t>(0, resident);
}

int64_t FreshnessLifetime(const StoredResponse& stored, const RuleOptions& options) {
  const CacheControl cc = CacheControl::Of(stored.headers);
  if (cc.max_age) return *cc.max_age;
  const int64_t date = DateOf(stored);
  if (stored.headers.Has("Expires")) {
    const auto expires = DateField(stored.headers, "Expires", stored.response_time_us);
    return expires ? std::max<int64_t>(0, *expires - date) : 0;  // 5.3: invalid is the past
  }
  if (!cc.is_public && !IsOneOf(kHeuristicStatuses, stored.status)) return 0;
  const auto modified = DateField(stored.headers, "Last-Modified", stored.response_time_us);
  if (!modified || *modified > date) return 0;
  return std::min(options.max_heuristic_us, (date - *modified) / 10);
}

Verdict Judge(const CacheControl& request, const StoredResponse& stored, int64_t now_us,
              const RuleOptions& options) {
  const CacheControl cc = CacheControl::Of(stored.headers);
  Verdict verdict;
  verdict.age_us = CurrentAge(stored, now_us);
  verdict.lifetime_us = FreshnessLifetime(stored, options);
  if (options.ttl_us) {
    verdict.age_us =
        std::min(verdict.age_us, std::max<int64_t>(0, now_us - stored.response_time_us));
    verdict.lifetime_us = *options.ttl_us;
  }
  const int64_t stale_by = verdict.age_us - verdict.lifetime_us;
  // 4.2.4: what forbids to serve a stale response, whatever the client would take.
  const bool must_validate = cc.no_cache && !options.ttl_us;
  const bool no_stale = must_validate || cc.must_revalidate;

  verdict.usable_offline = !no_stale || (verdict.fresh() && !must_validate);
  const int64_t error_window = request.stale_if_error.value_or(
      cc.stale_if_error.value_or(options.default_stale_if_error_us));
  // A fresh one that the client wanted validated is usable too, unless no-cache on either side says
  // never.
  verdict.usable_on_error = !must_validate && !request.no_cache &&
                            (verdict.fresh() || (!no_stale && stale_by <= error_window));

  if (must_validate || request.no_cache) return verdict;                     // 5.2.2.4, 5.2.1.4
  if (request.max_age && verdict.age_us > *request.max_age) return verdict;  // 5.2.1.1
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
                 const Headers& response) {
  if (method != "GET" || status < 200 || status == 206 || status == 304) return Storage::kNone;
  const CacheControl cc = CacheControl::Of(response);
  if (cc.must_understand) {  // 5.2.2.3: stands in for no-store where the status is understood
    if (!IsOneOf(kUnderstoodStatuses, status)) return Storage::kNone;
  } else if (cc.no_store) {
    return Storage::kNone;
  }
  if (CacheControl::Of(request).no_store || request.Has("Range")) return Storage::kNone;
  if (ListHas(response, "Vary", "*")) return Storage::kNone;  // could never be selected (4.1)
  const bool explicitly = cc.max_age || cc.is_public || cc.is_private || response.Has("Expires");
  const bool heuristically =
      IsOneOf(kHeuristicStatuses, status) || (cc.no_cache && HasValidator(response));
  if (!explicitly && !heuristically) return Storage::kNone;
  return credentials ? Storage::kMemory : Storage::kAnywhere;
}

Headers StoredFields(const Headers& response, bool keep_set_cookie) {
  Headers stored;
  for (size_t i = 0; i < response.size(); ++i) {
    const auto [name, value] = response[i];
    if (IsOneOf(kHopByHop, name) || ListHas(response, "Connection", name)) continue;
    if (!keep_set_cookie && EqualsIgnoreCase(name, "Set-Cookie")) continue;
    (void)stored.Add(name, value);  // valid as it was received
  }
  return stored;
}

Headers SelectingFields(const Headers& request, const Headers& response) {
  Headers selecting;
  response.ForEach("Vary", [&](std::string_view rest) {
    while (const auto name = NextListMember(&rest)) {
      if (!IsToken(*name) || selecting.Has(*name)) continue;
      if (const auto value = SelectingValue(request, *name)) (void)selecting.Add(*name, *value);
    }
  });
  return selecting;
}

bool MatchesVary(const StoredResponse& stored, const Headers& request) {
  bool matches = true;
  stored.headers.ForEach("Vary", [&](std::string_view rest) {
    while (const auto name = NextListMember(&rest)) {
      if (*name == "*") matches = false;
      if (!matches) return;
      const auto value = SelectingValue(request, *name);
      const auto then = stored.selecting.Get(*name);
      matches = value.has_value() == then.has_value() && (!value || *value == *then);
    }
  });
  return matches;
}

bool AddValidators(const StoredResponse& stored, Headers* request) {
  bool any = false;
  if (const auto etag = stored.headers.Get("ETag"); etag && !etag->empty()) {
    any = request->Set("If-None-Match", *etag).ok();
  }
  if (const auto modified = stored.headers.Get("Last-Modified"); modified && !modified->empty()) {
    any = request->Set("If-Modified-Since", *modified).ok() || any;
  }
  return any;
}

bool Validates(const Headers& not_modified, const StoredResponse& stored) {
  const auto theirs = not_modified.Get("ETag");
  const auto ours = stored.headers.Get("ETag");
  return !theirs || (ours && OpaqueTag(*theirs) == OpaqueTag(*ours));
}

StoredResponse Freshen(const StoredResponse& stored, const Headers& not_modified,
                       int64_t request_time_us, int64_t response_time_us) {
  const Headers update = StoredFields(not_modified, false);
  StoredResponse fresh = stored;
  // An Age or Date of the older answer must not count for this one.
  fresh.headers.Remove("Age");
  if (!update.Has("Date")) fresh.headers.Remove("Date");
  for (size_t i = 0; i < update.size(); ++i) {
    if (!IsOneOf(kOfTheBody, update[i].name)) fresh.headers.Remove(update[i].name);
  }
  for (size_t i = 0; i < update.size(); ++i) {
    const auto [name, value] = update[i];
    if (!IsOneOf(kOfTheBody, name)) (void)fresh.headers.Add(name, value);
  }
  fresh.request_time_us = request_time_us;
  fresh.response_time_us = response_time_us;
  return fresh;
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
