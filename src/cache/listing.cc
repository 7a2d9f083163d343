// What a cache holds: whether, how much, and which entries.

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "cache/entry.h"
#include "cache/tiered_cache.h"

namespace tapps {

Result<int64_t> TieredCache::Contains(Key given) {
  TAPPS_RETURN_IF_ERROR(Usable());
  TAPPS_RETURN_IF_ERROR(CatchUp(false));
  const Wanted wanted = Want(given);
  const auto answer = [this](const ValueInfo& info) -> Result<int64_t> {
    if (Negative(info) || Expired(info, options_.clock->WallNow())) {
      return Status::Bare(TAPPS_E_NOT_FOUND);
    }
    return info.version;
  };
  if (std::optional<ValueRef> here = FindHere(wanted)) {
    return *here ? answer((*here)->info()) : Result<int64_t>(Status::Bare(TAPPS_E_NOT_FOUND));
  }
  if (!store_) return Status::Bare(TAPPS_E_NOT_FOUND);
  Result<storage::ReaderPool::Lease> reader = store_->readers().Take();
  if (reader.ok()) {
    const Result<ValueInfo> head = (*reader)->Head(wanted.hash, wanted.key.space, wanted.key.bytes);
    if (head.ok()) return answer(*head);
    if (head.code() != TAPPS_E_NOT_FOUND) NoteFailure(head.status());
  } else {
    NoteFailure(reader.status());
  }
  return Status::Bare(TAPPS_E_NOT_FOUND);
}

Result<storage::Reader::Count> TieredCache::CountEntries(const storage::Filter& filter) {
  TAPPS_RETURN_IF_ERROR(Usable());
  const int64_t now = options_.clock->WallNow();
  if (store_) {
    // What cannot be written now is left out rather than waited for.
    if (store_->state() == TAPPS_STATE_OK) (void)Flush(0);
    Result<storage::ReaderPool::Lease> reader = store_->readers().Take();
    if (!reader.ok()) return std::move(reader).status();
    return (*reader)->CountEntries(filter, now);
  }
  storage::Reader::Count count;
  for (const MemoryTier::Entry& entry : memory_->Snapshot()) {
    if (Dead(entry.value->info(), now)) continue;
    if (!filter.Matches(entry.space, entry.key, entry.value->text(TAPPS_TEXT_TAGS))) continue;
    ++count.entries;
    count.bytes += static_cast<int64_t>(entry.key.size() + entry.value->bytes().size());
  }
  return count;
}

Result<std::vector<storage::Listed>> TieredCache::List(std::string_view space,
                                                       std::string_view prefix, int64_t after_id,
                                                       size_t limit) {
  return ListPage(space, prefix, {}, after_id, limit);
}

Result<std::vector<storage::Listed>> TieredCache::ListTagged(std::string_view space,
                                                             std::string_view tag, size_t limit) {
  return ListPage(space, {}, tag, 0, limit);
}

Result<std::vector<storage::Listed>> TieredCache::ListPage(std::string_view space,
                                                           std::string_view prefix,
                                                           std::string_view tag, int64_t after_id,
                                                           size_t limit) {
  TAPPS_RETURN_IF_ERROR(Usable());
  const int64_t now = options_.clock->WallNow();
  if (store_) {
    Result<storage::ReaderPool::Lease> reader = store_->readers().Take();
    if (!reader.ok()) return std::move(reader).status();
    return (*reader)->List(space, prefix, after_id, now, limit, tag);
  }
  std::vector<storage::Listed> listed;
  for (const MemoryTier::Entry& entry : memory_->Snapshot()) {
    const ValueInfo& info = entry.value->info();
    if (Dead(info, now) || (!space.empty() && entry.space != space)) continue;
    if (info.version <= after_id || !entry.key.starts_with(prefix)) continue;
    if (!tag.empty() && !storage::HasLine(entry.value->text(TAPPS_TEXT_TAGS), tag)) continue;
    listed.push_back({.id = info.version,
                      .space = entry.space,
                      .key = entry.key,
                      .content_type = std::string(entry.value->text(TAPPS_TEXT_CONTENT_TYPE)),
                      .size = static_cast<int64_t>(entry.value->bytes().size()),
                      .created_us = info.created_us,
                      .expires_us = info.expires_us,
                      .last_used_us = info.created_us,
                      .hits = 0,
                      .flags = info.flags & TAPPS_VALUE_NEGATIVE});
  }
  std::sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  if (listed.size() > limit) listed.resize(limit);
  return listed;
}

}  // namespace tapps
