#ifndef TAPPS_PROJECT_PACKAGE_JSON_H_
#define TAPPS_PROJECT_PACKAGE_JSON_H_

#include <string>
#include <string_view>
#include <vector>

#include "project/findings.h"

namespace tapps {

struct JsonNode;

// What a package.json says beside its dependencies.
struct PackageJson {
  std::string name;
  std::vector<std::string> workspaces;  // globs, relative to its folder; "!" in front excludes
};

// Reads dependencies, devDependencies, optionalDependencies and peerDependencies; names that are
// only bundled are among them. Local specs and the package's own name are not listed.
PackageJson ReadPackageJson(const std::string& file, std::string_view text, Findings* findings);

// The same from an object that looks like a package.json inside another file.
PackageJson ReadPackageObject(const std::string& file, const JsonNode& package, Findings* findings);

}  // namespace tapps

#endif  // TAPPS_PROJECT_PACKAGE_JSON_H_
