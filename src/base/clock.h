#ifndef TAPPS_BASE_CLOCK_H_
#define TAPPS_BASE_CLOCK_H_

#include <atomic>
#include <cstdint>

namespace tapps {

inline constexpr int64_t kMillisecond = 1000;
inline constexpr int64_t kSecond = 1000 * kMillisecond;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;
inline constexpr int64_t kDay = 24 * kHour;

// Time in microseconds. Tests pass a FakeClock; everything that compares times takes one of these.
class Clock {
 public:
  virtual ~Clock() = default;
  // UTC since 1970. May step when the user sets the clock.
  virtual int64_t WallNow() const = 0;
  // Never goes back; its zero has no meaning.
  virtual int64_t MonotonicNow() const = 0;
  // Monotonic time that may lag MonotonicNow() by a scheduler tick (up to 10 ms) and costs a fifth
  // of it. Never goes back. For hot paths that compare times in seconds; do not mix the two.
  virtual int64_t MonotonicCoarse() const { return MonotonicNow(); }

  // The machine's clock. Lives for ever.
  static const Clock& Real();
};

// The machine's monotonic time: for the limits of waits, which pass whatever clock a test has set.
inline int64_t MonotonicNow() { return Clock::Real().MonotonicNow(); }

// A clock that stands still until it is moved. Any thread.
class FakeClock : public Clock {
 public:
  explicit FakeClock(int64_t wall_us = 1'750'000'000 * kSecond) : wall_(wall_us) {}
  int64_t WallNow() const override { return wall_.load(); }
  int64_t MonotonicNow() const override { return monotonic_.load(); }
  void Advance(int64_t us) {
    wall_ += us;
    monotonic_ += us;
  }
  void StepWall(int64_t us) { wall_ += us; }  // as a user who sets the clock

 private:
  std::atomic<int64_t> wall_;
  std::atomic<int64_t> monotonic_{kHour};
};

}  // namespace tapps

#endif  // TAPPS_BASE_CLOCK_H_
