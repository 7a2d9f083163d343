#ifndef TAPPS_PROJECT_NPM_SPEC_H_
#define TAPPS_PROJECT_NPM_SPEC_H_

#include <string>
#include <string_view>

namespace tapps {

// What stands behind a name in a package.json.
struct NpmSpec {
  enum class Source {
    kRegistry,  // a range, a tag or a catalog of the workspace
    kRemote,    // git or a tarball somewhere
    kLocal,     // a folder or file of this machine: file:, link:, portal:, workspace:, paths
  };

  Source source = Source::kRegistry;
  std::string package;     // of "npm:package@range"; empty: the name it is installed under
  std::string constraint;  // the range, or the remote address without secrets
  std::string exact;       // the version if the range is exactly one
};

NpmSpec ParseNpmSpec(std::string_view spec);

}  // namespace tapps

#endif  // TAPPS_PROJECT_NPM_SPEC_H_
