// After a commit by any process, no process returns the older value, and nobody sees a torn one.
#include <gtest/gtest.h>

#include <cstdio>

#include "stress/crew.h"

namespace tapps::stress {
namespace {

constexpr int kWriters = 2;
constexpr int kReaders = 3;
constexpr int64_t kReport = 1000;

int WriteVersions(const Job& job) {
  tapps_cache* cache = nullptr;
  if (tapps_cache_open(job.cache_path().c_str(), nullptr, &cache, nullptr) != TAPPS_OK) return 10;
  std::mt19937_64 random(job.seed);
  WaitForGo(*job.board);
  int64_t version = 0;
  while (job.board->stop == 0) {
    const int key = static_cast<int>(random() % kKeys);
    const int32_t code = Put(cache, job.worker, key, ++version, TAPPS_DURABILITY_SYNC);
    if (code != TAPPS_OK) {
      std::fprintf(stderr, "put: %s\n", tapps_code_name(code));
      return 11;
    }
    job.board->acknowledged[job.worker][key] = version;
  }
  tapps_cache_close(cache, 0, nullptr);
  tapps_cache_release(cache);
  return 0;
}

int ReadVersions(const Job& job) {
  tapps_cache* cache = nullptr;
  if (tapps_cache_open(job.cache_path().c_str(), nullptr, &cache, nullptr) != TAPPS_OK) return 20;
  std::mt19937_64 random(job.seed);
  WaitForGo(*job.board);
  int64_t reads = 0;
  for (; job.board->stop == 0; ++reads) {
    if (reads % kReport == 0 && reads > 0) job.board->done += kReport;
    const int writer = static_cast<int>(random() % kWriters);
    const int key = static_cast<int>(random() % kKeys);
    const int64_t committed = job.board->acknowledged[writer][key];
    const int64_t version = Get(cache, writer, key);
    if (version >= committed || (version == -2 && committed == 0)) continue;
    std::fprintf(stderr, "%s: committed %lld, then read %lld\n", KeyName(writer, key).c_str(),
                 static_cast<long long>(committed), static_cast<long long>(version));
    return 21;
  }
  job.board->done += reads % kReport;
  tapps_cache_close(cache, 0, nullptr);
  tapps_cache_release(cache);
  return 0;
}

const Register kWrite("write-versions", WriteVersions);
const Register kRead("read-versions", ReadVersions);

TEST(CoherenceStress, NoProcessReturnsWhatACommitReplaced) {
  Crew crew;
  for (int worker = 0; worker < kWriters; ++worker) crew.Start("write-versions", worker);
  for (int worker = 0; worker < kReaders; ++worker) crew.Start("read-versions", worker);
  ASSERT_EQ(crew.Work(), "");
  Report("reads", crew.board().done);
  EXPECT_GT(crew.board().done, 0);
}

}  // namespace
}  // namespace tapps::stress
