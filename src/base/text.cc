#include "base/text.h"

#include <cstdint>

namespace tapps {
namespace {

// Length of the well-formed sequence at the start of `s`, 0 when there is none.
size_t SequenceLength(std::string_view s) {
  const auto at = [&](size_t i) -> uint8_t {
    return i < s.size() ? static_cast<uint8_t>(s[i]) : 0;
  };
  const auto tail = [&](size_t i) { return (at(i) & 0xC0) == 0x80; };
  const uint8_t b = at(0);
  if (b < 0x80) return 1;
  if (b >= 0xC2 && b <= 0xDF) return tail(1) ? 2 : 0;
  if (b >= 0xE0 && b <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    if (b == 0xE0 && at(1) < 0xA0) return 0;
    if (b == 0xED && at(1) > 0x9F) return 0;
    return 3;
  }
  if (b >= 0xF0 && b <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (b == 0xF0 && at(1) < 0x90) return 0;
    if (b == 0xF4 && at(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

size_t Utf8Prefix(std::string_view bytes) {
  size_t prefix = 0;
  while (prefix < bytes.size()) {
    const size_t n = SequenceLength(bytes.substr(prefix));
    if (n == 0) break;
    prefix += n;
  }
  return prefix;
}

bool IsUtf8(std::string_view bytes) { return Utf8Prefix(bytes) == bytes.size(); }

std::string Printable(std::string_view bytes, size_t limit) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  while (!bytes.empty()) {
    if (out.size() >= limit) return out + "...";
    const size_t n = SequenceLength(bytes);
    const auto byte = static_cast<uint8_t>(bytes[0]);
    if (n == 0 || byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
      bytes.remove_prefix(1);
    } else {
      out += bytes.substr(0, n);
      bytes.remove_prefix(n);
    }
  }
  return out;
}

}  // namespace tapps
