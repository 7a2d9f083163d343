// What a large file costs: a disk hit, opening and the statistics with 10 million entries of 1 KiB
// (or as many as the argument says), beside the same with 10 thousand. Takes as many KiB of disk,
// and of memory if the file is to be in the page cache.

#include <cstdlib>
#include <memory>

#include "harness.h"
#include "peers/tapps_cache.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kFew = 10'000;
constexpr size_t kCalls = 20'000;
constexpr size_t kRepeats = 21;
constexpr double kBudgetNs = 2e9;  // of the repeats; one there is at least

struct File {
  const char* who;
  std::string path;
  size_t entries;
};

tapps_open_options Options() {
  tapps_open_options options{};
  options.memory_bytes = 64 << 10;
  options.memory_entries = 1;
  options.disk_bytes = int64_t{64} << 30;
  options.put_timeout_us = 60'000'000;
  return options;
}

void Fill(const File& file, const Data& data) {
  TappsCache cache(file.path, Options());
  for (size_t i = 0; i < file.entries; ++i) {
    Check(cache.Put(data.key(i), data.value(i)) == TAPPS_OK, "put failed");
  }
  cache.Flush();
}

// The median of the calls' times; what `call` returns ends outside of the clock.
template <typename Call>
double Repeat(Call call) {
  Samples samples(kRepeats);
  const double start = NowNs();
  do {
    const uint64_t begin = Begin();
    const auto result = call();
    samples.Add(begin, End());
  } while (samples.size() < kRepeats && NowNs() - start < kBudgetNs);
  return samples.Quantile(0.5);
}

void Measure(Report& report, const File& file, const Data& data, uint64_t seed) {
  report.Add("growth", file.who, "open", "ns",
             Repeat([&] { return std::make_unique<TappsCache>(file.path, Options()); }));

  const TappsCache cache(file.path, Options());
  const std::vector<uint32_t> order = UniformOrder(file.entries, kCalls, seed);
  Samples gets(kCalls);
  for (const uint32_t i : order) {
    const std::string key(data.key(i));
    const uint64_t begin = Begin();
    const bool hit = cache.Hit(key);
    const uint64_t end = End();
    Check(hit, "a miss");
    gets.Add(begin, end);
  }
  report.Add("growth", file.who, "disk hit, p50", "ns", gets.Quantile(0.5));

  report.Add("growth", file.who, "statistics", "ns", Repeat([&] {
               tapps_value* value = nullptr;
               Check(
                   tapps_cache_stats(cache.handle(), &value, nullptr, nullptr, nullptr) == TAPPS_OK,
                   "no statistics");
               return std::unique_ptr<tapps_value, decltype(&tapps_value_release)>(
                   value, tapps_value_release);
             }));
}

}  // namespace

int main(int argc, char** argv) {
  const size_t entries = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000'000;
  const Folder folder;
  const Data data(std::max(entries, kFew));
  const File many{"tapps", folder.File("many.db"), entries};
  const File few{"tapps, 10 thousand", folder.File("few.db"), kFew};
  Fill(many, data);
  Fill(few, data);
  Report report;
  uint64_t seed = 3;
  Alternate(5, {
                   [&] { Measure(report, many, data, ++seed); },
                   [&] { Measure(report, few, data, seed); },
               });
}
