#ifndef TAPPS_PROJECT_PACKAGE_LOCK_H_
#define TAPPS_PROJECT_PACKAGE_LOCK_H_

#include <map>
#include <string>
#include <string_view>

#include "project/findings.h"

namespace tapps {

// One installed package of a package-lock.json.
struct LockedPackage {
  std::string name;     // of the package; for an alias the one behind it
  std::string version;  // empty if it is not a plain version
  DependencyKind kind = DependencyKind::kRuntime;
  bool local = false;  // a link to a folder of the project
  int line = 0;
};

// A package-lock.json or npm-shrinkwrap.json, version 1, 2 or 3.
struct PackageLock {
  std::string file;
  std::string directory;
  // By place relative to the lock file's folder: "node_modules/a/node_modules/@scope/b".
  std::map<std::string, LockedPackage> packages;
  // What the project itself asks for, as far as the lock file repeats it (version 2 and 3).
  Findings root;

  // The package that `importer`, a folder relative to the lock file's, gets for a name; nullptr if
  // there is none. Looks upwards through the folders, as Node does.
  const LockedPackage* Find(std::string_view importer, const std::string& name) const;
};

PackageLock ReadPackageLock(const std::string& file, std::string_view text, Findings* findings);

}  // namespace tapps

#endif  // TAPPS_PROJECT_PACKAGE_LOCK_H_
