#include "cache/loads.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/thread.h"

namespace tapps {
namespace {

using storage::LeaseRequest;

constexpr int64_t kFirstPoll = 1 * kMillisecond;
constexpr int64_t kLastPoll = 20 * kMillisecond;
constexpr size_t kMaxLapsed = 1024;
constexpr int64_t kNever = INT64_MAX;

// A failure; without memory for its message, its code.
Status Told(int32_t code, const char* message) noexcept {
  try {
    return Status(code, message);
  } catch (const std::bad_alloc&) {
    return Status::Bare(code);
  }
}

}  // namespace

// All but the constants is guarded by Loads::mu_.
struct Loads::Flight {
  enum State { kAsking, kElsewhere, kLeading, kEnding, kEnded };
  struct Waiting {
    int64_t number;
    int64_t deadline_us;  // monotonic
    int64_t lease_us;
    ValueRef value;        // given: takes a lease, but does not wait for one
    std::list<Call> room;  // the one that ends the waiting
  };

  const std::string id;  // in flights_
  const std::string space;
  const std::string key;
  const uint64_t hash;
  const int64_t token = storage::NewLeaseToken();

  State state = kAsking;
  std::deque<Waiting> line;
  ValueRef value;        // at hand when the flight began; or NULL
  bool row = false;      // held in the file
  int64_t lease = 0;     // of who leads
  int64_t asked_us = 0;  // for the row
  int64_t began_us = 0;  // leading
  int64_t until_us = 0;  // end of the asking, or of the lease
  int64_t poll_us = 0;   // next look at what another process does
  int64_t pause_us = 0;  // before the one after that
  bool polling = false;

