#include "http/response_store.h"

#include <utility>

namespace tapps::http {
namespace {

size_t Footprint(const StoredResponse& response) {
  return sizeof(StoredResponse) + response.headers.text().size() +
         response.selecting.text().size() + (response.body ? response.body->footprint() : 0);
}

// Whether two responses would be selected by the same requests.
bool SameVariant(const StoredResponse& a, const StoredResponse& b) {
  return a.headers.Combined("Vary") == b.headers.Combined("Vary") &&
         a.selecting.text() == b.selecting.text();
}

}  // namespace

ResponseStore::Found MemoryStore::Find(std::string_view key, const Headers& request, Look) {
  MutexLock lock(mutex_);
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return {};
  order_.splice(order_.begin(), order_, it->second);
  for (const StoredRef& variant : it->second->variants) {
    if (MatchesVary(*variant, request)) return {variant, TAPPS_FROM_MEMORY};
  }
  Found none;
  none.others = true;
  return none;
}

void MemoryStore::Put(std::string_view key, StoredRef response, Storage) {
  std::list<StoredRef> replaced;  // released after the lock
  MutexLock lock(mutex_);
  auto it = by_key_.find(key);
  if (it == by_key_.end()) {
    order_.push_front({std::string(key), {}, 0});
    it = by_key_.emplace(order_.front().key, order_.begin()).first;
  }
  Resource& resource = *it->second;
  order_.splice(order_.begin(), order_, it->second);
  const auto take = [&](std::list<StoredRef>::iterator variant) {
    const size_t bytes = Footprint(**variant);
    resource.bytes -= bytes;
    bytes_ -= bytes;
    replaced.splice(replaced.end(), resource.variants, variant);
  };
  for (auto variant = resource.variants.begin(); variant != resource.variants.end();) {
    const auto next = std::next(variant);
    if (SameVariant(**variant, *response)) take(variant);
    variant = next;
  }
  if (resource.variants.size() >= kMaxVariants) take(std::prev(resource.variants.end()));
  resource.bytes += Footprint(*response);
  bytes_ += Footprint(*response);
  resource.variants.push_front(std::move(response));
  while (!order_.empty() && (bytes_ > max_bytes_ || order_.size() > max_keys_)) {
    Drop(std::prev(order_.end()));
  }
}

void MemoryStore::Erase(std::string_view key) {
  MutexLock lock(mutex_);
  const auto it = by_key_.find(key);
  if (it != by_key_.end()) Drop(it->second);
}

void MemoryStore::Drop(Order::iterator it) {
  bytes_ -= it->bytes;
  by_key_.erase(it->key);
  order_.erase(it);
}

}  // namespace tapps::http
