#ifndef TAPPS_DOCS_INSTALLED_H_
#define TAPPS_DOCS_INSTALLED_H_

#include <string>
#include <vector>

#include "docs/source.h"

namespace tapps {

// The documentation that packages installed on this machine carry with them. Reads files only, and
// only within the folders of the query: a link that leads out of one is refused with DENIED, so
// that a project answers for itself alone. With a version given that is not there, NOT_FOUND names
// those that are.
class InstalledSource : public Source {
 public:
  const char* name() const override { return "installed"; }
  // Names of packages in the folders of the query, for suggestions.
  virtual std::vector<std::string> Names(const SourceQuery& query) = 0;
};

// npm packages: <project>/node_modules, a project folder itself when it is a node_modules, and
// `paths`. A package that is not at the top is also found below other packages (nested by npm) and
// in pnpm's store. Gives the README, description and homepage, and the head of the type
// definitions.
class InstalledNpm : public InstalledSource {
 public:
  Result<Document> Lookup(const SourceQuery& query) override;
  std::vector<std::string> Names(const SourceQuery& query) override;
};

// Python distributions: <project>/.venv and venv, a project folder itself when it is a
// site-packages, and `paths`. Gives the description and headers of METADATA or PKG-INFO.
class InstalledPython : public InstalledSource {
 public:
  Result<Document> Lookup(const SourceQuery& query) override;
  std::vector<std::string> Names(const SourceQuery& query) override;
};

}  // namespace tapps

#endif  // TAPPS_DOCS_INSTALLED_H_
