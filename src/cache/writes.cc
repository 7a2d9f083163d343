// Writes: into the queue and memory at once, into the file by the writer's thread.

#include <algorithm>
#include <new>
#include <utility>

#include "base/hash.h"
#include "cache/entry.h"
#include "cache/tiered_cache.h"
#include "cache/waiter.h"

namespace tapps {
namespace {

using storage::Record;
using storage::WriteGroup;

// How long a commit is waited for by who waits for room in the queue for so long: NONE is about
// room.
int64_t CommitTimeout(int64_t timeout_us) {
  return timeout_us == TAPPS_NONE ? CacheOptions().put_timeout_us : timeout_us;
}

bool Waits(int32_t durability) {
  return durability == TAPPS_DURABILITY_SYNC || durability == TAPPS_DURABILITY_FULL;
}

// Values from here on are held as they were given: a copy costs 20 us and more, and what shows
// another value's bytes is a little slower to serve.
constexpr size_t kCopiedBytes = 256 << 10;

constexpr int64_t kNoVersion = -1;  // no entry has it

// Shows memory what records say.
void Keep(MemoryTier& memory, const std::vector<Record>& records) {
  for (const Record& record : records) {
    if (record.value) {
      memory.Put(record.hash, record.space, record.key, record.value);
    } else {
      memory.Erase(record.hash);
    }
  }
}

// Drops what memory holds of their keys.
std::function<void()> Forget(std::shared_ptr<MemoryTier> memory,
                             const std::vector<Record>& records) {
  std::vector<uint64_t> hashes;
  for (const Record& record : records) hashes.push_back(record.hash);
  return [memory = std::move(memory), hashes = std::move(hashes)] {
    for (const uint64_t hash : hashes) memory->Erase(hash);
  };
}

}  // namespace

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

ValueRef TieredCache::MakeValue(std::string_view space, std::string_view bytes,
                                const PutOptions& given, const ValueRef& whole) {
  const PutOptions options = spaces_.Complete(space, given, options_.ttl_us);
  ValueInfo info;
  info.version = NextVersion();
  info.created_us = options_.clock->WallNow();
  if (options.ttl_us > 0) {
    info.expires_us = After(info.created_us, options.ttl_us);
    info.stale_until_us =
        options.stale_us == TAPPS_NONE ? info.expires_us : After(info.expires_us, options.stale_us);
    if (options.sliding) info.sliding_us = options.ttl_us;
  }
  info.served_from = TAPPS_FROM_MEMORY;
  if (options.negative) info.flags |= TAPPS_VALUE_NEGATIVE;
  if (store_ && options.durability == TAPPS_DURABILITY_MEMORY) info.flags |= kMemoryOnly;
  const std::vector<ValueText> texts = {{TAPPS_TEXT_CONTENT_TYPE, options.content_type},
                                        {TAPPS_TEXT_SOURCE, options.source},
                                        {TAPPS_TEXT_TAGS, options.tags},
                                        {TAPPS_TEXT_JSON, options.json}};
  return whole && bytes.size() >= kCopiedBytes ? Value::Wrap(whole, info, texts)
                                               : Value::Make(bytes, info, texts);
}

int64_t TieredCache::PutTimeout(const PutOptions& options) const {
  return options.timeout_us == 0 ? options_.put_timeout_us : options.timeout_us;
}

Record TieredCache::PutOf(Key given, std::string_view bytes, const PutOptions& options,
                          const ValueRef& whole) {
  const Key key = Normal(given);
  return MakeRecord(Record::Kind::kPut, KeyHash(key.space, key.bytes), key,
                    MakeValue(key.space, bytes, options, whole));
}

std::vector<Record> TieredCache::PutsOf(std::string_view space, const std::vector<Item>& items,
                                        const PutOptions& options) {
  std::vector<Record> records;
  records.reserve(items.size());
  for (const Item& item : items) {
    records.push_back(PutOf({space, item.key}, item.bytes, options, item.whole));
  }
  return records;
}

Status TieredCache::Put(Key key, std::string_view bytes, const PutOptions& options) {
  TAPPS_RETURN_IF_ERROR(Usable());
  const ScopedTimer timer(Sampled(CacheStatistics::kSample) ? &statistics_.put_ns : nullptr);
  std::vector<Record> records;
  records.push_back(PutOf(key, bytes, options));
  return PutRecords(std::move(records), options);
}

Status TieredCache::PutMany(std::string_view space, const std::vector<Item>& items,
                            const PutOptions& options) {
  TAPPS_RETURN_IF_ERROR(Usable());
  return PutRecords(PutsOf(space, items, options), options);
}

void TieredCache::PutManyAsync(std::string_view space, const std::vector<Item>& items,
                               const PutOptions& options, Done done) {
  if (Status usable = Usable(); !usable.ok()) return done(std::move(usable));
  PutRecordsAsync(PutsOf(space, items, options), options, std::move(done));
}

// Of what memory alone keeps, nothing may be dropped in silence.
Status TieredCache::FitMemory(const std::vector<Record>& records) const {
  for (const Record& record : records) {
    if (!record.value || memory_->HasRoomFor(record.space, record.key, *record.value)) continue;
    return Status(TAPPS_E_TOO_LARGE,
                  "memory alone would keep this value, and takes entries of up to " +
                      std::to_string(memory_->MaxEntryBytes()) + " bytes");
  }
  return {};
}

Status TieredCache::PutRecords(std::vector<Record> records, const PutOptions& options,
                               std::optional<LeaseRequest> lease) {
  if (records.empty()) return {};
  statistics_.writes.Add(static_cast<int64_t>(records.size()));
  const bool memory_only = !store_ || options.durability == TAPPS_DURABILITY_MEMORY;
  if (memory_only) {
    if (Status fits = FitMemory(records); !fits.ok()) {
      if (lease) GiveBack(*std::move(lease));
      return fits;
    }
  }
  if (!store_) {
    MutexLock lock(swap_mu_);
    Keep(*memory_, records);
    return {};
  }
  auto group = std::make_shared<WriteGroup>();
  std::vector<Record> apart;  // what memory gets, where that is not what the file gets
  if (memory_only) {
    apart = records;
    // What the file has is outdated: it must not show when memory forgets the new value.
    for (Record& record : records) {
      record.kind = Record::Kind::kDelete;
      record.value = {};
    }
  }
  group->records = std::move(records);
  const std::vector<Record>& kept = memory_only ? apart : group->records;
  const auto keep = [memory = memory_.get(), &kept] { Keep(*memory, kept); };
  group->lease = lease;
  group->urgent = lease.has_value();  // others wait for what is loaded
  Status status = Write(group, options, keep);
  if (status.ok()) return status;
  if (lease) GiveBack(*std::move(lease));
  const bool cannot_store = status.code() == TAPPS_E_READ_ONLY || store_->without_writer();
  if (cannot_store && !Waits(options.durability)) {
    TAPPS_RETURN_IF_ERROR(FitMemory(kept));
    Keep(*memory_, kept);
    return {};
  }
  statistics_.write_failures.Add();
  return status;
}

Status TieredCache::Write(const Group& group, const PutOptions& options,
                          const std::function<void()>& on_queued) {
  if (!Waits(options.durability)) return store_->Write(group, PutTimeout(options), on_queued);
  group->durability = options.durability;
  Status status = WriteAndWait(group, PutTimeout(options), on_queued);
  if (!status.ok()) Forget(memory_, group->records)();
  return status;
}

Status TieredCache::WriteAndWait(const Group& group, int64_t timeout_us,
                                 const std::function<void()>& on_queued) {
  const ScopedTimer timer(&statistics_.sync_ns);
  const int64_t patience = CommitTimeout(timeout_us);
  int64_t deadline = MonotonicNow() + patience;
  const auto waiter = std::make_shared<Waiter<Status>>();
  group->urgent = true;
  group->done = [waiter](Status status) { waiter->Finish(std::move(status)); };
  TAPPS_RETURN_IF_ERROR(store_->Write(group, timeout_us, on_queued));
  std::optional<Status> answer = waiter->WaitUntil(deadline);
  // A bulk removal may take its time as long as it goes on.
  for (int64_t slices = 0; !answer && group->slices > slices;) {
    slices = group->slices;
    deadline = MonotonicNow() + patience;
    answer = waiter->WaitUntil(deadline);
  }
  if (answer) return *std::move(answer);
  if (store_->queue().Withdraw(group)) {
    if (group->slices > 0) {
      return Status(TAPPS_E_OUTCOME_UNKNOWN, "the cache file cannot be written any more; " +
                                                 std::to_string(group->removed) +
                                                 " entries were removed");
    }
    return Status(TAPPS_E_TIMEOUT, "the cache file could not be written within " +
                                       std::to_string(patience / 1000) + " ms");
  }
  // The writer has begun: give the commit that is under way a moment.
  if (std::optional<Status> status = waiter->WaitUntil(deadline + 10 * kMillisecond)) {
    return *std::move(status);
  }
  return Status(TAPPS_E_OUTCOME_UNKNOWN, "the deadline passed while the commit was under way");
}

void TieredCache::PutRecordsAsync(std::vector<Record> records, PutOptions options, Done done) {
  if (!Waits(options.durability) || !store_ || records.empty()) {
    options.timeout_us = TAPPS_NONE;  // this call must not wait for room
    return done(PutRecords(std::move(records), options));
  }
  statistics_.writes.Add(static_cast<int64_t>(records.size()));
  auto group = std::make_shared<WriteGroup>();
  group->done = [forget = Forget(memory_, records), done](Status status) {
    if (!status.ok()) forget();
    done(std::move(status));
  };
  group->records = std::move(records);
  group->durability = options.durability;
  WriteAsync(group, PutTimeout(options),
             [this, raw = group.get()] { Keep(*memory_, raw->records); });
}

void TieredCache::WriteAsync(const Group& group, int64_t timeout_us,
                             const std::function<void()>& on_queued) {
  group->urgent = true;
  group->patience_us = CommitTimeout(timeout_us);
  group->deadline_us = MonotonicNow() + group->patience_us;
  Status status = store_->Write(group, TAPPS_NONE, on_queued);
  if (status.ok()) return;
  statistics_.write_failures.Add();
  group->done(std::move(status));
}

std::vector<Record> TieredCache::DeletionOf(Key given) {
  const Key key = Normal(given);
  std::vector<Record> records;
  records.push_back(MakeRecord(Record::Kind::kDelete, KeyHash(key.space, key.bytes), key, {}));
  return records;
}

Status TieredCache::Delete(Key key, int32_t durability) {
  TAPPS_RETURN_IF_ERROR(Usable());
  return PutRecords(DeletionOf(key), {.durability = durability});
}

void TieredCache::DeleteAsync(Key key, int32_t durability, Done done) {
  if (Status usable = Usable(); !usable.ok()) return done(std::move(usable));
  PutRecordsAsync(DeletionOf(key), {.durability = durability}, std::move(done));
}

Result<int64_t> TieredCache::DeleteAll(const storage::Filter& filter) {
  TAPPS_RETURN_IF_ERROR(Usable());
  if (!store_) return ForgetAll(*memory_, filter);
  auto group = std::make_shared<WriteGroup>();
  group->remove = filter;
  TAPPS_RETURN_IF_ERROR(WriteAndWait(group, options_.put_timeout_us, nullptr));
  ForgetAll(*memory_, filter);
  return group->removed;
}

void TieredCache::DeleteAllAsync(const storage::Filter& filter, NumberDone done) {
  if (Status usable = Usable(); !usable.ok()) return done(std::move(usable), 0);
  if (!store_) return done({}, ForgetAll(*memory_, filter));
  auto group = std::make_shared<WriteGroup>();
  group->remove = filter;
  group->done = [memory = memory_, raw = group.get(), done](Status status) {
    if (status.ok()) {
      try {
        ForgetAll(*memory, *raw->remove);
      } catch (const std::bad_alloc&) {
        memory->Clear();
      }
    }
    done(std::move(status), raw->removed);
  };
  WriteAsync(group, options_.put_timeout_us, nullptr);
}

int64_t TieredCache::ForgetAll(MemoryTier& memory, const storage::Filter& filter) {
  int64_t forgotten = 0;
  memory.EraseIf([&](std::string_view space, std::string_view key, const Value& value) {
    const bool matches = filter.Matches(space, key, value.text(TAPPS_TEXT_TAGS));
    if (matches) ++forgotten;
    return matches;
  });
  return forgotten;
}

// Memory may have what the file has not any more: an entry that was evicted there, or a touch that
// came too late. Who is refused because of that must not find it again.
std::function<void()> TieredCache::ForgetRefused(uint64_t hash) const {
  return [memory = memory_, hash] { memory->Erase(hash); };
}

// A swap's record changes neither memory nor what the queue says of the key: whether it is stored
// is known when it is committed. This process is told of it by the change feed, as others are.
TieredCache::Group TieredCache::MakeSwap(Key key, int64_t expected, std::string_view bytes,
                                         const PutOptions& given) {
  PutOptions options = given;
  options.durability =
      given.durability == TAPPS_DURABILITY_FULL ? TAPPS_DURABILITY_FULL : TAPPS_DURABILITY_SYNC;
  auto group = std::make_shared<WriteGroup>();
  group->records.push_back(PutOf(key, bytes, options));
  group->records[0].if_version = expected;
  group->refused = ForgetRefused(group->records[0].hash);
  group->durability = options.durability;
  statistics_.writes.Add();
  return group;
}

int64_t TieredCache::SwapVersion(const WriteGroup& group, const Status& status) {
  if (status.ok()) return group.records[0].value->info().version;
  return status.code() == TAPPS_E_EXISTS ? group.current_version : 0;
}

Status TieredCache::CompareInMemory(const ValueRef& now, WriteGroup* group) const {
  const int64_t expected = *group->records[0].if_version;
  group->current_version = now ? now->info().version : 0;
  const bool absent =
      !now || Negative(now->info()) || Expired(now->info(), options_.clock->WallNow());
  if (expected == Record::kAbsent ? absent : group->current_version == expected) return {};
  return Status(TAPPS_E_EXISTS, "the entry has another version");
}

Status TieredCache::SwapInMemory(WriteGroup& group) {
  const Record& record = group.records[0];
  TAPPS_RETURN_IF_ERROR(FitMemory(group.records));
  MutexLock lock(swap_mu_);
  TAPPS_RETURN_IF_ERROR(
      CompareInMemory(memory_->Find(record.hash, record.space, record.key), &group));
  memory_->Put(record.hash, record.space, record.key, record.value);
  return {};
}

ValueRef TieredCache::FindMemoryOnly(const Record& record) const {
  ValueRef now = memory_->Find(record.hash, record.space, record.key);
  return now && (now->flags() & kMemoryOnly) != 0 ? now : ValueRef();
}

Status TieredCache::BeginSwap(WriteGroup& group) {
  TAPPS_RETURN_IF_ERROR(CatchUp(false));
  const ValueRef now = FindMemoryOnly(group.records[0]);
  return now ? CompareInMemory(now, &group) : Status();
}

std::function<void()> TieredCache::OnSwapQueued(WriteGroup* group) const {
  return [this, group] {
    Record& record = group->records[0];
    const ValueRef now = FindMemoryOnly(record);
    if (now) record.if_version = CompareInMemory(now, group).ok() ? Record::kAbsent : kNoVersion;
  };
}

Status TieredCache::Swap(Key key, int64_t expected, std::string_view bytes,
                         const PutOptions& options, int64_t* version) {
  TAPPS_RETURN_IF_ERROR(Usable());
  const Group group = MakeSwap(key, expected, bytes, options);
  Status status = store_ ? BeginSwap(*group) : SwapInMemory(*group);
  if (store_ && status.ok()) {
    status = WriteAndWait(group, PutTimeout(options), OnSwapQueued(group.get()));
  }
  *version = SwapVersion(*group, status);
  return status;
}

void TieredCache::SwapAsync(Key key, int64_t expected, std::string_view bytes,
                            const PutOptions& options, NumberDone done) {
  if (Status usable = Usable(); !usable.ok()) return done(std::move(usable), 0);
  const Group group = MakeSwap(key, expected, bytes, options);
  group->done = [raw = group.get(), done](Status status) {
    const int64_t version = SwapVersion(*raw, status);
    done(std::move(status), version);
  };
  if (!store_) return group->done(SwapInMemory(*group));
  if (Status begun = BeginSwap(*group); !begun.ok()) return group->done(std::move(begun));
  WriteAsync(group, PutTimeout(options), OnSwapQueued(group.get()));
}

// On the condition that the entry is still the one that was looked at: its bytes are not written
// again, and whoever puts meanwhile wins, in the file and (by the ticket) in memory.
Status TieredCache::Touch(Key given, int64_t ttl_us) {
  TAPPS_RETURN_IF_ERROR(Usable());
  const Wanted wanted = Want(given);
  const Result<ValueRef> found = Get(given, {.peek = true});
  if (!found.ok()) return found.status();
  return TouchValue(wanted, *found, ttl_us, options_.put_timeout_us);
}

Status TieredCache::TouchValue(const Wanted& wanted, const ValueRef& value, int64_t ttl_us,
                               int64_t timeout_us) {
  const auto& [key, hash, ticket, position] = wanted;
  ValueInfo info = value->info();
  const int64_t seen = info.version;
  const int64_t window = info.stale_until_us - info.expires_us;
  const int64_t ttl =
      ttl_us == 0 ? spaces_.Complete(key.space, {}, options_.ttl_us).ttl_us : ttl_us;
  info.version = NextVersion();
  info.served_from = TAPPS_FROM_MEMORY;
  info.expires_us = ttl > 0 ? After(options_.clock->WallNow(), ttl) : 0;
  info.stale_until_us = ttl > 0 ? After(info.expires_us, std::max<int64_t>(0, window)) : 0;
  const ValueRef touched = Value::Wrap(value, info, value->texts());
  const auto keep = [&, &key = key, hash = hash, ticket = ticket] {
    memory_->PutIfUnchanged(hash, key.space, key.bytes, touched, ticket);
  };
  statistics_.writes.Add();
  if (!store_ || (info.flags & kMemoryOnly) != 0) {
    keep();
    return {};
  }
  auto group = std::make_shared<WriteGroup>();
  group->records.push_back(MakeRecord(Record::Kind::kTouch, hash, key, touched));
  group->records[0].if_version = seen;
  group->refused = ForgetRefused(hash);
  Status status = store_->Write(group, timeout_us, keep);
  if (status.code() != TAPPS_E_READ_ONLY) return status;
  keep();
  return {};
}

Status TieredCache::SetSpace(std::string_view space, const std::optional<SpaceOptions>& options) {
  TAPPS_RETURN_IF_ERROR(Usable());
  return spaces_.Set(space.empty() ? "default" : space, options);
}

Status TieredCache::Flush(int64_t timeout_us) {
  TAPPS_RETURN_IF_ERROR(Usable());
  if (!store_ || store_->queue().empty()) return {};
  return WriteAndWait(std::make_shared<WriteGroup>(), timeout_us == 0 ? 3 * kSecond : timeout_us,
                      nullptr);
}

void TieredCache::FlushAsync(int64_t timeout_us, Done done) {
  Status status = Usable();
  if (!status.ok() || !store_ || store_->queue().empty()) return done(std::move(status));
  auto group = std::make_shared<WriteGroup>();
  group->done = std::move(done);
  WriteAsync(group, timeout_us == 0 ? 3 * kSecond : timeout_us, nullptr);
}

}  // namespace tapps
