#ifndef TAPPS_MEMORY_ENTRY_LIST_H_
#define TAPPS_MEMORY_ENTRY_LIST_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tapps {

// Numbers an entry of one policy; dense, reused.
using EntryId = uint32_t;
inline constexpr EntryId kNoEntry = ~EntryId{0};

// What a policy knows of an entry.
struct PolicyEntry {
  uint32_t hash_low;
  uint32_t hash_high;
  uint32_t place;               // the owner's
  std::atomic<uint32_t> stamp;  // when it was last used, as far as the policy was told
  EntryId newer;                // links of a list; `newer` of a free entry: the next free one;
  EntryId older;                // `older` of one in a heap: the stamp it is filed under
  uint32_t weight : 29;
  uint32_t state : 3;  // the policy's; 0: free

  uint64_t hash() const { return uint64_t{hash_high} << 32 | hash_low; }
  void SetWeight(int64_t given) { weight = static_cast<uint32_t>(given) & ((1u << 29) - 1); }
};
static_assert(sizeof(PolicyEntry) == 28);

// The entries of a policy. They never move, so that hits may stamp them while others are added.
class EntryTable {
 public:
  EntryTable() = default;
  ~EntryTable();
  EntryTable(const EntryTable&) = delete;
  EntryTable& operator=(const EntryTable&) = delete;

  // A new entry with state 1. Throws std::bad_alloc.
  EntryId Take(uint64_t hash, int64_t weight, uint32_t place);
  void Free(EntryId id);
  PolicyEntry& At(EntryId id) const {
    const auto [row, at] = PlaceOf(id / kChunk);
    return rows_[row].load(std::memory_order_acquire)[at].load(
        std::memory_order_acquire)[id % kChunk];
  }
  int64_t count() const { return count_; }
  // All ids ever given out are below.
  EntryId end() const { return end_; }
  size_t footprint() const { return footprint_; }

 private:
  static constexpr uint32_t kChunk = 128;
  using Chunk = std::atomic<PolicyEntry*>;
  // Chunks are found through rows of 1, 2, 4, ... of them.
  static std::pair<uint32_t, uint32_t> PlaceOf(uint32_t chunk) {
    const auto row = static_cast<uint32_t>(std::bit_width(chunk + 1)) - 1;
    return {row, chunk + 1 - (1u << row)};
  }

  std::array<std::atomic<Chunk*>, 26> rows_{};
  EntryId end_ = 0;
  EntryId free_ = kNoEntry;
  int64_t count_ = 0;
  size_t footprint_ = 0;
};

// A list of entries from newest to oldest.
class EntryList {
 public:
  explicit EntryList(EntryTable& entries) : entries_(entries) {}
  void PushNewest(EntryId id);
  void Unlink(EntryId id);
  EntryId oldest() const { return oldest_; }
  bool empty() const { return oldest_ == kNoEntry; }

 private:
  EntryTable& entries_;
  EntryId newest_ = kNoEntry;
  EntryId oldest_ = kNoEntry;
};

// Entries in the exact order of their stamps, although hits change stamps without a word to
// anybody: an entry is filed under the stamp it had, and when it comes up with a newer one it is
// filed again. Stamps only grow, so that the first entry that comes up unchanged is the least
// recently used.
class StampHeap {
 public:
  // `state` marks the entries that are in here.
  StampHeap(EntryTable& entries, uint32_t state) : entries_(entries), state_(state) {}
  // Makes room, so that the next `more` pushes do not fail. Throws std::bad_alloc.
  void Reserve(size_t more);
  // Files an entry under its stamp.
  void Push(EntryId id);
  // After the owner has changed the entry's state.
  void Removed() { --size_; }
  // The least recently used; it stays. kNoEntry when there is none.
  EntryId Oldest();
  bool empty() const { return size_ == 0; }
  // Forgets everything, and gives the memory back.
  void Clear();
  // Files everything anew, after stamps were changed from outside.
  void Rebuild();
  size_t footprint() const { return items_.capacity() * sizeof(Item); }

 private:
  using Item = std::pair<uint32_t, EntryId>;  // stamp, entry
  bool Valid(const Item& item) const;
  void Refile();

  EntryTable& entries_;
  const uint32_t state_;
  std::vector<Item> items_;  // a heap, with items of entries that are gone
  size_t size_ = 0;
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_ENTRY_LIST_H_