  LeaseRequest Request(LeaseRequest::Op op, int64_t duration_us) const {
    return {.op = op,
            .name = storage::LeaseName("load", hash),
            .token = token,
            .duration_us = duration_us};
  }
};

// Others wait for theirs: what one throws, for want of memory, must not keep them back.
void Loads::Make(std::list<Call>& calls) noexcept {
  for (Call& call : calls) {
    for (int tries = 0; tries < 2; ++tries) {
      try {
        if (call.done) {
          call.done(std::move(call.outcome));
        } else {
          call.other();
        }
        break;
      } catch (const std::bad_alloc&) {
        if (call.done) break;  // it may have been told
      }
    }
  }
}

Loads::Place Loads::Join(Key key, uint64_t hash, const LoadOptions& options, ValueRef value,
                         Done done) {
  Calls calls;
  std::list<Call> room;
  room.push_back({std::move(done), {}, {}});
  Place place;
  {
    MutexLock lock(mu_);
    std::string id = std::string(key.space) + '\0' + std::string(key.bytes);
    const auto found = flights_.find(id);
    FlightRef flight = found == flights_.end() ? nullptr : found->second;
    const int64_t now = MonotonicNow();
    const bool late = flight && flight->state == Flight::kLeading && flight->until_us <= now;
    if (stopped_) {
      calls.Add(room, {Told(TAPPS_E_CLOSED, "the cache was closed"), {}, 0});
    } else if (flight && value && !late) {
      calls.Add(room, {{}, std::move(value), 0});  // somebody is at it
    } else {
      const bool fresh = !flight;
      if (fresh) {
        flight = FlightRef(new Flight{.id = id,
                                      .space = std::string(key.space),
                                      .key = std::string(key.bytes),
                                      .hash = hash,
                                      .value = value});
        flights_.emplace(std::move(id), flight);
      }
      place = {flight, next_place_++};
      const int64_t wait = options.timeout_us == TAPPS_NONE ? 0 : options.timeout_us;
      try {
        flight->line.push_back(
            {place.number, now + wait, options.lease_us, std::move(value), std::move(room)});
        Enter(flight, fresh, late, &calls);
      } catch (const std::bad_alloc&) {
        // The caller is told so, and does not wait.
        std::erase_if(flight->line, [&](const auto& one) { return one.number == place.number; });
        if (flight->line.empty() && flight->state != Flight::kLeading) Drop(flight, &calls);
        throw;
      }
    }
  }
  return place;
}

// After somebody got in line.
void Loads::Enter(const FlightRef& flight, bool fresh, bool late, Calls* calls) {
  if (Status started = StartThread(); !started.ok()) {
    // Without a thread nobody would end the waits.
    Drop(flight, calls);
    for (auto& one : flight->line) calls->Add(one.room, {Status::Bare(started.code()), {}, 0});
    flight->line.clear();
  } else if (fresh) {
    Ask(flight, calls);
  } else if (late) {
    Lapse(*flight);
    PassOn(flight, calls);
  }
  wake_.NotifyAll();
}

void Loads::Leave(const Place& place) {
  Calls calls;
  const FlightRef flight = place.flight.lock();
  if (!flight) return;
  {
    MutexLock lock(mu_);
    std::erase_if(flight->line, [&](const auto& one) { return one.number == place.number; });
    if (flight->line.empty() && flight->state == Flight::kElsewhere) Drop(flight, &calls);
  }
}

void Loads::Ask(const FlightRef& flight, Calls* calls) {
  flight->state = Flight::kAsking;
  flight->asked_us = MonotonicNow();
  flight->until_us = flight->asked_us + ask_for_us_;
  if (!hooks_.ask) {
    calls->Add([self = shared_from_this(), flight] { self->OnAnswer(flight, Status()); });
    return;
  }
  const LeaseRequest request =
      flight->Request(LeaseRequest::Op::kAcquire, flight->line.front().lease_us);
  calls->Add([self = shared_from_this(), flight, request] {
    self->hooks_.ask(request, [self, flight](Status answer) { self->OnAnswer(flight, answer); });
  });
}

void Loads::OnAnswer(const FlightRef& flight, const Status& answer) {
  if (hooks_.ask && (answer.ok() || answer.code() == TAPPS_E_EXISTS)) {
    MutexLock lock(mu_);
    flight->row = answer.ok();
  }
  // Whoever led before us may have stored the value.
  const ValueRef found = hooks_.look({flight->space, flight->key});
  Calls calls;
  {
    MutexLock lock(mu_);
    if (flight->state != Flight::kAsking) {
      // The answer came late: whoever leads by now has the row, or nobody wants it any more.
      if (flight->state == Flight::kEnded) Drop(flight, &calls);
    } else if (found &&
               (!flight->value || found->info().version != flight->value->info().version)) {
      Answer(flight, found, &calls);
    } else if (answer.ok()) {
      Lead(flight, flight->row, &calls);
    } else if (answer.code() == TAPPS_E_EXISTS) {
      ServeRefreshers(*flight, &calls);
      flight->state = Flight::kElsewhere;
      flight->pause_us = kFirstPoll;
      flight->poll_us = MonotonicNow() + kFirstPoll;
      if (flight->line.empty()) Drop(flight, &calls);
      wake_.NotifyAll();
    } else {
      Lead(flight, flight->row, &calls);
    }
  }
}

void Loads::ServeRefreshers(Flight& flight, Calls* calls) {
  std::erase_if(flight.line, [&](auto& one) {
    if (!one.value) return false;
    calls->Add(one.room, {{}, std::move(one.value), 0});
    return true;
  });
}

// The first in line gets the lease. Without a row where there is a file: without regard to other
// processes; then a refresh waits for a better day.
void Loads::Lead(const FlightRef& flight, bool row, Calls* calls) {
  const bool lone = hooks_.ask && !row;
  if (lone) ServeRefreshers(*flight, calls);
  if (flight->line.empty()) {
    Drop(flight, calls);
    return;
  }
  const int64_t lease = next_lease_++;
  leases_.emplace(lease, flight);
  Flight::Waiting first = std::move(flight->line.front());
  flight->line.pop_front();
  flight->state = Flight::kLeading;
  flight->lease = lease;
  flight->began_us = MonotonicNow();
  // Not after the row's own end, which counts from a moment between the asking and now.
  flight->until_us = (row ? flight->asked_us : flight->began_us) + first.lease_us;
  counts_.leases.Add();
  if (lone) counts_.lone.Add();
  calls->Add(first.room, {{}, std::move(first.value), lease});
  ServeRefreshers(*flight, calls);
  wake_.NotifyAll();
}

// The next in line leads, when the row can be had once more: its time may be up, too.
void Loads::PassOn(const FlightRef& flight, Calls* calls) {
  leases_.erase(flight->lease);
  flight->lease = 0;
  // Where memory runs out from here on, the thread goes on with it.
  flight->state = Flight::kAsking;
  flight->until_us = MonotonicNow() + kLastPoll;
  wake_.NotifyAll();
  if (flight->row && !flight->line.empty()) {
    Ask(flight, calls);
  } else {
    Lead(flight, flight->row, calls);
  }
}

// All who wait get the value, and the flight ends.
void Loads::Answer(const FlightRef& flight, const ValueRef& value, Calls* calls) {
  for (auto& one : flight->line) {
    if (!one.value) counts_.coalesced.Add();
    calls->Add(one.room, {{}, value, 0});
  }
  flight->line.clear();
  Drop(flight, calls);
}

void Loads::Drop(const FlightRef& flight, Calls* calls) {
  if (flight->state != Flight::kEnded) {
    flight->state = Flight::kEnded;
    leases_.erase(flight->lease);
    flights_.erase(flight->id);
  }
  if (!flight->row) return;
  flight->row = false;
  for (int tries = 0; tries < 2; ++tries) {
    try {
      const LeaseRequest release = flight->Request(LeaseRequest::Op::kRelease, 0);
      return calls->Add([self = shared_from_this(), release] {
        self->hooks_.ask(release, [](const Status&) {});
      });
    } catch (const std::bad_alloc&) {  // at last: it lasts until its time is up
    }
  }
}

Result<Loads::Ending> Loads::BeginEnd(int64_t lease) {
  MutexLock lock(mu_);
  if (const auto lapsed = lapsed_.find(lease); lapsed != lapsed_.end()) {
    Ending ending = std::move(lapsed->second);
    lapsed_.erase(lapsed);
    return ending;
  }
  const auto found = leases_.find(lease);
  if (found == leases_.end()) {
    return Status(TAPPS_E_NOT_FOUND, "there is no load with lease " + std::to_string(lease));
  }
  const FlightRef flight = found->second;
  Ending ending{.space = flight->space, .key = flight->key, .hash = flight->hash, .flight = flight};
  if (flight->row) ending.release = flight->Request(LeaseRequest::Op::kRelease, 0);
  leases_.erase(found);
  flight->state = Flight::kEnding;
  flight->row = false;
  const int64_t took = std::max<int64_t>(1, MonotonicNow() - flight->began_us);
  const int64_t before = typical_us();
  typical_us_.store(before == 0 ? took : before + (took - before) / 8, std::memory_order_relaxed);
  return ending;
}

void Loads::End(const Ending& ending, const ValueRef& value) {
  if (!ending.flight) return;
  Calls calls;
  {
    MutexLock lock(mu_);
    Answer(ending.flight, value, &calls);
  }
}

void Loads::GiveUp(const Ending& ending) {
  if (!ending.flight) return;
  Calls calls;
  {
    MutexLock lock(mu_);
    PassOn(ending.flight, &calls);
  }
}

void Loads::Abandon(int64_t lease) {
  Calls calls;
  {
    MutexLock lock(mu_);
    lapsed_.erase(lease);
    const auto found = leases_.find(lease);
    if (found == leases_.end()) return;
    counts_.abandoned.Add();
    const FlightRef flight = found->second;  // PassOn erases it from the table
    PassOn(flight, &calls);
  }
}

void Loads::Stop() {
  Calls calls;
  {
    MutexLock lock(mu_);
    stopped_ = true;
    while (!flights_.empty()) {
      const FlightRef flight = flights_.begin()->second;
      for (auto& one : flight->line) {
        calls.Add(one.room, {Told(TAPPS_E_CLOSED, "the cache was closed"), {}, 0});
      }
      flight->line.clear();
      Drop(flight, &calls);
    }
    lapsed_.clear();
    wake_.NotifyAll();
  }
}

void Loads::Lapse(const Flight& flight) {
  if (!flight.line.empty()) counts_.takeovers.Add();
  lapsed_[flight.lease] = {.space = flight.space, .key = flight.key, .hash = flight.hash};
  if (lapsed_.size() > kMaxLapsed) lapsed_.erase(lapsed_.begin());
}

// What another process has done meanwhile; on the thread.
void Loads::Poll(const FlightRef& flight) {
  ValueRef found;
  bool held = true;
  try {
    found = hooks_.look({flight->space, flight->key});
    held = found || hooks_.held(storage::LeaseName("load", flight->hash));
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): at the next look
  }
  Calls calls;
  {
    MutexLock lock(mu_);
    flight->polling = false;
    if (flight->state == Flight::kElsewhere) {
      if (found) {
        Answer(flight, found, &calls);
      } else if (flight->line.empty()) {
        Drop(flight, &calls);
      } else if (!held) {
        Ask(flight, &calls);
      }
    }
  }
}

