#ifndef TAPPS_PROJECT_TOML_DOCUMENT_H_
#define TAPPS_PROJECT_TOML_DOCUMENT_H_

#include <string>
#include <string_view>

#include "project/findings.h"
#include "project/toml.h"

namespace tapps {

// Parses text. Each syntax error becomes a diagnostic for `file`; the line or the statement at
// fault is left out and the rest read, up to 16 errors, after which the table may lack what stands
// behind them. Lines of the nodes are those of the file.
toml::table ParseToml(std::string_view text, const std::string& file, Findings* findings);

// The 1-based line of a node or key.
template <typename Node>
int LineOf(const Node& node) {
  return static_cast<int>(node.source().begin.line);
}

}  // namespace tapps

#endif  // TAPPS_PROJECT_TOML_DOCUMENT_H_
