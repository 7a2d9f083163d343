#include "cache/tiered_cache.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace tapps {
namespace {

using storage::Record;
using storage::WriteGroup;

constexpr int64_t kForever = (int64_t{1} << 53) - 1;
constexpr int64_t kNegativeTtl = 60 * kSecond;

Key Normal(Key key) { return {key.space.empty() ? "default" : key.space, key.bytes}; }

// `us` from `now`, saturating; us < 0: for ever.
int64_t After(int64_t now, int64_t us) {
  return us < 0 || us >= kForever - now ? kForever : now + us;
}

Record MakeRecord(Record::Kind kind, uint64_t hash, Key key, ValueRef value) {
  Record record;
  record.kind = kind;
  record.hash = hash;
  record.space = key.space;
  record.key = key.bytes;
  record.value = std::move(value);
  return record;
}

// Waits for a group to be answered.
struct Waiter {
  Mutex mu;
  CondVar cv;
  bool done GUARDED_BY(mu) = false;
  Status status GUARDED_BY(mu);

  void Finish(Status result) {
    MutexLock lock(mu);
    done = true;
    status = std::move(result);
    cv.NotifyAll();
  }
  bool WaitUntil(int64_t deadline_us, Status* result) {
    MutexLock lock(mu);
    while (!done) {
      const int64_t left = deadline_us - Clock::Real().MonotonicNow();
      if (left <= 0) return false;
      cv.WaitFor(mu, left);
    }
    *result = std::move(status);
    return true;
  }
};

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
  if (!store_) return;
  if (fork_.Forked()) {
    // Closing an inherited connection would drop the parent's locks: leak it.
    new std::shared_ptr<storage::Store>(std::move(store_));
    return;
  }
  store_->queue().Stop();  // the writer's thread ends by itself, and the store with it
}

std::function<void(int32_t, const Status&)> TieredCache::StateListener() {
  return [observer = observer_](int32_t state, const Status& why) {
    MutexLock lock(observer->mu);
    if (observer->call) observer->call(state, why.message());
  };
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
  if (!store_->feed().Advance(forget).ok()) {
    // What memory holds can no longer be checked.
    statistics_.read_failures.Add();
    memory_->Clear();
  }
  return {};
}

std::optional<ValueRef> TieredCache::FindHere(uint64_t hash, Key key, MemoryTier::Ticket ticket) {
  if (ValueRef value = memory_->Find(hash, key.space, key.bytes)) return value;
  if (!store_) return std::nullopt;
  std::optional<ValueRef> pending = store_->queue().Find(hash, key.space, key.bytes);
  if (pending && *pending) memory_->PutIfUnchanged(hash, key.space, key.bytes, *pending, ticket);
  return pending;
}

