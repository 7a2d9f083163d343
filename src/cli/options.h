#ifndef TAPPS_CLI_OPTIONS_H_
#define TAPPS_CLI_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace tapps::cli {

// "--ttl 90s" into microseconds.
CLI::Option* AddDuration(CLI::App& app, const std::string& name, int64_t& microseconds,
                         const std::string& help);
// "--max-size 10M" into bytes.
CLI::Option* AddSize(CLI::App& app, const std::string& name, int64_t& bytes,
                     const std::string& help);
// Refuses "", which a shell makes of a variable that is not set.
CLI::Option* NotEmpty(CLI::Option* option);
// A word out of a list, "expected a, b or c" otherwise.
std::string OneOf(const std::string& option, const std::vector<std::string>& words,
                  const std::string& given);
// A named option that may come several times, one value each: CLI11 would else take what follows it
// as well, and take "[a,b]" apart.
CLI::Option* AddRepeated(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                         const std::string& help);

// One a line, as tapps.h takes lists.
std::string Lines(const std::vector<std::string>& values);
inline const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace tapps::cli

#endif  // TAPPS_CLI_OPTIONS_H_
