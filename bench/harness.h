#ifndef TAPPS_BENCH_HARNESS_H_
#define TAPPS_BENCH_HARNESS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <ctime>
#endif

// What the benchmarks share: a clock for single calls, quantiles, rounds that alternate between
// contenders, and the lines that league.py reads.
namespace bench {

// Time stamps around a single call. On x86-64 the fenced time-stamp counter, elsewhere
// CLOCK_MONOTONIC. Differences are in ticks; TickClock turns them into nanoseconds.
inline uint64_t Begin() {
#if defined(__x86_64__)
  _mm_lfence();
  const uint64_t ticks = __rdtsc();
  _mm_lfence();
  return ticks;
#else
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return static_cast<uint64_t>(ts.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(ts.tv_nsec);
#endif
}

inline uint64_t End() {
#if defined(__x86_64__)
  unsigned int cpu = 0;
  const uint64_t ticks = __rdtscp(&cpu);
  _mm_lfence();
  return ticks;
#else
  return Begin();
#endif
}

// The clock, measured once a process: its rate, its step, and what a pair of stamps costs.
class TickClock {
 public:
  static const TickClock& Get();
  double ToNs(double ticks) const { return ticks * ns_per_tick_; }
  double ToTicks(double ns) const { return ns / ns_per_tick_; }
  // What Begin() directly followed by End() shows: subtracted from single calls.
  double overhead_ns() const { return overhead_ticks_ * ns_per_tick_; }
  // The smallest difference it can show.
  double step_ns() const { return step_ticks_ * ns_per_tick_; }

 private:
  TickClock();
  double ns_per_tick_ = 1;
  double overhead_ticks_ = 0;
  double step_ticks_ = 1;
};

// Nanoseconds of a monotonic clock, for times that are long against its cost.
double NowNs();

// What one of many calls takes, in nanoseconds: the median of the means of chunks of `chunk` calls.
// A chunk is short against a time slice, so that few contain the work of another program, and long
// against the clock. step(i) is called with 0 to calls - 1.
template <typename Step>
double LoopNs(size_t calls, size_t chunk, Step step);

// Durations of single calls, in ticks.
class Samples {
 public:
  explicit Samples(size_t expected) { ticks_.reserve(expected); }
  void Add(uint64_t begin, uint64_t end) { ticks_.push_back(end - begin); }
  // In nanoseconds, the clock's cost subtracted. Values that the clock's step made equal are spread
  // over that step, so that a quantile is not a multiple of it.
  double Quantile(double q);
  size_t size() const { return ticks_.size(); }

 private:
  std::vector<uint64_t> ticks_;
  bool sorted_ = false;
};

// Collects what was measured, a value for each round, and prints it as JSON lines.
class Report {
 public:
  void Add(std::string_view row, std::string_view who, std::string_view metric,
           std::string_view unit, double value);
  // p50, p99 and p99.9 of single calls.
  void AddQuantiles(std::string_view row, std::string_view who, Samples& samples);
  ~Report();

 private:
  struct Line {
    std::string row, who, metric, unit;
    std::vector<double> rounds;
  };
  std::vector<Line> lines_;
};

// Runs every contender once a round; each round begins with another one, so that none is always
// the first or always after the same neighbour.
void Alternate(int rounds, const std::vector<std::function<void()>>& contenders);

template <typename Step>
double LoopNs(size_t calls, size_t chunk, Step step) {
  std::vector<double> means;
  means.reserve(calls / chunk);
  for (size_t i = 0; i + chunk <= calls; i += chunk) {
    const double began = NowNs();
    for (size_t k = 0; k < chunk; ++k) step(i + k);
    means.push_back((NowNs() - began) / static_cast<double>(chunk));
  }
  const auto middle = means.begin() + static_cast<ptrdiff_t>(means.size() / 2);
  std::nth_element(means.begin(), middle, means.end());
  return *middle;
}

// Keeps the compiler from dropping the work that made `value`.
template <typename T>
inline void Keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

// Ends the program with a message: a benchmark that fails has measured nothing.
[[noreturn]] void Fail(const std::string& message);
inline void Check(bool ok, const char* what) {
  if (!ok) Fail(what);
}

}  // namespace bench

#endif  // TAPPS_BENCH_HARNESS_H_
