#ifndef TAPPS_CACHE_TIERED_CACHE_H_
#define TAPPS_CACHE_TIERED_CACHE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fork_guard.h"
#include "base/mutex.h"
#include "cache/cache.h"
#include "cache/statistics.h"
#include "memory/memory_tier.h"
#include "storage/store.h"

namespace tapps {

// The cache over a memory tier and, unless it is ":memory:", a store.
//
//   get   feed current? --no--> read the feed, drop what it names
//           -> memory -> pending writes -> file (-> memory)
//   put   block made -> queue and memory, under the queue's lock -> the writer's thread
//
// What makes a get never return what was replaced (the promise "after commit, no process returns
// the older value"):
//  - another process's commit changes the words the feed watches, and is dropped from memory before
//  memory is believed again;
//  - this process's writes are in memory, and searchable in the queue, from the put until the
//  commit;
//  - a value read from the file enters memory only with a ticket taken before the read
//  (memory/memory_tier.h).
class TieredCache final : public Cache {
 public:
  // `store` NULL: memory only.
  TieredCache(std::string path, const CacheOptions& options);
  ~TieredCache() override;
  // Before first use.
  void Attach(std::shared_ptr<storage::Store> store) { store_ = std::move(store); }
  const std::shared_ptr<storage::Store>& store() const { return store_; }
  // What a store calls; these outlive this cache.
  std::function<void(int32_t, const Status&)> StateListener();
  std::function<void()> ReplacementListener();

  Result<ValueRef> Get(Key key, const GetOptions& options) override;
  HeldValue GetInMemory(const Key& key, const GetOptions& options) override;
  std::vector<Result<ValueRef>> GetMany(std::string_view space,
                                        const std::vector<std::string_view>& keys,
                                        const GetOptions& options) override;
  Status Put(Key key, std::string_view bytes, const PutOptions& options) override;
  Status PutMany(std::string_view space, const std::vector<Item>& items,
                 const PutOptions& options) override;
  void PutAsync(Key key, std::string_view bytes, const PutOptions& options,
                std::function<void(Status)> done) override;
  Status Delete(Key key, int32_t durability) override;
  Result<int64_t> DeleteAll(const storage::Filter& filter) override;
  Status Touch(Key key, int64_t ttl_us) override;
  Status Flush(int64_t timeout_us) override;
  void FlushAsync(int64_t timeout_us, std::function<void(Status)> done) override;
  Result<std::vector<storage::Listed>> List(std::string_view space, std::string_view prefix,
                                            int64_t after_id, size_t limit) override;
  Json Stats() override;
  int32_t state() const override;
  const std::string& path() const override { return path_; }
  const CacheOptions& options() const override { return options_; }
  void OnState(std::function<void(int32_t, std::string_view)> observer) override;
  void Retire() override { retired_ = true; }
  bool retired() const { return retired_; }
  Status Close(int64_t deadline_us) override;

 private:
  using Group = std::shared_ptr<storage::WriteGroup>;
  struct Observer {
    Mutex mu;
    std::function<void(int32_t, std::string_view)> call GUARDED_BY(mu);
  };

  Status Usable() const;
  // Drops from memory what other processes have changed. WOULD_BLOCK when that needs the file and
  // cached_only is set.
  Status CatchUp(bool cached_only);
  // What memory or the queue know of a key: a value, a NULL value for a removal, or nothing.
  std::optional<ValueRef> FindHere(uint64_t hash, Key key, MemoryTier::Ticket ticket);
  Result<ValueRef> FindOnDisk(storage::Reader& reader, uint64_t hash, Key key,
                              MemoryTier::Ticket ticket);
  // Whether a value in memory may be served now, and needs nothing else done.
  bool Servable(const Value& value) const;
  // Whether a value found may be served now, and counts it.
  Result<ValueRef> Judge(Key key, ValueRef value, const GetOptions& options, bool from_disk);
  Result<ValueRef> Miss(const GetOptions& options);

  ValueRef MakeValue(std::string_view bytes, const PutOptions& options);
  int64_t NextVersion();
  Status Write(const Group& group, const PutOptions& options,
               const std::function<void()>& on_queued);
  // Queues a group and waits until it is committed.
  Status WriteAndWait(const Group& group, int64_t timeout_us,
                      const std::function<void()>& on_queued);
  Status PutRecords(std::vector<storage::Record> records, const PutOptions& options);
  int64_t PutTimeout(const PutOptions& options) const;

  const std::string path_;
  const CacheOptions options_;
  const ForkGuard fork_;
  const std::shared_ptr<MemoryTier> memory_;  // callbacks of the writer may outlive this cache
  std::shared_ptr<storage::Store> store_;
  const std::shared_ptr<Observer> observer_ = std::make_shared<Observer>();
  std::atomic<int64_t> last_version_{0};
  std::atomic<bool> closed_{false};
  std::atomic<bool> retired_{false};
  CacheStatistics statistics_;
};

}  // namespace tapps

#endif  // TAPPS_CACHE_TIERED_CACHE_H_
