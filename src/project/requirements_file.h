#ifndef TAPPS_PROJECT_REQUIREMENTS_FILE_H_
#define TAPPS_PROJECT_REQUIREMENTS_FILE_H_

#include <string>
#include <string_view>

#include "project/findings.h"

namespace tapps {

// Reads the text of a pip requirements file: specifiers, URLs, editable lines, options, hashes,
// comments and continuations. Files that it includes are reported, not read. With pins_only set it
// is a constraints file and gives pins instead of dependencies.
void ReadRequirements(const Include& file, std::string_view text, Findings* findings);

// The kind that a file's name tells: dev for "requirements-dev.txt" and its like, otherwise
// `otherwise`.
DependencyKind KindOfRequirementsFile(std::string_view path, DependencyKind otherwise);

// requirements*.txt, *requirements.txt, and any .txt in a folder called "requirements"; .in
// likewise.
bool IsRequirementsFile(std::string_view path);

}  // namespace tapps

#endif  // TAPPS_PROJECT_REQUIREMENTS_FILE_H_
