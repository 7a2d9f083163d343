// Several processes on one file that ask for the same thing. Workers are forked before the parent
// starts its origin.
#include "http/origin_turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "http/await.h"
#include "http/cache_store.h"
#include "http/fetch.h"
#include "storage/store.h"
#include "support/http_server.h"
#include "support/process.h"
#include "support/raw_server.h"
#include "support/temp_dir.h"

namespace tapps::http {
namespace {

using httplib::Request;
using httplib::Response;

// The file may take as long as a busy machine needs to say who asks: nobody shall go alone.
CacheOptions Patient() {
  CacheOptions options;
  options.lease_wait_us = 10 * kSecond;
  return options;
}

// One process's end.
struct Peer {
  explicit Peer(const std::string& path) : cache(*Cache::Open(path, Patient())), store(cache) {}
  FetchRequest Get(const std::string& path) const {
    FetchRequest request;
    request.url = origin + path;
    return request;
  }
  // What it was served from; or the code of the failure; or 0 when the body is not that.
  int64_t Fetch(FetchRequest request, std::string_view body = "body") {
    const auto result = engine.FetchAndWait(std::move(request));
    if (!result.ok()) return result.code();
    return result->body() == body ? result->served_from : 0;
  }

  std::string origin;  // "http://127.0.0.1:PORT"
  std::shared_ptr<Cache> cache;
  CacheStore store;
  BreakerRegistry breakers{BreakerSettings{.max_concurrency = 1}, Clock::Real(),
                           std::random_device()()};
  FetchEngine engine{store, breakers, FetchOptions()};
};

// A process that does a job each time it is told to.
class Worker {
 public:
  using Job = std::function<int64_t(Peer&)>;

  Worker(const std::string& path, Job job)
      : process_([this, &path, &job] {
          Peer peer(path);
          for (int64_t port = orders_.Receive(); port > 0; port = orders_.Receive()) {
            peer.origin = "http://127.0.0.1:" + std::to_string(port);
            const int64_t began = Clock::Real().MonotonicNow();
            results_.Send(job(peer));
            results_.Send((Clock::Real().MonotonicNow() - began) / kMillisecond);
          }
          return 0;
        }) {}

  void Start(int port) { orders_.Send(port); }
  int64_t Result() {
    const int64_t result = results_.Receive();
    took_ms_ = results_.Receive();
    return result;
  }
  // Of the last result.
  int64_t took_ms() const { return took_ms_; }
  void Kill() { process_.Kill(); }

 private:
  test::Pipe orders_;
  test::Pipe results_;
  test::Process process_;
  int64_t took_ms_ = 0;
};

class OriginTurnsTest : public testing::Test {
 protected:
  OriginTurnsTest() {
    EXPECT_TRUE(test::Eventually([] { return storage::Store::Live() == 0; })) << "a test may fork";
  }
  Worker& Add(Worker::Job job) {
    workers_.push_back(std::make_unique<Worker>(dir_.File("cache.db"), std::move(job)));
    return *workers_.back();
  }
  static int64_t FetchRoot(Peer& peer) { return peer.Fetch(peer.Get("/")); }

