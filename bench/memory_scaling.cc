// What a second thread gains on memory hits, beside what it gains on plain arithmetic at the same
// time: the machine may not have a second core to give.

#include <array>
#include <atomic>
#include <thread>

#include "harness.h"
#include "peers/tapps_cache.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kEntries = 100'000;
constexpr size_t kOrder = 1 << 16;
constexpr double kSliceNs = 40e6;

// Steps that `threads` threads do in a slice of time, a second.
template <typename Step>
double StepsPerSecond(size_t threads, Step step) {
  std::atomic<size_t> ready{0};
  std::array<double, 2> rates{};
  const auto work = [&](size_t thread) {
    ready.fetch_add(1);
    while (ready.load() < threads) {
    }
    const double began = NowNs();
    size_t done = 0;
    double now = began;
    while (now - began < kSliceNs) {
      for (size_t i = 0; i < 256; ++i) step(thread, done++);
      now = NowNs();
    }
    rates[thread] = static_cast<double>(done) / (now - began) * 1e9;
  };
  if (threads == 1) {
    work(0);
  } else {
    std::thread other(work, 1);
    work(0);
    other.join();
  }
  return rates[0] + rates[1];
}

}  // namespace

int main() {
  const Folder folder;
  const Data data(kEntries);
  const std::array<std::vector<uint32_t>, 2> orders = {ZipfOrder(kEntries, kOrder, 1),
                                                       ZipfOrder(kEntries, kOrder, 1)};
  tapps_open_options options{};
  options.memory_bytes = int64_t{512} << 20;
  TappsCache tapps(folder.File("tapps.db"), options);
  tapps.Fill(data);

  const auto hit = [&](size_t thread, size_t i) {
    // The threads are half the order apart.
    const size_t at = (i + thread * kOrder / 2) % kOrder;
    char key[kKeyBytes];
    data.key(orders[thread][at]).copy(key, kKeyBytes);
    Keep(tapps.Hit({key, kKeyBytes}));
  };
  const auto arithmetic = [](size_t, size_t i) {
    uint64_t x = i;
    for (int round = 0; round < 64; ++round) x = x * 6364136223846793005u + 1442695040888963407u;
    Keep(x);
  };
  Report report;
  const auto measure = [&](const char* who, auto step) {
    const double one = StepsPerSecond(1, step);
    const double two = StepsPerSecond(2, step);
    report.Add("memory hit, two threads", who, "gain", "x", two / one);
    if (std::string_view(who) == "tapps") {
      report.Add("memory hit, two threads", who, "rate, one thread", "M/s", one / 1e6);
      report.Add("memory hit, two threads", who, "rate, two threads", "M/s", two / 1e6);
    }
  };
  Alternate(21, {[&] { measure("tapps", hit); }, [&] { measure("arithmetic", arithmetic); }});
}
