#ifndef TAPPS_BASE_TEXT_H_
#define TAPPS_BASE_TEXT_H_

#include <string>
#include <string_view>

namespace tapps {

// Whether bytes are well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates.
bool IsUtf8(std::string_view bytes);
// How many bytes from the start on are UTF-8.
size_t Utf8Prefix(std::string_view bytes);

// Bytes as text that is safe to show in one line: control characters and bytes that are not UTF-8
// become \xNN; cut at `limit` bytes with "...".
std::string Printable(std::string_view bytes, size_t limit = 80);

}  // namespace tapps

#endif  // TAPPS_BASE_TEXT_H_
