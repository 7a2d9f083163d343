#include "memory/memory_tier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <functional>
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
  MemoryTier tier(1 << 20, 3, EvictionPolicy::kLru);
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

// One thread changes a key and looks for its change; another keeps again and again what it finds,
// as a touch does.
void KeepWhatIsFoundDuring(MemoryTier& tier, const std::string& key,
                           const std::function<void(int)>& change) {
  const uint64_t hash = KeyHash(kSpace, key);
  std::atomic<bool> stop{false};
  std::atomic<int> kept{0};
  std::thread keeper([&] {
    while (!stop) {
      const MemoryTier::Ticket ticket = tier.TicketOf(hash);
      ValueRef found = tier.Find(hash, kSpace, key);
      if (!found) continue;
      tier.PutIfUnchanged(hash, kSpace, key, std::move(found), ticket);
      kept.fetch_add(1, std::memory_order_relaxed);
    }
  });
  for (int i = 1; (i <= 20'000 || kept < 20'000) && !testing::Test::HasFailure(); ++i) change(i);
  stop = true;
  keeper.join();
}

TEST(MemoryTierTest, WhatIsKeptAgainNeverTakesThePlaceOfAPut) {
  MemoryTier tier(1 << 20, TAPPS_UNLIMITED);
  const uint64_t hash = KeyHash(kSpace, "key");
  KeepWhatIsFoundDuring(tier, "key", [&](int i) {
    tier.Put(hash, kSpace, "key", Value::Make(std::to_string(i), {}));
    EXPECT_EQ(tier.Find(hash, kSpace, "key")->bytes(), std::to_string(i));
  });
}

TEST(MemoryTierTest, WhatIsKeptAgainNeverOutlivesItsRemoval) {
  const auto any = [](std::string_view, std::string_view, const Value&) { return true; };
  MemoryTier tier(1 << 20, TAPPS_UNLIMITED);
  const uint64_t hash = KeyHash(kSpace, "key");
  KeepWhatIsFoundDuring(tier, "key", [&](int i) {
    tier.Put(hash, kSpace, "key", Bytes(1));
    if (i % 3 == 0) tier.Erase(hash);
    if (i % 3 == 1) tier.EraseIf(any);
    if (i % 3 == 2) tier.Clear();
    EXPECT_FALSE(tier.Find(hash, kSpace, "key")) << i;
  });
}

TEST(MemoryTierTest, AValueHeldOutlivesItsEviction) {
  MemoryTier tier(1 << 20, 1);
  Put(tier, "a", 5);
  const ValueRef held = tier.Find(KeyHash(kSpace, "a"), kSpace, "a");
  Put(tier, "b");
  EXPECT_FALSE(Has(tier, "a"));
  EXPECT_EQ(held->bytes(), "vvvvv");
}

TEST(MemoryTierTest, EntriesAreBoundedUnderBothPolicies) {
  for (const EvictionPolicy policy : {EvictionPolicy::kAdaptive, EvictionPolicy::kLru}) {
    MemoryTier tier(int64_t{1} << 40, 2048, policy);
    for (int i = 0; i < 20'000; ++i) {
      Put(tier, "key" + std::to_string(i % 5000), 0);
      (void)Has(tier, "key" + std::to_string(i % 700));
    }
    EXPECT_LE(tier.ReadStats().entries, 2048);
    EXPECT_GT(tier.ReadStats().entries, 1900);
  }
}

// Sizes differ by a thousand, entries are deleted and replaced by larger and smaller ones.
TEST(MemoryTierTest, BytesAreBoundedThroughChurn) {
  constexpr int64_t kBound = 16 << 20;
  for (const EvictionPolicy policy : {EvictionPolicy::kAdaptive, EvictionPolicy::kLru}) {
    MemoryTier tier(kBound, TAPPS_UNLIMITED, policy);
    std::mt19937 random(8);
    for (int i = 0; i < 30'000; ++i) {
      const std::string key = "key" + std::to_string(random() % 3000);
      if (random() % 5 == 0) {
        tier.Erase(KeyHash(kSpace, key));
      } else if (!Has(tier, key) || random() % 4 == 0) {
        Put(tier, key, random() % 100 == 0 ? 1'000'000 : random() % 1000);
      }
      ASSERT_LE(tier.ReadStats().bytes, kBound);
    }
    int64_t bytes = 0;
    for (const MemoryTier::Entry& entry : tier.Snapshot()) {
      bytes += MemoryTier::kEntryBytes + static_cast<int64_t>(entry.key.size()) +
               static_cast<int64_t>(entry.value->footprint());
    }
    EXPECT_EQ(tier.ReadStats().bytes, bytes);
    tier.Clear();
    EXPECT_EQ(tier.ReadStats().bytes, 0);
    EXPECT_EQ(tier.ReadStats().entries, 0);
  }
}

