#ifndef TAPPS_DOCS_PROJECT_FACTS_H_
#define TAPPS_DOCS_PROJECT_FACTS_H_

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "docs/files.h"
#include "project/scan.h"

namespace tapps {

// What the manifests of a project said when they were read. Immutable.
struct ProjectFacts {
  ProjectScan scan;
  std::vector<Witness> witnesses;  // the manifests and the folders they are in
  std::vector<Witness> root;       // the root folder and the manifests in it

  // The dependencies a name may mean: by name or alias, in an ecosystem or (empty) in any.
  std::vector<const Dependency*> Find(std::string_view ecosystem, std::string_view library) const;
};

// Scans of the projects used last, kept until one of their manifests changes. Any threads; two
// threads that need the same scan at once may both make it.
class ProjectFactsCache {
 public:
  // The facts of the project at `root`. Errors as for ScanProject.
  Result<std::shared_ptr<const ProjectFacts>> Get(const std::string& root);

 private:
  static constexpr size_t kMaxProjects = 16;

  Mutex mu_;
  // The one used last stands first.
  std::list<std::pair<std::string, std::shared_ptr<const ProjectFacts>>> facts_ GUARDED_BY(mu_);
};

}  // namespace tapps

#endif  // TAPPS_DOCS_PROJECT_FACTS_H_
