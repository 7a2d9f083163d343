#ifndef TAPPS_PROJECT_DEPENDENCY_SET_H_
#define TAPPS_PROJECT_DEPENDENCY_SET_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "project/dependency.h"

namespace tapps {

// How well known a library is: 1 to 5, from the table of expert libraries.
int ExpertPriority(Ecosystem ecosystem, std::string_view normalized);

// Dependencies by ecosystem and normalised name, each once.
class DependencySet {
 public:
  // Joins what is there already: the strongest kind, direct before transitive, and the place, the
  // constraint and the versions of the first direct mention.
  void Add(Dependency dependency);

  // Without those named in `local`, by priority, direct before transitive, kind and name.
  std::vector<Dependency> Take(const std::set<std::pair<Ecosystem, std::string>>& local) &&;

 private:
  std::map<std::pair<Ecosystem, std::string>, Dependency> by_name_;
};

}  // namespace tapps

#endif  // TAPPS_PROJECT_DEPENDENCY_SET_H_
