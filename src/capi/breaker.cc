#include "capi/handles.h"
#include "capi/queue_handle.h"

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

struct tapps_breaker {
  std::shared_ptr<Session> session;
  std::shared_ptr<Breaker> breaker;
};

namespace {

Result<BreakerSettings> ReadSettings(const tapps_breaker_options& options) {
  BreakerSettings settings;
  const auto small = [](const char* field, int64_t value, int32_t* to,
                        uint32_t special = kNoSpecial) -> Status {
    TAPPS_ASSIGN_OR_RETURN(const int64_t number, Number(field, value, 0, 1, 1 << 30, special));
    *to = static_cast<int32_t>(number);
    return {};
  };
  TAPPS_RETURN_IF_ERROR(small("failures", options.failures, &settings.failure_threshold));
  TAPPS_RETURN_IF_ERROR(small("successes", options.successes, &settings.close_after));
  TAPPS_RETURN_IF_ERROR(
      small("max_concurrency", options.max_concurrency, &settings.max_concurrency, kUnlimited));
  TAPPS_RETURN_IF_ERROR(small("probes", options.probes, &settings.half_open_probes));
  TAPPS_RETURN_IF_ERROR(small("max_waiting", options.max_waiting, &settings.max_waiting));
  TAPPS_RETURN_IF_ERROR(small("failure_rate", options.failure_rate, &settings.failure_rate, kNone));
  TAPPS_RETURN_IF_ERROR(small("slow_rate", options.slow_rate, &settings.slow_rate, kNone));
  TAPPS_RETURN_IF_ERROR(small("window_calls", options.window_calls, &settings.window_calls));
  TAPPS_RETURN_IF_ERROR(small("min_calls", options.min_calls, &settings.min_calls));
  TAPPS_RETURN_IF_ERROR(small("retries", options.retries, &settings.retry.retries, kNone));
  TAPPS_RETURN_IF_ERROR(
      small("retry_reserve", options.retry_reserve, &settings.retry.reserve, kNone));
  TAPPS_RETURN_IF_ERROR(
      small("retry_percent", options.retry_percent, &settings.retry.percent, kNone));
  settings.open_us = options.open_us;
  settings.max_open_us = options.max_open_us;
  settings.lease_us = options.lease_us;
  settings.slow_call_us = options.slow_us;
  settings.window_us = options.window_us;
  settings.retry.base_us = options.retry_us;
  settings.retry.max_delay_us = options.max_retry_us;
  return settings;
}

Status CheckWait(int64_t wait_us, int64_t min) {
  if (wait_us >= min) return {};
  return Status(TAPPS_E_INVALID, "wait_us is " + std::to_string(wait_us) +
                                     ", it must be at least " + std::to_string(min));
}

Status Retry(tapps_breaker* breaker, const RetryQuestion& question, int64_t* delay_us) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("delay_us", delay_us));
  *delay_us = 0;
  TAPPS_RETURN_IF_ERROR(CheckNotNull("breaker", breaker));
  TAPPS_RETURN_IF_ERROR(breaker->session->Check());
  if (question.attempt < 1) {
    return Status(TAPPS_E_INVALID,
                  "attempt is " + std::to_string(question.attempt) + ", it counts from 1");
  }
  const Breaker::Retrial retrial = breaker->breaker->Retry(question);
  switch (retrial.code) {
    case TAPPS_OK:
      *delay_us = retrial.delay_us;
      return {};
    case TAPPS_E_UNSUPPORTED:
      return Status(TAPPS_E_UNSUPPORTED, "status " + std::to_string(question.status) +
                                             ": another try would not change it");
    case TAPPS_E_FULL:
      return Status(TAPPS_E_FULL, "no retry is left, of the call or in the budget");
    default: {
      ErrorDetail detail;
      detail.message = "the circuit breaker is open";
      detail.retry_after_us = retrial.delay_us;
      return Status(retrial.code, std::move(detail));
    }
  }
}

Status Limit(tapps_breaker* breaker, int64_t calls, int64_t within_us) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("breaker", breaker));
  TAPPS_RETURN_IF_ERROR(breaker->session->Check());
  if (calls < 0) return Status(TAPPS_E_INVALID, "calls is less than 0");
  if (within_us < 1) return Status(TAPPS_E_INVALID, "within_us is less than 1");
  constexpr int64_t kTick = 10 * kMillisecond;  // what the breaker's clock may lag behind
  breaker->breaker->Limit(QuotaBook::kEveryone, calls,
                          std::min<int64_t>(within_us, QuotaBook::kLongest) + kTick);
  return {};
}

