// Many processes open a file that does not exist yet, at the same instant.
#include <gtest/gtest.h>

#include <cstdio>

#include "stress/crew.h"

namespace tapps::stress {
namespace {

constexpr int kOpeners = kMaxWorkers;

int OpenAndPut(const Job& job) {
  WaitForGo(*job.board);
  tapps_cache* cache = nullptr;
  tapps_error* error = nullptr;
  if (tapps_cache_open(job.cache_path().c_str(), nullptr, &cache, &error) != TAPPS_OK) {
    std::fprintf(stderr, "open: %s\n", tapps_error_message(error));
    return 10;
  }
  if (Put(cache, job.worker, 0, 1, TAPPS_DURABILITY_SYNC) != TAPPS_OK) return 11;
  if (tapps_cache_state(cache) != TAPPS_STATE_OK) return 12;
  if (tapps_cache_close(cache, 0, nullptr) != TAPPS_OK) return 13;
  tapps_cache_release(cache);
  return 0;
}

int VerifyAll(const Job& job) {
  tapps_cache* cache = nullptr;
  if (tapps_cache_open(job.cache_path().c_str(), nullptr, &cache, nullptr) != TAPPS_OK) return 20;
  int found = 0;
  for (int worker = 0; worker < kOpeners; ++worker) found += Get(cache, worker, 0) == 1 ? 1 : 0;
  tapps_cache_release(cache);
  return found == kOpeners ? 0 : 21;
}

const Register kOpen("open", OpenAndPut);
const Register kVerifyAll("verify-all", VerifyAll);

TEST(OpenStress, SixteenProcessesOpenANewFileAtOnce) {
  int rounds = 0;
  for (const Budget budget; budget.Left(rounds); ++rounds) {
    Crew crew;
    for (int worker = 0; worker < kOpeners; ++worker) crew.Start("open", worker);
    crew.Go();
    ASSERT_EQ(crew.Join(), "") << "in round " << rounds + 1;
    crew.Start("verify-all", 0);
    ASSERT_EQ(crew.Join(), "") << "in round " << rounds + 1;
  }
  Report("rounds", rounds);
}

}  // namespace
}  // namespace tapps::stress
