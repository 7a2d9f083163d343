#include "base/value.h"

#include <cstring>
#include <new>

namespace tapps {
namespace {

// Before each text in the block; memcpy'd, so it needs no alignment.
struct TextHeader {
  int32_t field;
  uint32_t size;
};

size_t PackedSize(const std::vector<ValueText>& texts) {
  size_t total = 0;
  for (const ValueText& text : texts) {
    if (!text.text.empty()) total += sizeof(TextHeader) + text.text.size() + 1;
  }
  return total;
}

}  // namespace

Value* Value::Allocate(size_t size, const ValueInfo& info, const std::vector<ValueText>& texts) {
  const size_t texts_size = PackedSize(texts);
  const size_t footprint = sizeof(Value) + texts_size + size;
  Value* value = new (::operator new(footprint)) Value(info, footprint);
  value->texts_size_ = static_cast<uint32_t>(texts_size);
  char* out = reinterpret_cast<char*>(value + 1);
  for (const ValueText& text : texts) {
    if (text.text.empty()) continue;
    const TextHeader header{text.field, static_cast<uint32_t>(text.text.size())};
    std::memcpy(out, &header, sizeof header);
    out += sizeof header;
    std::memcpy(out, text.text.data(), text.text.size());
    out += text.text.size();
    *out++ = '\0';
  }
  return value;
}

ValueRef Value::MakeUninitialized(size_t size, const ValueInfo& info,
                                  const std::vector<ValueText>& texts, char** bytes) {
  Value* value = Allocate(size + 1, info, texts);
  char* data = reinterpret_cast<char*>(value + 1) + value->texts_size_;
  data[size] = '\0';
  value->data_ = data;
  value->size_ = size;
  *bytes = data;
  return ValueRef::Adopt(value);
}

ValueRef Value::Make(std::string_view bytes, const ValueInfo& info,
                     const std::vector<ValueText>& texts) {
  char* data = nullptr;
  ValueRef value = MakeUninitialized(bytes.size(), info, texts, &data);
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  return value;
}

ValueRef Value::Wrap(ValueRef base, const ValueInfo& info, const std::vector<ValueText>& texts) {
  Value* value = Allocate(0, info, texts);
  value->data_ = base->data_;
  value->size_ = base->size_;
  // Views of views would make chains: hold the value that owns the bytes.
  value->base_ = base->base_ ? base->base_ : base;
  return ValueRef::Adopt(value);
}

std::string_view Value::text(int32_t field) const {
  const char* at = reinterpret_cast<const char*>(this + 1);
  const char* const end = at + texts_size_;
  while (at < end) {
    TextHeader header;
    std::memcpy(&header, at, sizeof header);
    at += sizeof header;
    if (header.field == field) return {at, header.size};
    at += header.size + 1;
  }
  return {};
}

std::vector<ValueText> Value::texts() const {
  std::vector<ValueText> found;
  const char* at = reinterpret_cast<const char*>(this + 1);
  const char* const end = at + texts_size_;
  while (at < end) {
    TextHeader header;
    std::memcpy(&header, at, sizeof header);
    at += sizeof header;
    found.push_back({header.field, {at, header.size}});
    at += header.size + 1;
  }
  return found;
}

void Value::Destroy() const {
  auto* self = const_cast<Value*>(this);
  self->~Value();
  ::operator delete(self);
}

}  // namespace tapps
