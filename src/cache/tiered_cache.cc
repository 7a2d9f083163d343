#include "cache/tiered_cache.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "cache/entry.h"

namespace tapps {
namespace {

// Forgets the keys of the feed's rows.
class Forget final : public storage::ChangeFeed::Sink {
 public:
  Forget(MemoryTier& memory, Counter& invalidations)
      : memory_(memory), invalidations_(invalidations) {}
  void OnChanged(uint64_t hash) override {
    memory_.Erase(hash);
    invalidations_.Add();
  }
  void OnEverythingChanged() override {
    memory_.Clear();
    invalidations_.Add();
  }

 private:
  MemoryTier& memory_;
  Counter& invalidations_;
};

}  // namespace

TieredCache::TieredCache(std::string path, const CacheOptions& options)
    : path_(std::move(path)),
      options_(options),
      memory_(std::make_shared<MemoryTier>(options.memory_bytes, options.memory_entries,
                                           options.policy)) {}

TieredCache::~TieredCache() {
  if (fork_.Forked()) {
    // Closing an inherited connection would drop the parent's locks, and a thread of the parent
    // may have been inside the memory tier: leak both.
    new std::shared_ptr<storage::Store>(std::move(store_));
    new std::shared_ptr<MemoryTier>(memory_);
    return;
  }
  if (loads_) loads_->Stop();
  if (!store_) return;
  store_->queue().Stop();  // the writer's thread ends by itself, and the store with it
}

std::function<void(int32_t, const Status&)> TieredCache::StateListener() {
  return [observer = observer_](int32_t state, const Status& why) {
    MutexLock lock(observer->mu);
    if (observer->call) observer->call(state, why.message());
  };
}

std::function<void(int32_t, const Json&)> TieredCache::EventListener() {
  return [observer = observer_](int32_t kind, const Json& data) {
    MutexLock lock(observer->mu);
    if (observer->event) observer->event(kind, data);
  };
}

void TieredCache::OnEvent(std::function<void(int32_t, const Json&)> observer) {
  MutexLock lock(observer_->mu);
  observer_->event = std::move(observer);
}

std::function<void()> TieredCache::ReplacementListener() {
  return [memory = memory_] { memory->Clear(); };
}

void TieredCache::OnState(std::function<void(int32_t, std::string_view)> observer) {
  MutexLock lock(observer_->mu);
  observer_->call = std::move(observer);
}

Status TieredCache::Usable() const {
  if (fork_.Forked()) {
    return Status(TAPPS_E_FORKED, "the cache was opened before fork: open it after exec");
  }
  if (closed_.load(std::memory_order_relaxed))
    return Status(TAPPS_E_CLOSED, "the cache was closed");
  return {};
}

Status TieredCache::CatchUp(bool cached_only) {
  if (!store_) return {};
  store_->LookAgain();
  if (store_->feed().Current()) return {};
  if (cached_only) return Status::Bare(TAPPS_E_WOULD_BLOCK);
  Forget forget(*memory_, statistics_.invalidations);
  if (const Status read = store_->feed().Advance(forget); !read.ok()) {
    // What memory holds can no longer be checked.
    NoteFailure(read);
    memory_->Clear();
  }
  return {};
}

// A failure of the file makes a miss; when the file is damaged, the writer heals it.
void TieredCache::NoteFailure(const Status& why) {
  statistics_.read_failures.Add();
  if (why.code() == TAPPS_E_CORRUPT && !storage::IsDamage(why)) statistics_.damaged_values.Add();
  store_->NoteFailure(why);
}

TieredCache::Wanted TieredCache::Want(Key given) const {
  const Key key = Normal(given);
  const uint64_t hash = KeyHash(key.space, key.bytes);
  return {key, hash, memory_->TicketOf(hash), store_ ? store_->feed().position() : 0};
}

std::optional<ValueRef> TieredCache::FindHere(const Wanted& wanted) {
  const auto& [key, hash, ticket, position] = wanted;
  if (ValueRef value = memory_->Find(hash, key.space, key.bytes)) return value;
  // What is pending is not kept in memory: it may have been stored, and replaced by another
  // process, just now.
  if (store_) return store_->queue().Find(hash, key.space, key.bytes, position);
  return std::nullopt;
}

Result<ValueRef> TieredCache::FindOnDisk(storage::Reader& reader, const Wanted& wanted) {
  const auto& [key, hash, ticket, position] = wanted;
  Result<ValueRef> found = reader.Find(hash, key.space, key.bytes);
  if (!found.ok()) return found;
  // Memory keeps the block; the caller gets a view of it that says where it came from.
  ValueInfo info = (*found)->info();
  info.served_from = TAPPS_FROM_DISK;
  ValueRef view = Value::Wrap(*found, info, (*found)->texts());
  memory_->PutIfUnchanged(hash, key.space, key.bytes, *std::move(found), ticket);
  return view;
}

Result<ValueRef> TieredCache::Miss(const GetOptions& options) {
  if (!options.peek) statistics_.misses.Add();
  return Status::Bare(TAPPS_E_NOT_FOUND);
}

Result<ValueRef> TieredCache::Judge(const Wanted& wanted, ValueRef value, const GetOptions& options,
                                    bool from_disk) {
  const ValueInfo info = value->info();
  bool stale = false;
  if (info.expires_us != 0) {
    const int64_t now = options_.clock->WallNow();
    stale = Expired(info, now);
    if (stale && !(options.allow_stale && now < info.stale_until_us)) return Miss(options);
    // A use prolongs a sliding lifetime; not by less than a tenth, so that a hot key is not written
    // at every use; and not by a call that must not touch the disk, as the first write does.
    if (info.sliding_us > 0 && !stale && !options.peek &&
        info.expires_us - now < info.sliding_us - info.sliding_us / 10 &&
        !(options.cached_only && store_ && !store_->writer_stats())) {
      (void)TouchValue(wanted, value, info.sliding_us, TAPPS_NONE);  // else it stays as it is
    }
  }
  if ((info.flags & TAPPS_VALUE_NEGATIVE) != 0) {
    if (!options.peek) statistics_.negative_hits.Add();
    if (!options.show_negative) return Status::Bare(TAPPS_E_NOT_FOUND);
    return value;
  }
  if (!options.peek) {
    Counter& tier = from_disk ? statistics_.disk_hits : statistics_.memory_hits;
    (stale ? statistics_.stale_hits : tier).Add();
  }
  return value;
}

bool TieredCache::Servable(const Value& value) const {
  if ((value.flags() & TAPPS_VALUE_NEGATIVE) != 0 || value.sliding_us() != 0) return false;
  return value.expires_us() == 0 || options_.clock->WallNow() < value.expires_us();
}

HeldValue TieredCache::GetInMemory(const Key& key, const GetOptions& options) {
  HeldValue held;
  if (fork_.Forked() || closed_.load(std::memory_order_relaxed)) return held;
  ScopedTimer timer(statistics_.memory_hits.Mine() % CacheStatistics::kSample == 0
                        ? &statistics_.memory_get_ns
                        : nullptr);
  if (store_) store_->LookAgain();
  const uint64_t hash = KeyHash(key.space, key.bytes);
  if (!store_ || store_->feed().Current()) {
    held = memory_->Get(hash, key.space, key.bytes);
    if (held && !held.plain() && !Servable(*held)) held = HeldValue();
  }
  if (!held) {
    timer.Into(nullptr);
  } else if (!options.peek) {
    statistics_.memory_hits.Add();
    if (store_) store_->NoteUse(hash);
  }
  return held;
}

Result<ValueRef> TieredCache::Get(Key given, const GetOptions& options) {
  TAPPS_RETURN_IF_ERROR(Usable());
  ScopedTimer timer(Sampled(CacheStatistics::kSample) ? &statistics_.memory_get_ns : nullptr);
  TAPPS_RETURN_IF_ERROR(CatchUp(options.cached_only));
  const Wanted wanted = Want(given);
  if (std::optional<ValueRef> here = FindHere(wanted)) {
    if (!*here) return Miss(options);
    if (store_ && !options.peek) store_->NoteUse(wanted.hash);
    return Judge(wanted, *std::move(here), options, false);
  }
  timer.Into(nullptr);
  if (!store_) return Miss(options);
  if (options.cached_only) return Status::Bare(TAPPS_E_WOULD_BLOCK);
  ScopedTimer disk_timer(&statistics_.disk_get_ns);
  Result<storage::ReaderPool::Lease> reader = store_->readers().Take();
  if (reader.ok()) {
    Result<ValueRef> found = FindOnDisk(**reader, wanted);
    if (found.ok()) {
      if (!options.peek) store_->NoteUse(wanted.hash);
      return Judge(wanted, *std::move(found), options, true);
    }
    if (found.code() != TAPPS_E_NOT_FOUND) NoteFailure(found.status());
  } else {
    NoteFailure(reader.status());
  }
  return Miss(options);
}

std::vector<Result<ValueRef>> TieredCache::GetMany(std::string_view space,
                                                   const std::vector<std::string_view>& keys,
                                                   const GetOptions& options) {
  std::vector<Result<ValueRef>> results(keys.size(), Status::Bare(TAPPS_E_NOT_FOUND));
  Status usable = Usable();
  if (usable.ok()) usable = CatchUp(options.cached_only);
  if (!usable.ok()) {
    std::fill(results.begin(), results.end(), usable);
    return results;
  }
  struct Cold {
    size_t index;
    Wanted wanted;
  };
  std::vector<Cold> cold;
  for (size_t i = 0; i < keys.size(); ++i) {
    const Wanted wanted = Want({space, keys[i]});
    if (std::optional<ValueRef> here = FindHere(wanted)) {
      if (*here && store_ && !options.peek) store_->NoteUse(wanted.hash);
      results[i] = *here ? Judge(wanted, *std::move(here), options, false) : Miss(options);
    } else if (store_) {
      cold.push_back({i, wanted});
    } else {
      results[i] = Miss(options);
    }
  }
  if (cold.empty()) return results;
  if (options.cached_only) {
    for (const Cold& one : cold) results[one.index] = Status::Bare(TAPPS_E_WOULD_BLOCK);
    return results;
  }
  Result<storage::ReaderPool::Lease> reader = store_->readers().Take();
  const Status begun = reader.ok() ? (*reader)->BeginView() : reader.status();
  if (!begun.ok()) NoteFailure(begun);
  for (const Cold& one : cold) {
    if (!begun.ok()) {
      results[one.index] = Miss(options);
      continue;
    }
    Result<ValueRef> found = FindOnDisk(**reader, one.wanted);
    if (found.ok()) {
      if (!options.peek) store_->NoteUse(one.wanted.hash);
      results[one.index] = Judge(one.wanted, *std::move(found), options, true);
    } else {
      if (found.code() != TAPPS_E_NOT_FOUND) NoteFailure(found.status());
      results[one.index] = Miss(options);
    }
  }
  if (begun.ok()) (*reader)->EndView();
  return results;
}

int32_t TieredCache::state() const {
  if (closed_.load(std::memory_order_relaxed)) return TAPPS_STATE_CLOSED;
  return store_ ? store_->state() : TAPPS_STATE_MEMORY;
}

Status TieredCache::Close(int64_t deadline_us) {
  if (fork_.Forked()) return Usable();
  if (closed_.exchange(true)) return {};
  loads_->Stop();
  return store_ ? store_->Close(deadline_us == 0 ? 5 * kSecond : deadline_us) : Status();
}

}  // namespace tapps
