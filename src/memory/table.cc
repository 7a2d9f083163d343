#include "memory/table.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace tapps {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101u;
constexpr uint64_t kHighs = 0x8080808080808080u;
constexpr uint64_t kTagBytes = 0x00ffffffffffffffu;
constexpr uint64_t kOverflowOne = uint64_t{1} << 56;
constexpr size_t kHugePage = size_t{2} << 20;

// The bytes of the low seven that are 0, as their high bits; above the first one there may be
// false ones.
uint64_t Zeros(uint64_t word) { return (word - kOnes) & ~word & kHighs & kTagBytes; }
uint64_t Candidates(uint64_t tags, uint8_t tag) { return Zeros(tags ^ (kOnes * tag)); }
uint32_t Position(uint64_t bits) { return static_cast<uint32_t>(std::countr_zero(bits)) / 8; }

bool IsInline(const TableKey& key) {
  return key.space.size() + key.key.size() <= Table::kInlineKey;
}

// Traits in the low 4 bits, then the lengths.
uint16_t ShapeOf(const TableKey& key) {
  if (!IsInline(key)) return Table::kLongKey;
  return static_cast<uint16_t>(key.space.size() << 10 | key.key.size() << 4);
}
uint16_t PlainTrait(const Value& value) {
  return value.plain() ? uint16_t{Table::kPlain} : uint16_t{0};
}
constexpr uint16_t kKeyShape = static_cast<uint16_t>(~Table::kPlain);

void DestroyValue(const void* value) { static_cast<const Value*>(value)->Release(); }
void DestroyTable(const void* table) { delete static_cast<const Table*>(table); }
void DestroyKey(const void* key) { ::operator delete(const_cast<void*>(key)); }

}  // namespace

Table::Table(uint32_t lines) {
  // At most five of six lines are taken: more, and full groups follow each other.
  groups_ =
      std::max<uint32_t>(1, static_cast<uint32_t>((uint64_t{lines} * 6 / 5 + kGroup) / kGroup));
  most_ = std::max<uint32_t>(1, static_cast<uint32_t>(uint64_t{groups_} * kGroup * 5 / 6));
  bytes_ = size_t{groups_} * kGroupBytes;
  const size_t alignment = bytes_ >= 2 * kHugePage ? kHugePage : kLineBytes;
  bytes_ = (bytes_ + alignment - 1) / alignment * alignment;
  memory_ = static_cast<char*>(std::aligned_alloc(alignment, bytes_));
  if (!memory_) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  if (alignment == kHugePage) madvise(memory_, bytes_, MADV_HUGEPAGE);
#endif
  lines_ = reinterpret_cast<Line*>(memory_);
  tags_ = reinterpret_cast<std::atomic<uint64_t>*>(memory_ + size_t{groups_} * kGroup * kLineBytes);
  for (uint32_t i = 0; i < groups_ * kGroup; ++i) new (lines_ + i) Line{};
  for (uint32_t i = 0; i < groups_; ++i) new (tags_ + i) std::atomic<uint64_t>(0);
}

Table::~Table() { std::free(memory_); }

Retired Table::RetireValue(const Value* value) { return {value, DestroyValue, value->footprint()}; }

Retired Table::RetireTable(const Table* table) { return {table, DestroyTable, table->footprint()}; }

Table::Place Table::PlaceOf(uint32_t hash) const {
  const uint64_t product = uint64_t{hash} * groups_;
  const auto tag = static_cast<uint8_t>(product >> 24);
  return {static_cast<uint32_t>(product >> 32), tag == 0 ? uint8_t{1} : tag};
}

[[gnu::always_inline]] inline bool Table::Equals(const Line& line, const TableKey& key,
                                                 uint16_t shape) const {
  const auto word = [&](size_t i) { return line.key[i].load(std::memory_order_acquire); };
  if ((shape & kLongKey) != 0) {
    const auto* block = reinterpret_cast<const KeyBlock*>(word(0));
    return block->key() == key.key && block->space() == key.space;
  }
  if (!key.space.empty()) {
    Words words;
    for (size_t i = 0; i < words.size(); ++i) words[i] = word(i);
    const char* text = reinterpret_cast<const char*>(words.data());
    return std::memcmp(text, key.space.data(), key.space.size()) == 0 &&
           std::memcmp(text + key.space.size(), key.key.data(), key.key.size()) == 0;
  }
  std::string_view left = key.key;
  size_t i = 0;
  for (; left.size() >= 8; left.remove_prefix(8), ++i) {
    uint64_t eight = 0;
    std::memcpy(&eight, left.data(), 8);
    if (word(i) != eight) return false;
  }
  if (left.empty()) return true;
  uint64_t rest = 0;  // as Add leaves the bytes behind the key
  std::memcpy(&rest, left.data(), left.size());
  return word(i) == rest;
}

