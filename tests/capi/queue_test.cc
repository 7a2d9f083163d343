// Completion queues: what a host's event loop builds on.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <nlohmann/json.hpp>

#include "capi/records.h"
#include "support/process_state.h"
#include "support/raw_server.h"

namespace tapps::capi {
namespace {

class QueueTest : public CacheTest {
 protected:
  tapps_queue* queue() { return queue_.get(); }
  QueueHandle queue_ = OpenQueue();
};

TEST_F(QueueTest, OperationsEndInARecordOfTheirKind) {
  const int64_t put = SubmitPut(queue(), "k", "value", TAPPS_DURABILITY_SYNC, 1);
  EXPECT_EQ(Await(queue(), 1)[0].kind, TAPPS_RECORD_PUT);
  const int64_t get = SubmitGet(queue(), "k", UINT64_MAX);
  auto records = Await(queue(), 1);
  EXPECT_EQ(records[0].op, get);
  EXPECT_GT(get, put);
  EXPECT_EQ(records[0].kind, TAPPS_RECORD_GET);
  EXPECT_EQ(records[0].user_data, UINT64_MAX);
  EXPECT_EQ(records[0].bytes, "value");
  int64_t flush = 0;
  ASSERT_EQ(tapps_queue_flush(queue(), 0, 3, &flush, nullptr), TAPPS_OK);
  records = Await(queue(), 1);
  EXPECT_EQ(records[0].kind, TAPPS_RECORD_FLUSH);
  EXPECT_EQ(records[0].code, TAPPS_OK);
  EXPECT_EQ(records[0].op, flush);
  SubmitGet(queue(), "missing");
  records = Await(queue(), 1);
  EXPECT_EQ(records[0].code, TAPPS_E_NOT_FOUND);
  EXPECT_EQ(records[0].value, nullptr);
  EXPECT_NE(records[0].error, "");
}

TEST_F(QueueTest, WhatIsSubmittedMayChangeAfterTheCall) {
  std::string key = "key";
  std::string bytes(100'000, 'v');
  std::string source = "source";
  tapps_put_options options{};
  options.struct_size = sizeof options;
  options.durability = TAPPS_DURABILITY_SYNC;
  options.source = source.c_str();
  ASSERT_EQ(tapps_queue_put(queue(), nullptr, key.data(), key.size(), bytes.data(), bytes.size(),
                            &options, 0, nullptr, nullptr),
            TAPPS_OK);
  key.assign(3, 'x');
  bytes.assign(bytes.size(), 'x');
  source.assign(6, 'x');
  EXPECT_EQ(Await(queue(), 1)[0].code, TAPPS_OK);
  const Answer answer = Get(cache(), "key");
  EXPECT_TRUE(answer.bytes == std::string(100'000, 'v'));
  EXPECT_EQ(answer.text(TAPPS_TEXT_SOURCE), "source");
}

TEST_F(QueueTest, TheDescriptorIsReadableIffRecordsWait) {
  EXPECT_FALSE(Readable(queue()));
  SubmitGet(queue(), "a");
  SubmitGet(queue(), "b");
  EXPECT_TRUE(Readable(queue(), 10'000));
  ASSERT_TRUE(Eventually([&] { return Drain(queue(), 1).size() == 1; }));
  Await(queue(), 1);
  EXPECT_FALSE(Readable(queue()));
  EXPECT_EQ(Drain(queue()).size(), 0U);
}

TEST_F(QueueTest, APartialDrainSignalsEdgeTriggeredWatchersAnew) {
  const int watcher = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{EPOLLIN | EPOLLET, {}};
  ASSERT_EQ(epoll_ctl(watcher, EPOLL_CTL_ADD, static_cast<int>(tapps_queue_fd(queue())), &event),
            0);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 3; ++i) SubmitPut(queue(), "k", "v", TAPPS_DURABILITY_MEMORY);
    for (int taken = 0; taken < 3;) {
      ASSERT_EQ(epoll_wait(watcher, &event, 1, 10'000), 1) << "round " << round << ", " << taken;
      taken += static_cast<int>(Drain(queue(), 1).size());
    }
    while (epoll_wait(watcher, &event, 1, 0) == 1) EXPECT_EQ(Drain(queue()).size(), 0U);
    EXPECT_FALSE(Readable(queue()));
  }
  close(watcher);
}

TEST_F(QueueTest, QueuesDoNotMixTheirRecords) {
  const QueueHandle other = OpenQueue();
  SubmitGet(queue(), "a", 1);
  SubmitGet(other.get(), "b", 2);
  EXPECT_EQ(Await(queue(), 1)[0].user_data, 1U);
  EXPECT_EQ(Await(other.get(), 1)[0].user_data, 2U);
}

TEST_F(QueueTest, WaitHonoursItsTimeout) {
  tapps_record record;
  size_t count = 1;
  EXPECT_LT(MillisecondsOf([&] {
              EXPECT_EQ(tapps_queue_wait(queue(), 0, &record, 1, &count, nullptr), TAPPS_E_TIMEOUT);
            }),
            5'000);
  EXPECT_EQ(count, 0U);
  const int64_t waited = MillisecondsOf([&] {
    EXPECT_EQ(tapps_queue_wait(queue(), 60'000, &record, 1, &count, nullptr), TAPPS_E_TIMEOUT);
  });
  EXPECT_GE(waited, 59);
  EXPECT_LT(waited, 5'000);
}

TEST_F(QueueTest, WaitersWakeForARecord) {
  std::thread waiter([&] {
    tapps_record record;
    size_t count = 0;
    EXPECT_EQ(tapps_queue_wait(queue(), TAPPS_UNLIMITED, &record, 1, &count, nullptr), TAPPS_OK);
    EXPECT_EQ(count, 1U);
    tapps_error_release(record.error);
  });
  SubmitGet(queue(), "a");
  waiter.join();
}

TEST_F(QueueTest, WaitersAreToldOfTheCachesClose) {
  std::vector<std::thread> waiters;
  for (int i = 0; i < 3; ++i) {
    waiters.emplace_back([&] {
      tapps_record record;
      size_t count = 0;
      EXPECT_EQ(tapps_queue_wait(queue(), TAPPS_UNLIMITED, &record, 1, &count, nullptr),
                TAPPS_E_CLOSED);
    });
  }
  EXPECT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);
  for (std::thread& waiter : waiters) waiter.join();
  int64_t op = 5;
  EXPECT_EQ(tapps_queue_get(queue(), nullptr, "k", 1, nullptr, 0, &op, nullptr), TAPPS_E_CLOSED);
  EXPECT_EQ(op, 0);
}

TEST_F(QueueTest, RecordsOutliveTheCachesClose) {
  SubmitPut(queue(), "k", "v", TAPPS_DURABILITY_SYNC, 9);
  ASSERT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);
  const auto records = Await(queue(), 1);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].user_data, 9U);
  EXPECT_EQ(records[0].code, TAPPS_OK);
  tapps_record record;
  size_t count = 0;
  EXPECT_EQ(tapps_queue_wait(queue(), TAPPS_UNLIMITED, &record, 1, &count, nullptr),
            TAPPS_E_CLOSED);
}

class HangingQueueTest : public QueueTest {
 protected:
  // With nothing in memory, and without a bound on calls to one origin.
  void Reopen() {
    queue_.reset();
    tapps_cache_close(cache(), 0, nullptr);
    tapps_open_options options = OpenOptions();
    options.max_concurrency = TAPPS_UNLIMITED;
    cache_ = Open(path_, &options);
    ASSERT_NE(cache_, nullptr);
    queue_ = OpenQueue();
  }
  test::RawServer hangs_{[](test::RawServer::Connection& connection) {
    connection.ReadRequest();
    connection.WaitForClose();
  }};
};

TEST_F(HangingQueueTest, CancelEndsAnOperationOnceAndAtOnce) {
  const int64_t op = SubmitFetch(queue(), hangs_.Url(), 4);
  ASSERT_TRUE(hangs_.AwaitConnections(1));
  tapps_queue_cancel(queue(), op);
  auto records = Drain(queue());
  ASSERT_EQ(records.size(), 1U) << "the record is there when cancel returns";
  EXPECT_EQ(records[0].op, op);
  EXPECT_EQ(records[0].kind, TAPPS_RECORD_FETCH);
  EXPECT_EQ(records[0].code, TAPPS_E_CANCELLED);
  EXPECT_EQ(records[0].user_data, 4U);
  tapps_queue_cancel(queue(), op);
  tapps_queue_cancel(queue(), op + 1000);
  tapps_queue_cancel(queue(), 0);
  tapps_queue_cancel(queue(), -1);
  EXPECT_FALSE(Readable(queue()));
}

TEST_F(HangingQueueTest, ReleaseWithWorkUnderWayEndsIt) {
  for (int i = 0; i < 3; ++i) SubmitFetch(queue(), hangs_.Url("/" + std::to_string(i)));
  SubmitPut(queue(), "k", "v", TAPPS_DURABILITY_SYNC);
  ASSERT_TRUE(hangs_.AwaitConnections(1));
  EXPECT_LT(MillisecondsOf([&] { queue_.reset(); }), 1'000);
  EXPECT_EQ(tapps_cache_flush(cache(), 0, nullptr), TAPPS_OK);
  EXPECT_LT(MillisecondsOf([&] { tapps_cache_close(cache(), 0, nullptr); }), 3'000);
}

TEST_F(HangingQueueTest, CloseWithWorkUnderWayEndsItWithARecordEach) {
  std::vector<int64_t> ops;
  for (int i = 0; i < 12; ++i)
    ops.push_back(SubmitFetch(queue(), hangs_.Url("/" + std::to_string(i))));
  ASSERT_TRUE(hangs_.AwaitConnections(1));
  EXPECT_LT(MillisecondsOf([&] { tapps_cache_close(cache(), 2'000'000, nullptr); }), 4'000);
  const auto records = Await(queue(), ops.size());
  for (const Record& record : records) EXPECT_NE(record.code, TAPPS_OK);
  tapps_record record;
  size_t count = 0;
  EXPECT_EQ(tapps_queue_wait(queue(), TAPPS_UNLIMITED, &record, 1, &count, nullptr),
            TAPPS_E_CLOSED);
}

// Documents and warm runs wait for the network; reading the file waits for neither.
TEST_F(HangingQueueTest, LookupsThatHangKeepNobodyElseWaiting) {
  ASSERT_EQ(Put(cache(), "cold", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  Reopen();
  const std::string url = hangs_.Url("/{library}");
  tapps_docs_options options{};
  options.struct_size = sizeof options;
  options.url_template = url.c_str();
  options.ecosystem = "npm";
  for (int i = 0; i < 20; ++i) {
    const std::string library = "lib" + std::to_string(i);
    ASSERT_EQ(tapps_queue_docs(queue(), library.c_str(), &options, 0, nullptr, nullptr), TAPPS_OK);
  }
  ASSERT_TRUE(hangs_.AwaitConnections(16));
  const QueueHandle other = OpenQueue();
  EXPECT_LT(MillisecondsOf([&] {
              SubmitGet(other.get(), "cold");
              EXPECT_EQ(Await(other.get(), 1)[0].bytes, "v");
            }),
            5'000);
  EXPECT_LT(MillisecondsOf([&] {
              SubmitFetch(other.get(), hangs_.Url("/late"), 0, 300'000);
              EXPECT_EQ(Await(other.get(), 1)[0].code, TAPPS_E_TIMEOUT);
            }),
            5'000);
}

TEST_F(HangingQueueTest, AWarmRunLooksUpAsManyAtOnceAsItWasTold) {
  Reopen();
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += "lib" + std::to_string(i) + "==1.0\n";
  dir_.Write("project/requirements.txt", lines);
  const std::string url = hangs_.Url("/{library}");
  tapps_warm_options options{};
  options.struct_size = sizeof options;
  options.url_template = url.c_str();
  options.concurrency = 16;
  tapps_plan* plan = nullptr;
  ASSERT_EQ(tapps_plan_open(cache(), dir_.File("project").c_str(), &options, &plan, nullptr),
            TAPPS_OK);
  const PlanHandle owner(plan);
  int64_t op = 0;
  ASSERT_EQ(tapps_queue_warm(queue(), plan, 0, &op, nullptr), TAPPS_OK);
  EXPECT_TRUE(hangs_.AwaitConnections(16));
  EXPECT_EQ(hangs_.connections(), 16);
  tapps_queue_cancel(queue(), op);
}

TEST_F(QueueTest, CloseEndsTheWaitForAPermit) {
  tapps_breaker_options options{};
  options.struct_size = sizeof options;
  options.max_concurrency = 1;
  tapps_breaker* opened = nullptr;
  ASSERT_EQ(tapps_breaker_open(cache(), "service", &options, &opened, nullptr), TAPPS_OK);
  const BreakerHandle breaker(opened);
  constexpr int64_t kDay = 86'400'000'000;
  int64_t taken = 0;
  ASSERT_EQ(tapps_breaker_acquire(opened, &taken, nullptr), TAPPS_OK);
  ASSERT_EQ(tapps_queue_acquire(queue(), opened, kDay, 8, nullptr, nullptr), TAPPS_OK);
  std::thread waiter([&] {
    int64_t permit = 0;
    EXPECT_EQ(tapps_breaker_wait(opened, kDay, &permit, nullptr), TAPPS_E_CLOSED);
  });
  ASSERT_TRUE(Eventually([&] {
    tapps_breaker_info info;
    tapps_breaker_read(opened, &info);
    return info.waiting == 2;
  }));
  EXPECT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);
  EXPECT_EQ(test::CountThreads("tapps-breaker"), 0);
  const auto records = Drain(queue());
  ASSERT_EQ(records.size(), 1U) << "the record is there when close returns";
  EXPECT_EQ(records[0].user_data, 8U);
  EXPECT_EQ(records[0].code, TAPPS_E_CLOSED);
  waiter.join();
  tapps_record record;
  size_t count = 0;
  EXPECT_EQ(tapps_queue_wait(queue(), TAPPS_UNLIMITED, &record, 1, &count, nullptr),
            TAPPS_E_CLOSED);
}

TEST_F(QueueTest, AReleaseEndsTheWaitsOfOtherThreads) {
  for (int round = 0; round < 20; ++round) {
    QueueHandle released = OpenQueue();
    std::vector<std::thread> waiters;
    std::array<std::atomic<int>, 4> about_to_wait{};  // their thread ids
    for (std::atomic<int>& waiter : about_to_wait) {
      waiters.emplace_back([&waiter, queue = released.get()] {
        tapps_record record;
        size_t count = 0;
        EXPECT_EQ(tapps_queue_wait(queue, 0, &record, 1, &count, nullptr), TAPPS_E_TIMEOUT);
        waiter = gettid();
        EXPECT_EQ(tapps_queue_wait(queue, TAPPS_UNLIMITED, &record, 1, &count, nullptr),
                  TAPPS_E_CLOSED);
      });
    }
    ASSERT_TRUE(Eventually([&] {
      return std::all_of(about_to_wait.begin(), about_to_wait.end(),
                         [](int id) { return id != 0 && test::IsAsleep(id); });
    }));
    released.reset();
    for (std::thread& waiter : waiters) waiter.join();
  }
}

TEST_F(QueueTest, NotifyIsCalledWhenTheQueueStopsBeingEmpty) {
  std::atomic<int> calls = 0;
  const auto notify = [](void* context) { ++*static_cast<std::atomic<int>*>(context); };
  tapps_queue_notify(queue(), notify, &calls);
  SubmitPut(queue(), "k", "v", TAPPS_DURABILITY_SYNC);
  ASSERT_TRUE(Eventually([&] { return calls == 1; }));
  for (int i = 0; i < 5; ++i) SubmitPut(queue(), "k", "v", TAPPS_DURABILITY_SYNC);
  ASSERT_EQ(tapps_cache_flush(cache(), 0, nullptr), TAPPS_OK);
  EXPECT_EQ(calls, 1) << "it was not empty";
  Await(queue(), 6);
  SubmitPut(queue(), "k", "v", TAPPS_DURABILITY_SYNC);
  ASSERT_TRUE(Eventually([&] { return calls == 2; }));
  tapps_queue_notify(queue(), nullptr, nullptr);
  Await(queue(), 1);
  SubmitPut(queue(), "k", "v", TAPPS_DURABILITY_SYNC);
  Await(queue(), 1);
  EXPECT_EQ(calls, 2);
}

TEST_F(QueueTest, BreakerTransitionsAreEvents) {
  tapps_breaker_options options{};
  options.struct_size = sizeof options;
  options.failures = 1;
  tapps_breaker* opened = nullptr;
  ASSERT_EQ(tapps_breaker_open(cache(), "docs service", &options, &opened, nullptr), TAPPS_OK);
  const BreakerHandle breaker(opened);
  const QueueHandle deaf = OpenQueue();
  ASSERT_EQ(tapps_queue_subscribe(queue(), 1U << (TAPPS_EVENT_BREAKER - 64), nullptr), TAPPS_OK);
  int64_t permit = 0;
  ASSERT_EQ(tapps_breaker_acquire(breaker.get(), &permit, nullptr), TAPPS_OK);
  tapps_breaker_report(breaker.get(), permit, TAPPS_OUTCOME_FAILURE);
  const auto records = Await(queue(), 1);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].kind, TAPPS_EVENT_BREAKER);
  EXPECT_EQ(records[0].op, 0);
  EXPECT_EQ(records[0].code, TAPPS_OK);
  const auto json = nlohmann::json::parse(records[0].bytes, nullptr, false);
  ASSERT_TRUE(json.is_object()) << records[0].bytes;
  EXPECT_EQ(json.value("name", ""), "docs service");
  EXPECT_EQ(json.value("to", ""), "OPEN");
  EXPECT_FALSE(Readable(deaf.get())) << "it did not subscribe";

  ASSERT_EQ(tapps_queue_subscribe(queue(), 0, nullptr), TAPPS_OK);
  ASSERT_EQ(tapps_breaker_force(breaker.get(), TAPPS_BREAKER_AUTO, nullptr), TAPPS_OK);
  EXPECT_FALSE(Readable(queue(), 50));
}

TEST_F(QueueTest, EventsAreDroppedBeyond4096) {
  tapps_breaker* opened = nullptr;
  ASSERT_EQ(tapps_breaker_open(cache(), "b", nullptr, &opened, nullptr), TAPPS_OK);
  const BreakerHandle breaker(opened);
  ASSERT_EQ(tapps_queue_subscribe(queue(), 1U << (TAPPS_EVENT_BREAKER - 64), nullptr), TAPPS_OK);
  for (int i = 0; i < 2500; ++i) {
    tapps_breaker_force(breaker.get(), TAPPS_BREAKER_FORCE_OPEN, nullptr);
    tapps_breaker_force(breaker.get(), TAPPS_BREAKER_AUTO, nullptr);
  }
  SubmitGet(queue(), "k", 8);
  const auto records = Await(queue(), 4097);
  ASSERT_EQ(records.size(), 4097U);
  EXPECT_FALSE(Readable(queue()));
  EXPECT_EQ(records.back().user_data, 8U) << "the end of an operation is never dropped";
}

}  // namespace
}  // namespace tapps::capi
