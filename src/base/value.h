#ifndef TAPPS_BASE_VALUE_H_
#define TAPPS_BASE_VALUE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tapps.h"

namespace tapps {

// A counted pointer to an immutable object with Retain() and Release(). As safe as a raw pointer:
// any threads at once on different Refs, one thread at a time on one Ref.
template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(const Ref& other) : ptr_(other.ptr_) {
    if (ptr_) ptr_->Retain();
  }
  Ref(Ref&& other) noexcept : ptr_(std::exchange(other.ptr_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(ptr_, other.ptr_);
    return *this;
  }
  ~Ref() {
    if (ptr_) ptr_->Release();
  }

  // Takes over a reference the caller owns.
  static Ref Adopt(const T* ptr) {
    Ref ref;
    ref.ptr_ = ptr;
    return ref;
  }
  // Hands the reference to the caller.
  const T* Detach() { return std::exchange(ptr_, nullptr); }

  const T* get() const { return ptr_; }
  const T* operator->() const { return ptr_; }
  const T& operator*() const { return *ptr_; }
  explicit operator bool() const { return ptr_ != nullptr; }

 private:
  const T* ptr_ = nullptr;
};

// The numbers known about a value; as tapps_info in tapps.h, times in microseconds UTC.
struct ValueInfo {
  int64_t version = 0;
  int64_t created_us = 0;
  int64_t expires_us = 0;      // 0: never
  int64_t stale_until_us = 0;  // 0: no stale window
  int64_t sliding_us = 0;      // every use moves expires_us to now + this; 0: not sliding
  int64_t age_us = -1;         // as its maker knows it; -1: now - created_us
  int64_t tokens = 0;
  int32_t served_from = 0;  // TAPPS_FROM_*
  uint32_t flags = 0;       // TAPPS_VALUE_*
  int32_t http_status = 0;
};

// One text (TAPPS_TEXT_*) of a value.
struct ValueText {
  int32_t field;
  std::string_view text;
};

// Immutable bytes with what is known about them, in one block of memory; what tapps.h calls
// tapps_value.
//
//   | Value | bytes, NUL | length of the texts, texts: (field, length, bytes, NUL)* | the rest |
//
// The header has what most values need, in 32 bytes: a memory tier is full of them. The texts are
// there when there are any, the rest when more is known than fits the header. A value may instead
// show the bytes of another one (Wrap) or bytes outside of any (Lend), which it then holds. At most
// 4 GiB.
class Value {
 public:
  // Keeps bytes that are not in a value's block, and frees them when it goes, on any thread.
  class Keeper {
   public:
    Keeper() = default;
    virtual ~Keeper() = default;
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
  };

  // Copies `bytes` and `texts`; empty texts are left out. Throws std::bad_alloc.
  static Ref<Value> Make(std::string_view bytes, const ValueInfo& info,
                         const std::vector<ValueText>& texts = {});
  // A value with room for `size` bytes, for a caller that fills them through `*bytes` before
  // anybody else sees it.
  static Ref<Value> MakeUninitialized(size_t size, const ValueInfo& info,
                                      const std::vector<ValueText>& texts, char** bytes);
  // The bytes of `base` under other numbers and texts, without a copy.
  static Ref<Value> Wrap(Ref<Value> base, const ValueInfo& info,
                         const std::vector<ValueText>& texts = {});
  // The bytes of a std::string, without a copy.
  static Ref<Value> Own(std::string bytes);
  // Bytes that stand elsewhere, with a NUL behind them, and do not change as long as their keeper
  // lives, which the value takes.
  static Ref<Value> Lend(std::string_view bytes, std::unique_ptr<Keeper> keeper);
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;

  std::string_view bytes() const { return {wraps_ ? ReadRest().data : PlainBytes(this), size_}; }
  ValueInfo info() const;
  // Parts of info() that are needed often.
  int64_t expires_us() const {
    if (lifetime_us_ == 0) return 0;
    return has_rest_ ? ReadRest().info.expires_us
                     : created_us_ + static_cast<int64_t>(lifetime_us_);
  }
  int64_t sliding_us() const { return has_rest_ ? ReadRest().info.sliding_us : 0; }
  uint32_t flags() const { return static_cast<uint32_t>(flags_); }  // TAPPS_VALUE_*
  // One text; data() is NULL when it is not known.
  std::string_view text(int32_t field) const;
  // The texts of this value, to copy them into another.
  std::vector<ValueText> texts() const;

  // Whether it may be served at any time to anybody, from the place right behind the header: it is
  // not negative, does not expire, and shows its own bytes.
  bool plain() const {
    return lifetime_us_ == 0 && (flags_ & TAPPS_VALUE_NEGATIVE) == 0 && !wraps_;
  }
  // The bytes of a plain value, without a look at it.
  static const char* PlainBytes(const Value* value) {
    return reinterpret_cast<const char*>(value + 1);
  }
  // Bytes it keeps from being freed: its block, and what it shows from elsewhere.
  size_t footprint() const {
    return sizeof(Value) + size_ + 1 + texts_room() + (has_rest_ ? sizeof(Rest) : 0);
  }

  void Retain() const { refs_.fetch_add(1, std::memory_order_relaxed); }
  void Release() const {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) Destroy();
  }

 private:
  struct Rest {
    ValueInfo info;
    const char* data;      // the bytes, when they are not in the block
    const Value* base;     // has them, or
    const Keeper* keeper;  // keeps them
  };

  Value() = default;
  ~Value() = default;
  // `elsewhere`: where the bytes are that the block has no room for; its info is not looked at.
  static Value* Allocate(size_t size, const ValueInfo& info, const std::vector<ValueText>& texts,
                         const Rest* elsewhere);
  size_t room() const { return wraps_ ? 0 : size_t{size_} + 1; }
  // With their length in front; 0 when there are none.
  size_t texts_room() const;
  // The texts.
  std::string_view packed_texts() const;
  Rest ReadRest() const;
  void Destroy() const;

  mutable std::atomic<uint32_t> refs_{1};
  uint32_t size_ = 0;
  // From created_us_ to its end; 0: never. Any other number where the rest has the end.
  static constexpr int kLifetimeBits = 49;  // 17 years
  static constexpr int kFlagsBits = 8;
  static constexpr int kServedFromBits = 4;
  uint64_t lifetime_us_ : kLifetimeBits = 0;
  uint64_t flags_ : kFlagsBits = 0;
  uint64_t served_from_ : kServedFromBits = 0;
  uint64_t has_texts_ : 1 = 0;
  uint64_t has_rest_ : 1 = 0;
  uint64_t wraps_ : 1 = 0;
  int64_t version_ = 0;
  int64_t created_us_ = 0;
};

using ValueRef = Ref<Value>;

}  // namespace tapps

#endif  // TAPPS_BASE_VALUE_H_
