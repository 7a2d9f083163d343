#include "memory/hold.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/hash.h"
#include "memory/memory_tier.h"

namespace tapps {
namespace {

constexpr std::string_view kSpace = "default";

class HoldTest : public testing::Test {
 protected:
  HoldTest() { Reclaimer::Get().Collect(); }

  void Put(const std::string& key, const std::string& bytes) {
    tier_.Put(KeyHash(kSpace, key), kSpace, key, Value::Make(bytes, {}));
  }
  HeldValue Get(const std::string& key) { return tier_.Get(KeyHash(kSpace, key), kSpace, key); }
  static size_t Waiting() {
    Reclaimer::Get().Collect();
    return Reclaimer::Get().waiting();
  }
  static bool InSlot(uintptr_t handle) { return (handle & 1) != 0; }

  MemoryTier tier_{1 << 20, TAPPS_UNLIMITED};
};

TEST_F(HoldTest, AHeldValueStaysWhenTheEntryIsReplacedAndGoesWithItsRelease) {
  Put("a", "old");
  HeldValue held = Get("a");
  Put("a", "new");
  EXPECT_EQ(Waiting(), 1u);
  EXPECT_EQ(held.bytes(), "old");
  EXPECT_EQ(Get("a").bytes(), "new");
  held = HeldValue();
  EXPECT_EQ(Reclaimer::Get().waiting(), 0u);  // freed by the release, not by a later change
}

TEST_F(HoldTest, AHandleMayBeReleasedElsewhereAndAfterItsThread) {
  Put("a", "old");
  uintptr_t handle = 0;
  std::thread([&] { handle = Get("a").Detach(); }).join();
  ASSERT_TRUE(InSlot(handle));
  tier_.Erase(KeyHash(kSpace, "a"));
  EXPECT_EQ(Waiting(), 1u);
  // The next thread with the same slots leaves the occupied one alone.
  std::thread([&] {
    Put("b", "other");
    const uintptr_t other = Get("b").Detach();
    EXPECT_NE(other, handle);
    HeldValue::Release(other);
  }).join();
  EXPECT_EQ(HeldValue::ValueOf(handle)->bytes(), "old");
  HeldValue::Release(handle);
  EXPECT_EQ(Reclaimer::Get().waiting(), 0u);
}

TEST_F(HoldTest, WithoutAFreeSlotAReferenceIsCounted) {
  std::vector<uintptr_t> handles;
  for (int i = 0; i < 20; ++i) {
    const std::string key = "k" + std::to_string(i);
    Put(key, key);
    handles.push_back(Get(key).Detach());
  }
  EXPECT_TRUE(InSlot(handles.front()));
  EXPECT_FALSE(InSlot(handles.back()));
  tier_.Clear();
  for (size_t i = 0; i < handles.size(); ++i) {
    EXPECT_EQ(HeldValue::ValueOf(handles[i])->bytes(), "k" + std::to_string(i));
    HeldValue::Release(handles[i]);
  }
  EXPECT_EQ(Waiting(), 0u);
  Put("again", "x");
  const uintptr_t again = Get("again").Detach();
  EXPECT_TRUE(InSlot(again));
  HeldValue::Release(again);
}

TEST_F(HoldTest, ARetainedSlotNeedsAsManyReleases) {
  Put("a", "old");
  const uintptr_t handle = Get("a").Detach();
  HeldValue::Retain(handle);
  HeldValue::Retain(handle);
  tier_.Clear();
  std::thread([&] { HeldValue::Release(handle); }).join();
  HeldValue::Release(handle);
  EXPECT_EQ(Waiting(), 1u);
  EXPECT_EQ(HeldValue::ValueOf(handle)->bytes(), "old");
  HeldValue::Release(handle);
  EXPECT_EQ(Reclaimer::Get().waiting(), 0u);
}

TEST_F(HoldTest, AHandleOutlivesTheTier) {
  auto tier = std::make_unique<MemoryTier>(1 << 20, TAPPS_UNLIMITED);
  tier->Put(7, kSpace, "a", Value::Make("kept", {}));
  const uintptr_t handle = tier->Get(7, kSpace, "a").Detach();
  tier.reset();
  EXPECT_EQ(HeldValue::ValueOf(handle)->bytes(), "kept");
  HeldValue::Release(handle);
  EXPECT_EQ(Reclaimer::Get().waiting(), 0u);
}

TEST_F(HoldTest, WhatWaitsIsBoundedInObjectsAndBytes) {
  for (int i = 0; i < 1000; ++i) {
    Put("a", std::string(10, 'x'));
    ASSERT_LT(Reclaimer::Get().waiting(), Reclaimer::kBatch);
  }
  Put("a", std::string(600 << 10, 'x'));
  Put("a", std::string(600 << 10, 'x'));
  Put("a", "small");
  EXPECT_LE(Reclaimer::Get().waiting(), 1u);
}

}  // namespace
}  // namespace tapps
