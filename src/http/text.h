#ifndef TAPPS_HTTP_TEXT_H_
#define TAPPS_HTTP_TEXT_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tapps::http {

// ASCII alone, whatever the host's locale says.
inline constexpr char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
inline constexpr bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
inline constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline constexpr bool IsAlpha(char c) { return Lower(c) >= 'a' && Lower(c) <= 'z'; }
inline constexpr bool IsHexDigit(char c) {
  return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'f');
}

inline std::string LowerCase(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), Lower);
  return out;
}

inline bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

// Optional white space of RFC 9110 5.6.3: space and tab.
inline std::string_view TrimSpace(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Sixteen digits.
inline std::string HexText(uint64_t value) {
  std::string out(16, '0');
  for (size_t i = 0; i < 16; ++i) out[15 - i] = "0123456789abcdef"[value >> (4 * i) & 15];
  return out;
}

// A string of digits and nothing else; numbers above `max` become `max`.
inline std::optional<int64_t> ParseDigits(std::string_view text, int64_t max) {
  if (text.empty()) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return std::nullopt;
    value = value > max / 10 ? max : std::min<int64_t>(max, value * 10 + (c - '0'));
  }
  return value;
}

}  // namespace tapps::http

#endif  // TAPPS_HTTP_TEXT_H_
