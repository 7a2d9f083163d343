#ifndef TAPPS_DOCS_SOURCE_H_
#define TAPPS_DOCS_SOURCE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "docs/document.h"
#include "docs/files.h"

namespace tapps {

// What a source is asked for. Borrowed for the call.
struct SourceQuery {
  std::string_view ecosystem;
  std::string_view library;  // as LibraryName gives it
  std::string_view version;  // exact; empty: the one the source has or takes for the newest

  // Installed packages: where to look, in this order.
  std::string_view alias;                         // npm: the name it is installed under; or empty
  const std::vector<Folder>* projects = nullptr;  // the project's root and parts of it
  const std::vector<Folder>* paths = nullptr;     // node_modules and site-packages folders

  // Network.
  std::string_view url_template;
  int64_t timeout_us = 0;                    // what is left of the call's time
  bool reload = false;                       // ask the origin whatever is stored
  std::atomic<int64_t>* requests = nullptr;  // how many requests may still be made; NULL: any
};

// A place where documentation is found. Any threads.
class Source {
 public:
  virtual ~Source() = default;
  // "installed", "template": as in statistics.
  virtual const char* name() const = 0;
  // The documentation of exactly this library, in this version when one is given. NOT_FOUND when
  // the source does not have it.
  virtual Result<Document> Lookup(const SourceQuery& query) = 0;
};

}  // namespace tapps

#endif  // TAPPS_DOCS_SOURCE_H_
