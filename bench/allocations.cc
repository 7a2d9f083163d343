// Allocations a call, on the calling thread: they explain the times, and a breaker promises none.

#include <cstddef>

#include "harness.h"
#include "peers/tapps_cache.h"
#include "workload.h"

extern "C" void* __libc_malloc(size_t size);

namespace {
thread_local size_t allocations = 0;
}  // namespace

// Takes the place of the C library's malloc, for the libraries as well; operator new calls it.
extern "C" __attribute__((visibility("default"))) void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}

namespace {

using namespace bench;

template <typename Step>
void Measure(Report& report, const char* who, size_t calls, Step step) {
  step(0);  // what is made at the first call
  const size_t before = allocations;
  for (size_t i = 1; i <= calls; ++i) step(i);
  report.Add("allocations", who, "a call", "",
             static_cast<double>(allocations - before) / static_cast<double>(calls));
}

}  // namespace

int main() {
  const Folder folder;
  const Data data(2000);
  tapps_open_options options{};
  options.commit_interval_us = 60'000'000;  // the writer stays out of the way
  TappsCache cache(folder.File("tapps.db"), options);
  tapps_open_options small = options;
  small.memory_bytes = 64 << 10;
  small.memory_entries = 1;
  TappsCache disk(folder.File("disk.db"), small);
  disk.Fill(data);
  Report report;
  Measure(report, "async put", 1000, [&](size_t i) { cache.Put(data.key(i), data.value(i)); });
  cache.Flush();
  Measure(report, "memory hit", 1000, [&](size_t i) { Check(cache.Hit(data.key(i)), "a miss"); });
  Measure(report, "disk hit", 1000, [&](size_t i) { Check(disk.Hit(data.key(i)), "a miss"); });

  tapps_breaker* breaker = nullptr;
  Check(tapps_breaker_open(cache.handle(), "b", nullptr, &breaker, nullptr) == TAPPS_OK, "open");
  Measure(report, "breaker, permit and report", 1000, [&](size_t) {
    int64_t permit = 0;
    Keep(tapps_breaker_acquire(breaker, &permit, nullptr));
    tapps_breaker_report(breaker, permit, TAPPS_OUTCOME_SUCCESS);
  });
  Check(tapps_breaker_force(breaker, TAPPS_BREAKER_FORCE_OPEN, nullptr) == TAPPS_OK, "force");
  Measure(report, "breaker, refusal", 1000, [&](size_t) {
    int64_t permit = 0;
    Keep(tapps_breaker_acquire(breaker, &permit, nullptr));
  });
  tapps_breaker_release(breaker);
}
