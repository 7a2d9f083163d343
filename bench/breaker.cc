// A breaker through the C ABI: the closed path (permit and report), and the refusal of an open one.
// A contender: peers/README.md has the protocol; the workload is not needed.

#include <cstdio>
#include <iostream>
#include <string>

#include "harness.h"
#include "peers/tapps_cache.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kCalls = 100'000;

class Breakers {
 public:
  Breakers() : cache_(folder_.File("tapps.db")) {
    Check(tapps_breaker_open(cache_.handle(), "closed", nullptr, &closed_, nullptr) == TAPPS_OK,
          "open");
    Check(tapps_breaker_open(cache_.handle(), "open", nullptr, &open_, nullptr) == TAPPS_OK,
          "open");
    int64_t permit = 0;
    for (int failure = 0; failure < 5; ++failure) {
      Check(tapps_breaker_acquire(open_, &permit, nullptr) == TAPPS_OK, "acquire");
      tapps_breaker_report(open_, permit, TAPPS_OUTCOME_FAILURE);
    }
    Check(tapps_breaker_acquire(open_, &permit, nullptr) == TAPPS_E_OPEN_CIRCUIT, "it is not open");
  }
  ~Breakers() {
    tapps_breaker_release(closed_);
    tapps_breaker_release(open_);
  }
  Breakers(const Breakers&) = delete;
  Breakers& operator=(const Breakers&) = delete;

  void Permit() const {
    int64_t permit = 0;
    Keep(tapps_breaker_acquire(closed_, &permit, nullptr));
    tapps_breaker_report(closed_, permit, TAPPS_OUTCOME_SUCCESS);
  }
  void Refusal() const {
    int64_t permit = 0;
    Keep(tapps_breaker_acquire(open_, &permit, nullptr));
  }

 private:
  const Folder folder_;
  TappsCache cache_;
  tapps_breaker* closed_ = nullptr;
  tapps_breaker* open_ = nullptr;
};

void Print(const std::string& row, const char* metric, double value) {
  std::printf(R"({"row":"%s","who":"tapps","metric":"%s","unit":"ns","value":%.6g})"
              "\n",
              row.c_str(), metric, value);
}

template <typename Step>
void Measure(const std::string& row, Step step) {
  Print(row, "mean", LoopNs(kCalls, 500, [&](size_t) { step(); }));
  Samples samples(kCalls);
  for (size_t i = 0; i < kCalls; ++i) {
    const uint64_t begin = Begin();
    step();
    samples.Add(begin, End());
  }
  Print(row, "p50", samples.Quantile(0.5));
  Print(row, "p99", samples.Quantile(0.99));
}

}  // namespace

int main() {
  const Breakers breakers;
  for (std::string row; std::getline(std::cin, row);) {
    if (row == "breaker, permit and report") {
      Measure(row, [&] { breakers.Permit(); });
    } else if (row == "breaker, refusal") {
      Measure(row, [&] { breakers.Refusal(); });
    } else {
      Fail("no such row: " + row);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
}
