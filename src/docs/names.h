#ifndef TAPPS_DOCS_NAMES_H_
#define TAPPS_DOCS_NAMES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tapps {

inline constexpr std::string_view kNpm = "npm";
inline constexpr std::string_view kPypi = "pypi";

// The name under which `library` is known in `ecosystem`: by PEP 503 for "pypi"
// (Flask_SQLAlchemy -> flask-sqlalchemy), as it is for "npm" and others. INVALID when it cannot be
// a name there. A name that passes is safe as a relative path: it has no empty, "." or ".." part,
// no backslash and no control character.
Result<std::string> LibraryName(std::string_view ecosystem, std::string_view library);

// Whether `version` may stand in a request: 1..128 visible ASCII characters.
bool IsVersionText(std::string_view version);
// Whether two versions are one: equal text, and for "pypi" also 1.0 and 1.0.0 (PEP 440).
bool SameVersion(std::string_view ecosystem, std::string_view a, std::string_view b);
// Whether `ecosystem` looks like one: 1..32 of a-z, 0-9, '+', '-', '.'.
bool IsEcosystemText(std::string_view ecosystem);

// At most `limit` of `candidates` that `name` may have been meant to be, the nearest first: those
// that differ by few edits, and those that hold it as a part ("react" in "react-dom"). Never `name`
// itself. Suggestions for a message, nothing more.
std::vector<std::string> NearNames(std::string_view name,
                                   const std::vector<std::string>& candidates, size_t limit);

// Levenshtein distance, or `bound` + 1 when it is above `bound`.
size_t EditDistance(std::string_view a, std::string_view b, size_t bound);

}  // namespace tapps

#endif  // TAPPS_DOCS_NAMES_H_
