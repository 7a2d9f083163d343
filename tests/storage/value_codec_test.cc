#include "storage/value_codec.h"

#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

class ValueCodecTest : public StoreFixture {
 protected:
  ValueCodecTest() { Open(); }
  static std::string Text(size_t size) {
    std::string text;
    for (int64_t i = 0; text.size() < size; ++i)
      text += "line " + std::to_string(i * 7919) + " of it\n";
    text.resize(size);
    return text;
  }
  // What a release of minor 0 makes of the row: the column is the value.
  bool OlderReleaseBelieves(std::string_view key) {
    Connection connection = *Connection::Open(path_, Connection::Mode::kReadOnly);
    Statement row = *connection.Prepare("SELECT value, checksum FROM entries WHERE key = ?1");
    EXPECT_EQ(row.BindBlob(1, key).Step(), SQLITE_ROW);
    return Hash64(row.Bytes(0)) == static_cast<uint64_t>(row.Int(1));
  }
  int64_t Flag(int64_t flag) {
    return SqlInt("SELECT count(*) FROM entries WHERE flags & " + std::to_string(flag));
  }
};

TEST_F(ValueCodecTest, ValuesOfAllSizesComeBack) {
  for (const size_t size : {size_t{0}, size_t{1}, Compressor::kLeast - 1, Compressor::kLeast,
                            size_t{100'000}, kInlineBytes, kInlineBytes + 1, size_t{9} << 20}) {
    for (const bool noise : {false, true}) {
      const std::string bytes = noise ? Noise(size, size) : Text(size);
      ASSERT_TRUE(Put("a", bytes).ok());
      EXPECT_TRUE(Get("a") == bytes) << size << (noise ? " of noise" : " of text");
    }
  }
}

TEST_F(ValueCodecTest, TextIsCompressedNoiseAndSmallValuesAreNot) {
  ASSERT_TRUE(Put("text", Text(100'000)).ok());
  EXPECT_EQ(Flag(kZstdFlag), 1);
  EXPECT_LT(SqlInt("SELECT length(value) FROM entries"), 50'000);
  ASSERT_TRUE(Put("noise", Noise(100'000, 1)).ok());
  ASSERT_TRUE(Put("small", Text(1000)).ok());
  EXPECT_EQ(Flag(kZstdFlag), 1);
  EXPECT_TRUE(OlderReleaseBelieves("noise"));
  EXPECT_FALSE(OlderReleaseBelieves("text"));
}

TEST_F(ValueCodecTest, LargeValuesStandInChunksThatGoWithThem) {
  ASSERT_TRUE(Put("a", Noise(5 << 20, 1)).ok());
  EXPECT_EQ(Flag(kChunksFlag), 1);
  EXPECT_EQ(SqlInt("SELECT count(*) FROM chunks"), 20);
  EXPECT_FALSE(OlderReleaseBelieves("a"));
  ASSERT_TRUE(Put("a", Noise((4 << 20) + 1, 2)).ok());
  EXPECT_EQ(SqlInt("SELECT count(*) FROM chunks"), 17);
  ASSERT_TRUE(Put("a", "small").ok());
  EXPECT_EQ(SqlInt("SELECT count(*) FROM chunks"), 0);
  ASSERT_TRUE(Put("a", Noise(5 << 20, 1)).ok());
  const Group removal = std::make_shared<WriteGroup>();
  removal->remove = Filter{};
  ASSERT_TRUE(Write(removal).ok());
  EXPECT_EQ(SqlInt("SELECT count(*) FROM chunks"), 0);
  EXPECT_EQ(SqlInt("SELECT total(bytes) FROM totals"), 0);
}

TEST_F(ValueCodecTest, ListsAndCountsTellTheLengthOfTheValueItself) {
  ASSERT_TRUE(Put("a", Text(100'000)).ok());
  ASSERT_TRUE(Put("b", Noise(5 << 20, 1)).ok());
  auto reader = store_->readers().Take();
  const auto listed = (*reader)->List("", "", 0, 0, 10);
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ((*listed)[0].size, 100'000);
  EXPECT_EQ((*listed)[1].size, 5 << 20);
  EXPECT_EQ((*listed)[0].flags | (*listed)[1].flags, 0u);
  EXPECT_EQ((*reader)->Head(KeyHash("default", "a"), "default", "a")->flags, 0u);
}

TEST_F(ValueCodecTest, DamageInAFrameOrAChunkIsFound) {
  ASSERT_TRUE(Put("text", Text(100'000)).ok());
  ASSERT_TRUE(Put("large", Noise(5 << 20, 1)).ok());
  ASSERT_TRUE(Put("both", Text(200 << 20)).ok());
  EXPECT_EQ(Flag(kChunksFlag), 2);
  Sql("UPDATE chunks SET bytes = zeroblob(262144) WHERE id & 4095 = 3");
  EXPECT_EQ(Get("large"), "<CORRUPT>");
  EXPECT_EQ(Get("both"), "<CORRUPT>");
  Sql("UPDATE chunks SET bytes = zeroblob(262145) WHERE id & 4095 = 4");
  EXPECT_EQ(Get("large"), "<CORRUPT>");
  Sql("DELETE FROM chunks WHERE id & 4095 > 2");
  EXPECT_EQ(Get("large"), "<CORRUPT>");
  EXPECT_EQ(Get("both"), "<CORRUPT>");
  Sql("DROP TRIGGER entries_update; UPDATE entries SET value = substr(value, 1, length(value) / "
      "2)");
  EXPECT_EQ(Get("text"), "<CORRUPT>");
  Sql("UPDATE entries SET flags = flags | 1 << 55");  // a length that no value has
  EXPECT_EQ(Get("text"), "<CORRUPT>");
}

TEST_F(ValueCodecTest, WhatAnOlderReleaseWritesOverACompressedRowIsRead) {
  ASSERT_TRUE(Put("a", Noise(5 << 20, 1)).ok());
  const std::string checksum = std::to_string(static_cast<int64_t>(Hash64("plain")));
  Sql("UPDATE entries SET flags = 0, value = CAST('plain' AS BLOB), checksum = " + checksum);
  EXPECT_EQ(Get("a"), "plain");
  EXPECT_EQ(SqlInt("SELECT count(*) FROM chunks"), 0);
}

}  // namespace
}  // namespace tapps::storage