[[gnu::always_inline]] inline Table::Look Table::Read(const Line& line, const TableKey& key,
                                                      uint16_t shape, ThreadHolds& mine, Hold& hold,
                                                      Found* found) const {
  const uint32_t version = line.version.load(std::memory_order_acquire);
  const auto unchanged = [&] { return line.version.load(std::memory_order_seq_cst) == version; };
  if ((version & 1) != 0) return Look::kAgain;
  const uint16_t here = line.shape.load(std::memory_order_acquire);
  const Value* const value = line.value.load(std::memory_order_acquire);
  bool equal = value != nullptr && (here & kKeyShape) == shape;
  if (equal && (shape & kLongKey) != 0) {
    const auto* block =
        reinterpret_cast<const KeyBlock*>(line.key[0].load(std::memory_order_acquire));
    if (!mine.key.Protect(block, unchanged)) return Look::kAgain;
    equal = block->key() == key.key && block->space() == key.space;
    mine.key.Clear();
  } else if (equal) {
    equal = Equals(line, key, shape);
  }
  if (!equal) return unchanged() ? Look::kMissing : Look::kAgain;
  found->value = value;
  found->size = line.size.load(std::memory_order_acquire);
  found->entry = line.entry.load(std::memory_order_acquire);
  found->traits = here & (kPlain | kLongKey);
  found->uses = const_cast<std::atomic<uint8_t>*>(&line.uses);
  return hold.Protect(value, unchanged) ? Look::kFound : Look::kAgain;
}

Table::Look Table::Find(uint32_t hash, const TableKey& key, ThreadHolds& mine, Hold& hold,
                        Found* found) const {
  const Place place = PlaceOf(hash);
  const uint16_t shape = ShapeOf(key);
  uint32_t group = place.group;
  for (uint32_t probes = 0; probes < groups_; ++probes) {
    const uint64_t tags = tags_[group].load(std::memory_order_acquire);
    for (uint64_t left = Candidates(tags, place.tag); left != 0; left &= left - 1) {
      const Look look =
          Read(lines_[group * kGroup + Position(left)], key, shape, mine, hold, found);
      if (look != Look::kMissing) return look;
    }
    if (tags < kOverflowOne) return Look::kMissing;
    group = After(group);
  }
  return Look::kMissing;
}

uint32_t Table::LineOf(uint32_t hash, const TableKey& key) const {
  const uint16_t shape = ShapeOf(key);
  for (uint32_t at = NextCandidate(hash, kNone); at != kNone; at = NextCandidate(hash, at)) {
    const uint16_t here = lines_[at].shape.load(std::memory_order_relaxed);
    if ((here & kKeyShape) == shape && Equals(lines_[at], key, shape)) return at;
  }
  return kNone;
}

uint32_t Table::NextCandidate(uint32_t hash, uint32_t after) const {
  const Place place = PlaceOf(hash);
  uint32_t group = after == kNone ? place.group : after / kGroup;
  uint32_t from = after == kNone ? 0 : after % kGroup + 1;
  for (uint32_t probes = 0; probes < groups_; ++probes) {
    const uint64_t tags = tags_[group].load(std::memory_order_relaxed);
    for (uint64_t left = Candidates(tags, place.tag); left != 0; left &= left - 1) {
      const uint32_t at = Position(left);
      if (at < from || (tags >> at * 8 & 0xff) != place.tag) continue;
      return group * kGroup + at;
    }
    if (tags < kOverflowOne) return kNone;
    group = After(group);
    if (group == place.group) return kNone;
    from = 0;
  }
  return kNone;
}

uint32_t Table::TakeLine(uint32_t hash) {
  const Place place = PlaceOf(hash);
  for (uint32_t group = place.group;; group = After(group)) {
    const uint64_t tags = tags_[group].load(std::memory_order_relaxed);
    if (const uint64_t free = Zeros(tags); free != 0) {
      const uint32_t at = Position(free);
      tags_[group].store(tags | uint64_t{place.tag} << at * 8, std::memory_order_release);
      ++count_;
      return group * kGroup + at;
    }
    if (tags >> 56 != 255) tags_[group].store(tags + kOverflowOne, std::memory_order_release);
  }
}