Status Open(tapps_cache* cache, const char* name, const tapps_breaker_options* given,
            tapps_breaker** out) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("breaker", out));
  *out = nullptr;
  TAPPS_RETURN_IF_ERROR(CheckNotNull("cache", cache));
  TAPPS_RETURN_IF_ERROR(cache->session->Check());
  TAPPS_RETURN_IF_ERROR(CheckNotNull("name", name));
  TAPPS_ASSIGN_OR_RETURN(const std::string_view checked, Text("name", name));
  if (checked.empty() || checked.size() > 255) {
    return Status(TAPPS_E_INVALID, "the name of a breaker has 1 to 255 bytes");
  }
  TAPPS_ASSIGN_OR_RETURN(const tapps_breaker_options options, ReadOptions(given));
  TAPPS_ASSIGN_OR_RETURN(const BreakerSettings settings, ReadSettings(options));
  Result<std::shared_ptr<Breaker>> breaker =
      given ? cache->session->engine->breakers->Open(checked, settings)
            : Result<std::shared_ptr<Breaker>>(cache->session->engine->breakers->Get(checked));
  if (!breaker.ok()) return std::move(breaker).status();
  *out = new tapps_breaker{cache->session, *std::move(breaker)};
  return {};
}

// Without `explain`, the code alone: a refusal must cost nothing.
Status Refusal(const Admission& admission, bool explain) {
  if (admission.ok()) return {};
  if (!explain || admission.retry_after_us == 0) return Status::Bare(admission.code);
  ErrorDetail detail;
  detail.message =
      admission.code == TAPPS_E_QUOTA ? "the service asked to wait" : "the circuit breaker is open";
  detail.retry_after_us = admission.retry_after_us;
  return Status(admission.code, std::move(detail));
}

Status Acquire(tapps_breaker* breaker, int64_t wait_us, int64_t* permit, bool explain) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("permit", permit));
  *permit = 0;
  TAPPS_RETURN_IF_ERROR(CheckNotNull("breaker", breaker));
  TAPPS_RETURN_IF_ERROR(breaker->session->Check());
  breaker->breaker->Look();
  const Admission admission =
      wait_us > 0 ? breaker->breaker->AcquireWithin(wait_us) : breaker->breaker->Acquire();
  *permit = admission.permit;
  return Refusal(admission, explain);
}

Status SubmitAcquire(tapps_queue* queue, tapps_breaker* handle, int64_t wait_us, uint64_t user_data,
                     int64_t* op) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("breaker", handle));
  TAPPS_RETURN_IF_ERROR(handle->session->Check());
  TAPPS_RETURN_IF_ERROR(CheckWait(wait_us, 0));
  TAPPS_ASSIGN_OR_RETURN(*op, queue->core->Begin(TAPPS_RECORD_ACQUIRE, user_data));
  const std::shared_ptr<Breaker> breaker = handle->breaker;
  breaker->Look();
  const uint64_t ticket = breaker->Wait(
      wait_us, 0, 0,
      [core = queue->core, weak = std::weak_ptr<Breaker>(breaker), id = *op](Admission admission) {
        if (core->Complete(id, Refusal(admission, true), {}, admission.permit)) return;
        // Cancelled meanwhile: nobody will report it.
        const auto self = weak.lock();
        if (self && admission.ok()) self->Report(admission.permit, CallResult::kIgnored);
      });
  if (ticket == 0) return {};
  queue->core->SetCancel(*op, [breaker, ticket] { breaker->Withdraw(ticket); });
  queue->session->engine->breakers->PollWhileWaiting(breaker);
  return {};
}

void Read(const Breaker& breaker, tapps_breaker_info* info) {
  const BreakerSnapshot snapshot = breaker.Snapshot();
  info->state = static_cast<int32_t>(snapshot.state);
  info->forced = static_cast<int32_t>(snapshot.force);
  info->failures_in_row = snapshot.consecutive_failures;
  info->in_flight = snapshot.in_flight;
  info->retry_after_us = snapshot.retry_after_us;
  info->successes = snapshot.totals.successes;
  info->failures = snapshot.totals.failures;
  info->ignored = snapshot.totals.ignored;
  info->rejected = snapshot.totals.rejected();
  info->transitions = snapshot.totals.transitions;
  info->waiting = snapshot.waiting;
  info->quota_us = snapshot.quota_wait_us;
  info->window_calls = snapshot.window.calls;
  info->window_failures = snapshot.window.failed;
  info->window_slow = snapshot.window.slow;
}

