#include "http/origin_turns.h"

#include <algorithm>
#include <utility>

#include "storage/store.h"

namespace tapps::http {
namespace {

constexpr int64_t kFirstPause = 1 * kMillisecond;
constexpr int64_t kLastPause = 20 * kMillisecond;
constexpr int64_t kQuick = 10 * kMillisecond;

}  // namespace

void OriginTurns::Enter(Ticket ticket, uint64_t name, Calls calls) {
  std::string row;
  int64_t token = 0;
  {
    MutexLock lock(mutex_);
    if (transport_ == nullptr) return;
    Place& place = places_[ticket];
    place.row = row = storage::LeaseName("fetch", name);
    place.token = token = storage::NewLeaseToken();
    place.calls = std::make_shared<const Calls>(std::move(calls));
    After(ticket, &place, shared_.lease_wait_us, &OriginTurns::OnNoAnswer);
  }
  Write(Op::kAcquire, row, token, [self = shared_from_this(), ticket, row, token](Status answer) {
    self->OnRow(ticket, row, token, answer);
  });
}

void OriginTurns::Leave(Ticket ticket) {
  Place place;
  {
    MutexLock lock(mutex_);
    const auto it = places_.find(ticket);
    if (it == places_.end()) return;
    place = std::move(it->second);
    places_.erase(it);
    if (transport_ != nullptr) transport_->CancelTimer(place.timer);
  }
  if (!place.held) return;
  // After a quick answer hardly anybody waits: the row goes with the next commit, as the answer
  // does.
  const int64_t held_us = Clock::Real().MonotonicNow() - place.since_us;
  Write(Op::kRelease, place.row, place.token, nullptr, held_us > kQuick);
}

void OriginTurns::Stop() {
  std::unordered_map<Ticket, Place> places;
  {
    MutexLock lock(mutex_);
    places.swap(places_);
    transport_ = nullptr;
  }
  for (const auto& [ticket, place] : places) {
    if (place.held) Write(Op::kRelease, place.row, place.token, nullptr);
  }
}

void OriginTurns::Write(Op op, const std::string& row, int64_t token,
                        std::function<void(Status)> done, bool urgent) const {
  auto group = std::make_shared<storage::WriteGroup>();
  group->lease = {.op = op, .name = row, .token = token, .duration_us = kLease};
  group->urgent = urgent;
  // What was obtained is given back whenever that can be written.
  if (op == Op::kAcquire) {
    group->deadline_us = Clock::Real().MonotonicNow() + shared_.lease_wait_us;
  }
  group->done = done;
  Status status = shared_.file->Write(std::move(group), TAPPS_NONE, nullptr);
  if (!status.ok() && done) done(std::move(status));
}

OriginTurns::Place* OriginTurns::Find(Ticket ticket, Place::State state) {
  const auto it = places_.find(ticket);
  return it != places_.end() && it->second.state == state ? &it->second : nullptr;
}

// One timer a place: what was planned before is not done.
void OriginTurns::After(Ticket ticket, Place* place, int64_t delay_us,
                        void (OriginTurns::*then)(Ticket)) {
  if (transport_ == nullptr) return;
  transport_->CancelTimer(place->timer);
  place->timer = transport_->After(
      delay_us, [self = shared_from_this(), ticket, then] { ((*self).*then)(ticket); });
}

// On the writer's thread, which must not be held up, or on the one that asked.
void OriginTurns::OnRow(Ticket ticket, const std::string& row, int64_t token,
                        const Status& answer) {
  bool unwanted = false;
  {
    MutexLock lock(mutex_);
    const auto it = places_.find(ticket);
    if (it == places_.end()) {
      unwanted = answer.ok();
    } else {
      Place& place = it->second;
      place.held = answer.ok();
      place.since_us = Clock::Real().MonotonicNow();
      if (place.state == Place::kAsking) {  // else the answer came too late, and the row is kept
        if (answer.ok()) {
          place.state = Place::kMine;
          After(ticket, &place, 0, &OriginTurns::OnMine);
        } else if (answer.code() == TAPPS_E_EXISTS) {
          place.state = Place::kElsewhere;
          place.stamp = 0;
          place.pause_us = kFirstPause;
          After(ticket, &place, 0, &OriginTurns::OnElsewhere);
        } else {
          After(ticket, &place, 0, &OriginTurns::OnNoAnswer);
        }
      }
    }
  }
  if (unwanted) Write(Op::kRelease, row, token, nullptr);
}

void OriginTurns::OnMine(Ticket ticket) {
  std::shared_ptr<const Calls> calls;
  {
    MutexLock lock(mutex_);
    Place* place = Find(ticket, Place::kMine);
    if (place == nullptr) return;
    calls = place->calls;
    After(ticket, place, kRenew, &OriginTurns::Renew);
  }
  if (!calls->look()) calls->go();
}

void OriginTurns::Renew(Ticket ticket) {
  std::string row;
  int64_t token = 0;
  {
    MutexLock lock(mutex_);
    Place* place = Find(ticket, Place::kMine);
    if (place == nullptr) return;
    row = place->row;
    token = place->token;
    After(ticket, place, kRenew, &OriginTurns::Renew);
  }
  // A row that was lost to somebody stays lost: two requests are made then.
  Write(Op::kRenew, row, token, nullptr);
}

void OriginTurns::OnNoAnswer(Ticket ticket) {
  std::shared_ptr<const Calls> calls;
  {
    MutexLock lock(mutex_);
    Place* place = Find(ticket, Place::kAsking);
    if (place == nullptr) return;
    place->state = Place::kAlone;
    calls = place->calls;
  }
  if (calls->look()) return;
  lone_.Add();
  calls->go();
}

void OriginTurns::OnElsewhere(Ticket ticket) {
  {
    MutexLock lock(mutex_);
    Place* place = Find(ticket, Place::kElsewhere);
    if (place == nullptr) return;
    const uint64_t stamp = shared_.file->feed().Stamp();
    const int64_t now = Clock::Real().MonotonicNow();
    const bool quiet = stamp != 0 && stamp == place->stamp && now < place->full_look_us;
    const int64_t pause = place->pause_us;
    place->pause_us = std::min(kLastPause, pause * 2);
    After(ticket, place, pause, &OriginTurns::OnElsewhere);
    if (quiet) return;
    place->stamp = stamp;
    place->full_look_us = now + kFullLook;
  }
  Watch(ticket);
}

// Looks at the row before the store: whoever gave the row back has stored before.
void OriginTurns::Watch(Ticket ticket) {
  std::shared_ptr<const Calls> calls;
  std::string row;
  storage::Lease last;
  {
    MutexLock lock(mutex_);
    const Place* place = Find(ticket, Place::kElsewhere);
    if (place == nullptr) return;
    calls = place->calls;
    row = place->row;
    last = place->holder;
  }
  Result<storage::Lease> now(Status::Bare(TAPPS_E_NOT_FOUND));
  if (auto reader = shared_.file->readers().Take(); reader.ok()) now = (*reader)->FindLease(row);
  if (calls->look()) return;
  const int64_t wall_us = shared_.clock->WallNow();
  bool in_vain = !now.ok();
  // Another has the row. It took over from the one that was seen, or that one ended by itself.
  if (now.ok() && last.token != 0 && now->token != last.token) in_vain = last.Live(wall_us);
  int64_t token = 0;
  {
    MutexLock lock(mutex_);
    Place* place = Find(ticket, Place::kElsewhere);
    if (place == nullptr) return;
    if (in_vain) {
      place->state = Place::kAlone;
      transport_->CancelTimer(place->timer);
    } else if (now->Live(wall_us)) {
      place->holder = *now;
      return;
    } else {
      place->state = Place::kAsking;
      place->holder = {};
      token = place->token;
      After(ticket, place, shared_.lease_wait_us, &OriginTurns::OnNoAnswer);
    }
  }
  if (in_vain) return calls->forgo();
  Write(Op::kAcquire, row, token, [self = shared_from_this(), ticket, row, token](Status answer) {
    self->OnRow(ticket, row, token, answer);
  });
}

}  // namespace tapps::http
