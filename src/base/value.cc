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

Value* Value::Allocate(size_t size, const ValueInfo& info, const std::vector<ValueText>& texts,
                       const Rest* elsewhere) {
  const bool expires = info.expires_us != 0;
  const bool short_lived = info.created_us >= 0 && info.expires_us > info.created_us &&
                           info.expires_us - info.created_us < int64_t{1} << kLifetimeBits;
  const bool fits = (!expires || short_lived) && info.stale_until_us == info.expires_us &&
                    info.sliding_us == 0 && info.age_us == -1 && info.tokens == 0 &&
                    info.http_status == 0 && info.flags < 1u << kFlagsBits &&
                    info.served_from >= 0 && info.served_from < 1 << kServedFromBits;
  const bool has_rest = elsewhere != nullptr || !fits;
  const auto texts_size = static_cast<uint32_t>(PackedSize(texts));
  const size_t texts_room = texts_size == 0 ? 0 : sizeof texts_size + texts_size;
  const size_t room = elsewhere != nullptr ? 0 : size + 1;
  auto* value =
      new (::operator new(sizeof(Value) + room + texts_room + (has_rest ? sizeof(Rest) : 0)))
          Value();
  value->size_ = static_cast<uint32_t>(size);
  value->lifetime_us_ =
      short_lived ? static_cast<uint64_t>(info.expires_us - info.created_us) : (expires ? 1 : 0);
  value->flags_ = info.flags & ((1u << kFlagsBits) - 1);
  value->served_from_ = static_cast<uint32_t>(info.served_from) & ((1u << kServedFromBits) - 1);
  value->has_texts_ = texts_size != 0;
  value->has_rest_ = has_rest;
  value->wraps_ = elsewhere != nullptr;
  value->version_ = info.version;
  value->created_us_ = info.created_us;
  char* out = reinterpret_cast<char*>(value + 1) + room;
  if (texts_size != 0) {
    std::memcpy(out, &texts_size, sizeof texts_size);
    out += sizeof texts_size;
  }
  for (const ValueText& text : texts) {
    if (text.text.empty()) continue;
    const TextHeader header{text.field, static_cast<uint32_t>(text.text.size())};
    std::memcpy(out, &header, sizeof header);
    out += sizeof header;
    std::memcpy(out, text.text.data(), text.text.size());
    out += text.text.size();
    *out++ = '\0';
  }
  if (has_rest) {
    Rest rest = elsewhere != nullptr ? *elsewhere : Rest();
    rest.info = info;
    std::memcpy(out, &rest, sizeof rest);
  }
  return value;
}

std::string_view Value::packed_texts() const {
  if (!has_texts_) return {};
  const char* const at = PlainBytes(this) + room();
  uint32_t size = 0;
  std::memcpy(&size, at, sizeof size);
  return {at + sizeof size, size};
}

size_t Value::texts_room() const {
  return has_texts_ ? sizeof(uint32_t) + packed_texts().size() : 0;
}

Value::Rest Value::ReadRest() const {
  Rest rest;
  std::memcpy(&rest, PlainBytes(this) + room() + texts_room(), sizeof rest);
  return rest;
}

ValueInfo Value::info() const {
  if (has_rest_) return ReadRest().info;
  ValueInfo info;
  info.version = version_;
  info.created_us = created_us_;
  info.expires_us = expires_us();
  info.stale_until_us = info.expires_us;
  info.served_from = static_cast<int32_t>(served_from_);
  info.flags = static_cast<uint32_t>(flags_);
  return info;
}

ValueRef Value::MakeUninitialized(size_t size, const ValueInfo& info,
                                  const std::vector<ValueText>& texts, char** bytes) {
  Value* value = Allocate(size, info, texts, nullptr);
  char* data = reinterpret_cast<char*>(value + 1);
  data[size] = '\0';
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
  // Views of views would make chains: hold the value that has the bytes or their keeper.
  const Value* owner = base->wraps_ ? base->ReadRest().base : nullptr;
  if (owner == nullptr) owner = base.get();
  const Rest elsewhere = {{}, owner->bytes().data(), owner, nullptr};
  Value* value = Allocate(owner->size_, info, texts, &elsewhere);
  owner->Retain();
  return ValueRef::Adopt(value);
}

ValueRef Value::Lend(std::string_view bytes, std::unique_ptr<Keeper> keeper) {
  const Rest elsewhere = {{}, bytes.data(), nullptr, keeper.get()};
  Value* value = Allocate(bytes.size(), ValueInfo(), {}, &elsewhere);
  (void)keeper.release();
  return ValueRef::Adopt(value);
}

ValueRef Value::Own(std::string bytes) {
  struct StringKeeper final : Keeper {
    explicit StringKeeper(std::string kept) : text(std::move(kept)) {}
    const std::string text;
  };
  auto keeper = std::make_unique<StringKeeper>(std::move(bytes));
  const std::string_view shown = keeper->text;
  return Lend(shown, std::move(keeper));
}

std::string_view Value::text(int32_t field) const {
  const std::string_view packed = packed_texts();
  const char* at = packed.data();
  const char* const end = at + packed.size();
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
  const std::string_view packed = packed_texts();
  const char* at = packed.data();
  const char* const end = at + packed.size();
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
  if (wraps_) {
    const Rest rest = ReadRest();
    if (rest.base != nullptr) rest.base->Release();
    delete rest.keeper;
  }
  self->~Value();
  ::operator delete(self);
}

}  // namespace tapps
