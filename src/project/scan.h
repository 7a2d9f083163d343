#ifndef TAPPS_PROJECT_SCAN_H_
#define TAPPS_PROJECT_SCAN_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "project/dependency.h"

namespace tapps {

// The libraries that a project uses, as its manifests and lock files say.
struct ProjectScan {
  std::string root;  // absolute, without symbolic links
  // Each library once, by priority, direct before transitive, kind (KindRank), name.
  std::vector<Dependency> dependencies;
  std::vector<Diagnostic> diagnostics;
};

// Reads package.json, package-lock.json, npm-shrinkwrap.json, requirements files and pyproject.toml
// in root, in the folders below it (ProjectFolders) and in its npm workspaces, and looks up
// versions in its node_modules and virtual environments. Modules of the project itself, of the
// standard library and of Node are not listed. What cannot be read becomes a diagnostic.
//
// Blocks for the files' reading, opens nothing outside root, changes nothing; any thread.
// INVALID if root is not a directory, DENIED if it may not be read, else IO.
Result<ProjectScan> ScanProject(const std::string& root);

}  // namespace tapps

#endif  // TAPPS_PROJECT_SCAN_H_
