#ifndef TAPPS_HTTP_CACHE_STORE_H_
#define TAPPS_HTTP_CACHE_STORE_H_

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/value.h"
#include "cache/cache.h"
#include "http/response_store.h"

namespace tapps::http {

// Responses as entries of a cache, in the namespace "tapps.http":
//
//   KEY                   a response without Vary
//   KEY                   {"vary": "A, B", "generation": G}: what responses under KEY depend on,
//   and then KEY \n HASH           one response for each set of values of those fields, hashed
//   together with G
//
// Erasing KEY makes its variants unreachable, as the next index gets another G; eviction takes
// them. Bodies are the entries' bytes; the rest is in their JSON. Entries have no end of life: a
// stale response can be revalidated.
class CacheStore : public ResponseStore {
 public:
  explicit CacheStore(std::shared_ptr<Cache> cache) : cache_(std::move(cache)) {}

  Found Find(std::string_view key, const Headers& request) override;
  void Put(std::string_view key, StoredRef response, Storage where) override;
  void Erase(std::string_view key) override;

 private:
  // What an entry holds: a response, or the index of variants.
  struct Decoded {
    ValueRef value;
    StoredRef response;  // null: an index
    std::string vary;
    std::string generation;
  };
  using DecodedRef = std::shared_ptr<const Decoded>;

  // The entry of that key, or null.
  DecodedRef Read(std::string_view entry_key);
  static DecodedRef Decode(const ValueRef& value);
  // The generation of the index under `key` for responses that vary so, made when there is none.
  std::string EnsureIndex(const std::string& key, const std::string& vary, Storage where);
  void Write(const std::string& key, std::string_view bytes, const std::string& json,
             std::string_view content_type, Storage where);

  const std::shared_ptr<Cache> cache_;
  // Small entries that were decoded lately, found by the identity of their value: the cache hands
  // out the same immutable block for a key until it changes.
  static constexpr size_t kDecoded = 512;
  static constexpr size_t kMaxDecodedBytes = 16 * 1024;
  Mutex mutex_;
  std::array<DecodedRef, kDecoded> decoded_ GUARDED_BY(mutex_);
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_CACHE_STORE_H_
