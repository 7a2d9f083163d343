#ifndef TAPPS_PROJECT_NAMES_H_
#define TAPPS_PROJECT_NAMES_H_

#include <string>
#include <string_view>

namespace tapps {

// A legal name of a Python distribution (PEP 508: ASCII letters, digits, and - _ . inside).
bool IsPypiName(std::string_view name);
// PEP 503: lower case, runs of - _ . as one "-".
std::string NormalizePypiName(std::string_view name);
// A top-level module of Python's standard library, by normalised name.
bool IsPythonModule(std::string_view normalized);
// A word known to appear in requirement files that is no library, by normalised name.
bool IsPypiNonPackage(std::string_view normalized);

// A name the npm registry has accepted at some time (validate-npm-package-name, old packages
// included): at most 214 characters, "@scope/name" or "name".
bool IsNpmName(std::string_view name);
// A module that is part of Node and that no package of use is named after.
bool IsNodeModule(std::string_view name);

}  // namespace tapps

#endif  // TAPPS_PROJECT_NAMES_H_
