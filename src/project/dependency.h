#ifndef TAPPS_PROJECT_DEPENDENCY_H_
#define TAPPS_PROJECT_DEPENDENCY_H_

#include <string>
#include <string_view>

namespace tapps {

enum class Ecosystem { kPypi, kNpm };

// Peer dependencies of npm and extras of Python packages count as optional; the tools that build a
// package (PEP 518) as build.
enum class DependencyKind { kRuntime, kDev, kOptional, kBuild };

// "pypi", "npm".
std::string_view EcosystemName(Ecosystem ecosystem);
// "runtime", "dev", "optional", "build".
std::string_view KindName(DependencyKind kind);
// 0 is the strongest: runtime, optional, dev, build. What may run with the program comes before
// what only its developers need.
int KindRank(DependencyKind kind);

// One library that a project uses.
struct Dependency {
  std::string name;        // as written; for an npm alias the package behind it
  std::string normalized;  // PEP 503 for PyPI; npm names have one spelling
  Ecosystem ecosystem = Ecosystem::kPypi;
  std::string constraint;  // as written, user info and query of URLs removed; empty: any version
  std::string marker;      // PEP 508 environment marker as written; not evaluated
  std::string alias;       // npm: the name it is installed under, where that differs

  std::string locked_version;     // from a lock file or an exact pin; empty: not locked
  std::string installed_version;  // found in node_modules or a virtual environment of the project

  DependencyKind kind = DependencyKind::kRuntime;
  bool direct = true;    // named in a manifest, not only by another library
  std::string manifest;  // path of the first place that names it, relative to the root
  int line = 0;          // 1-based
  int priority = 5;      // 1 (first) to 5: how well known the library is

  // The version in use as far as it is known: locked, else installed, else empty.
  const std::string& version() const {
    return locked_version.empty() ? installed_version : locked_version;
  }
};

// Something in a manifest that could not be read or used. The rest was read all the same.
struct Diagnostic {
  std::string file;  // relative to the root
  int line = 0;      // 1-based; 0 where no line applies
  std::string message;
};

}  // namespace tapps

#endif  // TAPPS_PROJECT_DEPENDENCY_H_
