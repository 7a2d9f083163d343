// What a sync put acknowledged survives kill -9 of every process at any instant.
#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "stress/crew.h"

namespace tapps::stress {
namespace {

constexpr int kWriters = 3;

// Puts growing versions of its keys until it is killed.
int Write(const Job& job) {
  tapps_cache* cache = nullptr;
  if (tapps_cache_open(job.cache_path().c_str(), nullptr, &cache, nullptr) != TAPPS_OK) return 10;
  std::mt19937_64 random(job.seed);
  while (job.board->stop == 0) {
    const int key = static_cast<int>(random() % kKeys);
    const int64_t version = job.board->tried[job.worker][key] + 1;
    job.board->tried[job.worker][key] = version;
    const int32_t code = Put(cache, job.worker, key, version, TAPPS_DURABILITY_SYNC);
    if (code != TAPPS_OK) {
      std::fprintf(stderr, "put: %s\n", tapps_code_name(code));
      return 11;
    }
    job.board->acknowledged[job.worker][key] = version;
  }
  tapps_cache_release(cache);
  return 0;
}

// Checks every key of every writer against the board.
int Verify(const Job& job) {
  tapps_cache* cache = nullptr;
  const auto began = std::chrono::steady_clock::now();
  if (tapps_cache_open(job.cache_path().c_str(), nullptr, &cache, nullptr) != TAPPS_OK) return 20;
  const int64_t open_us = std::chrono::duration_cast<std::chrono::microseconds>(
                              std::chrono::steady_clock::now() - began)
                              .count();
  if (open_us > job.board->slowest_open_us) job.board->slowest_open_us = open_us;
  int wrong = 0;
  for (int worker = 0; worker < kWriters; ++worker) {
    for (int key = 0; key < kKeys; ++key) {
      const int64_t low = job.board->acknowledged[worker][key];
      const int64_t high = job.board->tried[worker][key];
      const int64_t version = Get(cache, worker, key);
      const bool right =
          version == -2 ? low == 0 : version >= std::max<int64_t>(low, 1) && version <= high;
      if (right) continue;
      ++wrong;
      std::fprintf(stderr, "%s: found %lld, acknowledged %lld, tried %lld\n",
                   KeyName(worker, key).c_str(), static_cast<long long>(version),
                   static_cast<long long>(low), static_cast<long long>(high));
    }
  }
  tapps_cache_close(cache, 0, nullptr);
  tapps_cache_release(cache);
  return wrong == 0 ? 0 : 21;
}

const Register kWrite("write", Write);
const Register kVerify("verify", Verify);

int64_t Acknowledged(Board& board) {
  int64_t versions = 0;
  for (auto& keys : board.acknowledged) {
    for (auto& version : keys) versions += version;
  }
  return versions;
}

TEST(CrashStress, AcknowledgedSyncPutsSurviveKillAtAnyInstant) {
  Crew crew;
  int kills = 0;
  for (const Budget budget; budget.Left(kills); kills += kWriters) {
    for (int worker = 0; worker < kWriters; ++worker) crew.Start("write", worker);
    // The first round lasts until there is something to lose, however busy the machine is.
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    do {
      std::this_thread::sleep_for(std::chrono::microseconds(crew.random()() % 150'000));
    } while (Acknowledged(crew.board()) == 0 && std::chrono::steady_clock::now() < patience);
    crew.KillAll();
    crew.Join();  // they were killed
    crew.Start("verify", 0);
    ASSERT_EQ(crew.Join(), "") << "after " << kills + kWriters << " kills";
  }
  Report("kills", kills);
  Report("slowest opening afterwards, microseconds", crew.board().slowest_open_us);
  EXPECT_GT(Acknowledged(crew.board()), 0) << "no round lasted until a put";
}

}  // namespace
}  // namespace tapps::stress
