#include "base/histogram.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

TEST(HistogramTest, QuantilesAreRightWithinASixteenth) {
  Histogram h;
  for (int i = 1; i <= 100'000; ++i) h.Record(i);
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    EXPECT_NEAR(static_cast<double>(h.Quantile(q)), q * 100'000, q * 100'000 / 16 + 1) << q;
  }
  EXPECT_EQ(h.Max(), 100'000);
  EXPECT_EQ(h.Count(), 100'000);
}

TEST(HistogramTest, ValuesBeyondTheRangeAreCountedAtItsEnd) {
  Histogram h;
  h.Record(-5);
  h.Record(int64_t{1} << 50);
  EXPECT_EQ(h.Count(), 2);
  EXPECT_EQ(h.Quantile(0), 0);
}

TEST(HistogramTest, AnEmptyHistogramIsAllZero) { EXPECT_EQ(Histogram().Quantile(0.5), 0); }

}  // namespace
}  // namespace tapps
