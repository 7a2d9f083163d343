#ifndef TAPPS_CACHE_CACHE_H_
#define TAPPS_CACHE_CACHE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
namespace storage {
class Store;
}

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
    ValueRef whole;  // given: shows these bytes; large ones are held by it and not copied
  };
  virtual Status PutMany(std::string_view space, const std::vector<Item>& items,
                         const PutOptions& options) = 0;
  // The functions named Async return at once; `done` is called exactly once, on this thread or
  // another.
  using Done = std::function<void(Status)>;
  using NumberDone = std::function<void(Status, int64_t)>;
  virtual void PutManyAsync(std::string_view space, const std::vector<Item>& items,
                            const PutOptions& options, Done done) = 0;
  void PutAsync(Key key, std::string_view bytes, const PutOptions& options, Done done) {
    PutManyAsync(key.space, {{key.bytes, bytes, {}}}, options, std::move(done));
  }
  void PutAsync(Key key, ValueRef value, const PutOptions& options, Done done) {
    const std::string_view bytes = value->bytes();
    PutManyAsync(key.space, {{key.bytes, bytes, std::move(value)}}, options, std::move(done));
  }

  // Stores the bytes if the entry has the version expected (0: if a plain get would not find it).
  // *version: the new one; with EXISTS the present one. Committed.
  virtual Status Swap(Key key, int64_t expected, std::string_view bytes, const PutOptions& options,
                      int64_t* version) = 0;
  virtual void SwapAsync(Key key, int64_t expected, std::string_view bytes,
                         const PutOptions& options, NumberDone done) = 0;

  virtual Status Delete(Key key, int32_t durability) = 0;
  virtual void DeleteAsync(Key key, int32_t durability, Done done) = 0;
  // Returns the number of entries removed, committed.
  virtual Result<int64_t> DeleteAll(const storage::Filter& filter) = 0;
  virtual void DeleteAllAsync(const storage::Filter& filter, NumberDone done) = 0;
  virtual Status Touch(Key key, int64_t ttl_us) = 0;
  // The defaults of a namespace; nothing: the cache's.
  virtual Status SetSpace(std::string_view space, const std::optional<SpaceOptions>& options) = 0;

  // A value, a lease, or both: see tapps_cache_load.
  struct Loaded {
    ValueRef value;
    int64_t lease = 0;
  };
  using LoadDone = std::function<void(Status, Loaded)>;
  virtual Result<Loaded> Load(Key key, const LoadOptions& options) = 0;
  // Looks the key up on this thread. What it returns ends the waiting: `done` will not be called
  // unless it was.
  virtual std::function<void()> LoadAsync(Key key, const LoadOptions& options, LoadDone done) = 0;
  virtual Status FinishLoad(int64_t lease, std::string_view bytes, const PutOptions& options) = 0;
  virtual void AbandonLoad(int64_t lease) = 0;

  // The version of an entry that a plain get would find, or NOT_FOUND.
  virtual Result<int64_t> Contains(Key key) = 0;
  virtual Result<storage::Reader::Count> CountEntries(const storage::Filter& filter) = 0;

  // Returns when everything put before is committed. timeout_us as in tapps_cache_flush.
  virtual Status Flush(int64_t timeout_us) = 0;
  virtual void FlushAsync(int64_t timeout_us, Done done) = 0;

  // A page of committed entries that may still be served, in the order of their ids, from above
  // `after_id` on. Reads every entry of the file.
  virtual Result<std::vector<storage::Listed>> List(std::string_view space, std::string_view prefix,
                                                    int64_t after_id, size_t limit) = 0;
  // Those that have the tag, which are found without reading the others.
  virtual Result<std::vector<storage::Listed>> ListTagged(std::string_view space,
                                                          std::string_view tag, size_t limit) = 0;

  // The members "hits", "misses", "hit_rate", "writes", "pending", "memory", "disk", "latency_us".
  virtual Json Stats() = 0;

  // The file itself, for state that processes share besides entries; NULL without a file.
  virtual std::shared_ptr<storage::Store> SharedStore() const = 0;

  virtual int32_t state() const = 0;  // TAPPS_STATE_*
  virtual const std::string& path() const = 0;
  virtual const CacheOptions& options() const = 0;
  // Called on every change of state(), on the thread that saw it, which must not be held up. NULL:
  // none.
  virtual void OnState(std::function<void(int32_t state, std::string_view why)> observer) = 0;

  // Called with what the cache has to tell besides (TAPPS_EVENT_DAMAGE, TAPPS_EVENT_EVICTION, and
  // their data), as that. NULL: none.
  virtual void OnEvent(std::function<void(int32_t kind, const Json& data)> observer) = 0;
  // The data of TAPPS_EVENT_DAMAGE when the open has healed the file, else null.
  virtual Json HealedAtOpen() const = 0;

  // From now on Open does not return this cache any more.
  virtual void Retire() = 0;
  // Writes what is queued and stops the writer. TIMEOUT: the rest goes on being written in the
  // background.
  virtual Status Close(int64_t deadline_us) = 0;

  // On the whole file, on this thread: as tapps_cache_backup, _check, _compact and _survey.
  virtual Status Backup(const std::string& path) = 0;
  virtual Result<Json> Check(bool deep) = 0;
  // Returns the bytes freed.
  virtual Result<int64_t> Compact(int64_t timeout_us) = 0;
  virtual Result<Json> Survey() = 0;
};

}  // namespace tapps

#endif  // TAPPS_CACHE_CACHE_H_
