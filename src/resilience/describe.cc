#include "resilience/describe.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "resilience/breaker_share.h"

namespace tapps {
namespace {

constexpr size_t kMost = 1000;

Json Describe(const BreakerRegistry::Entry& entry) {
  const BreakerSnapshot& s = entry.snapshot;
  return {{"name", entry.name},
          {"state", StateName(s.state)},
          {"forced", s.force != BreakerForce::kNone},
          {"here", true},
          {"in_flight", s.in_flight},
          {"waiting", s.waiting},
          {"retry_after_us", s.retry_after_us},
          {"quota_us", s.quota_wait_us},
          {"suspected", s.suspected},
          {"failures_in_row", s.consecutive_failures},
          {"successes", s.totals.successes},
          {"failures", s.totals.failures},
          {"rejected", s.totals.rejected()},
          {"retries", s.totals.retries},
          {"calls", s.window.calls},
          {"failed", s.window.failed},
          {"slow", s.window.slow}};
}

int64_t LongestQuota(const Json& record, int64_t now_us) {
  int64_t wait = 0;
  const auto quotas = record.find("quotas");
  if (quotas == record.end() || !quotas->is_array()) return 0;
  for (const Json& quota : *quotas) {
    if (quota.is_object()) wait = std::max(wait, quota.value("until_us", int64_t{0}) - now_us);
  }
  return std::min(wait, QuotaBook::kLongest);
}

// "https://a.test:443#quota" -> the name, and the suffix.
std::pair<std::string, std::string_view> SplitKey(const std::string& key) {
  for (const std::string_view suffix : {kQuotaSuffix, kLocalSuffix}) {
    if (key.ends_with(suffix)) return {key.substr(0, key.size() - suffix.size()), suffix};
  }
  return {key, {}};
}

void AddRemembered(const Json& record, const std::string& name, std::string_view suffix,
                   int64_t now_us, Json* entry) {
  (*entry)["name"] = name;
  (*entry)["here"] = false;
  if (suffix == kQuotaSuffix) {
    (*entry)["quota_us"] = LongestQuota(record, now_us);
    return;
  }
  // What concerns one process alone says less than what all were told.
  if (suffix == kLocalSuffix && entry->value("at_us", int64_t{0}) > 0) return;
  (*entry)["state"] = record.value("to", "");
  (*entry)["local"] = suffix == kLocalSuffix;
  (*entry)["forced"] = record.value("forced", false);
  for (const char* member : {"at_us", "open_us", "calls", "failed", "slow"}) {
    (*entry)[member] = record.value(member, int64_t{0});
  }
}

}  // namespace

Json DescribeBreakers(const BreakerRegistry& breakers, Cache& cache) {
  Json list = Json::array();
  std::set<std::string> here;
  for (const BreakerRegistry::Entry& entry : breakers.List()) {
    list.push_back(Describe(entry));
    here.insert(entry.name);
  }
  const auto remembered = cache.ListTagged(kBreakerSpace, kBreakerTag, kMost);
  if (!remembered.ok()) return list;
  std::map<std::string, Json> others;
  const int64_t now = cache.options().clock->WallNow();
  for (const storage::Listed& listed : *remembered) {
    const auto [name, suffix] = SplitKey(listed.key);
    if (here.contains(name)) continue;
    const Result<ValueRef> value = cache.Get({kBreakerSpace, listed.key}, {.peek = true});
    if (!value.ok()) continue;
    const Result<Json> record = ParseJson((*value)->bytes());
    if (!record.ok() || !record->is_object()) continue;
    Json& entry = others[name];
    if (entry.is_null()) entry = {{"state", "CLOSED"}, {"forced", false}};
    try {
      AddRemembered(*record, name, suffix, now, &entry);
    } catch (const Json::exception&) {  // members of other types than ours: not our record
      others.erase(name);
    }
  }
  for (auto& [name, entry] : others) list.push_back(std::move(entry));
  return list;
}

}  // namespace tapps
