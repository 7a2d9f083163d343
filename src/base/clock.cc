#include "base/clock.h"

#include <ctime>

namespace tapps {
namespace {

int64_t Read(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return static_cast<int64_t>(ts.tv_sec) * kSecond + ts.tv_nsec / 1000;
}

class RealClock final : public Clock {
 public:
  int64_t WallNow() const override { return Read(CLOCK_REALTIME); }
  int64_t MonotonicNow() const override { return Read(CLOCK_MONOTONIC); }
#ifdef CLOCK_MONOTONIC_COARSE
  int64_t MonotonicCoarse() const override { return Read(CLOCK_MONOTONIC_COARSE); }
#endif
};

}  // namespace

const Clock& Clock::Real() {
  // Never destroyed: threads read it until the process has ended.
  static const RealClock* const clock = new RealClock;
  return *clock;
}

}  // namespace tapps
