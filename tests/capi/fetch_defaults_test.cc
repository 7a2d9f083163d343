// Defaults of fetches and their breakers that a host chooses when it opens the cache.
#include <atomic>

#include "capi/lock_holder.h"
#include "capi/records.h"
#include "support/raw_server.h"

namespace tapps::capi {
namespace {

using Connection = test::RawServer::Connection;

class FetchDefaultsTest : public ::testing::Test {
 protected:
  FetchDefaultsTest() { options_.break_failures = 1000; }
  ~FetchDefaultsTest() override { tapps_cache_close(cache_.get(), 0, nullptr); }

  void OpenNow() {
    tapps_cache_close(cache_.get(), 0, nullptr);
    std::string message;
    cache_ = Open(dir_.File("cache.db"), &options_, nullptr, &message);
    ASSERT_NE(cache_, nullptr) << message;
  }
  Answer Fetch(const std::string& path, tapps_fetch_options options = {}) {
    options.struct_size = sizeof options;
    options.timeout_us = 10'000'000;
    const std::string url = origin_.Url(path);
    return Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_cache_fetch(cache_.get(), url.c_str(), &options, value, data, size, err);
    });
  }
  tapps_breaker_info Breaker() {
    const std::string name = "http://127.0.0.1:" + std::to_string(origin_.port());
    tapps_breaker* opened = nullptr;
    EXPECT_EQ(tapps_breaker_open(cache_.get(), name.c_str(), nullptr, &opened, nullptr), TAPPS_OK);
    const BreakerHandle breaker(opened);
    tapps_breaker_info info;
    tapps_breaker_read(breaker.get(), &info);
    return info;
  }

  test::TempDir dir_;
  tapps_open_options options_ = OpenOptions();
  std::string fields_ = "Cache-Control: max-age=0\r\n";
  std::atomic<bool> up_ = true;
  std::atomic<bool> held_ = false;
  std::atomic<int> requests_ = 0;
  test::RawServer origin_{[this](Connection& peer) {
    while (!peer.ReadRequest().empty()) {
      ++requests_;
      if (held_) return peer.WaitForClose();
      const std::string head =
          up_ ? "HTTP/1.1 200 OK\r\n" + fields_ : std::string("HTTP/1.1 503 Down\r\n");
      peer.Write(head + "Content-Length: 4\r\n\r\nbody");
    }
  }};
  CacheHandle cache_;
};

TEST_F(FetchDefaultsTest, HowLongStaleAnswersStandInForAnOriginThatFails) {
  for (const int64_t window : {int64_t{0}, int64_t{TAPPS_UNLIMITED}, int64_t{TAPPS_NONE}}) {
    options_.stale_if_error_us = window;
    OpenNow();
    const std::string path = "/" + std::to_string(window);
    up_ = true;
    ASSERT_EQ(Fetch(path).info.http_status, 200);
    up_ = false;
    // Older than its lifetime by more than nothing.
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const Answer answer = Fetch(path);
    EXPECT_EQ(answer.info.http_status, window == TAPPS_NONE ? 503 : 200) << window;
    EXPECT_EQ(answer.stale(), window != TAPPS_NONE) << window;
  }
  // What the origin says comes first.
  fields_ = "Cache-Control: max-age=0, stale-if-error=600\r\n";
  up_ = true;
  ASSERT_EQ(Fetch("/says").info.http_status, 200);
  up_ = false;
  EXPECT_TRUE(Fetch("/says").stale());
}

TEST_F(FetchDefaultsTest, WhetherLifetimesAreGuessed) {
  fields_ = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  OpenNow();
  (void)Fetch("/");
  (void)Fetch("/");
  EXPECT_EQ(requests_, 1);
  options_.max_heuristic_us = TAPPS_NONE;
  OpenNow();
  (void)Fetch("/");
  EXPECT_EQ(requests_, 2) << "stored by the same rules, judged by others";
}

