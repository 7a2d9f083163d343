#ifndef TAPPS_BENCH_PEERS_CPP_CONTENDER_H_
#define TAPPS_BENCH_PEERS_CPP_CONTENDER_H_

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "../../harness.h"
#include "../../workload.h"

// The protocol of ../README.md for stores in C++.
namespace bench {

constexpr double kBudgetNs = 1e9;
constexpr double kPutsBudgetNs = 2e9;
constexpr double kBeatNs = 200'000;  // 5,000 a second
constexpr size_t kPacedPuts = 2'000;
constexpr size_t kSharedKeys = 10'000;
constexpr size_t kWorkers = 8;
constexpr uint32_t kHotKeys = 1'000;

// What a Store has:
//   enum Use { kInMemory, kOnDisk, kWrites };
//   Store(const std::string& path, Use use);
//   template <typename F> bool Get(std::string_view key, F&& use): use(const char*) sees the value
//   bool Put(std::string_view key, std::string_view value): as the caller of one put pays for it
//   void Fill(const Data& data): until what is in it survives the death of the process
//   bool Flush(): the same for what was put
//   void Settle(), if it needs it: before gets are timed
template <typename Store>
class Contender {
 public:
  Contender(const std::string& workload, std::string scratch, std::string who)
      : data_(Data::Read(workload)),
        zipf_(ReadOrder(workload + "/zipf.u32")),
        uniform_(ReadOrder(workload + "/uniform.u32")),
        scratch_(std::move(scratch)),
        who_(std::move(who)) {}

  void Serve() {
    for (std::string line; std::getline(std::cin, line);) {
      row_ = line;
      std::istringstream words(line);
      std::string word;
      words >> word;
      if (line == "memory hit, caches") {
        Memory();
      } else if (line == "memory hit, bindings") {
        Hot();
      } else if (line == "disk hit, stores") {
        Disk();
      } else if (line == "put, stores") {
        Paced();
      } else if (line == "persisted puts, stores") {
        Persist();
      } else if (word == "fill") {
        FillShared();
      } else if (word == "work") {
        size_t worker = 0;
        double seconds = 0;
        words >> worker >> seconds;
        Work(worker, seconds);
      } else if (word == "verify") {
        Verify();
      } else {
        Fail("no such row: " + line);
      }
      std::printf("\n");
      std::fflush(stdout);
    }
  }

 private:
  void Print(const char* metric, const char* unit, double value) {
    std::printf(R"({"row":"%s","who":"%s","metric":"%s","unit":"%s","value":%.9g})"
                "\n",
                row_.c_str(), who_.c_str(), metric, unit, value);
  }
  std::string File(const char* name) const { return scratch_ + "/" + name; }
  size_t shared_keys() const { return std::min(kSharedKeys, data_.count()); }

  // Mean of a get in this order, less the loop around it.
  double Gets(Store& store, const std::vector<uint32_t>& order, size_t chunk) {
    char key[kKeyBytes];
    unsigned int sum = 0;
    const auto loop = [&](auto&& body) {
      std::vector<double> means;
      const double start = NowNs();
      for (size_t i = 0; i + chunk <= order.size() && NowNs() - start < kBudgetNs; i += chunk) {
        const double began = NowNs();
        for (size_t k = i; k < i + chunk; ++k) {
          data_.key(order[k]).copy(key, kKeyBytes);
          body(std::string_view(key, kKeyBytes));
        }
        means.push_back((NowNs() - began) / static_cast<double>(chunk));
      }
      Check(!means.empty(), "too few calls");
      std::nth_element(means.begin(), means.begin() + static_cast<ptrdiff_t>(means.size() / 2),
                       means.end());
      return means[means.size() / 2];
    };
    const double with = loop([&](std::string_view k) {
      Check(store.Get(k, [&](const char* value) { sum += static_cast<unsigned char>(*value); }),
            "a miss");
    });
    const double without = loop([](std::string_view k) { Keep(k.data()); });
    Keep(sum);
    return with - without;
  }

  Store& Filled(typename Store::Use use, const char* name) {
    if (!filled_) {
      filled_ = std::make_unique<Store>(File(name), use);
      filled_->Fill(data_);
      if constexpr (requires { filled_->Settle(); }) filled_->Settle();
    }
    return *filled_;
  }

  void Memory() {
    Store& store = Filled(Store::kInMemory, "memory");
    Print("zipf", "ns", Gets(store, zipf_, 1000));
    Print("uniform", "ns", Gets(store, uniform_, 1000));
  }

  // What stays in the processor's caches: the first entries alone.
  void Hot() {
    if (!filled_) {
      filled_ = std::make_unique<Store>(File("hot"), Store::kInMemory);
      for (size_t i = 0; i < kHotKeys; ++i) {
        Check(filled_->Put(data_.key(i), data_.value(i)), "a put failed");
      }
    }
    std::vector<uint32_t> order(zipf_);
    for (uint32_t& i : order) i %= kHotKeys;
    Print("mean", "ns", Gets(*filled_, order, 500));
  }

