#ifndef TAPPS_MEMORY_HISTORY_H_
#define TAPPS_MEMORY_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tapps {

// The entries that were evicted lately: half of a hash and the stamp of its last use each, 14
// bytes. The one that was remembered first is forgotten first. Half of the hash is kept: a stranger
// with the same half is taken for an entry once in some hundred thousand lookups, which costs a
// misjudgement.
class History {
 public:
  // Remembers a hash under a stamp, and at most `most` altogether; those with stamps below `floor`
  // do not count and may be forgotten. Throws std::bad_alloc.
  void Add(uint64_t hash, uint32_t stamp, size_t most, uint32_t floor);
  // Forgets a hash; its stamp, if it was there.
  std::optional<uint32_t> Take(uint64_t hash);
  // Makes all stamps smaller, those below to 0.
  void Rebase(uint32_t by);
  size_t size() const { return live_; }
  size_t footprint() const {
    return ring_.capacity() * sizeof(Item) + index_.capacity() * sizeof(uint32_t);
  }

 private:
  struct Item {
    uint32_t mark;  // of the hash; 0: a hole
    uint32_t stamp;
  };
  static uint32_t MarkOf(uint64_t hash) {
    const auto mark = static_cast<uint32_t>(hash >> 16);
    return mark == 0 ? 1 : mark;
  }
  size_t Home(uint32_t mark) const { return uint64_t{mark} * index_.size() >> 32; }
  size_t Next(size_t at) const { return at + 1 == index_.size() ? 0 : at + 1; }
  // Where the index has a mark; index_.size() when nowhere.
  size_t Find(uint32_t mark) const;
  void Unindex(size_t at);
  void ForgetOldest();
  void Rearrange(size_t most, uint32_t floor);

  std::vector<Item> ring_;  // in the order of remembering, from oldest_ on
  size_t oldest_ = 0;
  size_t used_ = 0;              // with holes
  size_t live_ = 0;              // without
  std::vector<uint32_t> index_;  // open addressing: position in the ring + 1; 0: empty
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_HISTORY_H_