  test::TempDir dir_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

void Answer(Response& response, const std::string& cache_control) {
  response.set_header("Cache-Control", cache_control);
  response.set_content("body", "text/plain");
}

TEST_F(OriginTurnsTest, ManyThreadsOfManyProcessesMakeOneRequest) {
  constexpr int kThreads = 16;
  for (int i = 0; i < 4; ++i) {
    Add([](Peer& peer) {
      std::atomic<int64_t> right = 0;
      std::vector<std::thread> threads;
      for (int k = 0; k < kThreads; ++k) {
        threads.emplace_back([&] { right += FetchRoot(peer) > 0 ? 1 : 0; });
      }
      for (std::thread& thread : threads) thread.join();
      return right.load();
    });
  }
  std::atomic<int> requests = 0;
  test::HttpServer origin;
  origin.handlers().Get("/", [&](const Request&, Response& response) {
    ++requests;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));  // time for the others to come
    Answer(response, "max-age=60");
  });
  const auto serving = origin.Start();
  for (const auto& worker : workers_) worker->Start(origin.port());
  for (const auto& worker : workers_) EXPECT_EQ(worker->Result(), kThreads);
  EXPECT_EQ(requests, 1);
}

TEST_F(OriginTurnsTest, WhenTheOneThatAsksIsKilledInMidBodyAnotherTakesOver) {
  for (int i = 0; i < 3; ++i) Add(FetchRoot);
  std::atomic<int> requests = 0;
  std::atomic<int64_t> taken_over = 0;
  test::Door half;
  test::RawServer origin([&](test::RawServer::Connection& peer) {
    while (!peer.ReadRequest().empty()) {
      const bool first = ++requests == 1;
      if (!first) taken_over = Clock::Real().MonotonicNow();
      peer.Write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\nbo");
      if (first) {
        half.Open();
        return peer.WaitForClose();
      }
      peer.Write("dy");
    }
  });
  workers_[0]->Start(origin.port());
  half.Pass();
  workers_[1]->Start(origin.port());
  workers_[2]->Start(origin.port());
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // they wait
  EXPECT_EQ(requests, 1);
  const int64_t killed = Clock::Real().MonotonicNow();
  workers_[0]->Kill();
  EXPECT_GT(workers_[1]->Result(), 0);
  EXPECT_GT(workers_[2]->Result(), 0);
  EXPECT_LT(taken_over - killed, kSecond) << "long before the lease's end";
  EXPECT_EQ(requests, 2);
}

TEST_F(OriginTurnsTest, WhatCannotBeSharedIsWaitedForOnceAtMost) {
  for (int i = 0; i < 4; ++i) Add(FetchRoot);
  for (const char* mine : {"no-store", "no-cache", "max-age=0"}) {
    std::atomic<int> requests = 0;
    std::atomic<int> inside = 0;
    test::Door first;
    test::HttpServer origin;
    origin.handlers().Get("/", [&](const Request&, Response& response) {
      if (++requests == 1) {
        first.Pass();
      } else {
        ++inside;  // the others are here all at once
        (void)test::Eventually([&] { return inside == 3; });
      }
      Answer(response, mine);
    });
    const auto serving = origin.Start();
    workers_[0]->Start(origin.port());
    ASSERT_TRUE(test::Eventually([&] { return requests == 1; }));
    for (size_t i = 1; i < 4; ++i) workers_[i]->Start(origin.port());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(requests, 1) << "they wait";
    first.Open();
    for (const auto& worker : workers_) EXPECT_GT(worker->Result(), 0);
    EXPECT_EQ(requests, 4);
    EXPECT_EQ(inside, 3);
    // It is known now, and nobody waits for it again.
    requests = 1;
    inside = 0;
    for (size_t i = 1; i < 4; ++i) workers_[i]->Start(origin.port());
    for (size_t i = 1; i < 4; ++i) EXPECT_GT(workers_[i]->Result(), 0);
    EXPECT_EQ(inside, 3);
  }
}

TEST_F(OriginTurnsTest, AWaitEndsAtTheDeadlineOfWhoWaits) {
  Add(FetchRoot);
  Add([](Peer& peer) {
    FetchRequest request = peer.Get("/");
    request.limits.total_timeout_us = 200 * kMillisecond;
    return peer.Fetch(std::move(request));
  });
  std::atomic<int> requests = 0;
  test::Door door;
  test::HttpServer origin;
  origin.handlers().Get("/", [&](const Request&, Response& response) {
    ++requests;
    door.Pass();
    Answer(response, "max-age=60");
  });
  const auto serving = origin.Start();
  workers_[0]->Start(origin.port());
  ASSERT_TRUE(test::Eventually([&] { return requests == 1; }));
  workers_[1]->Start(origin.port());
  EXPECT_EQ(workers_[1]->Result(), TAPPS_E_TIMEOUT);
  EXPECT_GE(workers_[1]->took_ms(), 200);
  EXPECT_LT(workers_[1]->took_ms(), 1'000);
  door.Open();
  EXPECT_EQ(workers_[0]->Result(), TAPPS_FROM_NETWORK);
  EXPECT_EQ(requests, 1);
}

// Its breaker lets one request through at a time, and that place is taken: it has the turn, but
// does not get to ask before it gives up.
TEST_F(OriginTurnsTest, ATurnThatIsNotUsedIsPassedOn) {
  Add([](Peer& peer) {
    peer.engine.Fetch(peer.Get("/long"), [](const Result<FetchResult>&) {});
    FetchRequest request = peer.Get("/");
    request.limits.total_timeout_us = 500 * kMillisecond;
    return peer.Fetch(std::move(request));
  });
  Add(FetchRoot);
  std::atomic<int> requests = 0;
  test::Door door;
  test::Door taken;
  test::HttpServer origin;
  origin.handlers().Get("/long", [&](const Request&, Response&) {
    taken.Open();
    door.Pass();
  });
  origin.handlers().Get("/", [&](const Request&, Response& response) {
    ++requests;
    Answer(response, "max-age=60");
  });
  const auto serving = origin.Start();
  workers_[0]->Start(origin.port());
  taken.Pass();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  workers_[1]->Start(origin.port());
  EXPECT_EQ(workers_[1]->Result(), TAPPS_FROM_NETWORK);
  EXPECT_LT(workers_[1]->took_ms(), 1'000);
  EXPECT_EQ(workers_[0]->Result(), TAPPS_E_TIMEOUT);
  EXPECT_EQ(requests, 1);
  door.Open();
}

TEST_F(OriginTurnsTest, AnOpenBreakerHoldsUpNobodyElse) {
  Add([](Peer& peer) {
    peer.breakers.Get(peer.origin)->ForceOpen();
    return FetchRoot(peer);
  });
  Add(FetchRoot);
  std::atomic<int> requests = 0;
  test::HttpServer origin;
  origin.handlers().Get("/", [&](const Request&, Response& response) {
    ++requests;
    Answer(response, "max-age=60");
  });
  const auto serving = origin.Start();
  workers_[0]->Start(origin.port());
  workers_[1]->Start(origin.port());
  EXPECT_EQ(workers_[1]->Result(), TAPPS_FROM_NETWORK);
  const int64_t refused = workers_[0]->Result();
  EXPECT_TRUE(refused == TAPPS_E_OPEN_CIRCUIT || refused > 0) << refused;  // or it came second
  EXPECT_EQ(requests, 1);
}

// Requests that differ in anything the answer may depend on are under way at the same time.
TEST_F(OriginTurnsTest, OtherFieldsOrCredentialsAreOtherTurns) {
  const auto with = [](const char* field) {
    return [field](Peer& peer) {
      FetchRequest request = peer.Get("/");
      if (*field != '\0') request.headers.AddLine(field);
      return peer.Fetch(std::move(request));
    };
  };
  Add(with("Authorization: Bearer x"));
  Add(with("Authorization: Bearer x"));
  Add(with("Cookie: a=b"));
  Add(with("Cookie: a=b"));
  Add(with("Accept-Language: de"));
  Add(with("Accept-Language: en"));
  std::atomic<int> inside = 0;
  test::HttpServer origin;
  origin.handlers().Get("/", [&](const Request&, Response& response) {
    ++inside;
    (void)test::Eventually([&] { return inside == 6; });
    response.set_header("Vary", "Accept-Language");
    Answer(response, "max-age=60");
  });
  const auto serving = origin.Start();
  for (const auto& worker : workers_) worker->Start(origin.port());
  for (const auto& worker : workers_) EXPECT_EQ(worker->Result(), TAPPS_FROM_NETWORK);
  EXPECT_EQ(inside, 6);
}

TEST_F(OriginTurnsTest, ARefreshBehindStaleAnswersIsMadeOnce) {
  for (int i = 0; i < 4; ++i) Add(FetchRoot);
  std::atomic<int> requests = 0;
  test::Door door;
  test::HttpServer origin;
  origin.handlers().Get("/", [&](const Request&, Response& response) {
    const bool first = ++requests == 1;
    if (!first) door.Pass();
    Answer(response, first ? "max-age=0, stale-while-revalidate=60" : "max-age=60");
  });
  const auto serving = origin.Start();
  workers_[0]->Start(origin.port());
  EXPECT_EQ(workers_[0]->Result(), TAPPS_FROM_NETWORK);
  for (int round = 0; round < 3; ++round) {
    for (const auto& worker : workers_) worker->Start(origin.port());
    for (const auto& worker : workers_) {
      const int64_t from = worker->Result();
      EXPECT_TRUE(from == TAPPS_FROM_MEMORY || from == TAPPS_FROM_DISK) << from;
    }
  }
  ASSERT_TRUE(test::Eventually([&] { return requests == 2; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  door.Open();
  EXPECT_EQ(requests, 2);
}

}  // namespace
}  // namespace tapps::http