// When to look at the flight again.
int64_t Loads::TickFlight(const FlightRef& flight, int64_t now, Calls* calls) {
  if (flight->state == Flight::kAsking) {
    if (flight->until_us > now) return flight->until_us;
    flight->until_us = now + kLastPoll;  // in case that memory runs out
    calls->Add([self = shared_from_this(), flight] {
      self->OnAnswer(flight, Status::Bare(TAPPS_E_TIMEOUT));
    });
    return flight->until_us;
  }
  if (flight->state == Flight::kLeading && flight->until_us <= now) {
    Lapse(*flight);
    PassOn(flight, calls);
  }
  int64_t next = flight->state == Flight::kLeading ? flight->until_us : kNever;
  std::erase_if(flight->line, [&](auto& one) {
    if (one.deadline_us > now) {
      next = std::min(next, one.deadline_us);
      return false;
    }
    counts_.timeouts.Add();
    calls->Add(one.room,
               {Told(TAPPS_E_TIMEOUT, "somebody else's load did not end in time"), {}, 0});
    return true;
  });
  if (flight->state != Flight::kElsewhere) return next;
  if (flight->line.empty()) {
    Drop(flight, calls);
    return kNever;
  }
  if (flight->poll_us <= now && !flight->polling) {
    calls->Add([self = shared_from_this(), flight] { self->Poll(flight); });
    flight->polling = true;
    flight->poll_us = now + flight->pause_us;
    flight->pause_us = std::min(kLastPoll, flight->pause_us * 2);
  }
  return std::min(next, flight->poll_us);
}

