#include "storage/store.h"

#include <random>
#include <utility>

#include "base/thread.h"
#include "storage/copy_file.h"
#include "storage/heal.h"
#include "storage/schema.h"
#include "storage/sole_sqlite.h"

namespace tapps::storage {
namespace {

// Opens the file for writing when it can be, else for reading; brings it to the present format.
Result<bool> OpenAndPrepare(const StoreOptions& options, bool* read_only) {
  const int64_t deadline = MonotonicNow() + options.open_timeout_us;
  const auto keep_waiting = [deadline] { return MonotonicNow() < deadline; };
  const auto mode = options.read_only ? Connection::Mode::kReadOnly : Connection::Mode::kReadWrite;
  Result<Connection> connection = Connection::Open(options.path, mode);
  if (!connection.ok()) return std::move(connection).status();
  // SQLite falls back to reading when it may not write.
  *read_only = sqlite3_db_readonly(connection->handle(), "main") == 1;
  connection->SetBusyHandler(keep_waiting);
  Status status = *read_only ? CheckSchema(*connection) : PrepareSchema(*connection, keep_waiting);
  if (status.code() == TAPPS_E_BUSY) {
    return Status(TAPPS_E_TIMEOUT,
                  "another process kept the file locked: " + std::string(status.message()));
  }
  if (status.code() == TAPPS_E_READ_ONLY || (*read_only && status.code() == TAPPS_E_IO)) {
    ErrorDetail detail = status.detail();
    detail.message =
        "a file in WAL mode can be read only when its folder may be written or its -shm and -wal "
        "files "
        "are there: " +
        detail.message;
    return Status(TAPPS_E_READ_ONLY, std::move(detail));
  }
  if (!status.ok()) return status;
  return true;
}

Status TooLarge(const char* what, int64_t bytes, const Limits& limits) {
  return Status(TAPPS_E_TOO_LARGE, std::string(what) + " of " + std::to_string(bytes) +
                                       " bytes does not go with a cache bounded to " +
                                       std::to_string(limits.bytes) + " bytes");
}

Status CheckSize(const WriteGroup& group, const Limits& limits) {
  int64_t total = 0;
  for (const Record& record : group.records) {
    total += static_cast<int64_t>(record.key.size());
    if (!record.value) continue;
    auto bytes = static_cast<int64_t>(record.value->bytes().size());
    for (const int32_t field :
         {TAPPS_TEXT_CONTENT_TYPE, TAPPS_TEXT_SOURCE, TAPPS_TEXT_TAGS, TAPPS_TEXT_JSON}) {
      const auto text = static_cast<int64_t>(record.value->text(field).size());
      if (text > Limits::kText) {
        return Status(TAPPS_E_TOO_LARGE, "a text of " + std::to_string(text) +
                                             " bytes is longer than " +
                                             std::to_string(Limits::kText));
      }
      bytes += text;
    }
    if (bytes > limits.Value()) return TooLarge("a value", bytes, limits);
    total += bytes;
  }
  return total <= limits.Group() ? Status() : TooLarge("a group of records", total, limits);
}

}  // namespace

std::atomic<int64_t> Store::live_{0};

Result<std::shared_ptr<Store>> Store::Open(StoreOptions options) {
  Result<std::string> path = ResolveFolder(options.path, !options.read_only);
  if (!path.ok()) return std::move(path).status();
  options.path = *std::move(path);
  std::shared_ptr<Store> store(new Store(std::move(options)));
  const StoreOptions& given = store->options_;
  Result<FileId> file = PrepareFile(given.path, given.read_only);
  if (!file.ok()) return std::move(file).status();
  TAPPS_RETURN_IF_ERROR(CheckSoleSqlite(given.path, *file));
  store->SetFile(*file);
  std::random_device random;
  store->origin_ = ((static_cast<int64_t>(random()) << 21) ^ random()) & ((int64_t{1} << 53) - 1);
  const auto open = [&]() -> Status {
    const Result<bool> prepared = OpenAndPrepare(given, &store->read_only_);
    if (!prepared.ok()) return prepared.status();
    MutexLock lock(store->path_mu_);
    return store->OpenFeed();
  };
  Status opened = open();
  if (IsDamage(opened) && !given.read_only) {
    const Result<HealReport> healed =
        Heal(given.path, false, *given.clock, store->limits_, given.open_timeout_us);
    Account(healed, store->damage_, [&](int32_t, const Json& data) {
      if (healed.ok()) store->healed_at_open_ = data;
    });
    opened = healed.ok() ? open() : healed.status();
  }
  if (!opened.ok()) return std::move(opened).Wrap(given.path);
  store->next_look_us_ = Clock::Real().MonotonicCoarse() + kLookAgain;
  return store;
}

Status Store::OpenFeed() {
  const auto watch =
      feeds_.size() < kMaxMappedFeeds ? ChangeFeed::Watch::kMapped : ChangeFeed::Watch::kQuery;
  Result<std::unique_ptr<ChangeFeed>> feed = ChangeFeed::Open(options_.path, origin_, watch);
  if (!feed.ok()) return std::move(feed).status();
  if (feeds_.size() > kMaxMappedFeeds) {
    feeds_.back()->MoveTo(**feed);
    return {};
  }
  feeds_.push_back(*std::move(feed));
  feed_.store(feeds_.back().get(), std::memory_order_release);
  return {};
}

Result<int64_t> Store::FollowPath(int64_t patience_us) {
  if (const Result<FileId> now = IdentifyFile(options_.path); now.ok() && *now == this->file())
    return replacements_;
  const Result<FileId> file = PrepareFile(options_.path, read_only_);
  if (!file.ok()) return file.status();
  bool read_only = false;
  StoreOptions options = options_;
  options.open_timeout_us = std::min(options.open_timeout_us, patience_us);
  const Result<bool> prepared = OpenAndPrepare(options, &read_only);
  if (!prepared.ok()) return prepared.status();
  TAPPS_RETURN_IF_ERROR(OpenFeed());
  SetFile(*file);
  readers_.Renew();
  if (options_.on_replaced) options_.on_replaced();
  return ++replacements_;
}

void Store::Look() {
  const auto look_later = [this] {
    next_look_us_.store(Clock::Real().MonotonicCoarse() + kLookAgain, std::memory_order_relaxed);
  };
  look_later();
  if (path_mu_.TryLock()) {
    try {
      (void)FollowPath(kCallersPatience);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): at a later look, then
    }
    path_mu_.Unlock();
    look_later();
  }
  if (read_only_ || writer_.load(std::memory_order_acquire) != nullptr || !uses_.any()) return;
  // Nothing was written in this process yet, and perhaps never will be.
  int64_t due = 0;
  const int64_t now = MonotonicNow();
  if (next_flush_us_.compare_exchange_strong(due, now + Upkeep::kFlushEvery)) return;
  if (now >= due) (void)StartWriter();
}

