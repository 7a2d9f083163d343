#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace tapps {
namespace {

TEST(RandomTest, NoTwoAreAlikeAndEveryBitChanges) {
  std::set<uint64_t> seen;
  uint64_t ones = 0;
  uint64_t zeros = 0;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t bits = RandomBits();
    seen.insert(bits);
    ones |= bits;
    zeros |= ~bits;
  }
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(ones, ~uint64_t{0});
  EXPECT_EQ(zeros, ~uint64_t{0});
}

}  // namespace
}  // namespace tapps
