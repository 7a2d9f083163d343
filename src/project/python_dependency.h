#ifndef TAPPS_PROJECT_PYTHON_DEPENDENCY_H_
#define TAPPS_PROJECT_PYTHON_DEPENDENCY_H_

#include <string>
#include <string_view>

#include "project/findings.h"
#include "project/requirement.h"

namespace tapps {

// Where a requirement stands.
struct Place {
  std::string file;  // relative to the root
  int line = 0;
  DependencyKind kind = DependencyKind::kRuntime;
};

// Adds a library of PyPI; modules of the standard library and words that are no packages become a
// diagnostic. A requirement whose URL is a local path marks its name as a module of the project.
void AddPython(const Place& place, const Requirement& requirement, Findings* findings);

// Parses a PEP 508 text and adds it; a diagnostic if it is malformed.
void AddPythonText(const Place& place, std::string_view text, Findings* findings);

// Adds what a URL without a name in front leads to: by "#egg=", or by the file name of a wheel or a
// source archive. A local path is a module of the project and is not added.
void AddPythonUrl(const Place& place, std::string_view url, Findings* findings);

// A path or file URL as opposed to the name of a library or a remote URL.
bool IsLocalPythonSource(std::string_view text);

// The name in "#egg=name[extra]", empty if there is none.
std::string EggName(std::string_view url);

}  // namespace tapps

#endif  // TAPPS_PROJECT_PYTHON_DEPENDENCY_H_
