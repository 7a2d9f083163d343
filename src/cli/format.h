#ifndef TAPPS_CLI_FORMAT_H_
#define TAPPS_CLI_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tapps::cli {

// "0 B", "999 B", "1.5 KiB", "64 MiB".
std::string HumanBytes(int64_t bytes);
// "850 ns"-free: "0 us", "12 us", "3.4 ms", "2.5 s", "4 min", "3 h", "12 d".
std::string HumanDuration(int64_t microseconds);

// "250ms", "90s", "15m", "36h", "7d"; a bare number is seconds, "none" is TAPPS_NONE. Nothing when
// the text is none of them or does not fit.
std::optional<int64_t> ParseDuration(std::string_view text);
// "512", "64k", "10M", "1G", powers of 1,024; "64KiB" and "64KB" mean the same.
std::optional<int64_t> ParseBytes(std::string_view text);

bool IsUtf8(std::string_view bytes);
std::string Base64(std::string_view bytes);
// One line that is safe on a terminal: control characters and bytes that are not UTF-8 as \xNN, and
// the backslash as \\ .
std::string Printable(std::string_view bytes);
// Text that is safe on a terminal: control characters but tab and line feed left out.
std::string WithoutControls(std::string_view text);

// Columns padded to their widest cell; numbers (columns named in `right`) to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> header, std::vector<size_t> right = {});
  void Add(std::vector<std::string> row);
  bool empty() const { return rows_.size() < 2; }
  // Lines ended by \n, each after `indent`, without trailing blanks.
  std::string Render(std::string_view indent = "") const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> right_;
};

}  // namespace tapps::cli

#endif  // TAPPS_CLI_FORMAT_H_
