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
#include "cache/loads.h"
#include "cache/spaces.h"
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
class TieredCache final : public Cache, public std::enable_shared_from_this<TieredCache> {
 public:
  TieredCache(std::string path, const CacheOptions& options);
  ~TieredCache() override;
  // Before first use. NULL: memory only.
  void Attach(std::shared_ptr<storage::Store> store) {
    store_ = std::move(store);
    loads_ = std::make_shared<Loads>(LoadHooks(), options_.lease_wait_us);
  }
  const std::shared_ptr<storage::Store>& store() const { return store_; }
  // What a store calls; these outlive this cache.
  std::function<void(int32_t, const Status&)> StateListener();
  std::function<void(int32_t, const Json&)> EventListener();
  std::function<void()> ReplacementListener();

  Result<ValueRef> Get(Key key, const GetOptions& options) override;
  HeldValue GetInMemory(const Key& key, const GetOptions& options) override;
  std::vector<Result<ValueRef>> GetMany(std::string_view space,
                                        const std::vector<std::string_view>& keys,
                                        const GetOptions& options) override;
  Status Put(Key key, std::string_view bytes, const PutOptions& options) override;
  Status PutMany(std::string_view space, const std::vector<Item>& items,
                 const PutOptions& options) override;
  void PutManyAsync(std::string_view space, const std::vector<Item>& items,
                    const PutOptions& options, Done done) override;
  Status Swap(Key key, int64_t expected, std::string_view bytes, const PutOptions& options,
              int64_t* version) override;
  void SwapAsync(Key key, int64_t expected, std::string_view bytes, const PutOptions& options,
                 NumberDone done) override;
  Status Delete(Key key, int32_t durability) override;
  void DeleteAsync(Key key, int32_t durability, Done done) override;
  Result<int64_t> DeleteAll(const storage::Filter& filter) override;
  void DeleteAllAsync(const storage::Filter& filter, NumberDone done) override;
  Status Touch(Key key, int64_t ttl_us) override;
  Status SetSpace(std::string_view space, const std::optional<SpaceOptions>& options) override;
  Result<Loaded> Load(Key key, const LoadOptions& options) override;
  std::function<void()> LoadAsync(Key key, const LoadOptions& options, LoadDone done) override;
  Status FinishLoad(int64_t lease, std::string_view bytes, const PutOptions& options) override;
  void AbandonLoad(int64_t lease) override;
  Result<int64_t> Contains(Key key) override;
  Result<storage::Reader::Count> CountEntries(const storage::Filter& filter) override;
  Status Flush(int64_t timeout_us) override;
  void FlushAsync(int64_t timeout_us, Done done) override;
  Result<std::vector<storage::Listed>> List(std::string_view space, std::string_view prefix,
                                            int64_t after_id, size_t limit) override;
  Result<std::vector<storage::Listed>> ListTagged(std::string_view space, std::string_view tag,
                                                  size_t limit) override;
  Json Stats() override;
  std::shared_ptr<storage::Store> SharedStore() const override { return store_; }
  int32_t state() const override;
  const std::string& path() const override { return path_; }
  const CacheOptions& options() const override { return options_; }
  void OnState(std::function<void(int32_t, std::string_view)> observer) override;
  void OnEvent(std::function<void(int32_t, const Json&)> observer) override;
  Json HealedAtOpen() const override { return store_ ? store_->healed_at_open() : Json(); }
  void Retire() override { retired_ = true; }
  bool retired() const { return retired_; }
  Status Close(int64_t deadline_us) override;
  Status Backup(const std::string& path) override;
  Result<Json> Check(bool deep) override;
  Result<int64_t> Compact(int64_t timeout_us) override;
  Result<Json> Survey() override;

 private:
  using Group = std::shared_ptr<storage::WriteGroup>;
  using LeaseRequest = storage::LeaseRequest;
  struct Observer {
    Mutex mu;
    std::function<void(int32_t, std::string_view)> call GUARDED_BY(mu);
    std::function<void(int32_t, const Json&)> event GUARDED_BY(mu);
  };

