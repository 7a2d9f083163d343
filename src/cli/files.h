#ifndef TAPPS_CLI_FILES_H_
#define TAPPS_CLI_FILES_H_

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace tapps::cli {

constexpr size_t kMaxValueBytes = size_t{256} << 20;  // tapps.h: a value is 0..256 MiB

// Reads a file to its end, but not past `limit` + 1 bytes, into *content. "-" is stdin. Returns
// what failed, or nothing.
std::optional<std::string> ReadFile(const std::string& path, size_t limit, std::string* content);

// Replaces the content of a file. Returns what failed, or nothing.
std::optional<std::string> WriteFile(const std::string& path, std::string_view content);

}  // namespace tapps::cli

#endif  // TAPPS_CLI_FILES_H_
