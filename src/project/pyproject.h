#ifndef TAPPS_PROJECT_PYPROJECT_H_
#define TAPPS_PROJECT_PYPROJECT_H_

#include <string>
#include <string_view>

#include "project/findings.h"

namespace tapps {

// Reads a pyproject.toml: build-system.requires (PEP 518), project.dependencies and
// optional-dependencies (PEP 621), dependency-groups with include-group (PEP 735), the tables of
// Poetry, uv and PDM, and the requirement files that setuptools is told to take dependencies from.
// Groups for developers count as dev. The project's own name and path sources become local.
void ReadPyproject(const std::string& file, std::string_view text, Findings* findings);

}  // namespace tapps

#endif  // TAPPS_PROJECT_PYPROJECT_H_
