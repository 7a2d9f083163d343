#include "memory/memory_tier.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "base/hash.h"
#include "tapps.h"

namespace tapps {
namespace {

constexpr std::string_view kSpace = "default";

ValueRef Bytes(size_t size) { return Value::Make(std::string(size, 'v'), {}); }

void Put(MemoryTier& tier, const std::string& key, size_t size = 100) {
  tier.Put(KeyHash(kSpace, key), kSpace, key, Bytes(size));
}

bool Has(MemoryTier& tier, const std::string& key) {
  return static_cast<bool>(tier.Find(KeyHash(kSpace, key), kSpace, key));
}

TEST(MemoryTierTest, TheLeastRecentlyUsedGoesFirst) {
  MemoryTier tier(1 << 20, 3);
  Put(tier, "a");
  Put(tier, "b");
  Put(tier, "c");
  EXPECT_TRUE(Has(tier, "a"));
  Put(tier, "d");
  EXPECT_FALSE(Has(tier, "b"));
  EXPECT_TRUE(Has(tier, "a"));
  EXPECT_TRUE(Has(tier, "c"));
  EXPECT_TRUE(Has(tier, "d"));
  EXPECT_EQ(tier.ReadStats().evictions, 1);
}

TEST(MemoryTierTest, BytesAreBoundedWhateverTheSizes) {
  constexpr int64_t kBound = 8 << 20;
  MemoryTier tier(kBound, TAPPS_UNLIMITED);
  std::mt19937 random(1);
  for (int i = 0; i < 5000; ++i) {
    Put(tier, "key" + std::to_string(i), random() % 20000);
    ASSERT_LE(tier.ReadStats().bytes, kBound);
  }
  EXPECT_GT(tier.ReadStats().bytes, kBound * 8 / 10);
}

TEST(MemoryTierTest, AValueLargerThanAShardIsNotKeptAndTheOldOneGoes) {
  MemoryTier tier(64 << 10, TAPPS_UNLIMITED);
  Put(tier, "a");
  Put(tier, "a", 100 << 10);
  EXPECT_FALSE(Has(tier, "a"));
  EXPECT_EQ(tier.ReadStats().bytes, 0);
}

TEST(MemoryTierTest, KeysWithOneHashDoNotAnswerForEachOther) {
  MemoryTier tier(1 << 20, TAPPS_UNLIMITED);
  tier.Put(1, kSpace, "a", Bytes(1));
  EXPECT_FALSE(tier.Find(1, kSpace, "b"));
  EXPECT_FALSE(tier.Find(1, "other", "a"));
  EXPECT_TRUE(tier.Find(1, kSpace, "a"));
}

TEST(MemoryTierTest, AReadThatRacedWithAChangeIsNotKept) {
  MemoryTier tier(1 << 20, TAPPS_UNLIMITED);
  const uint64_t hash = KeyHash(kSpace, "a");
  const auto keeps = [&](const std::function<void()>& change) {
    tier.Erase(hash);
    const MemoryTier::Ticket ticket = tier.TicketOf(hash);
    change();
    tier.PutIfUnchanged(hash, kSpace, "a", Bytes(1), ticket);
    return Has(tier, "a");
  };
  EXPECT_TRUE(keeps([] {}));
  EXPECT_FALSE(keeps([&] { tier.Erase(hash); }));
  EXPECT_FALSE(keeps([&] { tier.Clear(); }));
  EXPECT_FALSE(keeps([&] {
    tier.Put(hash, kSpace, "a", Bytes(2));
    tier.EraseIf([](auto, auto, const Value&) { return true; });
  }));
}

TEST(MemoryTierTest, AValueHeldOutlivesItsEviction) {
  MemoryTier tier(1 << 20, 1);
  Put(tier, "a", 5);
  const ValueRef held = tier.Find(KeyHash(kSpace, "a"), kSpace, "a");
  Put(tier, "b");
  EXPECT_FALSE(Has(tier, "a"));
  EXPECT_EQ(held->bytes(), "vvvvv");
}

TEST(MemoryTierTest, ManyThreadsAlwaysFindWhatBelongsToTheKey) {
  MemoryTier tier(256 << 10, TAPPS_UNLIMITED);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&tier, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 20000; ++i) {
        const std::string key = "key" + std::to_string(random() % 500);
        const uint64_t hash = KeyHash(kSpace, key);
        switch (random() % 8) {
          case 0:
            tier.Erase(hash);
            break;
          case 1:
          case 2:
            tier.Put(hash, kSpace, key, Value::Make(key, {}));
            break;
          default:
            if (const ValueRef value = tier.Find(hash, kSpace, key)) {
              ASSERT_EQ(value->bytes(), key);
            }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace tapps