int64_t Loads::Tick(int64_t now, Calls* calls) {
  std::vector<FlightRef> flights;  // ticks may end some
  flights.reserve(flights_.size());
  for (const auto& [id, flight] : flights_) flights.push_back(flight);
  int64_t next = kNever;
  for (const FlightRef& flight : flights) next = std::min(next, TickFlight(flight, now, calls));
  return next;
}

Status Loads::StartThread() {
  if (thread_) return {};
  auto thread = tapps::StartThread("loads", [self = shared_from_this()] { self->Run(); });
  if (!thread.ok()) return std::move(thread).status();
  (*thread).detach();
  thread_ = true;
  return {};
}

void Loads::Run() {
  while (true) {
    try {
      if (!Turn()) return;
    } catch (const std::bad_alloc&) {  // later, perhaps
      MutexLock lock(mu_);
      wake_.WaitFor(mu_, kLastPoll);
    }
  }
}

// One round of the thread; false when it is over.
bool Loads::Turn() {
  Calls calls;
  {
    MutexLock lock(mu_);
    if (stopped_) return false;
    const int64_t next = Tick(MonotonicNow(), &calls);
    if (calls.list.empty()) {
      if (next == kNever) {
        wake_.Wait(mu_);
      } else if (const int64_t left = next - MonotonicNow(); left > 0) {
        wake_.WaitFor(mu_, left);
      }
    }
  }
  return true;
}

}  // namespace tapps
