// Replays request traces through the memory tier and prints its hit rates beside those of
// reference.json, as that folder's README describes them:
//
//     trace_simulator FOLDER [--threads N] [--seeds N] [--only TRACE] [--cells]
//     trace_simulator FOLDER --lines [--sample] [--threads N] [--seeds N]
//
// --lines: for league.py, with one thread and with N (8); a round is a hash seed. --sample: with
// many threads only the traces of up to a million requests.
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
  void AddTo(bench::Report& report, const std::string& who) const {
    const auto add = [&](const char* metric, const char* unit, double value) {
      report.Add("hit ratio", who, metric, unit, value);
    };
    add("share of optimal", "%", 100 * share / cells);
    add("mean loss", "points", loss / cells);
    add("worst cell", "points", worst);
    add("below LRU", "cells", below_lru);
    if (who.starts_with("tapps")) add("all", "cells", cells);
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
  bool lines = false;
  bool sample = false;
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
    } else if (name == "--lines") {
      options.lines = true;
    } else if (name == "--sample") {
      options.sample = true;
    } else {
      options.folder = name;
    }
  }
  if (options.folder.empty()) {
    Fail(
        "usage: trace_simulator FOLDER [--threads N] [--seeds N] [--only TRACE] [--cells|--lines]");
  }
  return options;
}

// Hit rates of both policies at shares of all bytes, objects counted once: use(percent, adaptive,
// lru).
template <typename Use>
void SimulateSizes(const Trace& trace, size_t threads, Use use) {
  std::vector<uint32_t> size_of;
  for (size_t i = 0; i < trace.ids.size(); ++i) {
    if (trace.ids[i] >= size_of.size()) size_of.resize(trace.ids[i] + 1);
    size_of[trace.ids[i]] = trace.sizes[i];
  }
  double total = 0;
  for (const uint32_t size : size_of) total += size + MemoryTier::kEntryBytes;
  for (const int percent : {1, 10}) {
    const auto bytes = static_cast<int64_t>(total * percent / 100);
    use(percent, Simulate(trace, bytes, -1, EvictionPolicy::kAdaptive, 0, threads),
        Simulate(trace, bytes, -1, EvictionPolicy::kLru, 0, threads));
  }
}

// One cell: a trace at one size.
struct Cell {
  std::string name;
  int64_t entries;
  double best;
  double lru;
  double optimal;
  void Judge(Score& score, double rate) const { score.Add(name, rate, best, lru, optimal); }
};

class Table {
 public:
  explicit Table(const Options& options)
      : options_(options), scores_(options.seeds), crowded_(options.seeds) {}

  void Run() {
    const auto reference = tapps::ParseJson(ReadFile(options_.folder + "/reference.json"));
    bench::Check(reference.ok(), "reference.json is not JSON");
    for (const auto& [name, facts] : reference->items()) {
      if (!options_.only.empty() && options_.only != name) continue;
      Trace trace;
      trace.ids = ReadNumbers(options_.folder + "/" + name + ".ids.zst");
      const Json& rates = facts["hit_percent"];
      for (const auto& [size, optimal] : rates["belady"].items()) {
        Cell cell{name + " " + size, std::atoll(size.c_str()), 0, rates["lru"][size].get<double>(),
                  optimal.get<double>()};
        for (const auto& [policy, table] : rates.items()) {
          if (policy != "belady") cell.best = std::max(cell.best, table[size].get<double>());
        }
        for (const auto& [policy, table] : rates.items()) {
          if (policy != "belady") cell.Judge(fixed_[policy], table[size].get<double>());
        }
        RunCell(trace, cell);
      }
      const std::string sizes = options_.folder + "/" + name + ".sizes.zst";
      if (std::ifstream(sizes)) {
        trace.sizes = ReadNumbers(sizes);
        RunSizes(name, trace);
      }
    }
    if (options_.lines) {
      ReportScores();
    } else {
      PrintScores();
    }
  }

 private:
  double Rate(const Trace& trace, const Cell& cell, EvictionPolicy policy, uint64_t seed,
              size_t threads) const {
    return Simulate(trace, kUnlimited, cell.entries, policy, seed, threads).hits;
  }

  void RunCell(const Trace& trace, const Cell& cell) {
    const size_t threads = options_.lines ? 1 : options_.threads;
    std::string line;
    for (uint64_t seed = 0; seed < options_.seeds; ++seed) {
      const double rate = Rate(trace, cell, EvictionPolicy::kAdaptive, seed, threads);
      cell.Judge(scores_[seed], rate);
      char text[16];
      std::snprintf(text, sizeof text, " %6.2f", rate);
      line += text;
      if (options_.lines && (!options_.sample || trace.ids.size() <= kSampleRequests)) {
        const size_t many = options_.threads == 1 ? kManyThreads : options_.threads;
        cell.Judge(crowded_[seed], Rate(trace, cell, EvictionPolicy::kAdaptive, seed, many));
      }
    }
    cell.Judge(exact_lru_, Rate(trace, cell, EvictionPolicy::kLru, 0, threads));
    if (options_.cells) {
      std::printf("%-16s best %6.2f lru %6.2f optimal %6.2f | adaptive%s\n", cell.name.c_str(),
                  cell.best, cell.lru, cell.optimal, line.c_str());
      std::fflush(stdout);
    }
  }

  void RunSizes(const std::string& name, const Trace& trace) {
    const size_t threads = options_.lines ? 1 : options_.threads;
    SimulateSizes(trace, threads, [&](int percent, const Outcome& ours, const Outcome& lru) {
      if (!options_.lines) {
        std::printf(
            "%s with sizes, %d %% of all bytes: adaptive %.2f %% hits, %.2f %% bytes; "
            "lru %.2f %% hits, %.2f %% bytes\n",
            name.c_str(), percent, ours.hits, ours.bytes, lru.hits, lru.bytes);
        return;
      }
      const std::string metric = name + " at " + std::to_string(percent) + " %";
      for (const auto& [who, outcome] : {std::pair("tapps", ours), std::pair("lru", lru)}) {
        report_.Add("hit ratio, by bytes", who, metric + ", bytes", "%", outcome.bytes);
        report_.Add("hit ratio, by bytes", who, metric + ", requests", "%", outcome.hits);
      }
    });
  }

  void ReportScores() {
    for (const Score& score : scores_) score.AddTo(report_, "tapps");
    for (const Score& score : crowded_) score.AddTo(report_, "tapps, many threads");
    exact_lru_.AddTo(report_, "tapps, policy lru");
    for (const auto& [policy, score] : fixed_) score.AddTo(report_, policy);
  }

  void PrintScores() const {
    for (const auto& [policy, score] : fixed_) score.Print(policy + " (reference)");
    exact_lru_.Print("lru");
    for (uint64_t seed = 0; seed < options_.seeds; ++seed) {
      scores_[seed].Print("adaptive, seed " + std::to_string(seed));
    }
  }

  static constexpr size_t kManyThreads = 8;
  static constexpr size_t kSampleRequests = 1'000'000;
  const Options& options_;
  std::vector<Score> scores_;   // by seed
  std::vector<Score> crowded_;  // the same with many threads
  Score exact_lru_;
  std::map<std::string, Score> fixed_;
  bench::Report report_;
};

}  // namespace

int main(int count, char** arguments) {
  const Options options = ReadArguments(count, arguments);
  Table(options).Run();
}