  Result<std::vector<storage::Listed>> ListPage(std::string_view space, std::string_view prefix,
                                                std::string_view tag, int64_t after_id,
                                                size_t limit);
  Status FitMemory(const std::vector<storage::Record>& records) const;
  Status Usable() const;
  Status UsableFile() const;  // UNSUPPORTED without one
  // Drops from memory what other processes have changed. WOULD_BLOCK when that needs the file and
  // cached_only is set.
  Status CatchUp(bool cached_only);
  void NoteFailure(const Status& why);
  // A key that is looked for, and the state of things before the look. After CatchUp.
  struct Wanted {
    Key key;
    uint64_t hash;
    MemoryTier::Ticket ticket;
    int64_t position;  // of the change feed
  };
  Wanted Want(Key given) const;
  // What memory or the queue know of a key: a value, a NULL value for a removal, or nothing.
  std::optional<ValueRef> FindHere(const Wanted& wanted);
  Result<ValueRef> FindOnDisk(storage::Reader& reader, const Wanted& wanted);
  // Whether a value in memory may be served now, and needs nothing else done.
  bool Servable(const Value& value) const;
  // Whether a value found may be served now, and counts it.
  Result<ValueRef> Judge(const Wanted& wanted, ValueRef value, const GetOptions& options,
                         bool from_disk);
  Result<ValueRef> Miss(const GetOptions& options);

  // Writing (writes.cc). What `on_queued` does to memory happens in the order of the queue.
  ValueRef MakeValue(std::string_view space, std::string_view bytes, const PutOptions& options,
                     const ValueRef& whole = {});
  int64_t NextVersion();
  int64_t PutTimeout(const PutOptions& options) const;
  storage::Record PutOf(Key key, std::string_view bytes, const PutOptions& options,
                        const ValueRef& whole = {});
  std::vector<storage::Record> PutsOf(std::string_view space, const std::vector<Item>& items,
                                      const PutOptions& options);
  static std::vector<storage::Record> DeletionOf(Key key);
  // `lease` is asked for in the same transaction.
  Status PutRecords(std::vector<storage::Record> records, const PutOptions& options,
                    std::optional<LeaseRequest> lease = std::nullopt);
  void PutRecordsAsync(std::vector<storage::Record> records, PutOptions options, Done done);
  Status Write(const Group& group, const PutOptions& options,
               const std::function<void()>& on_queued);
  // Queues a group and waits until it is committed.
  Status WriteAndWait(const Group& group, int64_t timeout_us,
                      const std::function<void()>& on_queued);
  // Queues a group; its `done` is called in any case.
  void WriteAsync(const Group& group, int64_t timeout_us, const std::function<void()>& on_queued);
  static int64_t ForgetAll(MemoryTier& memory, const storage::Filter& filter);
  Group MakeSwap(Key key, int64_t expected, std::string_view bytes, const PutOptions& options);
  // EXISTS unless a swap's condition holds for what is there now (NULL: nothing).
  Status CompareInMemory(const ValueRef& now, storage::WriteGroup* group) const;
  Status SwapInMemory(storage::WriteGroup& group);
  // The value of a key that memory alone keeps, or NULL. After CatchUp.
  ValueRef FindMemoryOnly(const storage::Record& record) const;
  // A swap with a file: compares with what memory alone keeps, of which the file knows nothing.
  // Once more under the queue's lock, where puts are made: then the file must have no entry.
  Status BeginSwap(storage::WriteGroup& group);
  std::function<void()> OnSwapQueued(storage::WriteGroup* group) const;
  std::function<void()> ForgetRefused(uint64_t hash) const;
  // Gives a value another lifetime, if it is still what it was when it was looked for. Waits up to
  // timeout_us for room in the queue.
  Status TouchValue(const Wanted& wanted, const ValueRef& value, int64_t ttl_us,
                    int64_t timeout_us);
  static int64_t SwapVersion(const storage::WriteGroup& group, const Status& status);

  // Loading (loading.cc).
  Loads::Hooks LoadHooks();
  // wait_us: how long the file may take to give one.
  static void AskForLease(storage::Store& store, int64_t wait_us, LeaseRequest request,
                          std::function<void(Status)> done);
  void GiveBack(LeaseRequest release);
  bool FindForLoad(Key key, const LoadOptions& options, Loads::Outcome* found);

  const std::string path_;
  const CacheOptions options_;
  const int64_t opened_us_ = MonotonicNow();
  const ForkGuard fork_;
  const std::shared_ptr<MemoryTier> memory_;  // callbacks of the writer may outlive this cache
  std::shared_ptr<storage::Store> store_;
  const std::shared_ptr<Observer> observer_ = std::make_shared<Observer>();
  std::atomic<int64_t> last_version_{0};
  std::atomic<bool> closed_{false};
  std::atomic<bool> retired_{false};
  Spaces spaces_;
  std::shared_ptr<Loads> loads_;
  Mutex swap_mu_;  // without a file: held by all who write memory
  CacheStatistics statistics_;
};

}  // namespace tapps

#endif  // TAPPS_CACHE_TIERED_CACHE_H_
