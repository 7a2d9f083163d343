#include "http/set_cookies.h"

#include <utility>

#include "http/rules.h"

namespace tapps::http {

void SetCookies::Keep(const std::string& key, int64_t response_time_us, const Headers& complete) {
  const size_t bytes = key.size() + complete.text().size();
  MutexLock lock(mutex_);
  if (const auto it = kept_.find(key); it != kept_.end()) {
    bytes_ -= key.size() + it->second.complete.text().size();
    kept_.erase(it);
  }
  if (bytes_ + bytes > kMaxBytes) {
    kept_.clear();
    bytes_ = 0;
  }
  if (bytes > kMaxBytes) return;
  bytes_ += bytes;
  kept_.emplace(key, Kept{response_time_us, complete});
}

void SetCookies::Restore(const std::string& key, int64_t response_time_us, Headers* fields) {
  MutexLock lock(mutex_);
  const auto it = kept_.find(key);
  if (it != kept_.end() && it->second.response_time_us == response_time_us) {
    *fields = it->second.complete;
  }
}

bool SetCookies::Remove(Headers* fields) {
  Headers kept;
  for (size_t i = 0; i < fields->size(); ++i) {
    const auto [name, value] = (*fields)[i];
    if (!IsCookieField(name)) (void)kept.Add(name, value);
  }
  if (kept.size() == fields->size()) return false;
  *fields = std::move(kept);
  return true;
}

}  // namespace tapps::http