uint32_t Table::Add(uint32_t hash, const TableKey& key, const Value* value) {
  Words words{};
  if (IsInline(key)) {
    char* text = reinterpret_cast<char*>(words.data());
    std::copy(key.space.begin(), key.space.end(), text);
    std::copy(key.key.begin(), key.key.end(), text + key.space.size());
  } else {
    auto* block = new (::operator new(sizeof(KeyBlock) + key.space.size() + key.key.size()))
        KeyBlock{static_cast<uint32_t>(key.space.size()), static_cast<uint32_t>(key.key.size())};
    char* text = reinterpret_cast<char*>(block + 1);
    std::copy(key.space.begin(), key.space.end(), text);
    std::copy(key.key.begin(), key.key.end(), text + key.space.size());
    words[0] = reinterpret_cast<uint64_t>(block);
  }
  const uint32_t at = TakeLine(hash);
  Line& line = lines_[at];
  const uint32_t version = line.version.load(std::memory_order_relaxed);
  line.version.store(version + 1, std::memory_order_relaxed);
  line.entry.store(kNone, std::memory_order_release);
  line.size.store(static_cast<uint32_t>(value->bytes().size()), std::memory_order_release);
  line.shape.store(static_cast<uint16_t>(ShapeOf(key) | PlainTrait(*value)),
                   std::memory_order_release);
  line.uses.store(0, std::memory_order_release);
  for (size_t i = 0; i < words.size(); ++i) {
    line.key[i].store(words[i], std::memory_order_release);
  }
  line.value.store(value, std::memory_order_release);
  line.version.store(version + 2, std::memory_order_release);
  return at;
}

const Value* Table::Replace(uint32_t at, const Value* value) {
  Line& line = lines_[at];
  const Value* const old = line.value.load(std::memory_order_relaxed);
  const uint16_t shape = line.shape.load(std::memory_order_relaxed) & kKeyShape;
  const uint32_t version = line.version.load(std::memory_order_relaxed);
  line.version.store(version + 1, std::memory_order_relaxed);
  line.size.store(static_cast<uint32_t>(value->bytes().size()), std::memory_order_release);
  line.shape.store(static_cast<uint16_t>(shape | PlainTrait(*value)), std::memory_order_release);
  line.value.store(value, std::memory_order_release);
  line.version.store(version + 2, std::memory_order_release);
  return old;
}

void Table::Remove(uint32_t hash, uint32_t at, Retirement& retired) noexcept {
  Line& line = lines_[at];
  retired.Add(RetireValue(line.value.load(std::memory_order_relaxed)));
  if ((line.shape.load(std::memory_order_relaxed) & kLongKey) != 0) {
    const auto* block =
        reinterpret_cast<const KeyBlock*>(line.key[0].load(std::memory_order_relaxed));
    retired.Add({block, DestroyKey, sizeof(KeyBlock) + block->space_size + block->size});
  }
  const uint32_t version = line.version.load(std::memory_order_relaxed);
  line.version.store(version + 1, std::memory_order_relaxed);
  line.value.store(nullptr, std::memory_order_release);
  line.version.store(version + 2, std::memory_order_release);
  const uint32_t group = at / kGroup;
  const uint64_t tags = tags_[group].load(std::memory_order_relaxed);
  tags_[group].store(tags & ~(uint64_t{0xff} << at % kGroup * 8), std::memory_order_release);
  for (uint32_t passed = PlaceOf(hash).group; passed != group; passed = After(passed)) {
    const uint64_t word = tags_[passed].load(std::memory_order_relaxed);
    if (word >> 56 != 255) tags_[passed].store(word - kOverflowOne, std::memory_order_release);
  }
  --count_;
}

void Table::Close() {
  for (uint32_t i = 0; i < lines(); ++i) {
    std::atomic<uint32_t>& version = lines_[i].version;
    version.store(version.load(std::memory_order_relaxed) | 1, std::memory_order_release);
  }
}

Table::KeyCopy Table::KeyAt(uint32_t at) const {
  const Line& line = lines_[at];
  const uint16_t shape = line.shape.load(std::memory_order_relaxed);
  KeyCopy copy;
  if ((shape & kLongKey) != 0) {
    const auto* block =
        reinterpret_cast<const KeyBlock*>(line.key[0].load(std::memory_order_relaxed));
    copy.space = block->space();
    copy.key = block->key();
  } else {
    Words words;
    for (size_t i = 0; i < words.size(); ++i) {
      words[i] = line.key[i].load(std::memory_order_relaxed);
    }
    const char* text = reinterpret_cast<const char*>(words.data());
    const size_t space_size = shape >> 10 & 63;
    copy.space.assign(text, space_size);
    copy.key.assign(text + space_size, shape >> 4 & 63);
  }
  if (copy.space.empty()) copy.space = "default";
  return copy;
}

}  // namespace tapps
