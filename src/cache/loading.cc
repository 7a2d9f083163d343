// Loading: a lookup that ends in a value or in the right to make one (loads.h).

#include <cmath>
#include <random>
#include <utility>

#include "base/hash.h"
#include "cache/entry.h"
#include "cache/tiered_cache.h"
#include "cache/waiter.h"

namespace tapps {
namespace {

// Uniform in (0, 1].
double Random() {
  thread_local std::minstd_rand engine(std::random_device{}());
  return (static_cast<double>(engine()) - std::minstd_rand::min() + 1) /
         (static_cast<double>(std::minstd_rand::max()) - std::minstd_rand::min() + 1);
}

// Whether a value should have a successor before it ends: "XFetch" (Vattani, Chierichetti,
// Lowenstein: Optimal Probabilistic Cache Stampede Prevention, 2015). The probability grows as the
// end comes near, on the scale of the time a load takes.
bool Early(const ValueInfo& info, int64_t now, int64_t load_us) {
  if (info.expires_us == 0 || load_us <= 0) return false;
  const double gap = -std::log(Random()) * static_cast<double>(load_us);
  return static_cast<double>(info.expires_us - now) <= gap;
}

}  // namespace

Loads::Hooks TieredCache::LoadHooks() {
  // The loads' thread may outlive this cache for a moment.
  Loads::Hooks hooks;
  hooks.look = [weak = weak_from_this()](Key key) -> ValueRef {
    const auto self = weak.lock();
    if (!self) return {};
    Result<ValueRef> found = self->Get(key, {.peek = true, .show_negative = true});
    return found.ok() ? *std::move(found) : ValueRef();
  };
  if (!store_) return hooks;
  // Not through this cache: what it held is given back when it goes, too.
  hooks.ask = [store = store_, wait_us = options_.lease_wait_us](LeaseRequest request,
                                                                 std::function<void(Status)> done) {
    AskForLease(*store, wait_us, std::move(request), std::move(done));
  };
  hooks.held = [store = store_, clock = options_.clock](const std::string& name) {
    Result<storage::ReaderPool::Lease> reader = store->readers().Take();
    if (!reader.ok()) return false;
    const Result<storage::Lease> lease = (*reader)->FindLease(name);
    return lease.ok() && lease->Live(clock->WallNow());
  };
  return hooks;
}

void TieredCache::AskForLease(storage::Store& store, int64_t wait_us, LeaseRequest request,
                              std::function<void(Status)> done) {
  auto group = std::make_shared<storage::WriteGroup>();
  // Who asks will not wait for long; what was held is given back whenever that can be written.
  if (request.op == LeaseRequest::Op::kAcquire) {
    group->deadline_us = MonotonicNow() + wait_us;
  }
  group->lease = std::move(request);
  group->urgent = true;
  group->done = done;
  Status status = store.Write(std::move(group), TAPPS_NONE, nullptr);
  if (!status.ok()) done(std::move(status));
}

void TieredCache::GiveBack(LeaseRequest release) {
  AskForLease(*store_, 0, std::move(release), [](const Status&) {});
}

// What is known of a key without a load. False: somebody must load, or (a value) should.
bool TieredCache::FindForLoad(Key key, const LoadOptions& options, Loads::Outcome* found) {
  // A quick look does not count: a full one will follow unless it serves.
  const GetOptions get = {.cached_only = options.cached_only,
                          .allow_stale = true,
                          .peek = options.cached_only,
                          .show_negative = true};
  Result<ValueRef> value = Get(key, get);
  if (!value.ok()) {
    if (value.code() == TAPPS_E_NOT_FOUND) return false;
    found->status = std::move(value).status();
    return true;
  }
  const ValueInfo& info = (*value)->info();
  const int64_t now = options_.clock->WallNow();
  const bool expired = Expired(info, now);
  if (Negative(info)) {
    if (expired) return false;
    if (options.cached_only) statistics_.negative_hits.Add();
    found->status = Status::Bare(TAPPS_E_NOT_FOUND);
    return true;
  }
  const int64_t load_us = options.early_us == 0 ? loads_->typical_us() : options.early_us;
  found->value = *std::move(value);
  if (expired || Early(info, now, load_us)) return false;
  if (options.cached_only) statistics_.memory_hits.Add();
  return true;
}

std::function<void()> TieredCache::LoadAsync(Key given, const LoadOptions& options, LoadDone done) {
  const auto nothing_to_cancel = [] {};
  if (Status usable = Usable(); !usable.ok()) {
    done(std::move(usable), {});
    return nothing_to_cancel;
  }
  const Key key = Normal(given);
  Loads::Outcome found;
  if (FindForLoad(key, options, &found)) {
    done(std::move(found.status), {std::move(found.value), 0});
    return nothing_to_cancel;
  }
  if (options.cached_only) {
    done(Status::Bare(TAPPS_E_WOULD_BLOCK), {});
    return nothing_to_cancel;
  }
  // First: a lease that was given is lost with what throws after that.
  const auto place = std::make_shared<Loads::Place>();
  std::function<void()> cancel = [loads = loads_, place] { loads->Leave(*place); };
  *place =
      loads_->Join(key, KeyHash(key.space, key.bytes), options, std::move(found.value),
                   [done = std::move(done)](Loads::Outcome outcome) {
                     if (outcome.status.ok() && outcome.value && Negative(outcome.value->info())) {
                       outcome = {Status::Bare(TAPPS_E_NOT_FOUND), {}, 0};
                     }
                     done(std::move(outcome.status), {std::move(outcome.value), outcome.lease});
                   });
  return cancel;
}

Result<Cache::Loaded> TieredCache::Load(Key key, const LoadOptions& options) {
  const ScopedTimer timer(&statistics_.load_ns);
  // Ends by the deadline: the loads' thread sees to that.
  const auto waiter = std::make_shared<Waiter<Result<Loaded>>>();
  LoadAsync(key, options, [waiter](Status status, Loaded loaded) {
    waiter->Finish(status.ok() ? Result<Loaded>(std::move(loaded))
                               : Result<Loaded>(std::move(status)));
  });
  return waiter->Wait();
}

Status TieredCache::FinishLoad(int64_t lease, std::string_view bytes, const PutOptions& options) {
  TAPPS_RETURN_IF_ERROR(Usable());
  Result<Loads::Ending> ending = loads_->BeginEnd(lease);
  if (!ending.ok()) return std::move(ending).status();
  const Key key = {ending->space, ending->key};
  try {
    ValueRef value = MakeValue(key.space, bytes, options);
    std::vector<storage::Record> records;
    records.push_back(MakeRecord(storage::Record::Kind::kPut, ending->hash, key, value));
    Status status = PutRecords(std::move(records), options, ending->release);
    loads_->End(*ending, value);
    return status;
  } catch (...) {  // no memory: nobody shall wait for what does not come
    loads_->GiveUp(*ending);
    for (int tries = 0; ending->release && tries < 2; ++tries) {
      try {
        GiveBack(*ending->release);
        break;
      } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): it ends by itself
      }
    }
    throw;
  }
}

void TieredCache::AbandonLoad(int64_t lease) {
  if (Usable().ok()) loads_->Abandon(lease);
}

}  // namespace tapps
