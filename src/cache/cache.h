#ifndef TAPPS_CACHE_CACHE_H_
#define TAPPS_CACHE_CACHE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/value.h"
#include "cache/options.h"
#include "memory/held_value.h"
#include "storage/reader.h"
#include "storage/write_queue.h"

namespace tapps {

// The two tiers joined: what tapps.h calls a cache. Any threads at once. Contracts are those of
// tapps_cache_* in tapps.h where nothing else is said; arguments (key and space lengths, UTF-8) are
// checked by the caller.
class Cache {
 public:
  // Opens the file at `path`, or a cache without a file for ":memory:". Opening a file that this
  // process has open returns the same object; with other options, EXISTS.
  static Result<std::shared_ptr<Cache>> Open(const std::string& path, const CacheOptions& options);
  virtual ~Cache() = default;

  // The value, or NOT_FOUND, or WOULD_BLOCK (cached_only). Failures of the file are misses.
  virtual Result<ValueRef> Get(Key key, const GetOptions& options) = 0;
  // As Get for what is in memory and may be served as it is: no lock, no allocation, no system
  // call. Empty for everything else, which nothing has been counted of then.
  virtual HeldValue GetInMemory(const Key& key, const GetOptions& options) = 0;
  // One result a key, in order, from one view of the file.
  virtual std::vector<Result<ValueRef>> GetMany(std::string_view space,
                                                const std::vector<std::string_view>& keys,
                                                const GetOptions& options) = 0;

  virtual Status Put(Key key, std::string_view bytes, const PutOptions& options) = 0;
  struct Item {
    std::string_view key;
    std::string_view bytes;
  };
  virtual Status PutMany(std::string_view space, const std::vector<Item>& items,
                         const PutOptions& options) = 0;
  // As Put, but returns at once; `done` is called exactly once, on this thread or the writer's.
  virtual void PutAsync(Key key, std::string_view bytes, const PutOptions& options,
                        std::function<void(Status)> done) = 0;

  virtual Status Delete(Key key, int32_t durability) = 0;
  // Returns the number of entries removed, committed.
  virtual Result<int64_t> DeleteAll(const storage::Filter& filter) = 0;
  virtual Status Touch(Key key, int64_t ttl_us) = 0;

  // Returns when everything put before is committed. timeout_us as in tapps_cache_flush.
  virtual Status Flush(int64_t timeout_us) = 0;
  virtual void FlushAsync(int64_t timeout_us, std::function<void(Status)> done) = 0;

  // A page of committed entries that may still be served, in the order of their ids, from above
  // `after_id` on.
  virtual Result<std::vector<storage::Listed>> List(std::string_view space, std::string_view prefix,
                                                    int64_t after_id, size_t limit) = 0;

  // The members "hits", "misses", "hit_rate", "writes", "pending", "memory", "disk", "latency_us".
  virtual Json Stats() = 0;

  virtual int32_t state() const = 0;  // TAPPS_STATE_*
  virtual const std::string& path() const = 0;
  virtual const CacheOptions& options() const = 0;
  // Called on every change of state(), on the thread that saw it, which must not be held up. NULL:
  // none.
  virtual void OnState(std::function<void(int32_t state, std::string_view why)> observer) = 0;

  // From now on Open does not return this cache any more.
  virtual void Retire() = 0;
  // Writes what is queued and stops the writer. TIMEOUT: the rest goes on being written in the
  // background.
  virtual Status Close(int64_t deadline_us) = 0;
};

}  // namespace tapps

#endif  // TAPPS_CACHE_CACHE_H_
