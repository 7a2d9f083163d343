// tapps.hpp: owning handles over the exported functions.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <type_traits>

#include "support/temp_dir.h"
#include "tapps.hpp"

namespace tapps {
namespace {

using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<cxx::Cache>);
static_assert(!std::is_copy_constructible_v<cxx::Value>);
static_assert(!std::is_copy_constructible_v<cxx::Permit>);
static_assert(std::is_nothrow_move_constructible_v<cxx::Cache>);
static_assert(std::is_nothrow_move_constructible_v<cxx::Permit>);

// Views of what ends with the expression are refused: cache.Get("key")->bytes().
template <typename T, typename = void>
inline constexpr bool kReachable = false;
template <typename T>
inline constexpr bool kReachable<T, std::void_t<decltype(std::declval<T>().operator->())>> = true;
template <typename T, typename = void>
inline constexpr bool kHasBytes = false;
template <typename T>
inline constexpr bool kHasBytes<T, std::void_t<decltype(std::declval<T>().bytes())>> = true;
static_assert(!kReachable<cxx::Result<cxx::Value>> && kReachable<cxx::Result<cxx::Value>&>);
static_assert(kReachable<const cxx::Result<cxx::Value>&>);
static_assert(!kReachable<cxx::Result<cxx::Loaded>> && kReachable<cxx::Result<cxx::Loaded>&>);
static_assert(kReachable<cxx::Result<cxx::Breaker>>);
static_assert(!kHasBytes<cxx::Value> && kHasBytes<cxx::Value&> && kHasBytes<const cxx::Value&>);

class WrapperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = cxx::Cache::Open(dir_.File("cache.db").c_str());
    ASSERT_TRUE(opened) << opened.error().message();
    cache_ = *std::move(opened);
  }

  test::TempDir dir_;
  cxx::Cache cache_;
};

TEST_F(WrapperTest, WhatIsPutIsGot) {
  auto options = cxx::Options<tapps_put_options>();
  options.ttl_us = cxx::Microseconds(1h);
  options.content_type = "text/plain";
  ASSERT_TRUE(cache_.Put("key", "value", nullptr, &options));
  const auto value = cache_.Get("key");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->bytes(), "value");
  EXPECT_EQ(value->info().size, 5);
  EXPECT_EQ(value->info().expires_us - value->info().created_us, 3'600'000'000);
  EXPECT_EQ(value->text(TAPPS_TEXT_CONTENT_TYPE), "text/plain");
  EXPECT_EQ(value->text(TAPPS_TEXT_URL), std::nullopt);
}

TEST_F(WrapperTest, WhatIsNotThereIsMadeOnce) {
  int made = 0;
  const auto make = [&made]() -> cxx::Result<std::string> {
    ++made;
    return std::string("page");
  };
  for (int i = 0; i < 2; ++i) {
    const auto found = cache_.GetOrMake("key", make);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(*found, "page");
  }
  EXPECT_EQ(made, 1);
}

TEST_F(WrapperTest, AMakerThatFailsLeavesTheKeyToTheNext) {
  const auto fail = []() -> cxx::Result<std::string> { return cxx::Error(TAPPS_E_NETWORK); };
  EXPECT_EQ(cache_.GetOrMake("key", fail).code(), TAPPS_E_NETWORK);
  auto wrong = cxx::Options<tapps_put_options>();
  wrong.json = "no JSON";
  const auto make = []() -> cxx::Result<std::string> { return std::string("page"); };
  EXPECT_EQ(cache_.GetOrMake("key", make, nullptr, nullptr, &wrong).code(), TAPPS_E_INVALID);
  auto stale = cxx::Options<tapps_put_options>();
  stale.ttl_us = 1;
  stale.stale_us = TAPPS_UNLIMITED;
  ASSERT_TRUE(cache_.GetOrMake("key", make, nullptr, nullptr, &stale));
  const auto served = cache_.GetOrMake("key", fail);
  ASSERT_TRUE(served) << served.error().message();
  EXPECT_EQ(*served, "page");
}

TEST_F(WrapperTest, APermitComesThroughTheQueue) {
  auto breaker = cache_.OpenBreaker("service");
  auto queue = cache_.OpenQueue();
  ASSERT_TRUE(breaker && queue);
  ASSERT_TRUE(queue->Acquire(*breaker, cxx::Microseconds(10s)));
  auto records = queue->Wait(cxx::Microseconds(10s));
  ASSERT_TRUE(records && records->size() == 1);
  EXPECT_EQ(records->front().kind, TAPPS_RECORD_ACQUIRE);
  breaker->Take(records->front().number).Report(TAPPS_OUTCOME_SUCCESS);
  EXPECT_EQ(breaker->Read().successes, 1);
  const auto refused = breaker->Execute([]() -> cxx::Result<int> { return cxx::Error(-40); });
  EXPECT_EQ(refused.code(), TAPPS_E_NETWORK);
  EXPECT_EQ(breaker->Read().failures, 1);
}

