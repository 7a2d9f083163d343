#include "memory/adaptive_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <random>
#include <set>

#include "memory/share_chooser.h"

namespace tapps {
namespace {

// The policy written down with lists, slow and plain: the stack holds low, high and evicted keys.
class PlainModel {
 public:
  PlainModel(int64_t room, double share)
      : room_(room),
        target_(room - static_cast<int64_t>(std::max(1.0, share * static_cast<double>(room)))) {}

  bool Request(uint64_t key) {
    if (low_.contains(key) || Has(queue_, key)) {
      if (uses_[key] < 3) ++uses_[key];
      return true;
    }
    if (static_cast<int64_t>(low_.size() + queue_.size()) >= room_) Evict();
    const bool remembered = evicted_.erase(key) > 0;
    const bool filling = queue_.empty() && static_cast<int64_t>(low_.size()) < target_;
    uses_[key] = 0;
    Top(key);
    if (remembered) {
      Promote(key);
    } else if (filling) {
      low_.insert(key);
    } else {
      queue_.push_front(key);
    }
    return false;
  }

 private:
  static bool Has(const std::list<uint64_t>& list, uint64_t key) {
    return std::find(list.begin(), list.end(), key) != list.end();
  }
  void Top(uint64_t key) {
    stack_.remove(key);
    stack_.push_front(key);
  }
  void Promote(uint64_t key) {
    low_.insert(key);
    if (static_cast<int64_t>(low_.size()) > target_) Demote();
  }
  void Prune() {
    while (!stack_.empty() && !low_.contains(stack_.back())) {
      evicted_.erase(stack_.back());
      stack_.pop_back();
    }
  }
  void Demote() {
    while (uses_[stack_.back()] > 0) {
      --uses_[stack_.back()];
      Top(stack_.back());
      Prune();
    }
    const uint64_t key = stack_.back();
    low_.erase(key);
    queue_.push_front(key);
    stack_.pop_back();
    Prune();
  }
  void Evict() {
    for (;;) {
      if (queue_.empty()) Demote();
      const uint64_t key = queue_.back();
      queue_.pop_back();
      const bool in_stack = Has(stack_, key);
      const int uses = uses_[key];
      if (uses == 0) {
        if (in_stack) evicted_.insert(key);
        return;
      }
      uses_[key] = 0;
      Top(key);
      if (uses >= 2 && in_stack) {
        Promote(key);
      } else {
        queue_.push_front(key);
      }
    }
  }

  const int64_t room_;
  const int64_t target_;
  std::list<uint64_t> stack_;
  std::list<uint64_t> queue_;
  std::set<uint64_t> low_;
  std::set<uint64_t> evicted_;
  std::map<uint64_t, int> uses_;
};

uint32_t Skewed(std::mt19937& random, uint32_t keys) {
  const double u = std::uniform_real_distribution<double>(0, 1)(random);
  return static_cast<uint32_t>(u * u * keys);
}

TEST(AdaptivePolicyTest, HitsAndMissesAsThePlainModelDoes) {
  for (const double share : {.02, .10, .35}) {
    // Few enough keys for the history to remember them all.
    PlainModel model(30, share);
    ShadowCache cache(30, share);
    std::mt19937 random(11);
    for (int i = 0; i < 30'000; ++i) {
      const uint32_t key = 1 + Skewed(random, 85);
      ASSERT_EQ(cache.Request(key), model.Request(key)) << "share " << share << " request " << i;
    }
  }
}

TEST(AdaptivePolicyTest, TheTopShareIsExactLru) {
  ShadowCache cache(40, .98);
  std::list<uint32_t> order;
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const uint32_t key = 1 + Skewed(random, 150);
    const bool hit = std::find(order.begin(), order.end(), key) != order.end();
    ASSERT_EQ(cache.Request(key), hit) << "request " << i;
    order.remove(key);
    order.push_front(key);
    if (order.size() > 40) order.pop_back();
  }
}

TEST(AdaptivePolicyTest, ALoopLargerThanTheCacheKeepsHitting) {
  ShadowCache cache(100, .02);
  int hits = 0;
  for (int i = 0; i < 20'000; ++i)
    hits += cache.Request(1 + static_cast<uint32_t>(i % 150)) ? 1 : 0;
  EXPECT_GT(hits, 20'000 * 6 / 10);  // LRU: none
}

// Anything goes: shares change, weights differ by a thousand, entries are removed and reweighed,
// the clock wraps. The owner's bound must be reachable by evictions at every moment.
TEST(AdaptivePolicyTest, CountsStayRightThroughEverything) {
  struct Uses final : UseCounts {
    std::array<uint32_t, 4096> counts{};
    uint32_t Read(uint32_t place) const override { return counts[place]; }
    void Write(uint32_t place, uint32_t count) override { counts[place] = count; }
  } uses;
  constexpr int64_t kBound = 100'000;
  AdaptivePolicy policy({.weight = kBound}, uses, .1);
  policy.SetClockForTest((uint32_t{1} << 31) - 20'000);
  std::map<uint32_t, EntryId> ids;  // by place
  std::map<EntryId, int64_t> weights;
  int64_t total = 0;
  std::mt19937 random(17);
  const auto forget = [&](uint32_t place) {
    const EntryId id = ids.at(place);
    total -= weights.at(id);
    weights.erase(id);
    ids.erase(place);
  };
  for (int i = 0; i < 60'000; ++i) {
    const auto place = static_cast<uint32_t>(random() % uses.counts.size());
    if (random() % 3'000 == 0) policy.SetShare(ShareChooser::kShares[random() % 4]);
    if (const auto known = ids.find(place); known != ids.end()) {
      const EntryId id = known->second;
      switch (random() % 8) {
        case 0:
          policy.Remove(id);
          forget(place);
          break;
        case 1:
          policy.Reweigh(id, 1);
          total += 1 - weights[id];
          weights[id] = 1;
          break;
        default:
          if (policy.hit_record() == Policy::HitRecord::kStamp) {
            policy.Stamp(id);
          } else {
            uses.counts[place] = std::min<uint32_t>(3, uses.counts[place] + 1);
          }
      }
      continue;
    }
    const int64_t weight = random() % 50 == 0 ? 20'000 : 20;
    while (total + weight > kBound) {
      ASSERT_GT(policy.count(), 0);
      const Policy::Victim victim = policy.Evict();
      ASSERT_TRUE(ids.contains(victim.place));
      ASSERT_EQ(victim.weight, weights.at(ids.at(victim.place)));
      forget(victim.place);
    }
    uses.counts[place] = 0;
    const EntryId id = policy.Add(random(), weight, place);
    ids[place] = id;
    weights[id] = weight;
    total += weight;
    ASSERT_EQ(policy.count(), static_cast<int64_t>(ids.size()));
  }
  EXPECT_LT(policy.history_bytes(), size_t{1} << 20);
}

TEST(ShareChooserTest, TakesTheLowShareForALoopAndTheTopOneForRecency) {
  ShareChooser loop(100);
  for (uint32_t i = 0; i < 20'000; ++i) loop.Request(1 + i % 130);
  EXPECT_EQ(loop.share(), .02);
  // Each key is asked for a few times soon after another and then never again.
  ShareChooser recent(100);
  std::mt19937 random(2);
  for (uint32_t i = 0; i < 60'000; ++i) recent.Request(1 + i / 2 + random() % 90);
  EXPECT_GE(recent.share(), .35);
}

}  // namespace
}  // namespace tapps
