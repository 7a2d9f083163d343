#include "support/fake_cache.h"

namespace tapps::test {

Result<ValueRef> FakeCache::Get(Key key, const GetOptions& options) {
  MutexLock lock(mu_);
  ++gets_;
  const auto at = values_.find({std::string(key.space), std::string(key.bytes)});
  if (at == values_.end()) return Status::Bare(TAPPS_E_NOT_FOUND);
  ValueInfo info = at->second->info();
  const int64_t now = clock_->WallNow();
  if (info.expires_us != 0 && now >= info.expires_us) {
    if (!options.allow_stale || now >= info.stale_until_us) {
      return Status::Bare(TAPPS_E_NOT_FOUND);
    }
    info.flags |= TAPPS_VALUE_STALE;
    return Value::Wrap(at->second, info, at->second->texts());
  }
  return at->second;
}

std::vector<Result<ValueRef>> FakeCache::GetMany(std::string_view space,
                                                 const std::vector<std::string_view>& keys,
                                                 const GetOptions& options) {
  std::vector<Result<ValueRef>> values;
  for (const std::string_view key : keys) values.push_back(Get({space, key}, options));
  return values;
}

Status FakeCache::Put(Key key, std::string_view bytes, const PutOptions& options) {
  MutexLock lock(mu_);
  ValueInfo info;
  info.version = ++version_;
  info.created_us = clock_->WallNow();
  info.served_from = TAPPS_FROM_MEMORY;
  if (options.ttl_us > 0) {
    info.expires_us = info.created_us + options.ttl_us;
    if (options.stale_us > 0) info.stale_until_us = info.expires_us + options.stale_us;
  }
  values_[{std::string(key.space), std::string(key.bytes)}] =
      Value::Make(bytes, info,
                  {{TAPPS_TEXT_CONTENT_TYPE, options.content_type},
                   {TAPPS_TEXT_SOURCE, options.source},
                   {TAPPS_TEXT_TAGS, options.tags},
                   {TAPPS_TEXT_JSON, options.json}});
  return Status();
}

Status FakeCache::PutMany(std::string_view space, const std::vector<Item>& items,
                          const PutOptions& options) {
  for (const Item& item : items) (void)Put({space, item.key}, item.bytes, options);
  return Status();
}

void FakeCache::PutAsync(Key key, std::string_view bytes, const PutOptions& options,
                         std::function<void(Status)> done) {
  done(Put(key, bytes, options));
}

Status FakeCache::Delete(Key key, int32_t) {
  MutexLock lock(mu_);
  values_.erase({std::string(key.space), std::string(key.bytes)});
  return Status();
}

Result<int64_t> FakeCache::DeleteAll(const Filter& filter) {
  MutexLock lock(mu_);
  return static_cast<int64_t>(std::erase_if(values_, [&](const auto& entry) {
    return entry.first.first == filter.space && entry.first.second.starts_with(filter.prefix);
  }));
}

Status FakeCache::Touch(Key, int64_t) { return Status::Bare(TAPPS_E_UNSUPPORTED); }

Result<std::vector<Cache::Entry>> FakeCache::List(std::string_view space, std::string_view prefix,
                                                  const Entry*, size_t limit) {
  MutexLock lock(mu_);
  std::vector<Entry> entries;
  for (const auto& [key, value] : values_) {
    if (key.first != space || !key.second.starts_with(prefix) || entries.size() == limit) continue;
    Entry entry;
    entry.space = key.first;
    entry.key = key.second;
    entries.push_back(std::move(entry));
  }
  return entries;
}

int64_t FakeCache::gets() const {
  MutexLock lock(mu_);
  return gets_;
}

int64_t FakeCache::puts() const {
  MutexLock lock(mu_);
  return version_;
}

}  // namespace tapps::test