TEST(MemoryTierTest, LongKeysAndNamespacesAreFoundAndSurviveGrowth) {
  MemoryTier tier(64 << 20, TAPPS_UNLIMITED);
  const auto key_of = [](int i) { return std::string(30 + i % 60, 'k') + std::to_string(i); };
  for (const std::string_view space : {kSpace, std::string_view("tapps.http")}) {
    for (int i = 0; i < 3000; ++i) {
      const std::string key = key_of(i);
      tier.Put(KeyHash(space, key), space, key, Value::Make(key, {}));
    }
  }
  for (const std::string_view space : {kSpace, std::string_view("tapps.http")}) {
    for (int i = 0; i < 3000; ++i) {
      const std::string key = key_of(i);
      const HeldValue held = tier.Get(KeyHash(space, key), space, key);
      ASSERT_TRUE(held) << key;
      EXPECT_EQ(held.bytes(), key);
    }
  }
  EXPECT_EQ(tier.ReadStats().entries, 6000);
}

TEST(MemoryTierTest, ValuesThatNeedALookAreNotPlain) {
  MemoryTier tier(1 << 20, TAPPS_UNLIMITED);
  const auto plain = [&](const ValueRef& value) {
    tier.Put(1, kSpace, "a", value);
    const HeldValue held = tier.Get(1, kSpace, "a");
    EXPECT_EQ(held.bytes(), "bytes");
    return held.plain();
  };
  const ValueRef simple = Value::Make("bytes", {.version = 3});
  EXPECT_TRUE(plain(simple));
  EXPECT_FALSE(plain(Value::Make("bytes", {.expires_us = 5})));
  EXPECT_FALSE(plain(Value::Make("bytes", {.flags = TAPPS_VALUE_NEGATIVE})));
  EXPECT_FALSE(plain(Value::Wrap(simple, {})));
}

// Values say whose they are and in which order they were put: a reader never sees another key's,
// one that goes back in time, or bytes that are not all of one value.
void Stress(EvictionPolicy policy, int64_t entries, size_t readers) {
  constexpr uint32_t kKeys = 400;
  constexpr uint32_t kWrites = 30'000;
  MemoryTier tier(int64_t{1} << 40, entries, policy);
  std::atomic<bool> stop{false};
  const auto key_of = [](uint32_t k) {
    return std::string(k % 3 == 0 ? 60 : 10, 'k') + std::to_string(k);
  };
  const auto bytes_of = [](uint32_t key, uint32_t version) {
    std::string bytes(16 + version % 200, static_cast<char>('a' + (key + version) % 26));
    std::memcpy(bytes.data(), &key, 4);
    std::memcpy(bytes.data() + 4, &version, 4);
    return bytes;
  };
  std::vector<std::thread> threads;
  std::array<std::atomic<uintptr_t>, 16> handed{};  // handles on their way to another thread
  for (size_t t = 0; t < readers; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      std::array<uint32_t, kKeys> newest{};
      while (!stop.load(std::memory_order_relaxed)) {
        const uint32_t k = random() % kKeys;
        const std::string key = key_of(k);
        HeldValue held = tier.Get(KeyHash(kSpace, key), kSpace, key);
        if (!held) continue;
        const std::string bytes(held.bytes());
        uint32_t owner = 0;
        uint32_t version = 0;
        std::memcpy(&owner, bytes.data(), 4);
        std::memcpy(&version, bytes.data() + 4, 4);
        ASSERT_EQ(owner, k);
        ASSERT_GE(version, newest[k]);
        ASSERT_EQ(bytes, bytes_of(owner, version));
        newest[k] = version;
        if (random() % 4 == 0) {
          const uintptr_t other = handed[random() % handed.size()].exchange(held.Detach());
          if (other == 0) continue;
          ASSERT_GE(HeldValue::ValueOf(other)->bytes().size(), 16u);
          HeldValue::Release(other);
        }
      }
    });
  }
  std::vector<std::thread> writers;
  for (uint32_t t = 0; t < 2; ++t) {
    writers.emplace_back([&, t] {
      std::mt19937 random(t + 100);
      for (uint32_t i = 1; i <= kWrites; ++i) {
        const uint32_t k = random() % kKeys / 2 * 2 + t;  // keys of this writer
        const std::string key = key_of(k);
        const uint64_t hash = KeyHash(kSpace, key);
        if (random() % 10 == 0) {
          tier.Erase(hash);
        } else {
          tier.Put(hash, kSpace, key, Value::Make(bytes_of(k, i), {}));
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (auto& handle : handed) {
    if (const uintptr_t left = handle.exchange(0)) HeldValue::Release(left);
  }
  tier.Clear();
  Reclaimer::Get().Collect();
  EXPECT_EQ(Reclaimer::Get().waiting(), 0u);
}

TEST(MemoryTierTest, ReadersSeeOnlyWholeAndNewestValuesWhileWritersReplaceThem) {
  Stress(EvictionPolicy::kAdaptive, TAPPS_UNLIMITED, 2);
}

TEST(MemoryTierTest, AndWithoutMembarrier) {
  const bool light = Reclaimer::light_readers();
  Reclaimer::SetLightReadersForTest(false);
  Stress(EvictionPolicy::kAdaptive, 150, 2);
  Reclaimer::SetLightReadersForTest(light);
}

TEST(MemoryTierTest, AndWhileEntriesAreEvicted) {
  Stress(EvictionPolicy::kAdaptive, 150, 2);
  Stress(EvictionPolicy::kLru, 150, 2);
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
