// What counting adds to a hit in memory: the library beside one that is the same but for its hits,
// which count and time nothing (uncounted/), in turns in one process; and the counting by itself.
//
//     counting   (libtapps_uncounted.so in the folder of the program)

#include <dlfcn.h>
#include <tapps.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cache/statistics.h"
#include "harness.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kEntries = 1000;
constexpr size_t kCalls = 100'000;
constexpr int kRounds = 41;

// A cache of a copy of the library that nothing else in the process uses.
class Library {
 public:
  explicit Library(const std::string& path)
      : library_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!library_) Fail(dlerror());
    Find("tapps_cache_get", &get_);
    Find("tapps_value_release", &release_);
    Find("tapps_cache_put", &put_);
    decltype(&tapps_cache_open) open = nullptr;
    Find("tapps_cache_open", &open);
    Check(open(":memory:", nullptr, &cache_, nullptr) == TAPPS_OK, "no cache");
  }
  void Fill(const Data& data) {
    for (size_t i = 0; i < data.count(); ++i) {
      Check(put_(cache_, nullptr, data.key(i).data(), kKeyBytes, data.value(i).data(), kValueBytes,
                 nullptr, nullptr) == TAPPS_OK,
            "put failed");
    }
  }
  bool Hit(std::string_view key) const {
    tapps_value* value = nullptr;
    const void* data = nullptr;
    size_t size = 0;
    const int32_t code =
        get_(cache_, nullptr, key.data(), key.size(), nullptr, &value, &data, &size, nullptr);
    Keep(data);
    release_(value);
    return code == TAPPS_OK;
  }

 private:
  template <typename Function>
  void Find(const char* name, Function* function) {
    *function = reinterpret_cast<Function>(dlsym(library_, name));
    Check(*function != nullptr, name);
  }
  void* library_;  // never closed: its threads may outlive it
  tapps_cache* cache_ = nullptr;
  decltype(&tapps_cache_get) get_ = nullptr;
  decltype(&tapps_value_release) release_ = nullptr;
  decltype(&tapps_cache_put) put_ = nullptr;
};

}  // namespace

int main() {
  const std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe").parent_path();
  Library counted(TAPPS_BENCH_LIBRARY);
  Library uncounted(folder / "libtapps_uncounted.so");
  const Data data(kEntries);
  counted.Fill(data);
  uncounted.Fill(data);
  const std::vector<uint32_t> order = ZipfOrder(kEntries, kCalls, 1);
  const auto statistics = std::make_unique<tapps::CacheStatistics>();

  Report report;
  const auto hits = [&](const char* who, const Library& library) {
    report.Add("counting", who, "mean", "ns", LoopNs(kCalls, 500, [&](size_t i) {
                 Check(library.Hit(data.key(order[i])), "a miss");
               }));
  };
  Alternate(kRounds,
            {[&] { hits("tapps", counted); }, [&] { hits("without counting", uncounted); },
             [&] {
               const double with = LoopNs(kCalls, 500, [&](size_t) {
                 const bool sampled =
                     statistics->memory_hits.Mine() % tapps::CacheStatistics::kSample == 0;
                 const tapps::ScopedTimer timer(sampled ? &statistics->memory_get_ns : nullptr);
                 statistics->memory_hits.Add();
               });
               const double without = LoopNs(kCalls, 500, [](size_t i) { Keep(i); });
               report.Add("counting", "the counting by itself", "mean", "ns", with - without);
             }});
}
