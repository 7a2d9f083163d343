// Cache::Open: one cache a file and process.

#include <algorithm>
#include <utility>
#include <vector>

#include "base/fork_guard.h"
#include "base/mutex.h"
#include "cache/preload.h"
#include "cache/tiered_cache.h"

namespace tapps {
namespace {

// The caches of this process, by the file they are on.
class Registry {
 public:
  // Never destroyed: caches may be opened and closed while the process exits.
  static Registry& Get() {
    static Registry* const registry = new Registry();
    return *registry;
  }

  Result<std::shared_ptr<Cache>> Open(const std::string& path, const CacheOptions& options) {
    TAPPS_RETURN_IF_ERROR(CheckFork(path));  // before the lock, which may have come over taken
    const int64_t deadline = Clock::Real().MonotonicNow() + options.open_timeout_us;
    MutexLock lock(mu_);
    while (true) {
      Result<std::shared_ptr<Cache>> open = FindOpen(path, options);
      if (open.code() != TAPPS_E_NOT_FOUND) return open;
      if (!opening_) break;
      const int64_t left = deadline - Clock::Real().MonotonicNow();
      if (left <= 0) return Status(TAPPS_E_TIMEOUT, path + ": another file is still being opened");
      opened_.WaitFor(mu_, left);
    }
    opening_ = true;
    mu_.Unlock();
    Result<std::shared_ptr<TieredCache>> made = MakeOrFail(path, options);
    mu_.Lock();
    opening_ = false;
    opened_.NotifyAll();
    if (!made.ok()) return std::move(made).status();
    open_.push_back({(*made)->store()->file(), *made});
    return std::shared_ptr<Cache>(*std::move(made));
  }

 private:
  struct Entry {
    storage::FileId file;
    std::weak_ptr<TieredCache> cache;
  };

  // The cache that is open on the file at the path; NOT_FOUND.
  Result<std::shared_ptr<Cache>> FindOpen(const std::string& path, const CacheOptions& options)
      REQUIRES(mu_) {
    if (const Result<storage::FileId> file = storage::IdentifyFile(path); file.ok()) {
      for (size_t i = 0; i < open_.size();) {
        const std::shared_ptr<TieredCache> cache = open_[i].cache.lock();
        if (!cache || cache->retired() || cache->state() == TAPPS_STATE_CLOSED) {
          open_.erase(open_.begin() + static_cast<ptrdiff_t>(i));
          continue;
        }
        open_[i].file = cache->store()->file();  // another one when it was replaced
        if (open_[i].file == *file) {
          if (cache->options() == options) return std::shared_ptr<Cache>(cache);
          return Status(TAPPS_E_EXISTS, path + " is open in this process with other options");
        }
        ++i;
      }
    }
    return Status::Bare(TAPPS_E_NOT_FOUND);
  }

  // With a file open at the fork, SQLite's table of locks came over, so that a connection to that
  // file would take locks that are not there; and a thread of the parent may have been inside
  // SQLite with one of its mutexes, for which the child would wait for ever.
  Status CheckFork(const std::string& path) {
    if (!inherited_.Forked()) return {};
    if (storage::Store::Live() == 0) {
      inherited_.Adopt();
      return {};
    }
    return Status(TAPPS_E_FORKED, "cannot open " + path +
                                      ": this process was forked from one that had a cache open; "
                                      "open it after exec");
  }

  static Result<std::shared_ptr<TieredCache>> MakeOrFail(const std::string& path,
                                                         const CacheOptions& options) {
    try {
      return Make(path, options);
    } catch (const std::bad_alloc&) {
      return Status::Bare(TAPPS_E_NOMEM);
    }
  }

  static Result<std::shared_ptr<TieredCache>> Make(const std::string& path,
                                                   const CacheOptions& options) {
    auto cache = std::make_shared<TieredCache>(path, options);
    storage::StoreOptions store_options{.path = path,
                                        .read_only = options.read_only,
                                        .disk_bytes = options.disk_bytes,
                                        .disk_entries = std::max<int64_t>(0, options.disk_entries),
                                        .queue_bytes = options.queue_bytes,
                                        .commit_interval_us = options.commit_interval_us,
                                        .open_timeout_us = options.open_timeout_us,
                                        .clock = options.clock,
                                        .on_state = cache->StateListener(),
                                        .on_replaced = cache->ReplacementListener()};
    Result<std::shared_ptr<storage::Store>> store = storage::Store::Open(std::move(store_options));
    if (!store.ok()) return std::move(store).status();
    cache->Attach(*std::move(store));
    if (options.preload_bytes > 0) Preload(cache);
    return cache;
  }

  ForkGuard inherited_;
  Mutex mu_;
  CondVar opened_;
  // One file at a time: closing the descriptor that makes it must not drop the locks of a
  // connection that another thread is opening.
  bool opening_ GUARDED_BY(mu_) = false;
  std::vector<Entry> open_ GUARDED_BY(mu_);
};

}  // namespace

Result<std::shared_ptr<Cache>> Cache::Open(const std::string& path, const CacheOptions& options) {
  if (path == ":memory:") {
    auto cache = std::make_shared<TieredCache>(path, options);
    cache->Attach(nullptr);
    return std::shared_ptr<Cache>(std::move(cache));
  }
  return Registry::Get().Open(path, options);
}

}  // namespace tapps
