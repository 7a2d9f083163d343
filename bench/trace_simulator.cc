// Replays request traces through the memory tier and prints its hit rates beside those of
// reference.json, as that folder's README describes them:
//
//     trace_simulator FOLDER [--threads N] [--seeds N] [--only TRACE] [--cells]
//
// An entry is a key of eight bytes with an empty value, the bound a number of entries; a miss puts.
// Several threads take the requests in turns of 16: what a busy program does to the order. With
// sizes (NAME.sizes.zst) the bound is a number of bytes, and byte hit rates are printed for both
// policies.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <thread>

#include "base/hash.h"
#include "base/json.h"
#include "harness.h"
#include "memory/memory_tier.h"

namespace {

using bench::Fail;
using tapps::EvictionPolicy;
using tapps::Json;
using tapps::MemoryTier;

constexpr std::string_view kSpace = "default";
constexpr size_t kTurn = 16;
constexpr int64_t kUnlimited = int64_t{1} << 50;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) Fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<uint32_t> ReadNumbers(const std::string& path) {
  const std::string command = "zstd -dcq '" + path + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) Fail("cannot run zstd");
  std::vector<uint32_t> numbers;
  std::array<uint32_t, 4096> buffer;
  size_t count = 0;
  while ((count = fread(buffer.data(), sizeof(uint32_t), buffer.size(), pipe.get())) > 0) {
    numbers.insert(numbers.end(), buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(count));
  }
  if (numbers.empty()) Fail(path + " is empty");
  return numbers;
}

struct Trace {
  std::vector<uint32_t> ids;
  std::vector<uint32_t> sizes;  // or empty
};

struct Outcome {
  double hits = 0;   // percent of the requests
  double bytes = 0;  // percent of the bytes
};

// Takes turns of requests until there are none left.
void Replay(const Trace& trace, MemoryTier& tier, std::atomic<size_t>* turns,
            std::atomic<int64_t>* hits, std::atomic<int64_t>* hit_bytes) {
  int64_t found = 0;
  int64_t found_bytes = 0;
  const tapps::ValueRef none = tapps::Value::Make("", {});
  for (size_t turn = turns->fetch_add(kTurn); turn < trace.ids.size();
       turn = turns->fetch_add(kTurn)) {
    const size_t end = std::min(turn + kTurn, trace.ids.size());
    for (size_t i = turn; i < end; ++i) {
      const uint64_t id = trace.ids[i];
      const std::string_view key(reinterpret_cast<const char*>(&id), sizeof id);
      const uint64_t hash = tapps::KeyHash(kSpace, key);
      const uint32_t size = trace.sizes.empty() ? 0 : trace.sizes[i];
      if (tier.Get(hash, kSpace, key)) {
        ++found;
        found_bytes += size;
      } else if (size == 0) {
        tier.Put(hash, kSpace, key, none);
      } else {
        char* bytes = nullptr;
        tier.Put(hash, kSpace, key, tapps::Value::MakeUninitialized(size, {}, {}, &bytes));
      }
    }
  }
  hits->fetch_add(found);
  hit_bytes->fetch_add(found_bytes);
}

Outcome Simulate(const Trace& trace, int64_t bytes, int64_t entries, EvictionPolicy policy,
                 uint64_t seed, size_t threads) {
  MemoryTier tier(bytes, entries, policy, seed);
  std::atomic<size_t> turns{0};
  std::atomic<int64_t> hits{0};
  std::atomic<int64_t> hit_bytes{0};
  std::vector<std::thread> others;
  for (size_t t = 1; t < threads; ++t) {
    others.emplace_back([&] { Replay(trace, tier, &turns, &hits, &hit_bytes); });
  }
  Replay(trace, tier, &turns, &hits, &hit_bytes);
  for (std::thread& other : others) other.join();
  double all_bytes = 0;
  for (const uint32_t size : trace.sizes) all_bytes += size;
  const auto requests = static_cast<double>(trace.ids.size());
  return {100 * static_cast<double>(hits.load()) / requests,
          all_bytes == 0 ? 0 : 100 * static_cast<double>(hit_bytes.load()) / all_bytes};
}

// What is said of a policy: its hit rates against the best fixed one of each cell, LRU and optimal.
struct Score {
  double gap = 0;
  double loss = 0;
  double worst = -100;
  double share = 0;
  int below_lru = 0;
  int cells = 0;
  std::string worst_cell;

  void Add(const std::string& cell, double rate, double best, double lru, double optimal) {
    gap += best - rate;
    loss += std::max(0.0, best - rate);
    if (best - rate > worst) {
      worst = best - rate;
      worst_cell = cell;
    }
    share += optimal == 0 ? 1 : rate / optimal;
    if (rate < lru - 0.5) ++below_lru;
    ++cells;
  }
  void Print(const std::string& who) const {
    std::printf(
        "%-22s mean gap %6.2f  mean loss %5.2f  worst %5.2f (%s)  below LRU %2d of %d  "
        "of optimal %5.2f %%\n",
        who.c_str(), gap / cells, loss / cells, worst, worst_cell.c_str(), below_lru, cells,
        100 * share / cells);
  }
};