static_assert(static_cast<int>(BreakerState::kClosed) == TAPPS_BREAKER_CLOSED);
static_assert(static_cast<int>(BreakerState::kOpen) == TAPPS_BREAKER_OPEN);
static_assert(static_cast<int>(BreakerState::kHalfOpen) == TAPPS_BREAKER_HALF_OPEN);
static_assert(static_cast<int>(BreakerForce::kNone) == TAPPS_BREAKER_AUTO);
static_assert(static_cast<int>(BreakerForce::kOpen) == TAPPS_BREAKER_FORCE_OPEN);
static_assert(static_cast<int>(BreakerForce::kClosed) == TAPPS_BREAKER_FORCE_CLOSED);
static_assert(static_cast<int>(CallResult::kSuccess) == TAPPS_OUTCOME_SUCCESS);
static_assert(static_cast<int>(CallResult::kFailure) == TAPPS_OUTCOME_FAILURE);
static_assert(static_cast<int>(CallResult::kIgnored) == TAPPS_OUTCOME_IGNORED);
static_assert(static_cast<int>(CallResult::kLocalFailure) == TAPPS_OUTCOME_LOCAL_FAILURE);

}  // namespace

int32_t tapps_breaker_open(tapps_cache* cache, const char* name,
                           const tapps_breaker_options* options, tapps_breaker** breaker,
                           tapps_error** err) {
  return Guard(err, [&] { return Open(cache, name, options, breaker); });
}

int32_t tapps_breaker_acquire(tapps_breaker* breaker, int64_t* permit, tapps_error** err) {
  return Guard(err, [&] { return Acquire(breaker, 0, permit, err != nullptr); });
}

int32_t tapps_breaker_wait(tapps_breaker* breaker, int64_t wait_us, int64_t* permit,
                           tapps_error** err) {
  return Guard(err, [&]() -> Status {
    if (permit) *permit = 0;
    TAPPS_RETURN_IF_ERROR(CheckWait(wait_us, 1));
    return Acquire(breaker, wait_us, permit, err != nullptr);
  });
}

int32_t tapps_queue_acquire(tapps_queue* queue, tapps_breaker* breaker, int64_t wait_us,
                            uint64_t user_data, int64_t* op, tapps_error** err) {
  return Submit(queue, op, err,
                [&](int64_t* id) { return SubmitAcquire(queue, breaker, wait_us, user_data, id); });
}

void tapps_breaker_report(tapps_breaker* breaker, int64_t permit, int32_t outcome) {
  if (!breaker || breaker->session->fork.Forked()) return;
  if (outcome < TAPPS_OUTCOME_SUCCESS || outcome > TAPPS_OUTCOME_LOCAL_FAILURE) return;
  Quietly([&] { breaker->breaker->Report(permit, static_cast<CallResult>(outcome)); });
}

int32_t tapps_breaker_retry(tapps_breaker* breaker, int64_t attempt, int32_t status,
                            int64_t retry_after_us, int64_t* delay_us, tapps_error** err) {
  return Guard(err, [&] {
    return Retry(breaker, {.attempt = attempt, .status = status, .retry_after_us = retry_after_us},
                 delay_us);
  });
}

int32_t tapps_breaker_limit(tapps_breaker* breaker, int64_t calls, int64_t within_us,
                            tapps_error** err) {
  return Guard(err, [&] { return Limit(breaker, calls, within_us); });
}

void tapps_breaker_read(tapps_breaker* breaker, tapps_breaker_info* info) {
  if (!info) return;
  *info = tapps_breaker_info{};
  if (breaker && !breaker->session->fork.Forked()) Quietly([&] { Read(*breaker->breaker, info); });
}

int32_t tapps_breaker_force(tapps_breaker* breaker, int32_t mode, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckNotNull("breaker", breaker));
    TAPPS_RETURN_IF_ERROR(breaker->session->Check());
    switch (mode) {
      case TAPPS_BREAKER_AUTO:
        breaker->breaker->Reset();
        return {};
      case TAPPS_BREAKER_FORCE_OPEN:
        breaker->breaker->ForceOpen();
        return {};
      case TAPPS_BREAKER_FORCE_CLOSED:
        breaker->breaker->ForceClosed();
        return {};
      default:
        return Status(TAPPS_E_INVALID, "mode is " + std::to_string(mode) + ", it must be 0 to 2");
    }
  });
}

void tapps_breaker_release(tapps_breaker* breaker) {
  if (!breaker || breaker->session->fork.Forked()) return;
  Quietly([&] { delete breaker; });
}
