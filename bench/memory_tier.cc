// The memory tier by itself: hits through the C ABI among 100,000 and 1,000,000 entries of 1 KiB
// beside a pointer chase through as much memory, what more threads gain, and the bytes an entry
// takes besides key and value.
//
//     memory_tier [ROUNDS]

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <numeric>
#include <random>
#include <thread>

#include <unistd.h>

#include "base/hash.h"
#include "harness.h"
#include "memory/memory_tier.h"
#include "peers/tapps_cache.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kCalls = 1 << 17;
constexpr double kSliceNs = 60e6;

template <typename Get>
void Measure(Report& report, const std::string& row, const Data& data,
             const std::vector<uint32_t>& order, Get get) {
  Samples samples(order.size());
  char key[kKeyBytes];
  for (const uint32_t i : order) {
    data.key(i).copy(key, kKeyBytes);
    const uint64_t begin = Begin();
    const bool hit = get(std::string_view(key, kKeyBytes));
    samples.Add(begin, End());
    Check(hit, "a miss");
  }
  report.AddQuantiles(row, "tapps", samples);
}

// A cycle through all lines of a block as large as the values, one dependent load a step.
class PointerChase {
 public:
  explicit PointerChase(size_t bytes) : lines_(bytes / 64) {
    std::vector<uint32_t> order(lines_.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(3));
    for (size_t i = 0; i < order.size(); ++i) {
      lines_[order[i]].next = order[(i + 1) % order.size()];
    }
  }
  void Measure(Report& report, const std::string& row) {
    Samples samples(kCalls);
    for (size_t i = 0; i < kCalls; ++i) {
      const uint64_t begin = Begin();
      at_ = lines_[at_].next;
      Keep(at_);
      samples.Add(begin, End());
    }
    report.AddQuantiles(row, "pointer chase", samples);
  }

 private:
  struct alignas(64) Line {
    uint32_t next;
  };
  std::vector<Line> lines_;
  uint32_t at_ = 0;
};

// Steps a second that `threads` threads do together.
template <typename Step>
double Rate(size_t threads, Step step) {
  std::atomic<size_t> ready{0};
  std::vector<double> rates(threads);
  const auto work = [&](size_t thread) {
    ready.fetch_add(1);
    while (ready.load() < threads) std::this_thread::yield();
    const double began = NowNs();
    size_t done = 0;
    double now = began;
    while (now - began < kSliceNs) {
      for (size_t i = 0; i < 256; ++i) step(thread, done++);
      now = NowNs();
    }
    rates[thread] = static_cast<double>(done) / (now - began) * 1e9;
  };
  std::vector<std::thread> others;
  for (size_t t = 1; t < threads; ++t) others.emplace_back(work, t);
  work(0);
  for (std::thread& other : others) other.join();
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

void Scaling(Report& report, const TappsCache& cache, const Data& data,
             const std::vector<uint32_t>& order) {
  const auto hit = [&](size_t thread, size_t i) {
    const uint32_t entry = order[(i + thread * 7919) % order.size()];
    Keep(cache.Hit(data.key(entry)));
  };
  const auto hot = [&](size_t, size_t) { Keep(cache.Hit(data.key(0))); };
  const auto arithmetic = [](size_t, size_t i) {
    uint64_t x = i;
    for (int round = 0; round < 64; ++round) x = x * 6364136223846793005u + 1442695040888963407u;
    Keep(x);
  };
  const char* row = "memory hit, 64 threads";
  const double two = Rate(2, hit);
  report.Add(row, "tapps", "over two threads", "x", Rate(64, hit) / two);
  report.Add(row, "tapps", "two threads over one, one hot key", "x", Rate(2, hot) / Rate(1, hot));
  report.Add(row, "arithmetic", "over two threads", "x",
             Rate(64, arithmetic) / Rate(2, arithmetic));
}

double ResidentBytes() {
  std::ifstream in("/proc/self/statm");
  double total = 0;
  double resident = 0;
  in >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// A tier that is full, after twice as many entries again went through it.
void Footprint(Report& report, const Data& data, size_t entries) {
  const double before = ResidentBytes();
  tapps::MemoryTier tier(int64_t{1} << 40, static_cast<int64_t>(entries));
  for (size_t i = 0; i < 3 * entries && i < data.count(); ++i) {
    const uint64_t hash = tapps::KeyHash("", data.key(i));
    tier.Put(hash, "", data.key(i), tapps::Value::Make(data.value(i), {}));
  }
  const double after = ResidentBytes();
  const tapps::MemoryTier::Stats stats = tier.ReadStats();
  const auto count = static_cast<double>(stats.entries);
  const auto add = [&](const char* what, double bytes) {
    report.Add("bytes an entry", "tapps", what, "B", bytes);
  };
  add("resident, all but key and value", (after - before) / count - kKeyBytes - kValueBytes);
  add("table, but the key", static_cast<double>(stats.table_bytes) / count - kKeyBytes);
  add("policy", static_cast<double>(stats.policy_bytes) / count);
  add("history", static_cast<double>(stats.history_bytes) / count);
  add("value header", sizeof(tapps::Value) + 1);
}

}  // namespace

int main(int count, char** arguments) {
  const int rounds = count > 1 ? std::max(1, std::atoi(arguments[1])) : 7;
  const Data data(1'000'000);
  Report report;
  Footprint(report, data, 300'000);
  tapps_open_options options{};
  options.memory_bytes = int64_t{4} << 30;
  for (const size_t entries : {size_t{100'000}, size_t{1'000'000}}) {
    const std::string name = entries == 100'000 ? "100 k" : "1 M";
    TappsCache cache(":memory:", options);
    for (size_t i = 0; i < entries; ++i) {
      Check(cache.Put(data.key(i), data.value(i)) == TAPPS_OK, "put failed");
    }
    const std::vector<uint32_t> zipf = ZipfOrder(entries, kCalls, 1);
    const std::vector<uint32_t> uniform = UniformOrder(entries, kCalls, 1);
    const auto get = [&](std::string_view key) { return cache.Hit(key); };
    PointerChase chase(entries * 512);
    for (int i = 0; i < rounds; ++i) {
      if (entries > 100'000) Measure(report, "memory hit, " + name + " zipf", data, zipf, get);
      Measure(report, "memory hit, " + name + " uniform", data, uniform, get);
      chase.Measure(report, "memory hit, " + name + " uniform");
      if (entries == 100'000) Scaling(report, cache, data, zipf);
    }
  }
}