struct Options {
  std::string folder;
  std::string only;
  size_t threads = 1;
  uint64_t seeds = 5;
  bool cells = false;
};

Options ReadArguments(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    const char* next = i + 1 < count ? arguments[i + 1] : "";
    if (name == "--threads") {
      options.threads = static_cast<size_t>(std::max(1, std::atoi(next)));
      ++i;
    } else if (name == "--seeds") {
      options.seeds = static_cast<uint64_t>(std::max(1, std::atoi(next)));
      ++i;
    } else if (name == "--only") {
      options.only = next;
      ++i;
    } else if (name == "--cells") {
      options.cells = true;
    } else {
      options.folder = name;
    }
  }
  if (options.folder.empty()) {
    Fail("usage: trace_simulator FOLDER [--threads N] [--seeds N] [--only TRACE] [--cells]");
  }
  return options;
}

// Byte hit rates at a tenth of all bytes, objects counted once.
void PrintSizes(const std::string& name, const Trace& trace, const Options& options) {
  std::vector<uint32_t> size_of;
  for (size_t i = 0; i < trace.ids.size(); ++i) {
    if (trace.ids[i] >= size_of.size()) size_of.resize(trace.ids[i] + 1);
    size_of[trace.ids[i]] = trace.sizes[i];
  }
  double total = 0;
  for (const uint32_t size : size_of) total += size + MemoryTier::kEntryBytes;
  for (const double part : {.01, .1}) {
    const auto bytes = static_cast<int64_t>(total * part);
    const Outcome ours = Simulate(trace, bytes, -1, EvictionPolicy::kAdaptive, 0, options.threads);
    const Outcome lru = Simulate(trace, bytes, -1, EvictionPolicy::kLru, 0, options.threads);
    std::printf(
        "%s with sizes, %.0f %% of all bytes: adaptive %.2f %% hits, %.2f %% bytes; "
        "lru %.2f %% hits, %.2f %% bytes\n",
        name.c_str(), part * 100, ours.hits, ours.bytes, lru.hits, lru.bytes);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const Options options = ReadArguments(count, arguments);
  const auto reference = tapps::ParseJson(ReadFile(options.folder + "/reference.json"));
  bench::Check(reference.ok(), "reference.json is not JSON");
  std::vector<Score> scores(options.seeds);
  Score exact_lru;
  std::map<std::string, Score> fixed;
  for (const auto& [name, facts] : reference->items()) {
    if (!options.only.empty() && options.only != name) continue;
    Trace trace;
    trace.ids = ReadNumbers(options.folder + "/" + name + ".ids.zst");
    const Json& rates = facts["hit_percent"];
    for (const auto& [size, optimal] : rates["belady"].items()) {
      const int64_t entries = std::atoll(size.c_str());
      const std::string cell = name + " " + size;
      double best = 0;
      for (const auto& [policy, table] : rates.items()) {
        if (policy != "belady") best = std::max(best, table[size].get<double>());
      }
      const double lru = rates["lru"][size].get<double>();
      const auto add = [&](Score& score, double rate) {
        score.Add(cell, rate, best, lru, optimal.get<double>());
      };
      for (const auto& [policy, table] : rates.items()) {
        if (policy != "belady") add(fixed[policy], table[size].get<double>());
      }
      std::string line;
      for (uint64_t seed = 0; seed < options.seeds; ++seed) {
        const Outcome outcome =
            Simulate(trace, kUnlimited, entries, EvictionPolicy::kAdaptive, seed, options.threads);
        add(scores[seed], outcome.hits);
        char text[16];
        std::snprintf(text, sizeof text, " %6.2f", outcome.hits);
        line += text;
      }
      add(exact_lru,
          Simulate(trace, kUnlimited, entries, EvictionPolicy::kLru, 0, options.threads).hits);
      if (options.cells) {
        std::printf("%-16s best %6.2f lru %6.2f optimal %6.2f | adaptive%s\n", cell.c_str(), best,
                    lru, optimal.get<double>(), line.c_str());
        std::fflush(stdout);
      }
    }
    const std::string sizes = options.folder + "/" + name + ".sizes.zst";
    if (std::ifstream(sizes)) {
      trace.sizes = ReadNumbers(sizes);
      PrintSizes(name, trace, options);
    }
  }
  for (const auto& [policy, score] : fixed) score.Print(policy + " (reference)");
  exact_lru.Print("lru");
  for (uint64_t seed = 0; seed < options.seeds; ++seed) {
    scores[seed].Print("adaptive, seed " + std::to_string(seed));
  }
}
