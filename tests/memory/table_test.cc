#include "memory/table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/hash.h"

namespace tapps {
namespace {

class TableTest : public testing::Test {
 protected:
  static uint32_t HashOf(const std::string& key) { return static_cast<uint32_t>(Hash64(key)); }
  uint32_t Add(Table& table, uint32_t hash, std::string_view space, const std::string& key) {
    return table.Add(hash, {space, key}, Value::Make(key, {}).Detach());
  }
  // What a reader finds; "" for nothing.
  std::string Find(const Table& table, uint32_t hash, std::string_view space,
                   std::string_view key) {
    ThreadHolds& mine = *ThreadHolds::Mine();
    Table::Found found;
    if (table.Find(hash, {space, key}, mine, mine.scratch, &found) != Table::Look::kFound) {
      return "";
    }
    const std::string bytes(found.value->bytes());
    EXPECT_EQ(found.size, bytes.size());
    mine.scratch.Clear();
    return bytes;
  }
  void RemoveAll(Table& table, const std::map<uint32_t, uint32_t>& hash_of_line) {
    for (const auto& [line, hash] : hash_of_line) table.Remove(hash, line, retired_);
  }

  Retirement retired_;
};

TEST_F(TableTest, KeysOfAllLengthsAreToldApart) {
  Table table(400);
  std::map<uint32_t, uint32_t> lines;
  for (const std::string_view space : {"default", "s", "a.namespace"}) {
    for (size_t size = 1; size <= 60; ++size) {
      // One hash for all of a length: the keys decide.
      const std::string key(size, 'k');
      lines[Add(table, static_cast<uint32_t>(size), space, key)] = static_cast<uint32_t>(size);
    }
  }
  for (const std::string_view space : {"default", "s", "a.namespace"}) {
    for (size_t size = 1; size <= 60; ++size) {
      const auto hash = static_cast<uint32_t>(size);
      std::string key(size, 'k');
      EXPECT_EQ(Find(table, hash, space, key), key);
      const uint32_t line = table.LineOf(hash, {space, key});
      ASSERT_NE(line, Table::kNone);
      EXPECT_EQ(table.KeyAt(line).key, key);
      EXPECT_EQ(table.KeyAt(line).space, space);
      key.back() = 'x';
      EXPECT_EQ(Find(table, hash, space, key), "");
    }
  }
  EXPECT_EQ(Find(table, 1, "k", ""), "");
  RemoveAll(table, lines);
  EXPECT_EQ(table.count(), 0u);
}

TEST_F(TableTest, AgreesWithAMapThroughAddsAndRemovals) {
  constexpr uint32_t kRoom = 200;
  Table table(kRoom);
  std::map<std::string, uint32_t> lines;
  std::mt19937 random(9);
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = std::to_string(random() % 400);
    // Few different hashes: groups overflow.
    const uint32_t hash = HashOf(key) & 0xff00'0000;
    if (const auto known = lines.find(key); known != lines.end()) {
      ASSERT_EQ(Find(table, hash, "default", key), key);
      if (random() % 2 == 0) {
        table.Remove(hash, known->second, retired_);
        lines.erase(known);
      }
    } else {
      ASSERT_EQ(Find(table, hash, "default", key), "");
      if (!table.full()) lines[key] = Add(table, hash, "default", key);
    }
    ASSERT_EQ(table.count(), lines.size());
  }
  for (const auto& [key, line] : lines) {
    table.Remove(HashOf(key) & 0xff00'0000, line, retired_);
  }
}

TEST_F(TableTest, ALargerTableHasEverythingAndTheOldOneSendsItsReadersThere) {
  Table small(16);
  std::vector<uint32_t> hashes;
  for (int i = 0; !small.full(); ++i) {
    const std::string key = "key" + std::to_string(i);
    small.SetEntry(Add(small, HashOf(key), "default", key), static_cast<uint32_t>(i));
    hashes.push_back(HashOf(key));
  }
  Table large(100);
  std::map<uint32_t, uint32_t> lines;
  small.MoveTo(
      &large, [&](uint32_t entry) { return hashes[entry]; },
      [&](uint32_t entry, uint32_t line) { lines[line] = hashes[entry]; });
  small.Close();
  ThreadHolds& mine = *ThreadHolds::Mine();
  Table::Found found;
  EXPECT_EQ(small.Find(hashes[0], {"default", "key0"}, mine, mine.scratch, &found),
            Table::Look::kAgain);
  for (size_t i = 0; i < hashes.size(); ++i) {
    const std::string key = "key" + std::to_string(i);
    EXPECT_EQ(Find(large, hashes[i], "default", key), key);
  }
  RemoveAll(large, lines);
}

}  // namespace
}  // namespace tapps
