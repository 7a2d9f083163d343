#ifndef TAPPS_PROJECT_INSTALLED_H_
#define TAPPS_PROJECT_INSTALLED_H_

#include <map>
#include <string>

#include "project/manifest_file.h"

namespace tapps {

struct InstalledPackage {
  std::string version;  // empty if it does not say
  bool local = false;   // a link to a folder of the project itself
  bool found = false;
};

// What `folder` would load for a name: node_modules/<name> there or in a folder above it, up to the
// root. Links that leave the root are not followed.
InstalledPackage FindInNodeModules(const ProjectTree& tree, std::string folder,
                                   const std::string& name);

// Versions by normalised name of what is installed in .venv or venv of a folder.
std::map<std::string, std::string> ReadVirtualEnvironment(const ProjectTree& tree,
                                                          const std::string& folder);

}  // namespace tapps

#endif  // TAPPS_PROJECT_INSTALLED_H_
