// What is done to, or asked of, the whole file.

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "cache/entry.h"
#include "cache/tiered_cache.h"

namespace tapps {
namespace {

constexpr size_t kPage = 1024;  // entries listed at a time

struct Age {
  const char* name;
  int64_t up_to_us;
};
constexpr std::array<Age, 6> kAges = {{{"minute", kMinute},
                                       {"hour", 60 * kMinute},
                                       {"day", kDay},
                                       {"week", 7 * kDay},
                                       {"month", 30 * kDay},
                                       {"older", INT64_MAX}}};

struct SpaceSurvey {
  int64_t entries = 0;
  int64_t bytes = 0;
  int64_t fresh = 0;
  int64_t stale = 0;
  int64_t negative = 0;
};

}  // namespace

Status TieredCache::UsableFile() const {
  TAPPS_RETURN_IF_ERROR(Usable());
  return store_ ? Status() : Status(TAPPS_E_UNSUPPORTED, "this cache has no file");
}

Status TieredCache::Backup(const std::string& path) {
  TAPPS_RETURN_IF_ERROR(UsableFile());
  TAPPS_RETURN_IF_ERROR(Flush(0));
  return store_->Backup(path);
}

Result<Json> TieredCache::Check(bool deep) {
  TAPPS_RETURN_IF_ERROR(UsableFile());
  const Result<storage::CheckReport> report = store_->Check(deep);
  if (!report.ok()) return report.status();
  return Json{{"ok", report->ok()},
              {"entries", report->entries},
              {"damaged", report->damaged},
              {"problems", report->problems}};
}

Result<int64_t> TieredCache::Compact(int64_t timeout_us) {
  TAPPS_RETURN_IF_ERROR(UsableFile());
  const Result<storage::CompactReport> report = store_->Compact(timeout_us);
  if (!report.ok()) return report.status();
  return std::max<int64_t>(0, report->bytes_before - report->bytes_after);
}

Result<Json> TieredCache::Survey() {
  TAPPS_RETURN_IF_ERROR(Usable());
  if (store_ && store_->state() == TAPPS_STATE_OK) (void)Flush(0);
  std::map<std::string, SpaceSurvey> spaces;
  std::array<int64_t, kAges.size()> ages{};
  const int64_t now = options_.clock->WallNow();
  SpaceSurvey all;
  for (int64_t after = 0;;) {
    const Result<std::vector<storage::Listed>> page = List("", "", after, kPage);
    if (!page.ok()) return page.status();
    for (const storage::Listed& entry : *page) {
      after = entry.id;
      SpaceSurvey& space = spaces[entry.space];
      ++space.entries;
      space.bytes += entry.size + static_cast<int64_t>(entry.key.size());
      ++(entry.expires_us != 0 && now >= entry.expires_us ? space.stale : space.fresh);
      if ((entry.flags & TAPPS_VALUE_NEGATIVE) != 0) ++space.negative;
      size_t age = 0;
      while (now - entry.created_us > kAges[age].up_to_us) ++age;
      ++ages[age];
    }
    if (page->size() < kPage) break;
  }
  Json json = {{"spaces", Json::object()}, {"ages", Json::object()}};
  for (const auto& [name, space] : spaces) {
    all.entries += space.entries;
    all.bytes += space.bytes;
    json["spaces"][name] = {{"entries", space.entries},
                            {"bytes", space.bytes},
                            {"fresh", space.fresh},
                            {"stale", space.stale},
                            {"negative", space.negative}};
  }
  for (size_t i = 0; i < ages.size(); ++i) json["ages"][kAges[i].name] = ages[i];
  json["entries"] = all.entries;
  json["bytes"] = all.bytes;
  json["expired"] = 0;
  if (!store_) return json;
  Result<storage::ReaderPool::Lease> reader = store_->readers().Take();
  if (!reader.ok()) return std::move(reader).status();
  const Result<storage::Reader::Totals> totals = (*reader)->ReadTotals();
  if (!totals.ok()) return totals.status();
  json["expired"] = std::max<int64_t>(0, totals->entries - all.entries);
  return json;
}

}  // namespace tapps
