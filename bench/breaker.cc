// A breaker through the C ABI: the closed path (permit and report), and the refusal of an open one.

#include "harness.h"
#include "peers/tapps_cache.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kCalls = 50'000;

template <typename Step>
void Measure(Report& report, const char* row, Step step) {
  Samples samples(kCalls);
  for (size_t i = 0; i < kCalls; ++i) {
    const uint64_t begin = Begin();
    step();
    samples.Add(begin, End());
  }
  report.AddQuantiles(row, "tapps", samples);
  report.Add(row, "tapps", "mean", "ns", LoopNs(kCalls, 500, [&](size_t) { step(); }));
}

}  // namespace

int main() {
  const Folder folder;
  TappsCache cache(folder.File("tapps.db"));
  tapps_breaker* closed = nullptr;
  tapps_breaker* open = nullptr;
  Check(tapps_breaker_open(cache.handle(), "closed", nullptr, &closed, nullptr) == TAPPS_OK,
        "open");
  Check(tapps_breaker_open(cache.handle(), "open", nullptr, &open, nullptr) == TAPPS_OK, "open");
  for (int failure = 0; failure < 5; ++failure) {
    int64_t permit = 0;
    Check(tapps_breaker_acquire(open, &permit, nullptr) == TAPPS_OK, "acquire");
    tapps_breaker_report(open, permit, TAPPS_OUTCOME_FAILURE);
  }
  int64_t none = 0;
  Check(tapps_breaker_acquire(open, &none, nullptr) == TAPPS_E_OPEN_CIRCUIT, "it is not open");

  Report report;
  Alternate(21, {
                    [&] {
                      Measure(report, "breaker, permit and report", [&] {
                        int64_t permit = 0;
                        Keep(tapps_breaker_acquire(closed, &permit, nullptr));
                        tapps_breaker_report(closed, permit, TAPPS_OUTCOME_SUCCESS);
                      });
                    },
                    [&] {
                      Measure(report, "breaker, refusal", [&] {
                        int64_t permit = 0;
                        Keep(tapps_breaker_acquire(open, &permit, nullptr));
                      });
                    },
                });
  tapps_breaker_release(closed);
  tapps_breaker_release(open);
}
