// Cache::Open: one cache a file and process.

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "base/fork_guard.h"
#include "base/mutex.h"
#include "base/per_process.h"
#include "cache/preload.h"
#include "cache/tiered_cache.h"

namespace tapps {
namespace {

ForkGuard own;  // the process that may open files

// With a file open at the fork, SQLite's table of locks came over, so that a connection to that
// file would take locks that are not there; and a thread of the parent may have been inside
// SQLite with one of its mutexes, for which the child would wait for ever.
Status CheckFork(const std::string& path) {
  if (!own.Forked()) return {};
  if (storage::Store::Live() == 0) {
    own.Adopt();
    return {};
  }
  return Status(TAPPS_E_FORKED, "cannot open " + path +
                                    ": this process was forked from one that had a cache open; "
                                    "open it after exec");
}

// What is the same for all names of a file's folder.
std::string PlaceOf(const std::string& path) {
  std::error_code error;
  const std::filesystem::path place =
      std::filesystem::weakly_canonical(std::filesystem::path(path).parent_path() / ".", error);
  return error ? path : (place / std::filesystem::path(path).filename()).string();
}

// The caches of this process, by the file they are on.
class Registry {
 public:
  Result<std::shared_ptr<Cache>> Open(const std::string& path, const CacheOptions& options) {
    const std::string place = PlaceOf(path);
    Result<std::shared_ptr<Cache>> found = FindOrBegin(path, place, options);
    if (!found.ok() || *found) return found;
    const Opening opening{*this, place};
    return Make(path, options);
  }

 private:
  struct Entry {
    storage::FileId file;
    std::weak_ptr<TieredCache> cache;
  };
  // Others who want the file wait until this goes.
  struct Opening {
    ~Opening() { registry.End(place); }
    Registry& registry;
    const std::string& place;
  };

  // The cache on the file; or nothing, and the caller is the one who opens it. One at a time does:
  // closing the descriptor that makes the file must not drop the locks of a connection that
  // another thread is opening.
  Result<std::shared_ptr<Cache>> FindOrBegin(const std::string& path, const std::string& place,
                                             const CacheOptions& options) EXCLUDES(mu_) {
    const int64_t deadline = MonotonicNow() + options.open_timeout_us;
    MutexLock lock(mu_);
    while (true) {
      Result<std::shared_ptr<Cache>> found = Find(path, options);
      if (!found.ok() || *found) return found;
      if (opening_.insert(place).second) return found;
      const int64_t left = deadline - MonotonicNow();
      if (left <= 0) return Status(TAPPS_E_TIMEOUT, path + ": another thread is still opening it");
      opened_.WaitFor(mu_, left);
    }
  }

  Result<std::shared_ptr<Cache>> Find(const std::string& path, const CacheOptions& options)
      REQUIRES(mu_) {
    const Result<storage::FileId> file = storage::IdentifyFile(path);
    if (!file.ok()) return std::shared_ptr<Cache>();
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
    return std::shared_ptr<Cache>();
  }

  void End(const std::string& place) EXCLUDES(mu_) {
    MutexLock lock(mu_);
    opening_.erase(place);
    opened_.NotifyAll();
  }

  Result<std::shared_ptr<Cache>> Make(const std::string& path, const CacheOptions& options)
      EXCLUDES(mu_) {
    auto cache = std::make_shared<TieredCache>(path, options);
    storage::StoreOptions store_options{.path = path,
                                        .read_only = options.read_only,
                                        .disk_bytes = options.disk_bytes,
                                        .disk_entries = std::max<int64_t>(0, options.disk_entries),
                                        .wal_bytes = options.wal_bytes,
                                        .max_wal_bytes = options.max_wal_bytes,
                                        .queue_bytes = options.queue_bytes,
                                        .commit_interval_us = options.commit_interval_us,
                                        .open_timeout_us = options.open_timeout_us,
                                        .clock = options.clock,
                                        .on_state = cache->StateListener(),
                                        .on_event = cache->EventListener(),
                                        .on_replaced = cache->ReplacementListener()};
    Result<std::shared_ptr<storage::Store>> store = storage::Store::Open(std::move(store_options));
    if (!store.ok()) return std::move(store).status();
    const storage::FileId file = (*store)->file();
    cache->Attach(*std::move(store));
    if (options.preload_bytes > 0) Preload(cache);
    MutexLock lock(mu_);
    open_.push_back({file, cache});
    return std::shared_ptr<Cache>(std::move(cache));
  }

  Mutex mu_;
  CondVar opened_;
  std::set<std::string> opening_ GUARDED_BY(mu_);
  std::vector<Entry> open_ GUARDED_BY(mu_);
};

constinit PerProcess<Registry> registries;

}  // namespace

Result<std::shared_ptr<Cache>> Cache::Open(const std::string& path, const CacheOptions& options) {
  if (path == ":memory:") {
    auto cache = std::make_shared<TieredCache>(path, options);
    cache->Attach(nullptr);
    return std::shared_ptr<Cache>(std::move(cache));
  }
  TAPPS_RETURN_IF_ERROR(CheckFork(path));
  return registries.Get().Open(path, options);
}

}  // namespace tapps
