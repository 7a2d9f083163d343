// Many threads of many processes ask for one URL that nobody has yet.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "stress/crew.h"
#include "support/raw_server.h"

namespace tapps::stress {
namespace {

using test::RawServer;

constexpr int kWorkers = 8;
constexpr int kThreads = 64;
constexpr char kHead[] =
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 8\r\n\r\n";

// The file may take as long as a crowded machine needs to say who asks: nobody shall go alone.
tapps_cache* OpenPatiently(const Job& job) {
  tapps_open_options options{};
  options.struct_size = sizeof options;
  options.lease_wait_us = 30'000'000;
  const std::string agent = "worker-" + std::to_string(job.worker);
  options.user_agent = agent.c_str();
  tapps_cache* cache = nullptr;
  return tapps_cache_open(job.cache_path().c_str(), &options, &cache, nullptr) == TAPPS_OK
             ? cache
             : nullptr;
}

bool FetchIt(tapps_cache* cache, int64_t port) {
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/";
  tapps_value* value = nullptr;
  const void* data = nullptr;
  size_t size = 0;
  const int32_t code =
      tapps_cache_fetch(cache, url.c_str(), nullptr, &value, &data, &size, nullptr);
  const bool right =
      code == TAPPS_OK && std::string(static_cast<const char*>(data), size) == "the body";
  tapps_value_release(value);
  return right;
}

// Board::done holds the port.
int FetchFromManyThreads(const Job& job) {
  tapps_cache* cache = OpenPatiently(job);
  if (cache == nullptr) return 30;
  WaitForGo(*job.board);
  const int64_t port = job.board->done;
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] { right += FetchIt(cache, port) ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  if (tapps_cache_close(cache, 0, nullptr) != TAPPS_OK) return 31;
  tapps_cache_release(cache);
  return right == kThreads ? 0 : 32;
}

const Register kFetch("fetch", FetchFromManyThreads);

TEST(FetchStress, OneRequestForAllThreadsOfAllProcesses) {
  int rounds = 0;
  for (const Budget budget; budget.Left(rounds); ++rounds) {
    std::atomic<int> requests = 0;
    RawServer origin([&](RawServer::Connection& peer) {
      while (!peer.ReadRequest().empty()) {
        ++requests;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the others come meanwhile
        peer.Write(kHead + std::string("the body"));
      }
    });
    Crew crew;
    crew.board().done = origin.port();
    for (int worker = 0; worker < kWorkers; ++worker) crew.Start("fetch", worker);
    crew.Go();
    ASSERT_EQ(crew.Join(), "") << "in round " << rounds + 1;
    ASSERT_EQ(requests, 1) << "in round " << rounds + 1;
  }
  Report("rounds", rounds);
}

// Whoever asks is killed in the middle of the body.
TEST(FetchStress, AnotherTakesOverWithinASecond) {
  int rounds = 0;
  int64_t slowest_ms = 0;
  for (const Budget budget; budget.Left(rounds); ++rounds) {
    std::atomic<int> requests = 0;
    std::atomic<int> leader = -1;
    std::atomic<int64_t> taken_over_ms = 0;
    const auto now_ms = [] {
      return std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::steady_clock::now().time_since_epoch())
          .count();
    };
    RawServer origin([&](RawServer::Connection& peer) {
      for (std::string request = peer.ReadRequest(); !request.empty();
           request = peer.ReadRequest()) {
        const bool first = ++requests == 1;
        peer.Write(kHead + std::string("the "));
        if (first) {
          leader = std::stoi(request.substr(request.find("worker-") + 7));
          return peer.WaitForClose();
        }
        taken_over_ms = now_ms();
        peer.Write("body");
      }
    });
    Crew crew;
    crew.board().done = origin.port();
    for (int worker = 0; worker < kWorkers; ++worker) crew.Start("fetch", worker);
    crew.Go();
    for (int i = 0; leader < 0 && i < 20'000; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_GE(leader, 0) << "nobody asks";
    const int64_t killed_ms = now_ms();
    crew.Kill(leader);
    ASSERT_EQ(crew.Join(), "") << "in round " << rounds + 1;
    ASSERT_EQ(requests, 2) << "in round " << rounds + 1;
    slowest_ms = std::max(slowest_ms, taken_over_ms - killed_ms);
    ASSERT_LT(taken_over_ms - killed_ms, 1000) << "in round " << rounds + 1;
  }
  Report("rounds", rounds);
  Report("slowest take-over in ms", slowest_ms);
}

}  // namespace
}  // namespace tapps::stress
