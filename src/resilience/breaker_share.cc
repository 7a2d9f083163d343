#include "resilience/breaker_share.h"

#include <algorithm>
#include <random>
#include <utility>

#include "storage/store.h"

namespace tapps {
namespace {

constexpr int64_t kIdMask = (int64_t{1} << 53) - 1;  // a JSON number everywhere

int64_t RandomId() {
  std::random_device random;
  return static_cast<int64_t>((uint64_t{random()} << 32 | random()) & kIdMask) | 1;
}

int64_t Int(const Json& json, const char* member) {
  const auto found = json.find(member);
  return found != json.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

std::optional<Json> Read(Cache& cache, const std::string& key, int64_t* created_us) {
  const Result<ValueRef> value = cache.Get({kBreakerSpace, key}, {.peek = true});
  if (!value.ok()) return std::nullopt;
  Result<Json> json = ParseJson((*value)->bytes());
  if (!json.ok() || !json->is_object()) return std::nullopt;
  *created_us = (*value)->info().created_us;
  return *std::move(json);
}

// The name of a lease, and of what is asked of it.
std::shared_ptr<storage::WriteGroup> Ask(storage::LeaseRequest::Op op, const std::string& name,
                                         int64_t token, int64_t duration_us) {
  auto group = std::make_shared<storage::WriteGroup>();
  group->lease = storage::LeaseRequest{
      .op = op, .name = "breaker " + name, .token = token, .duration_us = duration_us};
  group->durability = TAPPS_DURABILITY_SYNC;
  group->urgent = true;
  return group;
}

}  // namespace

BreakerShare::BreakerShare(std::string name, std::weak_ptr<Cache> cache, const Clock& clock,
                           uint64_t owner)
    : name_(std::move(name)),
      cache_(std::move(cache)),
      store_([this] {
        const auto held = cache_.lock();
        return held ? held->SharedStore() : nullptr;
      }()),
      clock_(clock),
      owner_(static_cast<int64_t>(owner & kIdMask) | 1),
      watched_(store_.lock().get()) {}

BreakerPeers BreakerShare::MakePeers() {
  const auto self = shared_from_this();
  return {.take = [self](int64_t lease_us) { return self->TakeProbe(lease_us); },
          .give_back = [self] { self->GiveBackProbe(); },
          .look = [self](Breaker& breaker) { self->Look(breaker); },
          .limited = [self](uint64_t who, int64_t calls,
                            int64_t within_us) { self->Limited(who, calls, within_us); }};
}

void BreakerShare::Look(Breaker& breaker) {
  if (watched_ == nullptr) return;
  const uint64_t stamp = watched_->feed().Stamp();
  if (stamp != 0 && stamp == seen_.load(std::memory_order_relaxed)) return;
  const int64_t now = clock_.MonotonicCoarse();
  int64_t due = next_look_.load(std::memory_order_relaxed);
  if (now < due) return;
  if (!next_look_.compare_exchange_strong(due, now + kLookEvery)) return;  // another one looks
  const std::shared_ptr<Cache> cache = cache_.lock();
  if (cache == nullptr) return;
  seen_.store(stamp, std::memory_order_relaxed);  // read before the records: nothing is missed
  LookAtState(*cache, breaker);
  LookAtQuotas(*cache, breaker);
}

void BreakerShare::LookAtState(Cache& cache, Breaker& breaker) {
  int64_t created = 0;
  const std::optional<Json> record = Read(cache, name_, &created);
  if (!record || Int(*record, "by") == owner_) return;
  const int64_t wall = clock_.WallNow();
  const std::string to = JsonString(*record, "to").value_or("");
  const int64_t outage = Int(*record, "outage");
  int64_t suspect_us = 0;
  {
    MutexLock lock(mu_);
    const int64_t at = Int(*record, "at_us");
    if (at == news_at_ && Int(*record, "by") == news_by_) return;
    news_at_ = at;
    news_by_ = Int(*record, "by");
    if (to == StateName(BreakerState::kOpen) && outage != refuted_) {
      const int64_t open_us = std::clamp<int64_t>(Int(*record, "open_us"), 0, kLongest);
      const int64_t age = std::max<int64_t>(0, wall - at);
      suspect_us = std::min(kLongest, open_us + kLinger) - age;
      if (suspect_us > 0) outage_ = outage;
    }
  }
  if (suspect_us > 0) breaker.Suspect(suspect_us);
  if (to == StateName(BreakerState::kClosed)) breaker.Encourage();
}

void BreakerShare::LookAtQuotas(Cache& cache, Breaker& breaker) {
  int64_t created = 0;
  const std::optional<Json> record = Read(cache, name_ + std::string(kQuotaSuffix), &created);
  if (!record || Int(*record, "by") == owner_) return;
  {
    MutexLock lock(mu_);
    if (created == quota_at_) return;
    quota_at_ = created;
  }
  const auto quotas = record->find("quotas");
  if (quotas == record->end() || !quotas->is_array()) return;
  const int64_t wall = clock_.WallNow();
  for (const Json& quota : *quotas) {
    if (!quota.is_object()) continue;
    // What is left of it now; no more than what it was when it was written.
    const int64_t at = std::min(wall, Int(quota, "at_us"));
    const int64_t left = std::min(Int(quota, "until_us") - wall, Int(quota, "until_us") - at);
    if (left <= 0) continue;
    const int64_t who = Int(quota, "who");
    breaker.Hear(who < 0 ? QuotaBook::kEveryone : static_cast<uint64_t>(who), Int(quota, "calls"),
                 std::min(left, QuotaBook::kLongest));
  }
}

void BreakerShare::Limited(uint64_t who, int64_t calls, int64_t within_us) {
  const std::shared_ptr<Cache> cache = cache_.lock();
  if (cache == nullptr || within_us <= 0) return;
  // Budgets that are not used up change with every call: only their end is worth a write.
  if (calls > 0) return;
  const int64_t wall = clock_.WallNow();
  int64_t created = 0;
  const std::optional<Json> before = Read(*cache, name_ + std::string(kQuotaSuffix), &created);
  const int64_t id = who == QuotaBook::kEveryone ? -1 : static_cast<int64_t>(who & kIdMask);
  Json quotas = Json::array();
  if (before && before->contains("quotas") && (*before)["quotas"].is_array()) {
    for (const Json& quota : (*before)["quotas"]) {
      if (!quota.is_object() || Int(quota, "until_us") <= wall || Int(quota, "who") == id) continue;
      if (quotas.size() + 1 < QuotaBook::kMaxEntries) quotas.push_back(quota);
    }
  }
  quotas.push_back({{"who", id},
                    {"calls", calls},
                    {"until_us", wall + std::min(within_us, QuotaBook::kLongest)},
                    {"at_us", wall}});
  Write(kQuotaSuffix, {{"name", name_}, {"quotas", std::move(quotas)}, {"by", owner_}});
}

void BreakerShare::OnTransition(const BreakerTransition& t) {
  if (t.to == BreakerState::kHalfOpen) return;
  const bool opens = t.to == BreakerState::kOpen;
  bool shared = t.force == BreakerForce::kNone;
  int64_t outage = 0;
  {
    MutexLock lock(mu_);
    if (!opens && t.suspected) refuted_ = outage_;
    if (opens && outage_ == 0 && !t.local) outage_ = RandomId();
    outage = outage_;
    // An outage of this process's own: nobody was told, so there is nothing to take back.
    if (opens ? t.local : outage == 0) shared = false;
    if (!opens) outage_ = 0;
  }
  const Json json = {{"name", name_},
                     {"from", StateName(t.from)},
                     {"to", StateName(t.to)},
                     {"forced", t.force != BreakerForce::kNone},
                     {"open_us", t.open_us},
                     {"at_us", clock_.WallNow()},
                     {"outage", outage},
                     {"calls", t.window.calls},
                     {"failed", t.window.failed},
                     {"slow", t.window.slow},
                     {"by", owner_}};
  Write(shared ? std::string_view() : kLocalSuffix, json);
}

void BreakerShare::Write(std::string_view suffix, const Json& json) {
  const std::shared_ptr<Cache> cache = cache_.lock();
  if (cache == nullptr) return;
  const std::string key = name_ + std::string(suffix);
  PutOptions options;
  options.ttl_us = kKeep;
  options.timeout_us = TAPPS_NONE;
  options.content_type = "application/json";
  options.tags = kBreakerTag;
  (void)cache->Put({kBreakerSpace, key}, DumpJson(json), options);
}

int64_t BreakerShare::TakeProbe(int64_t lease_us) {
  const std::shared_ptr<storage::Store> store = store_.lock();
  if (store == nullptr) return 0;
  const int64_t now = clock_.MonotonicCoarse();
  {
    MutexLock lock(mu_);
    if (probes_ > 0 && now < lease_end_) {  // one lease for all probes of this process
      ++probes_;
      return 0;
    }
  }
  struct Answer {
    Mutex mutex;
    CondVar arrived;
    std::optional<Status> status GUARDED_BY(mutex);
  };
  const auto answer = std::make_shared<Answer>();
  const auto group = Ask(storage::LeaseRequest::Op::kAcquire, name_, owner_, lease_us);
  group->done = [answer](Status status) {
    MutexLock lock(answer->mutex);
    answer->status = std::move(status);
    answer->arrived.NotifyAll();
  };
  bool refused = false;
  if (store->Write(group, TAPPS_NONE, {}).ok()) {
    const int64_t patient_until = Clock::Real().MonotonicNow() + kPatience;
    MutexLock lock(answer->mutex);
    while (!answer->status) {
      const int64_t left = patient_until - Clock::Real().MonotonicNow();
      if (left <= 0) break;
      answer->arrived.WaitFor(answer->mutex, left);
    }
    refused = answer->status && answer->status->code() == TAPPS_E_EXISTS;
  }
  if (refused) {
    const int64_t held = group->lease_until_us - clock_.WallNow();
    return std::clamp<int64_t>(held, kMillisecond, kAskAgain);
  }
  // Obtained, or the file cannot be written in time: alone then, as without a file.
  MutexLock lock(mu_);
  probes_ = 1;
  lease_end_ = now + lease_us;
  return 0;
}

void BreakerShare::GiveBackProbe() {
  {
    MutexLock lock(mu_);
    if (probes_ == 0 || --probes_ > 0) return;
  }
  const std::shared_ptr<storage::Store> store = store_.lock();
  if (store == nullptr) return;
  (void)store->Write(Ask(storage::LeaseRequest::Op::kRelease, name_, owner_, 0), TAPPS_NONE, {});
}

}  // namespace tapps
