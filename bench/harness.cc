#include "harness.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace bench {

double NowNs() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return static_cast<double>(ts.tv_sec) * 1e9 + static_cast<double>(ts.tv_nsec);
}

const TickClock& TickClock::Get() {
  static const TickClock clock;
  return clock;
}

TickClock::TickClock() {
  constexpr double kSpan = 50e6;
  const double began_ns = NowNs();
  const uint64_t began = Begin();
  while (NowNs() - began_ns < kSpan) {
  }
  const double took_ns = NowNs() - began_ns;
  ns_per_tick_ = took_ns / static_cast<double>(End() - began);

  std::vector<uint64_t> pairs(200'000);
  for (uint64_t& pair : pairs) {
    const uint64_t begin = Begin();
    pair = End() - begin;
  }
  std::sort(pairs.begin(), pairs.end());
  // The mean of the lower nine tenths: a median would be a multiple of the clock's step.
  const size_t kept = pairs.size() * 9 / 10;
  double sum = 0;
  for (size_t i = 0; i < kept; ++i) sum += static_cast<double>(pairs[i]);
  overhead_ticks_ = sum / static_cast<double>(kept);
  uint64_t step = UINT64_MAX;
  for (size_t i = 1; i < kept; ++i) {
    if (pairs[i] != pairs[i - 1]) step = std::min(step, pairs[i] - pairs[i - 1]);
  }
  step_ticks_ = step == UINT64_MAX ? 1 : static_cast<double>(step);
}

double Samples::Quantile(double q) {
  if (ticks_.empty()) return 0;
  if (!sorted_) std::sort(ticks_.begin(), ticks_.end());
  sorted_ = true;
  const auto rank = static_cast<size_t>(q * static_cast<double>(ticks_.size() - 1));
  const auto [low, high] = std::equal_range(ticks_.begin(), ticks_.end(), ticks_[rank]);
  const double place =
      (static_cast<double>(rank - static_cast<size_t>(low - ticks_.begin())) + 0.5) /
      static_cast<double>(high - low);
  const TickClock& clock = TickClock::Get();
  return clock.ToNs(static_cast<double>(ticks_[rank])) + clock.step_ns() * (place - 0.5) -
         clock.overhead_ns();
}

void Report::Add(std::string_view row, std::string_view who, std::string_view metric,
                 std::string_view unit, double value) {
  for (Line& line : lines_) {
    if (line.row == row && line.who == who && line.metric == metric) {
      line.rounds.push_back(value);
      return;
    }
  }
  lines_.push_back(
      {std::string(row), std::string(who), std::string(metric), std::string(unit), {value}});
}

void Report::AddQuantiles(std::string_view row, std::string_view who, Samples& samples) {
  Add(row, who, "p50", "ns", samples.Quantile(0.5));
  Add(row, who, "p99", "ns", samples.Quantile(0.99));
  Add(row, who, "p99.9", "ns", samples.Quantile(0.999));
}

Report::~Report() {
  for (const Line& line : lines_) {
    std::printf(R"({"row":"%s","who":"%s","metric":"%s","unit":"%s","rounds":[)", line.row.c_str(),
                line.who.c_str(), line.metric.c_str(), line.unit.c_str());
    for (size_t i = 0; i < line.rounds.size(); ++i) {
      std::printf(i == 0 ? "%.6g" : ",%.6g", line.rounds[i]);
    }
    std::printf("]}\n");
  }
  const TickClock& clock = TickClock::Get();
  std::printf(R"({"clock":{"overhead_ns":%.2f,"step_ns":%.2f}})"
              "\n",
              clock.overhead_ns(), clock.step_ns());
  std::fflush(stdout);
}

void Alternate(int rounds, const std::vector<std::function<void()>>& contenders) {
  TickClock::Get();
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < contenders.size(); ++i) {
      contenders[(i + static_cast<size_t>(round)) % contenders.size()]();
    }
  }
}

void Fail(const std::string& message) {
  std::fprintf(stderr, "bench: %s\n", message.c_str());
  std::exit(1);
}

}  // namespace bench
