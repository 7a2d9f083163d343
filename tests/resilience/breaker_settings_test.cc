#include "resilience/breaker_settings.h"

#include <gtest/gtest.h>

#include <string>

#include "base/clock.h"

namespace tapps {
namespace {

TEST(BreakerSettingsTest, TheDefaultsAreTheDocumentedOnes) {
  const BreakerSettings settings = BreakerSettings().Inherit(BreakerSettings::Default());
  EXPECT_EQ(settings.failure_threshold, 5);
  EXPECT_EQ(settings.open_us, 30 * kSecond);
  EXPECT_EQ(settings.max_open_us, 5 * kMinute);
  EXPECT_EQ(settings.half_open_probes, 1);
  EXPECT_EQ(settings.close_after, 2);
  EXPECT_EQ(settings.max_concurrency, 5);
  EXPECT_EQ(settings.lease_us, 60 * kSecond);
  EXPECT_TRUE(settings.Validate().ok());
}

TEST(BreakerSettingsTest, OwnFieldsWinAndZerosAreInherited) {
  const BreakerSettings parent = {.failure_threshold = 9, .lease_us = kSecond};
  const BreakerSettings own = {.failure_threshold = 2, .max_concurrency = 7};
  const BreakerSettings settings = own.Inherit(parent.Inherit(BreakerSettings::Default()));
  EXPECT_EQ(settings.failure_threshold, 2);
  EXPECT_EQ(settings.max_concurrency, 7);
  EXPECT_EQ(settings.lease_us, kSecond);
  EXPECT_EQ(settings.close_after, 2);
}

TEST(BreakerSettingsTest, ALongFirstPeriodRaisesTheInheritedMaximum) {
  const BreakerSettings own = {.open_us = kHour};
  const BreakerSettings settings = own.Inherit(BreakerSettings::Default());
  EXPECT_EQ(settings.max_open_us, kHour);
  EXPECT_TRUE(settings.Validate().ok());
}

TEST(BreakerSettingsTest, NamesTheFieldThatIsOutOfRange) {
  const auto complaint = [](BreakerSettings own) {
    const Status status = own.Inherit(BreakerSettings::Default()).Validate();
    EXPECT_EQ(status.code(), TAPPS_E_INVALID);
    return std::string(status.message());
  };
  const auto names = [&](BreakerSettings own, const char* field) {
    return complaint(own).find(field) != std::string::npos;
  };
  EXPECT_TRUE(names({.failure_threshold = -1}, "failure_threshold is -1"));
  EXPECT_TRUE(names({.open_us = -1}, "open_us is -1"));
  EXPECT_TRUE(names({.open_us = 366 * kDay}, "open_us"));
  EXPECT_TRUE(names({.max_open_us = kSecond}, "max_open_us"));
  EXPECT_TRUE(names({.half_open_probes = 6}, "half_open_probes is 6, expected 1 to 5"));
  EXPECT_TRUE(names({.close_after = -2}, "close_after"));
  EXPECT_TRUE(names({.max_concurrency = 4097}, "max_concurrency is 4097, expected 1 to 4096"));
  EXPECT_TRUE(names({.max_concurrency = -1}, "max_concurrency"));
  EXPECT_TRUE(names({.lease_us = -2}, "lease_us"));
}

TEST(BreakerSettingsTest, UnlimitedConcurrencyIsValid) {
  const BreakerSettings own = {.half_open_probes = 50,
                               .max_concurrency = BreakerSettings::kUnlimited};
  EXPECT_TRUE(own.Inherit(BreakerSettings::Default()).Validate().ok());
}

}  // namespace
}  // namespace tapps