Result<ValueRef> TieredCache::FindOnDisk(storage::Reader& reader, uint64_t hash, Key key,
                                         MemoryTier::Ticket ticket) {
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

Result<ValueRef> TieredCache::Judge(Key key, ValueRef value, const GetOptions& options,
                                    bool from_disk) {
  const ValueInfo info = value->info();
  bool stale = false;
  if (info.expires_us != 0) {
    const int64_t now = options_.clock->WallNow();
    stale = now >= info.expires_us;
    if (stale && !(options.allow_stale && now < info.stale_until_us)) return Miss(options);
    // A use prolongs a sliding lifetime; not by less than a tenth, so that a hot key is not written
    // at every use.
    if (info.sliding_us > 0 && !stale && !options.peek &&
        info.expires_us - now < info.sliding_us - info.sliding_us / 10) {
      (void)Touch(key, info.sliding_us);  // a failure leaves the present lifetime
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
  if (!store_ || store_->feed().Current()) {
    held = memory_->Get(KeyHash(key.space, key.bytes), key.space, key.bytes);
    if (held && !held.plain() && !Servable(*held)) held = HeldValue();
  }
  if (!held) {
    timer.Into(nullptr);
  } else if (!options.peek) {
    statistics_.memory_hits.Add();
  }
  return held;
}

Result<ValueRef> TieredCache::Get(Key given, const GetOptions& options) {
  TAPPS_RETURN_IF_ERROR(Usable());
  const Key key = Normal(given);
  ScopedTimer timer(Sampled(CacheStatistics::kSample) ? &statistics_.memory_get_ns : nullptr);
  const uint64_t hash = KeyHash(key.space, key.bytes);
  TAPPS_RETURN_IF_ERROR(CatchUp(options.cached_only));
  const MemoryTier::Ticket ticket = memory_->TicketOf(hash);
  if (std::optional<ValueRef> here = FindHere(hash, key, ticket)) {
    if (!*here) return Miss(options);
    return Judge(key, *std::move(here), options, false);
  }
  timer.Into(nullptr);
  if (!store_) return Miss(options);
  if (options.cached_only) return Status::Bare(TAPPS_E_WOULD_BLOCK);
  ScopedTimer disk_timer(&statistics_.disk_get_ns);
  Result<storage::ReaderPool::Lease> reader = store_->readers().Take();
  if (reader.ok()) {
    Result<ValueRef> found = FindOnDisk(**reader, hash, key, ticket);
    if (found.ok()) return Judge(key, *std::move(found), options, true);
    if (found.code() == TAPPS_E_NOT_FOUND) return Miss(options);
  }
  statistics_.read_failures.Add();
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
    uint64_t hash;
    MemoryTier::Ticket ticket;
  };
  std::vector<Cold> cold;
  for (size_t i = 0; i < keys.size(); ++i) {
    const Key key = Normal({space, keys[i]});
    const uint64_t hash = KeyHash(key.space, key.bytes);
    const MemoryTier::Ticket ticket = memory_->TicketOf(hash);
    if (std::optional<ValueRef> here = FindHere(hash, key, ticket)) {
      results[i] = *here ? Judge(key, *std::move(here), options, false) : Miss(options);
    } else if (store_) {
      cold.push_back({i, hash, ticket});
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
  const bool view = reader.ok() && (*reader)->BeginView().ok();
  for (const Cold& one : cold) {
    const Key key = Normal({space, keys[one.index]});
    Result<ValueRef> found =
        view ? FindOnDisk(**reader, one.hash, key, one.ticket) : Status::Bare(TAPPS_E_IO);
    if (found.ok()) {
      results[one.index] = Judge(key, *std::move(found), options, true);
    } else {
      if (found.code() != TAPPS_E_NOT_FOUND) statistics_.read_failures.Add();
      results[one.index] = Miss(options);
    }
  }
  if (view) (*reader)->EndView();
  return results;
}

int64_t TieredCache::NextVersion() {
  // Grows within a process whatever the clock does, and between processes as far as their clocks
  // agree.
  const int64_t now = options_.clock->WallNow();
  int64_t last = last_version_.load(std::memory_order_relaxed);
  int64_t next = 0;
  do {
    next = std::max(now, last + 1);
  } while (!last_version_.compare_exchange_weak(last, next, std::memory_order_relaxed));
  return next;
}

ValueRef TieredCache::MakeValue(std::string_view bytes, const PutOptions& options) {
  ValueInfo info;
  info.version = NextVersion();
  info.created_us = options_.clock->WallNow();
  int64_t ttl = options.ttl_us;
  if (ttl == 0) ttl = options.negative ? kNegativeTtl : options_.ttl_us;
  if (ttl > 0) {
    info.expires_us = After(info.created_us, ttl);
    info.stale_until_us = options.stale_us == 0 || options.stale_us == TAPPS_NONE
                              ? info.expires_us
                              : After(info.expires_us, options.stale_us);
    if (options.sliding) info.sliding_us = ttl;
  }
  info.served_from = TAPPS_FROM_MEMORY;
  if (options.negative) info.flags |= TAPPS_VALUE_NEGATIVE;
  return Value::Make(bytes, info,
                     {{TAPPS_TEXT_CONTENT_TYPE, options.content_type},
                      {TAPPS_TEXT_SOURCE, options.source},
                      {TAPPS_TEXT_TAGS, options.tags},
                      {TAPPS_TEXT_JSON, options.json}});
}

int64_t TieredCache::PutTimeout(const PutOptions& options) const {
  return options.timeout_us == 0 ? options_.put_timeout_us : options.timeout_us;
}

Status TieredCache::Put(Key given, std::string_view bytes, const PutOptions& options) {
  TAPPS_RETURN_IF_ERROR(Usable());
  const ScopedTimer timer(Sampled(CacheStatistics::kSample) ? &statistics_.put_ns : nullptr);
  const Key key = Normal(given);
  std::vector<Record> records;
  records.push_back(MakeRecord(Record::Kind::kPut, KeyHash(key.space, key.bytes), key,
                               MakeValue(bytes, options)));
  return PutRecords(std::move(records), options);
}

Status TieredCache::PutMany(std::string_view space, const std::vector<Item>& items,
                            const PutOptions& options) {
  TAPPS_RETURN_IF_ERROR(Usable());
  std::vector<Record> records;
  records.reserve(items.size());
  for (const Item& item : items) {
    const Key key = Normal({space, item.key});
    records.push_back(MakeRecord(Record::Kind::kPut, KeyHash(key.space, key.bytes), key,
                                 MakeValue(item.bytes, options)));
  }
  return PutRecords(std::move(records), options);
}

Status TieredCache::PutRecords(std::vector<Record> records, const PutOptions& options) {
  if (records.empty()) return {};
  // What memory is to hold, apart from what the group will be when it is queued.
  std::vector<Record> kept = records;
  const auto keep = [memory = memory_.get(), &kept] {
    for (Record& record : kept) {
      if (record.value) {
        memory->Put(record.hash, record.space, record.key, std::move(record.value));
      } else {
        memory->Erase(record.hash);
      }
    }
  };
  statistics_.writes.Add(static_cast<int64_t>(records.size()));
  if (!store_) {
    keep();
    return {};
  }
  if (options.durability == TAPPS_DURABILITY_MEMORY) {
    // What the file has is outdated: it must not show when memory forgets the new value.
    for (Record& record : records) {
      record.kind = Record::Kind::kDelete;
      record.value = {};
    }
  }
  auto group = std::make_shared<WriteGroup>();
  group->records = std::move(records);
  Status status = Write(group, options, keep);
  if (status.ok()) return status;
  const bool accepts_less =
      options.durability == TAPPS_DURABILITY_ASYNC || options.durability == TAPPS_DURABILITY_MEMORY;
  if (status.code() == TAPPS_E_READ_ONLY && accepts_less) {
    keep();
    return {};
  }
  statistics_.write_failures.Add();
  return status;
}

Status TieredCache::Write(const Group& group, const PutOptions& options,
                          const std::function<void()>& on_queued) {
  if (options.durability != TAPPS_DURABILITY_SYNC && options.durability != TAPPS_DURABILITY_FULL) {
    return store_->Write(group, PutTimeout(options), on_queued);
  }
  group->durability = options.durability;
  return WriteAndWait(group, PutTimeout(options), on_queued);
}

Status TieredCache::WriteAndWait(const Group& group, int64_t timeout_us,
                                 const std::function<void()>& on_queued) {
  const int64_t deadline = Clock::Real().MonotonicNow() + timeout_us;
  const auto waiter = std::make_shared<Waiter>();
  group->urgent = true;
  group->done = [waiter](Status status) { waiter->Finish(std::move(status)); };
  TAPPS_RETURN_IF_ERROR(store_->Write(group, timeout_us, on_queued));
  Status status;
  if (!waiter->WaitUntil(deadline, &status)) {
    if (!store_->queue().Withdraw(group)) {
      // The writer has begun: give the commit that is under way a moment.
      if (waiter->WaitUntil(deadline + 10 * kMillisecond, &status)) return status;
      return Status(TAPPS_E_OUTCOME_UNKNOWN, "the deadline passed while the commit was under way");
    }
    status = Status(TAPPS_E_TIMEOUT, "the cache file could not be written within " +
                                         std::to_string(timeout_us / 1000) + " ms");
  }
  if (!status.ok()) {
    for (const Record& record : group->records) memory_->Erase(record.hash);
  }
  return status;
}

void TieredCache::PutAsync(Key given, std::string_view bytes, const PutOptions& options,
                           std::function<void(Status)> done) {
  const bool waits =
      options.durability == TAPPS_DURABILITY_SYNC || options.durability == TAPPS_DURABILITY_FULL;
  if (!waits || !store_ || !Usable().ok()) {
    PutOptions at_once = options;
    if (at_once.timeout_us == 0)
      at_once.timeout_us = TAPPS_NONE;  // this call must not wait for room
    done(Put(given, bytes, at_once));
    return;
  }
  const Key key = Normal(given);
  const uint64_t hash = KeyHash(key.space, key.bytes);
  ValueRef value = MakeValue(bytes, options);
  auto group = std::make_shared<WriteGroup>();
  group->records.push_back(MakeRecord(Record::Kind::kPut, hash, key, value));
  group->durability = options.durability;
  group->urgent = true;
  group->deadline_us = Clock::Real().MonotonicNow() + PutTimeout(options);
  group->done = [memory = memory_, hash, done](Status status) {
    if (!status.ok()) memory->Erase(hash);
    done(std::move(status));
  };
  statistics_.writes.Add();
  Status status =
      store_->Write(group, TAPPS_NONE, [&] { memory_->Put(hash, key.space, key.bytes, value); });
  if (status.ok()) return;
  statistics_.write_failures.Add();
  done(std::move(status));
}

Status TieredCache::Delete(Key given, int32_t durability) {
  TAPPS_RETURN_IF_ERROR(Usable());
  const Key key = Normal(given);
  std::vector<Record> records;
  records.push_back(MakeRecord(Record::Kind::kDelete, KeyHash(key.space, key.bytes), key, {}));
  PutOptions options;
  options.durability = durability;
  return PutRecords(std::move(records), options);
}

Result<int64_t> TieredCache::DeleteAll(const storage::Filter& filter) {
  TAPPS_RETURN_IF_ERROR(Usable());
  int64_t removed = 0;
  if (store_) {
    auto group = std::make_shared<WriteGroup>();
    group->remove = filter;
    TAPPS_RETURN_IF_ERROR(WriteAndWait(group, options_.put_timeout_us, nullptr));
    removed = group->removed;
  }
  memory_->EraseIf([&](std::string_view space, std::string_view key, const Value& value) {
    const bool matches = filter.Matches(space, key, value.text(TAPPS_TEXT_TAGS));
    if (matches && !store_) ++removed;
    return matches;
  });
  return removed;
}

Status TieredCache::Touch(Key given, int64_t ttl_us) {
  const Key key = Normal(given);
  GetOptions peek;
  peek.peek = true;
  Result<ValueRef> found = Get(key, peek);
  if (!found.ok()) return std::move(found).status();
  const int64_t ttl = ttl_us == 0 ? options_.ttl_us : ttl_us;
  const int64_t window = (*found)->info().stale_until_us - (*found)->info().expires_us;
  ValueInfo info = (*found)->info();
  info.version = NextVersion();
  info.served_from = TAPPS_FROM_MEMORY;
  const int64_t now = options_.clock->WallNow();
  info.expires_us = ttl > 0 ? After(now, ttl) : 0;
  info.stale_until_us = ttl > 0 ? After(info.expires_us, std::max<int64_t>(0, window)) : 0;
  std::vector<Record> records;
  records.push_back(MakeRecord(Record::Kind::kTouch, KeyHash(key.space, key.bytes), key,
                               Value::Wrap(*found, info, (*found)->texts())));
  return PutRecords(std::move(records), {});
}

Status TieredCache::Flush(int64_t timeout_us) {
  TAPPS_RETURN_IF_ERROR(Usable());
  if (!store_ || store_->queue().empty()) return {};
  return WriteAndWait(std::make_shared<WriteGroup>(), timeout_us == 0 ? 3 * kSecond : timeout_us,
                      nullptr);
}

void TieredCache::FlushAsync(int64_t timeout_us, std::function<void(Status)> done) {
  Status status = Usable();
  if (!status.ok() || !store_ || store_->queue().empty()) {
    done(std::move(status));
    return;
  }
  auto group = std::make_shared<WriteGroup>();
  group->urgent = true;
  group->deadline_us = Clock::Real().MonotonicNow() + (timeout_us == 0 ? 3 * kSecond : timeout_us);
  group->done = done;
  status = store_->Write(group, TAPPS_NONE, nullptr);
  if (!status.ok()) done(std::move(status));
}

Result<std::vector<storage::Listed>> TieredCache::List(std::string_view space,
                                                       std::string_view prefix, int64_t after_id,
                                                       size_t limit) {
  TAPPS_RETURN_IF_ERROR(Usable());
  const int64_t now = options_.clock->WallNow();
  if (store_) {
    Result<storage::ReaderPool::Lease> reader = store_->readers().Take();
    if (!reader.ok()) return std::move(reader).status();
    return (*reader)->List(space, prefix, after_id, now, limit);
  }
  std::vector<storage::Listed> listed;
  for (const MemoryTier::Entry& entry : memory_->Snapshot()) {
    const ValueInfo& info = entry.value->info();
    const int64_t dead = info.expires_us == 0 ? 0 : std::max(info.expires_us, info.stale_until_us);
    if ((dead != 0 && dead <= now) || (!space.empty() && entry.space != space)) continue;
    if (info.version <= after_id || !entry.key.starts_with(prefix)) continue;
    listed.push_back({.id = info.version,
                      .space = entry.space,
                      .key = entry.key,
                      .content_type = std::string(entry.value->text(TAPPS_TEXT_CONTENT_TYPE)),
                      .size = static_cast<int64_t>(entry.value->bytes().size()),
                      .created_us = info.created_us,
                      .expires_us = info.expires_us,
                      .last_used_us = info.created_us,
                      .hits = 0,
                      .flags = info.flags & TAPPS_VALUE_NEGATIVE});
  }
  std::sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  if (listed.size() > limit) listed.resize(limit);
  return listed;
}

int32_t TieredCache::state() const {
  if (closed_.load(std::memory_order_relaxed)) return TAPPS_STATE_CLOSED;
  return store_ ? store_->state() : TAPPS_STATE_MEMORY;
}

Status TieredCache::Close(int64_t deadline_us) {
  if (fork_.Forked()) return Usable();
  if (closed_.exchange(true)) return {};
  return store_ ? store_->Close(deadline_us == 0 ? 5 * kSecond : deadline_us) : Status();
}

}  // namespace tapps