Status Store::Write(std::shared_ptr<WriteGroup> group, int64_t timeout_us,
                    const std::function<void()>& on_queued) {
  if (read_only_) return Status(TAPPS_E_READ_ONLY, options_.path + " may not be written");
  TAPPS_RETURN_IF_ERROR(CheckSize(*group, limits_));
  if (writer_.load(std::memory_order_acquire) == nullptr) {
    const Status started = StartWriter();
    const bool failed = !started.ok() && started.code() != TAPPS_E_CLOSED;
    if (without_writer_.exchange(failed) != failed && options_.on_state) {
      options_.on_state(failed ? TAPPS_STATE_FAILED : TAPPS_STATE_OK, started);
    }
    TAPPS_RETURN_IF_ERROR(started);
  }
  return queue_->Add(std::move(group), timeout_us, on_queued);
}

Status Store::StartWriter() {
  MutexLock lock(mu_);
  if (owned_writer_) return {};
  if (queue_->stopped()) return Status(TAPPS_E_CLOSED, "the cache was closed");
  Writer::Options options{.path = options_.path,
                          .origin = origin_,
                          .limits = limits_,
                          .uses = &uses_,
                          .clock = options_.clock,
                          .on_state = options_.on_state,
                          .on_event = options_.on_event,
                          .damage = &damage_,
                          .damaged = &damaged_,
                          .file_generation = [this] {
                            MutexLock path(path_mu_);
                            return FollowPath(options_.open_timeout_us);
                          }};
  auto writer = std::make_unique<Writer>(std::move(options), queue_);
  // The thread keeps the store alive until everything is written, also when the last handle is
  // released without a close.
  auto thread = StartThread("writer", [self = shared_from_this(), raw = writer.get()] {
    raw->Run();
    MutexLock done(self->mu_);
    self->running_ = false;
    self->ended_.NotifyAll();
  });
  if (!thread.ok()) return std::move(thread).status();
  (*thread).detach();
  owned_writer_ = std::move(writer);
  running_ = true;
  writer_.store(owned_writer_.get(), std::memory_order_release);
  return {};
}

Status Store::Backup(const std::string& path) {
  Result<Connection> source = Connection::Open(options_.path, Connection::Mode::kReadOnly);
  if (!source.ok()) return std::move(source).status();
  return CopyDatabase(*source, path);
}

Result<CompactReport> Store::Compact(int64_t timeout_us) {
  if (read_only_) return Status(TAPPS_E_READ_ONLY, options_.path + " may not be written");
  return CompactDatabase(options_.path, limits_, MonotonicNow() + timeout_us);
}

void Store::NoteFailure(const Status& failure) {
  if (!IsDamage(failure) || read_only_ || damaged_.exchange(true)) return;
  const auto wake = std::make_shared<WriteGroup>();
  wake->urgent = true;
  (void)Write(wake, TAPPS_NONE, nullptr);  // when there is no room, the writer comes by anyway
}

int32_t Store::state() const {
  if (read_only_) return TAPPS_STATE_READ_ONLY;
  const Writer* writer = writer_.load(std::memory_order_acquire);
  if (writer != nullptr) return writer->state();
  return without_writer() ? TAPPS_STATE_FAILED : TAPPS_STATE_OK;
}

const WriterStats* Store::writer_stats() const {
  const Writer* writer = writer_.load(std::memory_order_acquire);
  return writer ? &writer->stats() : nullptr;
}

Status Store::Close(int64_t timeout_us) {
  // The writer notes uses. A process that is over before the first look gets no thread for that.
  const bool lasted = next_flush_us_.load(std::memory_order_relaxed) != 0;
  if (uses_.any() && lasted && !read_only_ && !queue_->stopped()) (void)StartWriter();
  queue_->Stop();
  const int64_t deadline = MonotonicNow() + timeout_us;
  MutexLock lock(mu_);
  while (running_) {
    const int64_t left = deadline - MonotonicNow();
    if (left <= 0) {
      return Status(TAPPS_E_TIMEOUT, "the cache file is still being written in the background");
    }
    ended_.WaitFor(mu_, left);
  }
  return {};
}

}  // namespace tapps::storage
