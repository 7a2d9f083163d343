#include "http/cache_control.h"

#include "http/field_list.h"
#include "http/text.h"

namespace tapps::http {
namespace {

constexpr int64_t kMaxSeconds = CacheControl::kMaxDelta / 1'000'000;

std::optional<int64_t> ParseDelta(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  const auto seconds = ParseDigits(text, kMaxSeconds);
  if (!seconds) return std::nullopt;
  return *seconds * 1'000'000;
}

struct DeltaDirective {
  std::string_view name;
  std::optional<int64_t> CacheControl::*field;
  bool zero_when_invalid;
};

constexpr DeltaDirective kDeltas[] = {
    {"max-age", &CacheControl::max_age, true},
    {"s-maxage", &CacheControl::s_maxage, true},
    {"min-fresh", &CacheControl::min_fresh, false},
    {"stale-while-revalidate", &CacheControl::stale_while_revalidate, false},
    {"stale-if-error", &CacheControl::stale_if_error, false},
};

struct FlagDirective {
  std::string_view name;
  bool CacheControl::*field;
};

constexpr FlagDirective kFlags[] = {
    {"no-store", &CacheControl::no_store},
    {"no-cache", &CacheControl::no_cache},
    {"only-if-cached", &CacheControl::only_if_cached},
    {"must-revalidate", &CacheControl::must_revalidate},
    {"proxy-revalidate", &CacheControl::proxy_revalidate},
    {"must-understand", &CacheControl::must_understand},
    {"public", &CacheControl::is_public},
    {"immutable", &CacheControl::immutable},
};

void ReadDirective(std::string_view member, CacheControl* cc) {
  const size_t equals = member.find('=');
  const bool has_argument = equals != std::string_view::npos;
  const std::string_view name = TrimSpace(member.substr(0, equals));
  const std::string_view argument = has_argument ? member.substr(equals + 1) : "";
  for (const DeltaDirective& delta : kDeltas) {
    if (!EqualsIgnoreCase(name, delta.name)) continue;
    std::optional<int64_t>& field = cc->*delta.field;
    if (!field) field = ParseDelta(argument);
    if (!field && delta.zero_when_invalid) field = 0;
    return;
  }
  for (const FlagDirective& flag : kFlags) {
    if (EqualsIgnoreCase(name, flag.name)) {
      cc->*flag.field = true;
      return;
    }
  }
  if (EqualsIgnoreCase(name, "private")) {
    (has_argument ? cc->private_fields : cc->is_private) = true;
  } else if (EqualsIgnoreCase(name, "max-stale") && !cc->max_stale) {
    cc->max_stale = has_argument ? ParseDelta(argument) : CacheControl::kMaxDelta;
  }
}

}  // namespace

CacheControl CacheControl::Of(const Headers& headers) {
  CacheControl cc;
  headers.ForEach("Cache-Control", [&](std::string_view value) {
    FieldList list(value);
    while (const auto member = list.Next()) ReadDirective(*member, &cc);
  });
  return cc;
}

CacheControl CacheControl::OfRequest(const Headers& headers) {
  CacheControl cc = Of(headers);
  if (!headers.Has("Cache-Control")) {
    headers.ForEach("Pragma", [&](std::string_view value) {
      FieldList list(value);
      while (const auto member = list.Next()) {
        if (EqualsIgnoreCase(*member, "no-cache")) cc.no_cache = true;
      }
    });
  }
  return cc;
}

}  // namespace tapps::http
