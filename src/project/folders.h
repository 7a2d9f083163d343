#ifndef TAPPS_PROJECT_FOLDERS_H_
#define TAPPS_PROJECT_FOLDERS_H_

#include <string>
#include <string_view>
#include <vector>

#include "project/findings.h"
#include "project/manifest_file.h"

namespace tapps {

// The folders whose manifests belong to the project: the root ("") and those up to four levels
// below it, nearer ones first. Left out: hidden folders, installed packages, virtual environments,
// build outputs, test fixtures, and symbolic links. At most 5,000; a diagnostic says when more were
// there.
std::vector<std::string> ProjectFolders(const ProjectTree& tree, Findings* findings);

// The folders with a package.json that npm's workspace globs name. Globs are relative to `base` and
// know *, **, ?, {a,b} and a leading "!" for those to leave out; globs that match nothing are fine.
std::vector<std::string> WorkspaceFolders(const ProjectTree& tree, const std::string& base,
                                          const std::vector<std::string>& globs);

// Whether a path matches a glob; both relative, with "/" between the parts.
bool GlobMatches(std::string_view glob, std::string_view path);

}  // namespace tapps

#endif  // TAPPS_PROJECT_FOLDERS_H_
