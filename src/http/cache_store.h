#ifndef TAPPS_HTTP_CACHE_STORE_H_
#define TAPPS_HTTP_CACHE_STORE_H_

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/mutex.h"
#include "base/value.h"
#include "cache/cache.h"
#include "http/response_store.h"
#include "http/set_cookies.h"

namespace tapps::http {

// Responses as entries of a cache, in the namespace "tapps.http":
//
//   KEY                  a response without Vary
//   KEY                  {"vary": "A, B", "generation": G}: what responses under KEY depend on, and
//   KEY \n HASH          one response for each set of values of those fields, hashed with G
//   KEY \n HASH          {"variant": HASH}: the response in the language that HASH stands for, for
//                        requests that prefer it
//
// The hash tells which requests a variant is for; the values themselves are not stored, as they may
// be secret. Erasing KEY makes its variants unreachable, as the next index gets another G; eviction
// takes them. Bodies are the entries' bytes; the rest is in their JSON. Entries have no end of
// life: a stale response can be revalidated. Fields that set cookies are in the JSON only of what
// stays in memory, or when keep_set_cookie is asked for.
class CacheStore : public ResponseStore {
 public:
  explicit CacheStore(std::shared_ptr<Cache> cache, bool keep_set_cookie = false)
      : cache_(std::move(cache)), keep_set_cookie_(keep_set_cookie) {}

  Found Find(std::string_view key, const Headers& request, Look look) override;
  bool Put(std::string_view key, StoredRef response, Storage where) override;
  void Erase(std::string_view key) override;
  Shared shared() const override;

 private:
  // What an entry holds: a response, the index of variants, or the name of another variant.
  struct Decoded {
    enum { kResponse, kIndex, kVariant } kind = kResponse;
    ValueRef value;
    StoredResponse response;
    StoredFacts facts;
    std::string vary;
    std::string generation;
    std::string variant;
  };
  using DecodedRef = std::shared_ptr<const Decoded>;

  // The entry of that key, or null.
  DecodedRef Read(const std::string& entry_key, Look look);
  DecodedRef Decode(const std::string& entry_key, const ValueRef& value);
  DecodedRef FindVariant(const std::string& entry_key, const Decoded& index, const Headers& request,
                         Look look);
  // The generation of the index under `key` for responses that vary so, made when there is none.
  std::string EnsureIndex(const std::string& key, const std::string& vary, Storage where);
  // False when the cache has no room for the removal now.
  bool TryErase(const std::string& entry_key);
  // Whether the entry is to be taken for erased, though it may be there.
  bool IsDoomed(const std::string& entry_key);
  bool Write(const std::string& key, ValueRef body, const std::string& json,
             std::string_view content_type, Storage where);

  const std::shared_ptr<Cache> cache_;
  const bool keep_set_cookie_;
  SetCookies set_cookies_;
  // Small entries that were decoded lately, found by the identity of their value: the cache hands
  // out the same immutable block for a key until it changes.
  static constexpr size_t kDecoded = 512;
  static constexpr size_t kMaxDecodedBytes = 16 * 1024;
  Mutex mutex_;
  std::array<DecodedRef, kDecoded> decoded_ GUARDED_BY(mutex_);
  // Entries that the cache had no room to remove; tried again when they are asked for.
  static constexpr size_t kMaxDoomed = 4096;
  std::unordered_set<std::string> doomed_ GUARDED_BY(mutex_);
  std::atomic<bool> any_doomed_ = false;
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_CACHE_STORE_H_