  void Disk() { Print("uniform", "ns", Gets(Filled(Store::kOnDisk, "disk"), uniform_, 50)); }

  void Paced() {
    if (!paced_) paced_ = std::make_unique<Store>(File("put"), Store::kWrites);
    Samples samples(kPacedPuts);
    const double start = NowNs();
    double next = start;
    for (; samples.size() < kPacedPuts && NowNs() - start < kPutsBudgetNs; ++put_) {
      while (NowNs() < next) {
      }
      next = std::max(next, NowNs() - kBeatNs) + kBeatNs;
      const size_t i = put_ % data_.count();
      const uint64_t begin = bench::Begin();
      const bool ok = paced_->Put(data_.key(i), data_.value(i));
      samples.Add(begin, bench::End());
      Check(ok, "a put failed");
    }
    Print("p50", "ns", samples.Quantile(0.5));
    Print("p99", "ns", samples.Quantile(0.99));
  }

  void Persist() {
    const std::string path = File("persist");
    auto store = std::make_unique<Store>(path, Store::kWrites);
    const double began = NowNs();
    store->Fill(data_);
    Print("rate", "/s", static_cast<double>(data_.count()) / (NowNs() - began) * 1e9);
    store.reset();
    for (const auto& file : std::filesystem::directory_iterator(scratch_)) {
      if (file.path().filename().string().starts_with("persist")) {
        std::filesystem::remove_all(file.path());
      }
    }
  }

  // The value of key i as its put number `count` writes it.
  std::string Numbered(size_t i, uint64_t count) const {
    std::string value(data_.value(i));
    std::memcpy(value.data(), &count, sizeof count);
    return value;
  }

  void FillShared() {
    Store store(File("shared"), Store::kWrites);
    for (size_t i = 0; i < shared_keys(); ++i) {
      Check(store.Put(data_.key(i), Numbered(i, 0)), "a put failed");
    }
    Check(store.Flush(), "flush failed");
  }

  void Work(size_t worker, double seconds) {
    const size_t keys = shared_keys();
    std::vector<uint64_t> last(keys, 0);
    uint64_t operations = 0;
    uint64_t errors = 0;
    double worst = 0;
    double took = 0;
    {
      Store store(File("shared"), Store::kWrites);
      uint64_t random = 88172645463325252u + worker;
      const double began = NowNs();
      const double end = began + seconds * 1e9;
      for (double before = began; before < end; ++operations) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        size_t i = random % keys;
        bool ok = false;
        if (operations % 2 == 0) {
          ok = store.Get(data_.key(i), [](const char* value) { Keep(*value); });
        } else {
          i = std::min(i / kWorkers * kWorkers + worker, worker + (keys / kWorkers - 1) * kWorkers);
          ok = store.Put(data_.key(i), Numbered(i, operations));
          if (ok) last[i] = operations;
        }
        if (!ok) ++errors;
        const double after = NowNs();
        worst = std::max(worst, after - before);
        before = after;
      }
      if (!store.Flush()) ++errors;
      took = NowNs() - began;
    }
    WriteFile(scratch_ + "/worker-" + std::to_string(worker) + ".u64",
              {reinterpret_cast<const char*>(last.data()), last.size() * sizeof(uint64_t)});
    Print("operations", "", static_cast<double>(operations));
    Print("seconds", "s", took / 1e9);
    Print("errors", "", static_cast<double>(errors));
    Print("worst", "ms", worst / 1e6);
  }

  void Verify() {
    Store store(File("shared"), Store::kWrites);
    size_t lost = 0;
    std::vector<std::string> last;
    for (size_t worker = 0; worker < kWorkers; ++worker) {
      last.push_back(ReadFile(scratch_ + "/worker-" + std::to_string(worker) + ".u64"));
    }
    for (size_t i = 0; i < shared_keys(); ++i) {
      const char* wanted = last[i % kWorkers].data() + i * sizeof(uint64_t);
      bool same = false;
      const bool found = store.Get(data_.key(i), [&](const char* value) {
        same = std::memcmp(value, wanted, sizeof(uint64_t)) == 0;
      });
      if (!found || !same) ++lost;
    }
    Print("lost", "", static_cast<double>(lost));
  }

  Data data_;
  std::vector<uint32_t> zipf_;
  std::vector<uint32_t> uniform_;
  std::string scratch_;
  std::string who_;
  std::string row_;
  std::unique_ptr<Store> filled_;  // one row a process is asked for reading
  std::unique_ptr<Store> paced_;
  size_t put_ = 0;
};

template <typename Store>
int Serve(int argc, char** argv) {
  Check(argc == 4, "usage: contender WORKLOAD SCRATCH WHO");
  TickClock::Get();
  Contender<Store>(argv[1], argv[2], argv[3]).Serve();
  return 0;
}

}  // namespace bench

#endif  // TAPPS_BENCH_PEERS_CPP_CONTENDER_H_
