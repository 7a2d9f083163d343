// Exactly one record for each operation, whoever submits, cancels and drains at the same time.
#include <atomic>
#include <map>
#include <mutex>
#include <random>

#include "capi/records.h"
#include "support/raw_server.h"

namespace tapps::capi {
namespace {

constexpr int kThreads = 4;
constexpr int kSubmits = 400;  // of each thread

class QueueStress : public CacheTest {
 protected:
  // One of the operations, mostly cheap; 0 was not accepted.
  int64_t SubmitAny(std::mt19937& random, uint64_t user_data) {
    const std::string key = std::to_string(random() % 16);
    switch (random() % 8) {
      case 0:
        return SubmitPut(queue_.get(), key, "v", TAPPS_DURABILITY_SYNC, user_data);
      case 1: {
        int64_t op = 0;
        EXPECT_EQ(tapps_queue_flush(queue_.get(), 0, user_data, &op, nullptr), TAPPS_OK);
        return op;
      }
      case 2:
        return SubmitFetch(queue_.get(), server_.Url("/" + key), user_data);
      case 3: {
        int64_t op = 0;
        EXPECT_EQ(tapps_queue_docs(queue_.get(), "none", nullptr, user_data, &op, nullptr),
                  TAPPS_OK);
        return op;
      }
      case 4:
      case 5:
        return SubmitPut(queue_.get(), key, "v", TAPPS_DURABILITY_ASYNC, user_data);
      default:
        return SubmitGet(queue_.get(), key, user_data);
    }
  }

  test::RawServer server_{[](test::RawServer::Connection& connection) {
    while (!connection.ReadRequest().empty()) {
      if (!connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                            "Cache-Control: no-store\r\n\r\nok")) {
        return;
      }
    }
  }};
  QueueHandle queue_ = OpenQueue();
};

TEST_F(QueueStress, EachOperationEndsInExactlyOneRecord) {
  std::mutex mutex;
  std::map<uint64_t, int> records;  // by user_data
  std::map<int64_t, uint64_t> ops;  // as records name them
  std::atomic<size_t> taken = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(4711U + static_cast<unsigned>(t));
      std::vector<int64_t> mine;
      for (int i = 0; i < kSubmits; ++i) {
        mine.push_back(SubmitAny(random, static_cast<uint64_t>(t * kSubmits + i)));
        EXPECT_GT(mine.back(), 0);
        if (random() % 3 == 0) tapps_queue_cancel(queue_.get(), mine[random() % mine.size()]);
      }
    });
  }
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      while (taken < kThreads * kSubmits) {
        tapps_record raw[7];
        size_t count = 0;
        const int32_t code = tapps_queue_wait(queue_.get(), t == 0 ? 1'000 : 20'000, raw,
                                              t == 0 ? 1 : 7, &count, nullptr);
        EXPECT_TRUE(code == TAPPS_OK || code == TAPPS_E_TIMEOUT) << tapps_code_name(code);
        taken += count;
        const std::lock_guard lock(mutex);
        for (size_t i = 0; i < count; ++i) {
          const Record record(raw[i]);
          ++records[record.user_data];
          EXPECT_TRUE(ops.emplace(record.op, record.user_data).second) << "twice: " << record.op;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(records.size(), size_t{kThreads * kSubmits});
  EXPECT_FALSE(Readable(queue_.get(), 100)) << "more records than operations";
}

// Cancels that race with results: the record is in the queue when cancel returns.
TEST_F(QueueStress, ARecordIsThereWhenCancelReturns) {
  for (int round = 0; round < 500; ++round) {
    const int64_t op = SubmitPut(queue_.get(), "k", "v", TAPPS_DURABILITY_SYNC);
    if (round % 2 == 0) std::this_thread::sleep_for(std::chrono::microseconds(round % 300));
    tapps_queue_cancel(queue_.get(), op);
    const auto records = Drain(queue_.get());
    ASSERT_EQ(records.size(), 1U) << round;
    EXPECT_EQ(records[0].op, op);
  }
}

// A release while other threads' operations end in the queue.
TEST_F(QueueStress, QueuesComeAndGo) {
  std::mt19937 random(99);
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 8; ++i) SubmitAny(random, 0);
    queue_ = OpenQueue();
  }
  EXPECT_EQ(tapps_cache_flush(cache(), 0, nullptr), TAPPS_OK);
  EXPECT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);
}

}  // namespace
}  // namespace tapps::capi
