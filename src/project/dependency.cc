#include "project/dependency.h"

namespace tapps {

std::string_view EcosystemName(Ecosystem ecosystem) {
  switch (ecosystem) {
    case Ecosystem::kPypi:
      return "pypi";
    case Ecosystem::kNpm:
      return "npm";
  }
  return "";
}

std::string_view KindName(DependencyKind kind) {
  switch (kind) {
    case DependencyKind::kRuntime:
      return "runtime";
    case DependencyKind::kDev:
      return "dev";
    case DependencyKind::kOptional:
      return "optional";
    case DependencyKind::kBuild:
      return "build";
  }
  return "";
}

int KindRank(DependencyKind kind) {
  switch (kind) {
    case DependencyKind::kRuntime:
      return 0;
    case DependencyKind::kOptional:
      return 1;
    case DependencyKind::kDev:
      return 2;
    case DependencyKind::kBuild:
      return 3;
  }
  return 3;
}

}  // namespace tapps
