#include "http/body.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "http/full_disk.h"
#include "support/process_state.h"
#include "support/temp_dir.h"

namespace tapps::http {
namespace {

constexpr size_t kKiB = 1024;

class BodyTest : public testing::Test {
 protected:
  BodyOptions Options(size_t spill_above, size_t memory) const {
    BodyOptions options;
    options.folder = dir_.path();
    options.spill_above = spill_above;
    options.memory = memory;
    return options;
  }
  // Bytes of which no two places look alike.
  static std::string Noise(size_t size, uint32_t seed = 1) {
    std::mt19937 random(seed);
    std::string bytes(size, '\0');
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
    return bytes;
  }
  static Status Fill(Body& body, std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kPiece))) {
      TAPPS_RETURN_IF_ERROR(body.Append(bytes.substr(0, kPiece)));
    }
    return {};
  }
  static std::string Whole(Body& body) {
    const Result<ValueRef> value = body.Finish();
    EXPECT_TRUE(value.ok()) << value.status().message();
    return value.ok() && *value ? std::string((*value)->bytes()) : "";
  }

  static constexpr size_t kPiece = 1000;
  const test::TempDir dir_;
};

TEST_F(BodyTest, NoBytesAreNoValue) {
  BodyRoom room(Options(kKiB, kKiB));
  Body body(room, kKiB);
  const Result<ValueRef> value = body.Finish();
  ASSERT_TRUE(value.ok());
  EXPECT_FALSE(*value);
}

TEST_F(BodyTest, SmallOnesStayInMemoryAndLargeOnesGoToAFile) {
  BodyRoom room(Options(64 * kKiB, 1024 * kKiB));
  Body small(room, kKiB * kKiB);
  Body large(room, kKiB * kKiB);
  const std::string few = Noise(64 * kKiB);
  const std::string many = Noise(64 * kKiB + 1);
  ASSERT_TRUE(Fill(small, few).ok());
  ASSERT_TRUE(Fill(large, many).ok());
  EXPECT_EQ(room.used(), few.size());
  EXPECT_EQ(small.size(), few.size());
  EXPECT_EQ(large.size(), many.size());
  EXPECT_EQ(Whole(small), few);
  EXPECT_FALSE(test::IsMapped(dir_.path()));
  const Result<ValueRef> value = large.Finish();
  EXPECT_EQ((*value)->bytes(), many);
  EXPECT_TRUE(test::IsMapped(dir_.path()));
  EXPECT_EQ(room.used(), 0u);
}

TEST_F(BodyTest, WhenMemoryIsTakenFilesAreMadeEarlier) {
  BodyRoom room(Options(64 * kKiB, 100 * kKiB));
  std::vector<std::unique_ptr<Body>> bodies;
  const std::string bytes = Noise(50 * kKiB);
  for (int i = 0; i < 8; ++i) {
    bodies.push_back(std::make_unique<Body>(room, kKiB * kKiB));
    ASSERT_TRUE(Fill(*bodies.back(), bytes).ok());
    EXPECT_LE(room.used(), 100 * kKiB);
  }
  for (const auto& body : bodies) EXPECT_EQ(Whole(*body), bytes);
}

TEST_F(BodyTest, OneThatMayNotBeOnADiskIsNot) {
  BodyRoom room(Options(kKiB, 1024 * kKiB));
  Body body(room, kKiB * kKiB);
  body.KeepOffDisk();
  const std::string bytes = Noise(500 * kKiB);
  const int before = test::CountDescriptors();
  ASSERT_TRUE(Fill(body, bytes).ok());
  EXPECT_EQ(test::CountDescriptors(), before);
  EXPECT_EQ(Whole(body), bytes);
}

TEST_F(BodyTest, InMemoryOneAlwaysGoesOn) {
  BodyOptions options = Options(kKiB, 100 * kKiB);
  options.folder.clear();
  BodyRoom room(options);
  const std::string bytes = Noise(150 * kKiB);
  {
    Body first(room, kKiB * kKiB);
    Body second(room, kKiB * kKiB);
    ASSERT_TRUE(Fill(first, bytes).ok()) << "alone, it may take more than there is";
    const Status status = second.Append("x");
    EXPECT_EQ(status.code(), TAPPS_E_BUSY);
    EXPECT_EQ(status.message(), "too many large bodies come in at once to keep this one in memory");
    EXPECT_EQ(Whole(first), bytes);
  }
  EXPECT_EQ(room.used(), 0u);
  Body third(room, kKiB * kKiB);
  ASSERT_TRUE(Fill(third, bytes).ok());
  EXPECT_EQ(Whole(third), bytes);
}

TEST_F(BodyTest, WithoutAFileItGoesOnInMemory) {
  BodyOptions options = Options(kKiB, 1024 * kKiB);
  options.folder = dir_.File("gone");
  BodyRoom room(options);
  Body body(room, kKiB * kKiB);
  const std::string bytes = Noise(200 * kKiB);
  ASSERT_TRUE(Fill(body, bytes).ok());
  EXPECT_EQ(Whole(body), bytes);
}

TEST_F(BodyTest, WhenTheDiskGetsFullItGoesOnInMemory) {
  BodyRoom room(Options(10 * kKiB, 1024 * kKiB));
  Body body(room, kKiB * kKiB);
  const std::string bytes = Noise(300 * kKiB);
  {
    const test::FullDisk full(100 * kKiB);
    ASSERT_TRUE(Fill(body, bytes).ok());
  }
  EXPECT_EQ(room.used(), bytes.size());
  EXPECT_EQ(Whole(body), bytes);
}

TEST_F(BodyTest, AFullDiskAndNoMemoryIsAClearError) {
  BodyRoom room(Options(10 * kKiB, 50 * kKiB));
  Body hoarder(room, kKiB * kKiB);  // the one that may take more
  hoarder.KeepOffDisk();
  ASSERT_TRUE(Fill(hoarder, Noise(51 * kKiB)).ok());
  Body body(room, kKiB * kKiB);
  Status status;
  {
    const test::FullDisk full(100 * kKiB);
    status = Fill(body, Noise(300 * kKiB));
  }
  EXPECT_EQ(status.code(), TAPPS_E_FULL);
  EXPECT_NE(status.message().find(", and cannot write it to the disk: "), std::string_view::npos)
      << status.message();
  hoarder.Drop();
  EXPECT_EQ(room.used(), 0u);
}

TEST_F(BodyTest, WhatIsDroppedIsFreed) {
  BodyRoom room(Options(kKiB, 50 * kKiB));
  const int before = test::CountDescriptors();
  {
    Body body(room, kKiB * kKiB);
    ASSERT_TRUE(Fill(body, Noise(100 * kKiB)).ok());
    EXPECT_EQ(test::CountDescriptors(), before + 1);
  }
  EXPECT_EQ(test::CountDescriptors(), before);
  EXPECT_EQ(room.used(), 0u);
}

}  // namespace
}  // namespace tapps::http
