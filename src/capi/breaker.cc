#include "capi/handles.h"

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

struct tapps_breaker {
  std::shared_ptr<Session> session;
  std::shared_ptr<Breaker> breaker;
};

namespace {

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
  BreakerSettings settings;
  const auto small = [](const char* field, int64_t value, int32_t* to, uint32_t special) -> Status {
    TAPPS_ASSIGN_OR_RETURN(const int64_t number, Number(field, value, 0, 1, 1 << 30, special));
    *to = static_cast<int32_t>(number);
    return {};
  };
  TAPPS_RETURN_IF_ERROR(
      small("failures", options.failures, &settings.failure_threshold, kNoSpecial));
  TAPPS_RETURN_IF_ERROR(small("successes", options.successes, &settings.close_after, kNoSpecial));
  TAPPS_RETURN_IF_ERROR(
      small("max_concurrency", options.max_concurrency, &settings.max_concurrency, kUnlimited));
  TAPPS_RETURN_IF_ERROR(small("probes", options.probes, &settings.half_open_probes, kNoSpecial));
  settings.open_us = options.open_us;
  settings.max_open_us = options.max_open_us;
  settings.lease_us = options.lease_us;
  Result<std::shared_ptr<Breaker>> breaker =
      given ? cache->session->engine->breakers->Open(checked, settings)
            : Result<std::shared_ptr<Breaker>>(cache->session->engine->breakers->Get(checked));
  if (!breaker.ok()) return std::move(breaker).status();
  *out = new tapps_breaker{cache->session, *std::move(breaker)};
  return {};
}

Status Acquire(tapps_breaker* breaker, int64_t* permit) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("permit", permit));
  *permit = 0;
  TAPPS_RETURN_IF_ERROR(CheckNotNull("breaker", breaker));
  TAPPS_RETURN_IF_ERROR(breaker->session->Check());
  const Admission admission = breaker->breaker->Acquire();
  *permit = admission.permit;
  if (admission.ok()) return {};
  if (admission.code == TAPPS_E_BUSY) return Status::Bare(TAPPS_E_BUSY);
  ErrorDetail detail;
  detail.message = "the circuit breaker is open";
  detail.retry_after_us = admission.retry_after_us;
  return Status(admission.code, std::move(detail));
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
  info->rejected = snapshot.totals.rejected_open + snapshot.totals.rejected_busy;
  info->transitions = snapshot.totals.transitions;
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

}  // namespace

int32_t tapps_breaker_open(tapps_cache* cache, const char* name,
                           const tapps_breaker_options* options, tapps_breaker** breaker,
                           tapps_error** err) {
  return Guard(err, [&] { return Open(cache, name, options, breaker); });
}

int32_t tapps_breaker_acquire(tapps_breaker* breaker, int64_t* permit, tapps_error** err) {
  return Guard(err, [&] { return Acquire(breaker, permit); });
}

void tapps_breaker_report(tapps_breaker* breaker, int64_t permit, int32_t outcome) {
  if (!breaker || breaker->session->fork.Forked()) return;
  if (outcome < TAPPS_OUTCOME_SUCCESS || outcome > TAPPS_OUTCOME_IGNORED) return;
  Quietly([&] { breaker->breaker->Report(permit, static_cast<CallResult>(outcome)); });
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
