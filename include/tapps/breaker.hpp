// Circuit breakers. Include <tapps.hpp>.
#ifndef TAPPS_BREAKER_HPP
#define TAPPS_BREAKER_HPP

#include <utility>

#include "../tapps.h"
#include "result.hpp"

namespace tapps::cxx {

// The right to make one call. Reports IGNORED when it goes without a report.
class Permit {
 public:
  Permit(tapps_breaker* breaker, int64_t permit) : breaker_(breaker), permit_(permit) {}
  Permit(Permit&& other) noexcept
      : breaker_(other.breaker_), permit_(std::exchange(other.permit_, 0)) {}
  Permit& operator=(Permit&& other) noexcept {
    if (this != &other) {
      Report(TAPPS_OUTCOME_IGNORED);
      breaker_ = other.breaker_;
      permit_ = std::exchange(other.permit_, 0);
    }
    return *this;
  }
  ~Permit() { Report(TAPPS_OUTCOME_IGNORED); }

  // The first report counts.
  void Report(int32_t outcome) {
    if (permit_ != 0) tapps_breaker_report(breaker_, std::exchange(permit_, 0), outcome);
  }

 private:
  tapps_breaker* breaker_;
  int64_t permit_;
};

// A circuit breaker with bounded concurrency. It must outlive its permits.
class Breaker {
 public:
  Breaker() = default;
  explicit Breaker(tapps_breaker* breaker) : breaker_(breaker) {}

  Result<Permit> Acquire() {
    int64_t permit = 0;
    tapps_error* error = nullptr;
    const int32_t code = tapps_breaker_acquire(breaker_.get(), &permit, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return Permit(breaker_.get(), permit);
  }
  // As Acquire, but waits up to wait_us for a place.
  Result<Permit> Wait(int64_t wait_us) {
    int64_t permit = 0;
    tapps_error* error = nullptr;
    const int32_t code = tapps_breaker_wait(breaker_.get(), wait_us, &permit, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return Permit(breaker_.get(), permit);
  }
  // The permit that the record of a Queue::Acquire has as its number.
  Permit Take(int64_t permit) { return Permit(breaker_.get(), permit); }
  // Makes a call, which returns a Result: its failure is a failure of the service. An exception of
  // `call` counts as a failure, too, and passes on.
  template <typename Call>
  auto Execute(Call&& call) -> decltype(call()) {
    Result<Permit> permit = Acquire();
    if (!permit) return std::move(permit).error();
    struct Reporter {
      Permit& permit;
      int32_t outcome = TAPPS_OUTCOME_FAILURE;
      ~Reporter() { permit.Report(outcome); }
    };
    Reporter reporter{*permit};
    auto made = call();
    if (made) reporter.outcome = TAPPS_OUTCOME_SUCCESS;
    return made;
  }
  // Makes a call, or does without: `fallback` gets the Error of the call or of the refusal, and its
  // result is returned then.
  template <typename Call, typename Fallback>
  auto Execute(Call&& call, Fallback&& fallback) -> decltype(call()) {
    auto made = Execute(std::forward<Call>(call));
    if (made) return made;
    return fallback(made.error());
  }
  // The delay before another try, or why there is none.
  Result<int64_t> Retry(int64_t attempt, int32_t status = 0, int64_t retry_after_us = 0) {
    int64_t delay_us = 0;
    tapps_error* error = nullptr;
    const int32_t code =
        tapps_breaker_retry(breaker_.get(), attempt, status, retry_after_us, &delay_us, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return delay_us;
  }
  Result<void> Limit(int64_t calls, int64_t within_us) {
    tapps_error* error = nullptr;
    const int32_t code = tapps_breaker_limit(breaker_.get(), calls, within_us, &error);
    return detail::Check(code, error);
  }
  Result<void> Force(int32_t mode) {
    tapps_error* error = nullptr;
    const int32_t code = tapps_breaker_force(breaker_.get(), mode, &error);
    return detail::Check(code, error);
  }
  tapps_breaker_info Read() const {
    tapps_breaker_info info{};
    if (breaker_) tapps_breaker_read(breaker_.get(), &info);
    return info;
  }
  tapps_breaker* get() const { return breaker_.get(); }

 private:
  detail::Owned<tapps_breaker, tapps_breaker_release> breaker_;
};

}  // namespace tapps::cxx

#endif  // TAPPS_BREAKER_HPP
