// Handles go in any order, from any thread; close is the end of calls, not of what was accepted.
#include <random>

#include "capi/lock_holder.h"
#include "capi/records.h"
#include "support/process_state.h"
#include "support/raw_server.h"

namespace tapps::capi {
namespace {

using LifetimeTest = CacheTest;

TEST_F(LifetimeTest, AfterCloseCallsSayClosed) {
  ASSERT_EQ(Put(cache(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  const QueueHandle queue = OpenQueue();
  tapps_cursor* opened = nullptr;
  ASSERT_EQ(tapps_cursor_open(cache(), nullptr, nullptr, 0, &opened, nullptr), TAPPS_OK);
  const CursorHandle cursor(opened);
  tapps_breaker* made = nullptr;
  ASSERT_EQ(tapps_breaker_open(cache(), "b", nullptr, &made, nullptr), TAPPS_OK);
  const BreakerHandle breaker(made);
  tapps_plan* planned = nullptr;
  ASSERT_EQ(tapps_plan_open(cache(), dir_.path().c_str(), nullptr, &planned, nullptr), TAPPS_OK);
  const PlanHandle plan(planned);
  const Answer held = Get(cache(), "k");
  ASSERT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);

  tapps_value* value = nullptr;
  tapps_entry entry;
  tapps_get_item get{"k", 1, nullptr, nullptr, 0, 0, 0};
  const tapps_put_item put{"k", 1, "v", 1};
  int64_t number = 0;
  tapps_queue* no_queue = nullptr;
  tapps_cursor* no_cursor = nullptr;
  tapps_breaker* no_breaker = nullptr;
  tapps_plan* no_plan = nullptr;
  tapps_queue* q = queue.get();
  const char* url = "http://127.0.0.1:1/";
  const int32_t codes[] = {
      tapps_cache_get(cache(), nullptr, "k", 1, nullptr, &value, nullptr, nullptr, nullptr),
      tapps_cache_get_many(cache(), nullptr, &get, 1, nullptr, nullptr),
      tapps_cache_put(cache(), nullptr, "k", 1, "v", 1, nullptr, nullptr),
      tapps_cache_put_many(cache(), nullptr, &put, 1, nullptr, nullptr),
      tapps_cache_delete(cache(), nullptr, "k", 1, 0, nullptr),
      tapps_cache_delete_all(cache(), nullptr, nullptr, nullptr),
      tapps_cache_touch(cache(), nullptr, "k", 1, 0, nullptr),
      tapps_cache_contains(cache(), nullptr, "k", 1, nullptr, nullptr),
      tapps_cache_swap(cache(), nullptr, "k", 1, 0, "v", 1, nullptr, nullptr, nullptr),
      tapps_cache_count(cache(), nullptr, nullptr, nullptr, nullptr),
      tapps_cache_set_space(cache(), nullptr, nullptr, nullptr),
      tapps_cache_load_finish(cache(), 1, "v", 1, nullptr, nullptr),
      tapps_cache_flush(cache(), 0, nullptr),
      tapps_cache_stats(cache(), &value, nullptr, nullptr, nullptr),
      tapps_cache_fetch(cache(), url, nullptr, &value, nullptr, nullptr, nullptr),
      tapps_docs_lookup(cache(), "react", nullptr, &value, nullptr, nullptr, nullptr),
      tapps_cursor_open(cache(), nullptr, nullptr, 0, &no_cursor, nullptr),
      tapps_cursor_next(cursor.get(), &entry, nullptr),
      tapps_queue_open(cache(), &no_queue, nullptr),
      tapps_queue_get(q, nullptr, "k", 1, nullptr, 0, &number, nullptr),
      tapps_queue_put(q, nullptr, "k", 1, "v", 1, nullptr, 0, &number, nullptr),
      tapps_queue_flush(q, 0, 0, &number, nullptr),
      tapps_queue_fetch(q, url, nullptr, 0, &number, nullptr),
      tapps_queue_docs(q, "react", nullptr, 0, &number, nullptr),
      tapps_queue_warm(q, plan.get(), 0, &number, nullptr),
      tapps_queue_subscribe(q, 2, nullptr),
      tapps_plan_open(cache(), dir_.path().c_str(), nullptr, &no_plan, nullptr),
      tapps_breaker_open(cache(), "b", nullptr, &no_breaker, nullptr),
      tapps_breaker_acquire(breaker.get(), &number, nullptr),
      tapps_breaker_force(breaker.get(), TAPPS_BREAKER_AUTO, nullptr),
  };
  for (size_t i = 0; i < std::size(codes); ++i) {
    EXPECT_EQ(codes[i], TAPPS_E_CLOSED) << i << ": " << tapps_code_name(codes[i]);
  }
  EXPECT_EQ(tapps_cache_state(cache()), TAPPS_STATE_CLOSED);
  EXPECT_EQ(tapps_cache_path(cache()), path_);
  EXPECT_EQ(held.bytes, "v");
  EXPECT_STREQ(static_cast<const char*>(tapps_value_data(held.value.get(), nullptr)), "v");
  EXPECT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK) << "closing twice is no error";
  EXPECT_TRUE(Eventually([] { return test::CountThreads() == 1; })) << "close ends the threads";
}

TEST_F(LifetimeTest, WhatWasQueuedIsWrittenByCloseAndByRelease) {
  for (const bool close : {true, false}) {
    cache_ = Open(path_);
    ASSERT_NE(cache_, nullptr);
    for (int i = 0; i < 500; ++i) {
      ASSERT_EQ(Put(cache(), (close ? "c" : "r") + std::to_string(i), "v"), TAPPS_OK);
    }
    if (close) {
      EXPECT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);
    }
    cache_.reset();
    EXPECT_TRUE(Eventually([] { return test::CountThreads() == 1; }));
  }
  cache_ = Open(path_);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(Get(cache(), "c" + std::to_string(i)).str(), "v");
    EXPECT_EQ(Get(cache(), "r" + std::to_string(i)).str(), "v");
  }
}

TEST_F(LifetimeTest, HandlesGoInAnyOrderFromAnyThread) {
  test::RawServer hangs([](test::RawServer::Connection& connection) {
    connection.ReadRequest();
    connection.WaitForClose();
  });
  cache_.reset();
  std::mt19937 random(20240229);
  for (int round = 0; round < 40; ++round) {
    CacheHandle cache = Open(path_);
    ASSERT_NE(cache, nullptr);
    tapps_cache* c = cache.get();
    tapps_queue* queue = nullptr;
    tapps_cursor* cursor = nullptr;
    tapps_breaker* breaker = nullptr;
    tapps_plan* plan = nullptr;
    ASSERT_EQ(Put(c, "k" + std::to_string(round), "v"), TAPPS_OK);
    ASSERT_EQ(tapps_queue_open(c, &queue, nullptr), TAPPS_OK);
    ASSERT_EQ(tapps_cursor_open(c, nullptr, nullptr, 0, &cursor, nullptr), TAPPS_OK);
    ASSERT_EQ(tapps_breaker_open(c, "b", nullptr, &breaker, nullptr), TAPPS_OK);
    ASSERT_EQ(tapps_plan_open(c, dir_.path().c_str(), nullptr, &plan, nullptr), TAPPS_OK);
    Answer value = Get(c, "k" + std::to_string(round));
    SubmitPut(queue, "async", "v", TAPPS_DURABILITY_SYNC);
    SubmitGet(queue, "other");
    if (round % 4 == 0) SubmitFetch(queue, hangs.Url("/" + std::to_string(round)));
    std::vector<std::function<void()>> releases = {
        [&] { cache.reset(); },
        [&] { tapps_queue_release(queue); },
        [&] { tapps_cursor_release(cursor); },
        [&] { tapps_breaker_release(breaker); },
        [&] { tapps_plan_release(plan); },
        [&] { value.value.reset(); },
    };
    if (round % 3 == 0) {
      releases.emplace_back([&] { tapps_cache_close(c, 100'000, nullptr); });
      releases[0] = [] {};  // close and release of one handle are the caller's to order
    }
    std::shuffle(releases.begin(), releases.end(), random);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < releases.size(); ++i) {
      if (round % 2 == 0) {
        releases[i]();
      } else {
        threads.emplace_back(releases[i]);
      }
    }
    for (std::thread& thread : threads) thread.join();
  }
  cache_ = Open(path_);
  for (int round = 0; round < 40; ++round) {
    EXPECT_EQ(Get(cache(), "k" + std::to_string(round)).str(), "v") << round;
  }
}

TEST_F(LifetimeTest, ReleaseDoesNotWait) {
  test::RawServer hangs([](test::RawServer::Connection& connection) {
    connection.ReadRequest();
    connection.WaitForClose();
  });
  QueueHandle queue = OpenQueue();
  SubmitFetch(queue.get(), hangs.Url());
  ASSERT_TRUE(hangs.AwaitConnections(1));
  for (int i = 0; i < 2000; ++i) Put(cache(), std::to_string(i), std::string(4000, 'v'));
  EXPECT_LT(MillisecondsOf([&] { cache_.reset(); }), 200);
  EXPECT_LT(MillisecondsOf([&] { queue.reset(); }), 200);
}

TEST_F(LifetimeTest, NobodyWaitsBeyondTheirDeadlineForALockedFile) {
  ASSERT_EQ(Put(cache(), "before", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  LockHolder holder(path_, dir_.File("locked"));
  ASSERT_TRUE(holder.held());
  EXPECT_EQ(Put(cache(), "async", "v"), TAPPS_OK);
  EXPECT_EQ(Get(cache(), "async").str(), "v");
  EXPECT_EQ(Get(cache(), "before").str(), "v");
  tapps_put_options options{};
  options.struct_size = sizeof options;
  options.durability = TAPPS_DURABILITY_SYNC;
  options.timeout_us = 100'000;
  int32_t code = TAPPS_OK;
  EXPECT_LT(MillisecondsOf([&] {
              code = tapps_cache_put(cache(), nullptr, "sync", 4, "v", 1, &options, nullptr);
            }),
            2'000);
  EXPECT_EQ(code, TAPPS_E_TIMEOUT);
  EXPECT_EQ(Get(cache(), "sync").code, TAPPS_E_NOT_FOUND) << "it was withdrawn";
  Err err;
  EXPECT_LT(MillisecondsOf([&] { code = tapps_cache_flush(cache(), 100'000, err); }), 2'000);
  EXPECT_NE(code, TAPPS_OK);
  EXPECT_LT(MillisecondsOf([&] { code = tapps_cache_close(cache(), 200'000, err); }), 3'000);
  EXPECT_EQ(code, TAPPS_E_TIMEOUT) << err.message();
  cache_.reset();
  holder.LetGo();
  // What was accepted is written in the background.
  EXPECT_TRUE(Eventually([] { return test::CountThreads() == 1; }));
  cache_ = Open(path_);
  ASSERT_NE(cache_, nullptr);
  EXPECT_EQ(Get(cache(), "async").str(), "v");
  EXPECT_EQ(Get(cache(), "sync").code, TAPPS_E_NOT_FOUND);
}

}  // namespace
}  // namespace tapps::capi
