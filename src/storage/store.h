#ifndef TAPPS_STORAGE_STORE_H_
#define TAPPS_STORAGE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "storage/change_feed.h"
#include "storage/check.h"
#include "storage/compact.h"
#include "storage/file_check.h"
#include "storage/reader.h"
#include "storage/write_queue.h"
#include "storage/writer.h"

namespace tapps::storage {

struct StoreOptions {
  std::string path;
  bool read_only = false;
  int64_t disk_bytes = 0;            // of the file set
  int64_t disk_entries = 0;          // 0: no bound
  int64_t wal_bytes = 8 << 20;       // Limits::wal_soft
  int64_t max_wal_bytes = 64 << 20;  // Limits::wal_hard
  int64_t queue_bytes = 0;
  int64_t commit_interval_us = 0;
  int64_t open_timeout_us = 0;
  const Clock* clock = nullptr;
  // As Writer::Options::on_state.
  std::function<void(int32_t state, const Status& why)> on_state;
  // As Writer::Options::on_event; not called during the open.
  EventSink on_event;
  // The path names another file now, and nothing that was read before holds. Called with no reader
  // of the old file trusted any more; must not use the store.
  std::function<void()> on_replaced;
};

// One cache file, open: readers, the change feed, the queue and, from the first write on, the
// writer's thread. Any thread.
class Store : public std::enable_shared_from_this<Store> {
 public:
  // As tapps_cache_open. The caller keeps others in this process from opening the same file
  // meanwhile.
  static Result<std::shared_ptr<Store>> Open(StoreOptions options);
  // How many stores this process has, those being opened or closed included.
  static int64_t Live() { return live_.load(std::memory_order_acquire); }

  ReaderPool& readers() { return readers_; }
  ChangeFeed& feed() { return *feed_.load(std::memory_order_acquire); }
  WriteQueue& queue() { return *queue_; }
  FileId file() const {
    MutexLock lock(file_mu_);
    return file_;
  }

  // Notices when the file was deleted or replaced under us, at most once in kLookAgain (each
  // writing batch looks too), and goes on with the file that is there now, or a new one. Costs a
  // look at a coarse clock.
  void LookAgain() {
    if (Clock::Real().MonotonicCoarse() >= next_look_us_.load(std::memory_order_relaxed)) Look();
  }

  // Notes that an entry was used, for eviction. Wait-free and lossy; written by the writer's thread
  // with other writes, every 10 s, and at close. A note may start the writer, at a later LookAgain.
  void NoteUse(uint64_t hash) { uses_.Note(hash); }

  // Adds a group to the queue and starts the writer when it is the first. READ_ONLY when the file
  // may not be written, TOO_LARGE when a value is larger than MaxValueBytes().
  Status Write(std::shared_ptr<WriteGroup> group, int64_t timeout_us,
               const std::function<void()>& on_queued);

  // Copies the file to `path` while it is in use (storage/copy_file.h). Takes as long as the copy.
  Status Backup(const std::string& path);
  // As CheckDatabase and CompactDatabase. They use connections of their own: any thread, but not
  // one that must be quick.
  Result<CheckReport> Check(bool deep) { return CheckDatabase(options_.path, deep); }
  Result<CompactReport> Compact(int64_t timeout_us);
  // To be told every failure of a reader: when SQLite finds the file damaged, the writer heals it.
  void NoteFailure(const Status& failure);

  // The largest value that is stored: a part of the bound of the file.
  int64_t MaxValueBytes() const { return limits_.Value(); }

  int32_t state() const;
  const DamageStats& damage() const { return damage_; }
  // The data of TAPPS_EVENT_DAMAGE when the open has healed the file, else null.
  const Json& healed_at_open() const { return healed_at_open_; }
  // Whether the last Write failed because no thread could be started for it: nothing can be stored,
  // nor does a later commit remove what memory has.
  bool without_writer() const { return without_writer_.load(std::memory_order_relaxed); }
  // NULL before the first write.
  const WriterStats* writer_stats() const;

  // Lets the writer finish what is queued; TIMEOUT when that takes longer: it goes on in the
  // background.
  Status Close(int64_t timeout_us);

 private:
  struct Counted {
    Counted() { live_.fetch_add(1, std::memory_order_acq_rel); }
    ~Counted() { live_.fetch_sub(1, std::memory_order_acq_rel); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
  };

  explicit Store(StoreOptions options)
      : options_(std::move(options)),
        limits_{options_.disk_bytes, options_.disk_entries, options_.max_wal_bytes,
                options_.wal_bytes},
        readers_(options_.path),
        queue_(std::make_shared<WriteQueue>(options_.queue_bytes, options_.commit_interval_us)) {}
  Status StartWriter();
  // A caller's: does not wait for the lock of a new file for long, nor for another thread that
  // does.
  void Look();
  // Makes the store stand on the file the path names, waiting for its lock up to patience_us;
  // returns how often that has changed.
  Result<int64_t> FollowPath(int64_t patience_us) REQUIRES(path_mu_);
  Status OpenFeed() REQUIRES(path_mu_);
  void SetFile(const FileId& file) EXCLUDES(file_mu_) {
    MutexLock lock(file_mu_);
    file_ = file;
  }

  static std::atomic<int64_t> live_;
  static constexpr int64_t kLookAgain = 100 * kMillisecond;
  static constexpr int64_t kCallersPatience = 5 * kMillisecond;
  // Feeds of a replaced file are kept, as other threads may be looking at their mapping. After so
  // many one without a mapping follows, which is moved from file to file.
  static constexpr size_t kMaxMappedFeeds = 16;

  const Counted counted_;  // the first: alive while a connection is
  const StoreOptions options_;
  const Limits limits_;
  UseLog uses_;
  DamageStats damage_;
  Json healed_at_open_;
  bool read_only_ = false;
  ReaderPool readers_;
  std::atomic<ChangeFeed*> feed_{nullptr};
  std::atomic<bool> damaged_{false};
  std::atomic<bool> without_writer_{false};
  std::atomic<int64_t> next_look_us_{0};
  std::atomic<int64_t> next_flush_us_{0};  // of notes of use, while there is no writer; 0: not set
  Mutex path_mu_;
  mutable Mutex file_mu_;  // held for the copy only; path_mu_ while a new file's lock is awaited
  FileId file_ GUARDED_BY(file_mu_);
  std::vector<std::unique_ptr<ChangeFeed>> feeds_ GUARDED_BY(path_mu_);  // the last is in use
  int64_t replacements_ GUARDED_BY(path_mu_) = 0;
  const std::shared_ptr<WriteQueue> queue_;
  int64_t origin_ = 0;

  mutable Mutex mu_;
  CondVar ended_;
  std::atomic<Writer*> writer_{nullptr};  // set once, while mu_ is held; deleted with the store
  std::unique_ptr<Writer> owned_writer_ GUARDED_BY(mu_);
  bool running_ GUARDED_BY(mu_) = false;  // the writer's thread
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_STORE_H_
