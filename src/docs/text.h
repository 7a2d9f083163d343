#ifndef TAPPS_DOCS_TEXT_H_
#define TAPPS_DOCS_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tapps {

// Text as documents hold it: UTF-8 (what is not becomes U+FFFD), lines ended by \n, no byte order
// mark, and no control characters but tab and newline, so that a document cannot drive a terminal.
std::string CleanText(std::string_view bytes);

// Language-model tokens of a text of `bytes` bytes, estimated as one for 3.5 bytes and rounded up:
// what English prose with code comes to.
constexpr int64_t EstimateTokens(size_t bytes) { return static_cast<int64_t>((bytes * 2 + 6) / 7); }
// The longest text that is estimated at no more than `tokens`.
constexpr size_t BytesOfTokens(int64_t tokens) { return static_cast<size_t>(tokens) * 7 / 2; }

// The words of a text, in order: runs of ASCII letters, digits and '_' and of all non-ASCII
// characters, in lower case. A plural "s" is dropped ("options" and "option" are one word).
std::vector<std::string> Words(std::string_view text);

// Cuts `text` after the last whole line that ends within `limit` bytes; after a whole character
// when not even one line does.
std::string_view CutAtLine(std::string_view text, size_t limit);

// Calls visit(line) for each line of `text`, without its newline.
template <typename Visit>
void ForEachLine(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    visit(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace tapps

#endif  // TAPPS_DOCS_TEXT_H_
