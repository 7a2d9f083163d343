#ifndef TAPPS_DOCS_DOCUMENT_H_
#define TAPPS_DOCS_DOCUMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "docs/files.h"
#include "docs/sections.h"

namespace tapps {

// The largest README, description or page: longer files are cut there, longer pages TOO_LARGE.
inline constexpr size_t kMaxDocumentBytes = size_t{8} << 20;

// The whole documentation of one version of one library, as a source has it.
struct Document {
  std::string ecosystem;
  std::string library;  // its name in the ecosystem (LibraryName)
  std::string version;  // empty: not known
  std::string source;  // where it was found, for people: "installed: node_modules/semver/README.md"
  Markup markup = Markup::kMarkdown;
  std::string text;     // CleanText
  std::string warning;  // why it is less than one would expect; empty: it is not

  std::string place;               // tells the origin from all others: a real path, a URL
  std::string stamp;               // tells its content from what the same place had before
  std::vector<Witness> witnesses;  // while these hold, the source would give the same again
  int64_t created_us = 0;          // when its origin made it or it was read
  int32_t served_from = 0;         // TAPPS_FROM_*
  bool stale = false;              // an old copy, because its origin failed
  bool keep = true;                // may be stored: the same query would be answered so again
};

// "text/markdown", "text/x-rst", "text/plain".
const char* ContentTypeOf(Markup markup);
// The markup of a Content-Type, parameters allowed; false when documentation does not come so.
bool MarkupOf(std::string_view content_type, Markup* markup);

}  // namespace tapps

#endif  // TAPPS_DOCS_DOCUMENT_H_
