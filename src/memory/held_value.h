#ifndef TAPPS_MEMORY_HELD_VALUE_H_
#define TAPPS_MEMORY_HELD_VALUE_H_

#include <cstdint>
#include <utility>

#include "base/value.h"
#include "memory/hold.h"

namespace tapps {

// A value somebody holds: in a slot of the thread that found it, or by a counted reference. What
// tapps.h calls tapps_value is the handle() of one of these: the address of a slot with its lowest
// bit set, or that of a value. Any thread may use and drop it, whichever made it.
class HeldValue {
 public:
  HeldValue() = default;
  explicit HeldValue(ValueRef value)
      : handle_(reinterpret_cast<uintptr_t>(value.get())), value_(value.Detach()) {}
  // Takes over what the slot holds.
  HeldValue(Hold& hold, const Value* value, bool plain, size_t size)
      : handle_(reinterpret_cast<uintptr_t>(&hold) | 1),
        value_(value),
        plain_(plain),
        size_(size) {}
  HeldValue(HeldValue&& other) noexcept
      : handle_(std::exchange(other.handle_, 0)),
        value_(other.value_),
        plain_(other.plain_),
        size_(other.size_) {}
  HeldValue& operator=(HeldValue&& other) noexcept {
    std::swap(handle_, other.handle_);
    value_ = other.value_;
    plain_ = other.plain_;
    size_ = other.size_;
    return *this;
  }
  ~HeldValue() {
    if (handle_ != 0) Release(handle_);
  }

  explicit operator bool() const { return handle_ != 0; }
  const Value& operator*() const { return *value_; }
  const Value* operator->() const { return value_; }
  // Nothing about it needs a look before it is served (Value::plain()).
  bool plain() const { return plain_; }
  // As value->bytes(), without touching the value's memory where that is possible.
  std::string_view bytes() const {
    return plain_ ? std::string_view(Value::PlainBytes(value_), size_) : value_->bytes();
  }

  // Hands the reference to the caller.
  uintptr_t Detach() { return std::exchange(handle_, 0); }

  // Of a handle that was detached.
  static const Value* ValueOf(uintptr_t handle) {
    return (handle & 1) != 0 ? SlotOf(handle)->value() : reinterpret_cast<const Value*>(handle);
  }
  static void Retain(uintptr_t handle) {
    if ((handle & 1) != 0) {
      SlotOf(handle)->Retain();
    } else {
      ValueOf(handle)->Retain();
    }
  }
  static void Release(uintptr_t handle) {
    if ((handle & 1) != 0) {
      SlotOf(handle)->Release();
    } else {
      ValueOf(handle)->Release();
    }
  }

 private:
  static Hold* SlotOf(uintptr_t handle) { return reinterpret_cast<Hold*>(handle - 1); }

  uintptr_t handle_ = 0;
  const Value* value_ = nullptr;
  bool plain_ = false;
  size_t size_ = 0;
};

}  // namespace tapps

#endif  // TAPPS_MEMORY_HELD_VALUE_H_