TEST_F(WrapperTest, ALeaseThatGoesIsAbandoned) {
  {
    const auto loaded = cache_.Load("key");
    ASSERT_TRUE(loaded);
    EXPECT_FALSE(loaded->value);
    EXPECT_TRUE(loaded->lease);
  }
  auto loaded = cache_.Load("key");
  ASSERT_TRUE(loaded && loaded->lease);
  ASSERT_TRUE(loaded->lease.Finish("value"));
  EXPECT_FALSE(loaded->lease);
  loaded = cache_.Load("key");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->value.bytes(), "value");
  EXPECT_FALSE(loaded->lease);
}

TEST_F(WrapperTest, SwapsContainsAndCounts) {
  const auto first = cache_.Swap("key", 0, "1");
  ASSERT_TRUE(first);
  int64_t present = 0;
  EXPECT_EQ(cache_.Swap("key", 0, "2", nullptr, nullptr, &present).code(), TAPPS_E_EXISTS);
  EXPECT_EQ(present, *first);
  EXPECT_EQ(*cache_.Contains("key"), *first);
  EXPECT_EQ(cache_.Contains("other").code(), TAPPS_E_NOT_FOUND);
  const auto counted = cache_.Count();
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->entries, 1);
  EXPECT_EQ(counted->bytes, 4);
}

TEST_F(WrapperTest, AFailureSaysWhy) {
  const auto missing = cache_.Get("nothing");
  EXPECT_FALSE(missing);
  EXPECT_EQ(missing.code(), TAPPS_E_NOT_FOUND);
  EXPECT_STREQ(missing.error().name(), "NOT_FOUND");
  EXPECT_STRNE(missing.error().message(), "");
  EXPECT_EQ(cache_.Get("").code(), TAPPS_E_INVALID);
}

TEST_F(WrapperTest, AnErrorMayHaveATextOfItsOwn) {
  const cxx::Error error(TAPPS_E_VERSION, std::string("found 7, needed 0"));
  EXPECT_EQ(error.code(), TAPPS_E_VERSION);
  EXPECT_STREQ(error.message(), "found 7, needed 0");
  EXPECT_EQ(error.retry_after(), 0us);
}

TEST_F(WrapperTest, ValuesOutliveTheCacheAndAreShared) {
  ASSERT_TRUE(cache_.Put("key", "value"));
  cxx::Value kept;
  {
    auto value = cache_.Get("key");
    ASSERT_TRUE(value);
    kept = value->Share();
  }
  ASSERT_TRUE(cache_.Close());
  cache_ = {};
  EXPECT_EQ(kept.bytes(), "value");
}

TEST_F(WrapperTest, ManyGoInOneCall) {
  ASSERT_TRUE(cache_.PutMany({{"a", "1"}, {"b", ""}}));
  const auto found = cache_.GetMany({"a", "none", "b"});
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)[0]->bytes(), "1");
  EXPECT_EQ((*found)[1].code(), TAPPS_E_NOT_FOUND);
  EXPECT_EQ((*found)[2]->bytes(), "");
  cxx::Filter filter;
  filter.prefix = "a";
  const auto removed = cache_.DeleteAll(filter);
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, 1);
}

// Removing entries needs a word on which; a pointer cannot be taken for one.
template <typename T, typename... Arguments>
using DeleteAllWith = decltype(std::declval<T&>().DeleteAll(std::declval<Arguments>()...));
template <typename, typename T, typename... Arguments>
inline constexpr bool kDeletesAll = false;
template <typename T, typename... Arguments>
inline constexpr bool kDeletesAll<std::void_t<DeleteAllWith<T, Arguments...>>, T, Arguments...> =
    true;
static_assert(kDeletesAll<void, cxx::Cache, cxx::Filter>);
static_assert(!kDeletesAll<void, cxx::Cache> && !kDeletesAll<void, cxx::Queue>);
static_assert(!kDeletesAll<void, cxx::Cache, std::nullptr_t>);

TEST_F(WrapperTest, WithoutANameTheDefaultNamespaceIsMeant) {
  ASSERT_TRUE(cache_.Put("key", "1"));
  ASSERT_TRUE(cache_.Put("key", "22", "other"));
  ASSERT_TRUE(cache_.Flush());
  EXPECT_EQ(cache_.Count()->entries, 1);
  cxx::Filter everywhere;
  everywhere.everywhere = true;
  EXPECT_EQ(cache_.Count(everywhere)->entries, 2);
  auto cursor = cache_.List();
  ASSERT_TRUE(cursor);
  EXPECT_STREQ(cursor->Next()->space, "default");
  EXPECT_EQ(cursor->Next().code(), TAPPS_E_NOT_FOUND);
  cursor = cache_.ListEverywhere();
  EXPECT_TRUE(cursor->Next() && cursor->Next());
  auto queue = cache_.OpenQueue();
  ASSERT_TRUE(queue && queue->Count());
  EXPECT_EQ(queue->Wait(cxx::Microseconds(10s))->front().number, 1);
  ASSERT_TRUE(queue->DeleteAll({}));
  EXPECT_EQ(queue->Wait(cxx::Microseconds(10s))->front().number, 1);
  EXPECT_EQ(*cache_.DeleteAll({}), 0);
  EXPECT_TRUE(cache_.Contains("key", "other"));
  EXPECT_EQ(*cache_.DeleteEverything(), 1);
}

