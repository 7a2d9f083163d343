#ifndef TAPPS_PROJECT_TOML_H_
#define TAPPS_PROJECT_TOML_H_

// toml++ (3.3) states as assertions what it expects of a text it has read so far, and in a release
// build lets the compiler take them for facts. Malformed text breaks some of them: here they are
// exceptions, which ParseToml makes diagnostics. This header alone includes toml++.
namespace tapps {
// Throws std::invalid_argument.
[[noreturn]] void RefuseToml();
}  // namespace tapps
#define TOML_ASSERT(expr) ((expr) ? void() : ::tapps::RefuseToml())
#pragma push_macro("NDEBUG")
#undef NDEBUG
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

#endif  // TAPPS_PROJECT_TOML_H_
