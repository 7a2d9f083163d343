#ifndef TAPPS_PROJECT_FINDINGS_H_
#define TAPPS_PROJECT_FINDINGS_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "project/dependency.h"

namespace tapps {

// Another requirements file named by a manifest.
struct Include {
  std::string path;  // relative to the root, normalised; never above it
  int line = 0;
  DependencyKind kind = DependencyKind::kRuntime;
  bool pins_only = false;  // a constraints file: it fixes versions and asks for nothing
  std::string from;        // the file that names it; empty if it was found in its folder
};

// An exact version that a constraints file gives to a library, should anything ask for it.
struct Pin {
  std::string normalized;
  std::string version;
};

// What the manifests read so far say. Readers add to it and never remove.
struct Findings {
  std::vector<Dependency> dependencies;
  std::vector<Diagnostic> diagnostics;
  // Names that mean a module of this project: normalised, never to be looked up elsewhere.
  std::set<std::pair<Ecosystem, std::string>> local;
  std::vector<Include> includes;
  std::vector<Pin> pins;
  bool full = false;  // dependencies were left out

  // Both stop at a limit, which no honest project reaches, and say so once.
  void Add(Dependency dependency);
  void Complain(const std::string& file, int line, std::string message);
};

}  // namespace tapps

#endif  // TAPPS_PROJECT_FINDINGS_H_