TEST_F(WrapperTest, AWalkEndsWithNotFound) {
  ASSERT_TRUE(cache_.PutMany({{"a", "1"}, {"b", "2"}}));
  auto cursor = cache_.List();
  ASSERT_TRUE(cursor);
  std::set<std::string> keys;
  for (;;) {
    const auto entry = cursor->Next();
    if (!entry) {
      EXPECT_EQ(entry.code(), TAPPS_E_NOT_FOUND);
      break;
    }
    keys.emplace(static_cast<const char*>(entry->key), entry->key_size);
  }
  EXPECT_EQ(keys, (std::set<std::string>{"a", "b"}));
}

TEST_F(WrapperTest, OperationsEndInTheQueue) {
  auto queue = cache_.OpenQueue();
  ASSERT_TRUE(queue);
  EXPECT_GE(queue->fd(), 0);
  EXPECT_TRUE(queue->Drain().empty());
  const auto put = queue->Put("key", "value", nullptr, nullptr, 7);
  ASSERT_TRUE(put);
  auto records = queue->Wait(cxx::Microseconds(10s));
  ASSERT_TRUE(records) << records.error().message();
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ((*records)[0].op, *put);
  EXPECT_EQ((*records)[0].user_data, 7U);
  ASSERT_TRUE(queue->Get("key"));
  records = queue->Wait(cxx::Microseconds(10s));
  ASSERT_TRUE(records);
  EXPECT_EQ((*records)[0].value.bytes(), "value");
  EXPECT_EQ(queue->Wait(TAPPS_NONE).code(), TAPPS_E_TIMEOUT);
}

TEST_F(WrapperTest, APermitThatGoesGivesItsPlaceBack) {
  auto options = cxx::Options<tapps_breaker_options>();
  options.max_concurrency = 1;
  auto breaker = cache_.OpenBreaker("narrow", &options);
  ASSERT_TRUE(breaker);
  {
    auto permit = breaker->Acquire();
    ASSERT_TRUE(permit);
    const cxx::Permit moved = *std::move(permit);
    EXPECT_EQ(breaker->Acquire().code(), TAPPS_E_BUSY);
  }
  EXPECT_EQ(breaker->Read().in_flight, 0);
  EXPECT_EQ(breaker->Read().ignored, 1);
  breaker->Acquire()->Report(TAPPS_OUTCOME_SUCCESS);
  EXPECT_EQ(breaker->Read().successes, 1);
  const auto answer = [&](bool well) {
    return *breaker->Execute(
        [&]() -> cxx::Result<int> {
          if (well) return 1;
          return cxx::Error(TAPPS_E_NETWORK, nullptr);
        },
        [](const cxx::Error& why) -> cxx::Result<int> { return why.code(); });
  };
  EXPECT_EQ(answer(true), 1);
  EXPECT_EQ(answer(false), TAPPS_E_NETWORK) << "the fallback's";
  EXPECT_EQ(breaker->Read().successes, 2);
  EXPECT_EQ(breaker->Read().failures, 1);
  EXPECT_TRUE(breaker->Retry(1, 503));
  EXPECT_EQ(breaker->Retry(1, 404).code(), TAPPS_E_UNSUPPORTED);
  ASSERT_TRUE(breaker->Force(TAPPS_BREAKER_FORCE_OPEN));
  const auto refused = breaker->Acquire();
  EXPECT_EQ(refused.code(), TAPPS_E_OPEN_CIRCUIT);
}

TEST_F(WrapperTest, EmptyHandlesFailAndDoNotCrash) {
  cxx::Cache none;
  EXPECT_EQ(none.Get("key").code(), TAPPS_E_INVALID);
  EXPECT_EQ(none.Put("key", "value").code(), TAPPS_E_INVALID);
  EXPECT_EQ(none.OpenQueue().code(), TAPPS_E_INVALID);
  EXPECT_EQ(cxx::Queue().Get("key").code(), TAPPS_E_INVALID);
  EXPECT_EQ(cxx::Queue().fd(), -1);
  EXPECT_EQ(cxx::Breaker().Acquire().code(), TAPPS_E_INVALID);
  EXPECT_EQ(cxx::Cursor().Next().code(), TAPPS_E_INVALID);
  EXPECT_EQ(cxx::Plan().count(), 0U);
  const cxx::Value nothing;
  EXPECT_EQ(nothing.bytes(), "");
  EXPECT_STRNE(cxx::Error().message(), nullptr);
}

}  // namespace
}  // namespace tapps
