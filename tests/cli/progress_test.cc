#include "cli/progress.h"

#include <gtest/gtest.h>

namespace tapps::cli {
namespace {

TEST(ProgressTest, TheLineTellsHowFarTheRunIs) {
  const Json event = {
      {"total", 40}, {"done", 10}, {"current", "express"}, {"bytes", 2048}, {"eta_us", 3'000'000}};
  EXPECT_EQ(ProgressLine(event, 80), "[######..................] 10/40  2 KiB  3 s left  express");
}

TEST(ProgressTest, TheLineFitsTheTerminal) {
  const Json event = {{"total", 1}, {"done", 0}, {"current", std::string(500, 'x')}};
  EXPECT_EQ(ProgressLine(event, 40).size(), 39U);
  EXPECT_EQ(ProgressLine(event, 0), "");
}

TEST(ProgressTest, NumbersOutOfRangeAreHarmless) {
  EXPECT_EQ(ProgressLine({{"total", 0}, {"done", 9}}, 80), "[########################] 1/1");
  EXPECT_EQ(ProgressLine({{"total", "x"}, {"done", -3}}, 80), "[........................] 0/1");
}

}  // namespace
}  // namespace tapps::cli
