#include "http/conditional.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>
#include <utility>

#include "http/field_list.h"
#include "http/http_date.h"
#include "http/range.h"
#include "http/rules.h"
#include "http/text.h"

namespace tapps::http {
namespace {

// 3.2: an update does not describe these of the stored body.
constexpr std::array<std::string_view, 3> kOfTheBody = {"Content-Length", "Content-Encoding",
                                                        "Content-Range"};

bool IsOfTheBody(std::string_view name) {
  return std::any_of(kOfTheBody.begin(), kOfTheBody.end(),
                     [&](std::string_view one) { return EqualsIgnoreCase(one, name); });
}

std::string_view OpaqueTag(std::string_view etag) {
  etag = TrimSpace(etag);
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

// A field both have is the same in both.
bool AgreeOn(std::string_view name, const Headers& a, const Headers& b) {
  const auto one = a.Get(name);
  const auto other = b.Get(name);
  return !one || !other || *one == *other;
}

}  // namespace

bool IsConditional(const Headers& request) {
  return request.Has("If-None-Match") || request.Has("If-Modified-Since");
}

bool IsForOriginAlone(const Headers& request) {
  return request.Has("If-Match") || request.Has("If-Unmodified-Since");
}

bool IsNotModified(const Headers& request, const StoredResponse& stored, int64_t now_us) {
  if (request.Has("If-None-Match")) {
    const auto tag = stored.headers.Get("ETag");
    bool matches = false;
    request.ForEach("If-None-Match", [&](std::string_view value) {
      FieldList list(value);
      while (const auto one = list.Next()) {
        matches = matches || *one == "*" || (tag && OpaqueTag(*one) == OpaqueTag(*tag));
      }
    });
    return matches;
  }
  const auto since = ParseHttpDate(request.Get("If-Modified-Since").value_or(""), now_us);
  if (!since) return false;
  // 4.3.2: without Last-Modified, Date stands in for it, else the time it was received.
  for (const std::string_view field : {"Last-Modified", "Date"}) {
    const auto text = stored.headers.Get(field);
    const auto time = text ? ParseHttpDate(*text, now_us) : std::nullopt;
    if (time) return *time <= *since;
  }
  return stored.response_time_us <= *since;
}

StoredResponse MakeNotModified(const StoredResponse& stored) {
  StoredResponse answer = stored;
  answer.status = 304;
  answer.body = ValueRef();
  for (const std::string_view field : kOfTheBody) answer.headers.Remove(field);
  return answer;
}

bool MatchesIfRange(const Headers& request, const StoredResponse& stored) {
  const auto condition = request.Get("If-Range");
  if (!condition) return true;
  if (condition->starts_with('"')) {
    Headers theirs;
    return theirs.Add("ETag", *condition).ok() && SameStrongTag(theirs, stored.headers);
  }
  return condition == stored.headers.Get("Last-Modified");
}

bool AddValidators(const StoredResponse& stored, Headers* request) {
  if (IsConditional(*request) || request->Has("If-Range")) return false;
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

bool HeadDescribes(const Headers& head, const StoredResponse& stored) {
  return AgreeOn("ETag", head, stored.headers) && AgreeOn("Last-Modified", head, stored.headers) &&
         AgreeOn("Content-Length", head, stored.headers);
}

void MergeFields(const Headers& newer, Headers* older) {
  // An Age or Date of the older answer must not count for this one.
  std::unordered_set<std::string> replaced = {"age", "date"};
  for (size_t i = 0; i < newer.size(); ++i) {
    if (!IsOfTheBody(newer[i].name)) replaced.insert(LowerCase(newer[i].name));
  }
  Headers merged;
  for (size_t i = 0; i < older->size(); ++i) {
    const auto [name, value] = (*older)[i];
    if (!replaced.contains(LowerCase(name))) (void)merged.Add(name, value);
  }
  for (size_t i = 0; i < newer.size(); ++i) {
    const auto [name, value] = newer[i];
    if (!IsOfTheBody(name)) (void)merged.Add(name, value);
  }
  *older = std::move(merged);
}

StoredResponse Freshen(const StoredResponse& stored, const Headers& fields, int64_t request_time_us,
                       int64_t response_time_us) {
  StoredResponse fresh = stored;
  MergeFields(StoredFields(fields), &fresh.headers);
  fresh.request_time_us = request_time_us;
  fresh.response_time_us = response_time_us;
  return fresh;
}

}  // namespace tapps::http
