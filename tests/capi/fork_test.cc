// A child of fork() is told so by every call, and never blocks, crashes or touches the file.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "capi/api.h"
#include "capi/lock_holder.h"
#include "support/process.h"

namespace tapps::capi {
namespace {

class ForkTest : public CacheTest {
 protected:
  // The line of the first check that failed in the child, 0 for none.
  void InChild(const std::function<int()>& body) {
    test::Process child(body);
    EXPECT_EQ(child.Wait(), 0) << "number of the check that failed in the child";
  }
};

TEST_F(ForkTest, EveryCallOnInheritedObjectsSaysForked) {
  ASSERT_EQ(Put(cache(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  const QueueHandle queue = OpenQueue();
  tapps_cursor* cursor = nullptr;
  ASSERT_EQ(tapps_cursor_open(cache(), nullptr, nullptr, 0, &cursor, nullptr), TAPPS_OK);
  tapps_breaker* breaker = nullptr;
  ASSERT_EQ(tapps_breaker_open(cache(), "b", nullptr, &breaker, nullptr), TAPPS_OK);
  InChild([&] {
    Err err;
    tapps_value* value = nullptr;
    tapps_cursor* other = nullptr;
    tapps_queue* more = nullptr;
    tapps_breaker* another = nullptr;
    tapps_plan* plan = nullptr;
    tapps_entry entry;
    tapps_record record;
    tapps_get_item item{"k", 1, nullptr, nullptr, 0, 0, 0};
    const tapps_put_item put{"k", 1, "v", 1};
    size_t count = 0;
    int64_t number = 0;
    const int32_t codes[] = {
        tapps_cache_get(cache(), nullptr, "k", 1, nullptr, &value, nullptr, nullptr, err),
        tapps_cache_get_many(cache(), nullptr, &item, 1, nullptr, err),
        tapps_cache_put(cache(), nullptr, "k", 1, "w", 1, nullptr, err),
        tapps_cache_put_many(cache(), nullptr, &put, 1, nullptr, err),
        tapps_cache_delete(cache(), nullptr, "k", 1, 0, err),
        tapps_cache_delete_all(cache(), nullptr, nullptr, err),
        tapps_cache_touch(cache(), nullptr, "k", 1, 0, err),
        tapps_cache_contains(cache(), nullptr, "k", 1, nullptr, err),
        tapps_cache_swap(cache(), nullptr, "k", 1, 0, "v", 1, nullptr, nullptr, err),
        tapps_cache_count(cache(), nullptr, nullptr, nullptr, err),
        tapps_cache_load_finish(cache(), 1, "v", 1, nullptr, err),
        tapps_cache_flush(cache(), 0, err),
        tapps_cache_stats(cache(), &value, nullptr, nullptr, err),
        tapps_cache_fetch(cache(), "http://127.0.0.1:1/", nullptr, &value, nullptr, nullptr, err),
        tapps_docs_lookup(cache(), "react", nullptr, &value, nullptr, nullptr, err),
        tapps_cursor_open(cache(), nullptr, nullptr, 0, &other, err),
        tapps_cursor_next(cursor, &entry, err),
        tapps_queue_open(cache(), &more, err),
        tapps_queue_wait(queue.get(), 0, &record, 1, &count, err),
        tapps_queue_get(queue.get(), nullptr, "k", 1, nullptr, 0, &number, err),
        tapps_queue_put(queue.get(), nullptr, "k", 1, "v", 1, nullptr, 0, &number, err),
        tapps_queue_flush(queue.get(), 0, 0, &number, err),
        tapps_queue_fetch(queue.get(), "http://127.0.0.1:1/", nullptr, 0, &number, err),
        tapps_queue_docs(queue.get(), "react", nullptr, 0, &number, err),
        tapps_queue_subscribe(queue.get(), 2, err),
        tapps_plan_open(cache(), dir_.path().c_str(), nullptr, &plan, err),
        tapps_breaker_open(cache(), "b", nullptr, &another, err),
        tapps_breaker_acquire(breaker, &number, err),
        tapps_breaker_force(breaker, TAPPS_BREAKER_AUTO, err),
        tapps_cache_close(cache(), 0, err),
    };
    int check = 0;
    for (const int32_t code : codes) {
      ++check;
      if (code != TAPPS_E_FORKED) return check;
    }
    // What returns no code has no effect; a lock may be held in the parent.
    if (tapps_queue_drain(queue.get(), &record, 1) != 0) return 101;
    tapps_queue_cancel(queue.get(), 1);
    tapps_queue_notify(queue.get(), nullptr, nullptr);
    tapps_breaker_report(breaker, 1, TAPPS_OUTCOME_FAILURE);
    tapps_breaker_info info;
    tapps_breaker_read(breaker, &info);
    return err.code() == TAPPS_E_FORKED && !err.message().empty() ? 0 : 100;
  });
  tapps_breaker_release(breaker);
  tapps_cursor_release(cursor);
}

TEST_F(ForkTest, NoFileCanBeOpenedInTheChild) {
  ASSERT_EQ(Put(cache(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  InChild([&] {
    int32_t code = TAPPS_OK;
    if (Open(path_, nullptr, &code) != nullptr || code != TAPPS_E_FORKED) return 1;
    if (Open(dir_.File("other.db"), nullptr, &code) != nullptr || code != TAPPS_E_FORKED) return 2;
    const CacheHandle other = Open(":memory:", nullptr, &code);
    if (other == nullptr) return 2;
    if (Put(other.get(), "k", "v", TAPPS_DURABILITY_SYNC) != TAPPS_OK) return 3;
    if (Get(other.get(), "k").str() != "v") return 4;
    return tapps_cache_close(other.get(), 0, nullptr) == TAPPS_OK ? 0 : 5;
  });
}

TEST(ForkWhileOpeningTest, TheChildWaitsForNoThreadOfTheParent) {
  const test::TempDir dir;
  const std::string locked = dir.File("locked.db");
  const WaitingOpen opening(locked, dir.File("marker"));
  ASSERT_TRUE(opening.waits());
  test::Process child([&] {
    int32_t code = TAPPS_OK;
    const CacheHandle memory = Open(":memory:", nullptr, &code);
    if (memory == nullptr) return 1;
    if (Put(memory.get(), "k", "v") != TAPPS_OK || Get(memory.get(), "k").str() != "v") return 2;
    if (Open(dir.File("other.db"), nullptr, &code) != nullptr || code != TAPPS_E_FORKED) return 3;
    return 0;
  });
  EXPECT_EQ(child.Wait(), 0) << "number of the check that failed in the child";
}

// The child's exit and releases take no lock of the parent's away and write nothing.
TEST_F(ForkTest, ReleasingInTheChildLeavesTheParentAlone) {
  ASSERT_EQ(Put(cache(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  const QueueHandle queue = OpenQueue();
  tapps_cursor* cursor = nullptr;
  ASSERT_EQ(tapps_cursor_open(cache(), nullptr, nullptr, 0, &cursor, nullptr), TAPPS_OK);
  const Answer held = Get(cache(), "k");
  for (int round = 0; round < 5; ++round) {
    ASSERT_EQ(Put(cache(), "pending", std::to_string(round)), TAPPS_OK);
    InChild([&] {
      tapps_cursor_release(cursor);
      tapps_queue_release(queue.get());
      tapps_cache_release(cache());
      return static_cast<const char*>(tapps_value_data(held.value.get(), nullptr))[0] == 'v' ? 0
                                                                                             : 1;
    });
    ASSERT_EQ(Put(cache(), "k", std::to_string(round), TAPPS_DURABILITY_SYNC), TAPPS_OK);
    EXPECT_EQ(Get(cache(), "k").str(), std::to_string(round));
  }
  tapps_cursor_release(cursor);
  EXPECT_EQ(tapps_cache_flush(cache(), 0, nullptr), TAPPS_OK);
  EXPECT_EQ(Get(cache(), "pending").str(), "4");
}

TEST_F(ForkTest, ADrainInTheChildTakesNothingFromTheParent) {
  const QueueHandle queue = OpenQueue();
  tapps_record record;
  ASSERT_EQ(tapps_queue_get(queue.get(), nullptr, "k", 1, nullptr, 7, nullptr, nullptr), TAPPS_OK);
  pollfd ready{static_cast<int>(tapps_queue_fd(queue.get())), POLLIN, 0};
  ASSERT_EQ(poll(&ready, 1, 10'000), 1);
  InChild([&] { return static_cast<int>(tapps_queue_drain(queue.get(), &record, 1)); });
  EXPECT_EQ(poll(&ready, 1, 0), 1);
  ASSERT_EQ(tapps_queue_drain(queue.get(), &record, 1), 1U);
  EXPECT_EQ(record.user_data, 7U);
  tapps_error_release(record.error);
}

// Objects that alone hold the cache: what is behind them is not taken down in the child.
TEST_F(ForkTest, TheLastObjectsReleasedInTheChildEndNothing) {
  ASSERT_EQ(Put(cache(), "k", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  tapps_cursor* cursor = nullptr;
  ASSERT_EQ(tapps_cursor_open(cache(), nullptr, nullptr, 0, &cursor, nullptr), TAPPS_OK);
  cache_.reset();
  InChild([&] {
    tapps_cursor_release(cursor);
    return 0;
  });
  tapps_entry entry;
  EXPECT_EQ(tapps_cursor_next(cursor, &entry, nullptr), TAPPS_OK);
  tapps_cursor_release(cursor);
}

}  // namespace
}  // namespace tapps::capi
