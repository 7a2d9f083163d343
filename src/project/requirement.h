#ifndef TAPPS_PROJECT_REQUIREMENT_H_
#define TAPPS_PROJECT_REQUIREMENT_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tapps {

// A PEP 508 dependency specifier, taken apart. The texts are as written, without white space
// around.
struct Requirement {
  std::string name;
  std::vector<std::string> extras;
  std::string specifier;  // ">=1,<2"; without the parentheses it may be written in
  std::string url;        // of "name @ url"
  std::string marker;     // what follows the semicolon
};

// Parses one specifier; versions are checked by PEP 440, markers by their grammar. INVALID with a
// message such as "expected a version after '>='" otherwise.
Result<Requirement> ParseRequirement(std::string_view text);

// The version if the specifier allows just one ("==1.2", "===1.2"), else empty.
std::string ExactVersion(std::string_view specifier);

}  // namespace tapps

#endif  // TAPPS_PROJECT_REQUIREMENT_H_
