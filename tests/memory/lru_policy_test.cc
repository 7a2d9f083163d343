#include "memory/lru_policy.h"

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <random>

namespace tapps {
namespace {

// Requests against a plain list, the most recently used first.
void ExpectExactLru(LruPolicy& policy, int requests) {
  constexpr size_t kRoom = 40;
  std::list<uint64_t> order;
  std::map<uint64_t, EntryId> ids;
  std::mt19937 random(3);
  for (int i = 0; i < requests; ++i) {
    const uint64_t key = random() % 80;
    if (const auto known = ids.find(key); known != ids.end()) {
      order.remove(key);
      if (random() % 10 == 0) {
        policy.Remove(known->second);
        ids.erase(known);
        continue;
      }
      policy.Stamp(known->second);
    } else {
      if (order.size() == kRoom) {
        ASSERT_EQ(policy.Evict().hash, order.back()) << "request " << i;
        ids.erase(order.back());
        order.pop_back();
      }
      ids[key] = policy.Add(key, 1, 0);
    }
    order.push_front(key);
    ASSERT_EQ(policy.count(), static_cast<int64_t>(order.size()));
  }
}

TEST(LruPolicyTest, EvictsAsAListWouldWithHitsAndRemovals) {
  LruPolicy policy;
  ExpectExactLru(policy, 20'000);
}

TEST(LruPolicyTest, TheOrderSurvivesTheClocksWrap) {
  LruPolicy policy;
  policy.SetClockForTest((uint32_t{1} << 31) - 5'000);
  ExpectExactLru(policy, 20'000);
}

}  // namespace
}  // namespace tapps
