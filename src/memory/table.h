#ifndef TAPPS_MEMORY_TABLE_H_
#define TAPPS_MEMORY_TABLE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "memory/hold.h"

namespace tapps {

// A key as the table compares it. An empty namespace stands for "default".
struct TableKey {
  TableKey(std::string_view given_space, std::string_view given_key)
      : space(given_space == "default" ? std::string_view() : given_space), key(given_key) {}
  std::string_view space;
  std::string_view key;
};

// The hash table of one shard: read by any thread without a lock, changed by one at a time.
//
//   tags    | 7 tags, overflow | 7 tags, overflow | ...      one word a group
//   lines   | 7 lines of 64 B  | 7 lines of 64 B  | ...      version, value, length, key
//
// A key's hash gives its group and an 8-bit tag, so that a lookup reads one word of the small array
// of tags and, nearly always, one line. A group that is full sends what follows to the next group;
// its overflow byte counts how many it has sent (255: for ever), and a lookup goes on only while it
// is not 0. A line holds keys of up to 40 bytes with their namespace; longer ones are in a block of
// their own.
//
// Lines are read by their version, which is odd while a line is changed: a reader takes the
// version, the fields, protects the value (memory/hold.h) and takes the version again. Fields are
// atomics: loads with acquire stay before the second look at the version, stores with release stay
// behind the store that made it odd; on x86 both are plain moves. The version counts changes modulo
// 2^31: a reader that sleeps for exactly that many changes of one line is not considered.
//
// A table that is full is replaced by a larger one (MoveTo, Close). The lines of the old one stay
// odd for ever: its readers find out and begin again with the new one.
class Table {
 public:
  static constexpr uint32_t kGroup = 7;
  static constexpr size_t kInlineKey = 40;
  static constexpr size_t kLineBytes = 64;
  static constexpr uint32_t kNone = ~uint32_t{0};

  // What a line says of a value besides its address.
  enum Trait : uint16_t {
    kLongKey = 1,  // the key is in a block
    kPlain = 2,    // the value is served without a look at it: Value::plain()
  };

  struct Found {
    const Value* value = nullptr;
    uint32_t size = 0;
    uint32_t entry = 0;
    uint16_t traits = 0;
    std::atomic<uint8_t>* uses = nullptr;
  };
  enum class Look { kFound, kMissing, kAgain };

  // Room for at least `lines` entries at the highest load. Throws std::bad_alloc.
  explicit Table(uint32_t lines);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // Readers. On kFound the value is in `hold`. kAgain: the table or the line was changed meanwhile.
  Look Find(uint32_t hash, const TableKey& key, ThreadHolds& mine, Hold& hold, Found* found) const;

  // Everything below: one thread at a time.

  // The line of a key, or kNone.
  uint32_t LineOf(uint32_t hash, const TableKey& key) const;
  // The lines that `hash` may be in, one after another: pass kNone first.
  uint32_t NextCandidate(uint32_t hash, uint32_t after) const;
  bool full() const { return count_ >= most_; }
  uint32_t count() const { return count_; }
  uint32_t lines() const { return groups_ * kGroup; }
  // Bytes of memory.
  size_t footprint() const { return size_t{groups_} * kGroupBytes; }

  // Adds an entry, which takes over `value`; returns its line. Not when full(). The entry's number,
  // which hits are told, is kNone until it is set. Throws std::bad_alloc.
  uint32_t Add(uint32_t hash, const TableKey& key, const Value* value);
  void SetEntry(uint32_t line, uint32_t entry) {
    lines_[line].entry.store(entry, std::memory_order_release);
  }
  // Puts another value into a line; returns the old one, which may still be read.
  const Value* Replace(uint32_t line, const Value* value);
  // Empties a line and retires the value and what else it held.
  void Remove(uint32_t hash, uint32_t line, Retirement& retired) noexcept;
  // Moves everything to `larger` and makes this table's readers begin again. hash_of(entry) is the
  // hash an entry was added with, moved(entry, line) is told where it is now. The new table must be
  // the one that readers begin with before Close is called.
  template <typename HashOf, typename Moved>
  void MoveTo(Table* larger, HashOf hash_of, Moved moved) const;
  void Close();

  const Value* ValueAt(uint32_t line) const {
    return lines_[line].value.load(std::memory_order_relaxed);
  }
  uint32_t EntryAt(uint32_t line) const {
    return lines_[line].entry.load(std::memory_order_relaxed);
  }
  std::atomic<uint8_t>& UsesAt(uint32_t line) { return lines_[line].uses; }
  // The key of a line, copied.
  struct KeyCopy {
    std::string space;
    std::string key;
  };
  KeyCopy KeyAt(uint32_t line) const;

  static Retired RetireValue(const Value* value);
  static Retired RetireTable(const Table* table);

 private:
  struct alignas(kLineBytes) Line {
    std::atomic<uint32_t> version;
    std::atomic<uint32_t> entry;
    std::atomic<const Value*> value;  // NULL: no entry
    std::atomic<uint32_t> size;       // of the value
    std::atomic<uint16_t> shape;      // traits, length of namespace and of key
    std::atomic<uint8_t> uses;        // 0 to 3, written by hits
    std::array<std::atomic<uint64_t>, kInlineKey / 8> key;
  };
  static_assert(sizeof(Line) == kLineBytes);
  static constexpr size_t kGroupBytes = kGroup * kLineBytes + sizeof(uint64_t);
  using Words = std::array<uint64_t, kInlineKey / 8>;

  // A long key, out of the line.
  struct KeyBlock {
    uint32_t space_size;
    uint32_t size;
    std::string_view space() const { return {text(), space_size}; }
    std::string_view key() const { return {text() + space_size, size}; }
    const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  };

  struct Place {
    uint32_t group;
    uint8_t tag;
  };
  Place PlaceOf(uint32_t hash) const;
  uint32_t After(uint32_t group) const { return group + 1 == groups_ ? 0 : group + 1; }
  Look Read(const Line& line, const TableKey& key, uint16_t shape, ThreadHolds& mine, Hold& hold,
            Found* found) const;
  uint32_t TakeLine(uint32_t hash);
  bool Equals(const Line& line, const TableKey& key, uint16_t shape) const;

  uint32_t groups_;
  uint32_t most_;
  uint32_t count_ = 0;
  size_t bytes_;
  char* memory_;
  std::atomic<uint64_t>* tags_;
  Line* lines_;
};

template <typename HashOf, typename Moved>
void Table::MoveTo(Table* larger, HashOf hash_of, Moved moved) const {
  for (uint32_t i = 0; i < lines(); ++i) {
    const Line& from = lines_[i];
    if (!from.value.load(std::memory_order_relaxed)) continue;
    const uint32_t entry = from.entry.load(std::memory_order_relaxed);
    const uint32_t at = larger->TakeLine(hash_of(entry));
    Line& to = larger->lines_[at];
    to.entry.store(entry, std::memory_order_relaxed);
    to.value.store(from.value.load(std::memory_order_relaxed), std::memory_order_relaxed);
    to.size.store(from.size.load(std::memory_order_relaxed), std::memory_order_relaxed);
    to.shape.store(from.shape.load(std::memory_order_relaxed), std::memory_order_relaxed);
    to.uses.store(from.uses.load(std::memory_order_relaxed), std::memory_order_relaxed);
    for (size_t k = 0; k < to.key.size(); ++k) {
      to.key[k].store(from.key[k].load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
    moved(entry, at);
  }
}

}  // namespace tapps

#endif  // TAPPS_MEMORY_TABLE_H_
