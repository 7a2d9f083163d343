#include "resilience/retry.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

const RetrySettings kSettings = {3, 100 * kMillisecond, kSecond};

TEST(RetryTest, OnlyWhatMayPassIsTriedAgain) {
  for (int32_t status = 100; status < 600; ++status) {
    const bool worth = status == 408 || status == 429 || status == 500 || status == 502 ||
                       status == 503 || status == 504;
    const RetryDecision decision = DecideRetry(kSettings, {.status = status}, 0.5);
    EXPECT_EQ(decision.verdict == RetryVerdict::kRetry, worth) << status;
  }
  EXPECT_EQ(DecideRetry(kSettings, {.status = 0}, 0.5).verdict, RetryVerdict::kRetry);
}

TEST(RetryTest, WhatIsNotIdempotentIsNeverRepeated) {
  EXPECT_EQ(DecideRetry(kSettings, {.idempotent = false, .status = 503}, 0).verdict,
            RetryVerdict::kPointless);
  EXPECT_EQ(DecideRetry(kSettings, {.idempotent = false, .status = 0}, 0).verdict,
            RetryVerdict::kPointless);
}

TEST(RetryTest, EndsAfterAsManyRetriesAsAreSet) {
  EXPECT_EQ(DecideRetry(kSettings, {.attempt = 3}, 0).verdict, RetryVerdict::kRetry);
  EXPECT_EQ(DecideRetry(kSettings, {.attempt = 4}, 0).verdict, RetryVerdict::kExhausted);
  RetrySettings none = kSettings;
  none.retries = RetrySettings::kNone;
  EXPECT_EQ(DecideRetry(none, {.attempt = 1}, 0).verdict, RetryVerdict::kExhausted);
}

TEST(RetryTest, TheDelayIsAnywhereUpToABoundThatDoubles) {
  RetrySettings many = kSettings;
  many.retries = 10;
  int64_t bound = 100 * kMillisecond;
  for (int64_t attempt = 1; attempt <= 10; ++attempt) {
    EXPECT_EQ(DecideRetry(many, {.attempt = attempt}, 0).delay_us, 0);
    EXPECT_EQ(DecideRetry(many, {.attempt = attempt}, 0.5).delay_us, bound / 2);
    EXPECT_LT(DecideRetry(many, {.attempt = attempt}, 0.999).delay_us, bound);
    bound = std::min(2 * bound, kSecond);
  }
}

TEST(RetryTest, NeverBeforeTheServiceSaidAndBelievedForAnHour) {
  const auto delay = [](int64_t asked, double chance) {
    return DecideRetry(kSettings, {.status = 503, .retry_after_us = asked}, chance).delay_us;
  };
  EXPECT_EQ(delay(7 * kSecond, 0), 7 * kSecond);
  EXPECT_GT(delay(7 * kSecond, 0.9), 7 * kSecond);
  EXPECT_EQ(delay(kDay, 0), kHour);
  EXPECT_EQ(delay(-kDay, 0), 0);
}

}  // namespace
}  // namespace tapps