TEST_F(FetchDefaultsTest, HowManyHeaderBytesAreTaken) {
  fields_ = "X-Long: " + std::string(2000, 'x') + "\r\n";
  OpenNow();
  tapps_fetch_options options{};
  options.max_header_bytes = 1000;
  const Answer refused = Fetch("/", options);
  EXPECT_EQ(refused.code, TAPPS_E_TOO_LARGE);
  EXPECT_HAS(refused.error, "headers of more than 1000 bytes");
  options.max_header_bytes = 4000;
  EXPECT_EQ(Fetch("/", options).str(), "body");
  EXPECT_EQ(Fetch("/").str(), "body");
}

TEST_F(FetchDefaultsTest, HowManyFetchesWaitForAPlace) {
  options_.max_concurrency = 1;
  options_.max_waiting = 2;
  held_ = true;
  OpenNow();
  tapps_queue* opened = nullptr;
  ASSERT_EQ(tapps_queue_open(cache_.get(), &opened, nullptr), TAPPS_OK);
  const QueueHandle queue(opened);
  SubmitFetch(queue.get(), origin_.Url("/inside"));
  ASSERT_TRUE(Eventually([&] { return requests_ == 1; }));
  for (int i = 0; i < 5; ++i) SubmitFetch(queue.get(), origin_.Url("/" + std::to_string(i)));
  for (const Record& record : Await(queue.get(), 3)) {
    EXPECT_EQ(record.code, TAPPS_E_BUSY) << record.error;
    EXPECT_HAS(record.error, "2 requests wait for it already");
  }
  EXPECT_EQ(requests_, 1);
}

TEST_F(FetchDefaultsTest, WhatOpensTheBreakersOfOriginsFromTheirFirstFetchOn) {
  options_.break_failure_rate = 50;
  options_.break_min_calls = 4;
  options_.break_window_calls = 8;
  options_.break_us = 3'600'000'000;
  options_.max_break_us = 7'200'000'000;
  OpenNow();
  for (int i = 0; i < 4; ++i) {
    up_ = i % 2 == 0;
    EXPECT_EQ(Fetch("/" + std::to_string(i)).code, TAPPS_OK) << i;
  }
  EXPECT_EQ(Fetch("/more").code, TAPPS_E_OPEN_CIRCUIT) << "half of four calls failed";
  EXPECT_EQ(Breaker().state, TAPPS_BREAKER_OPEN);
  EXPECT_GT(Breaker().retry_after_us, 3'000'000'000);
}

TEST_F(FetchDefaultsTest, HowLongTheFileIsWaitedForBeforeAFetchGoesAlone) {
  fields_ = "Cache-Control: max-age=60\r\n";
  options_.lease_wait_us = 1'000;
  OpenNow();
  ASSERT_EQ(Put(cache_.get(), "key", "value", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  const auto lone = [&] {
    const Answer stats = Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_cache_stats(cache_.get(), value, data, size, err);
    });
    const std::string name = "\"lone\":";
    const size_t at = stats.bytes.find(name, stats.bytes.find("\"fetch\":"));
    return at == std::string::npos ? -1 : std::stoi(stats.bytes.substr(at + name.size()));
  };
  EXPECT_EQ(lone(), 0);
  LockHolder holder(dir_.File("cache.db"), dir_.File("held"));
  ASSERT_TRUE(holder.held());
  EXPECT_EQ(Fetch("/").str(), "body");
  EXPECT_EQ(lone(), 1);
}

TEST_F(FetchDefaultsTest, HowManyRetriesThereAre) {
  up_ = false;
  options_.retry_us = 1;
  options_.max_retry_us = 1;
  tapps_fetch_options retrying{};
  retrying.retries = 10;
  struct Case {
    int64_t reserve;
    int64_t percent;
    int requests;  // of three fetches; retries are calls too
  };
  for (const Case& one :
       {Case{TAPPS_NONE, TAPPS_NONE, 3}, Case{2, TAPPS_NONE, 5}, Case{TAPPS_NONE, 50, 5}}) {
    options_.retry_reserve = one.reserve;
    options_.retry_percent = one.percent;
    OpenNow();
    requests_ = 0;
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(Fetch("/" + std::to_string(i), retrying).info.http_status, 503);
    }
    EXPECT_EQ(requests_, one.requests) << one.reserve << ", " << one.percent;
  }
}

}  // namespace
}  // namespace tapps::capi
