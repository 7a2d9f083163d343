#ifndef TAPPS_PROJECT_PEP440_H_
#define TAPPS_PROJECT_PEP440_H_

#include <cstddef>
#include <string_view>

namespace tapps {

// Where the version clause that starts text ends, when the operator before it is op; 0 if text does
// not start with one. PEP 440: only == and != take ".*" and local labels, ~= needs two numbers, and
// === takes any text.
size_t MatchVersion(std::string_view text, std::string_view op);

// The comparison operator that starts text ("===" before "=="), empty if there is none.
std::string_view MatchOperator(std::string_view text);

}  // namespace tapps

#endif  // TAPPS_PROJECT_PEP440_H_
