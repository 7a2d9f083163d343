#ifndef TAPPS_PROJECT_POETRY_H_
#define TAPPS_PROJECT_POETRY_H_

#include <string>

#include "project/findings.h"
#include "project/toml.h"

namespace tapps {

// Reads the table tool.poetry: dependencies (those marked optional count as optional),
// dev-dependencies, and groups, which are dev unless called main. The Python version is no library;
// a path dependency is a module of the project.
void ReadPoetry(const std::string& file, const toml::table& poetry, Findings* findings);

}  // namespace tapps

#endif  // TAPPS_PROJECT_POETRY_H_
