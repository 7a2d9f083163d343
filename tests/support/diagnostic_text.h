#ifndef TAPPS_TESTS_SUPPORT_DIAGNOSTIC_TEXT_H_
#define TAPPS_TESTS_SUPPORT_DIAGNOSTIC_TEXT_H_

#include <string>

#include "project/dependency.h"

namespace tapps {

// "file:line: message", or "file: message" without a line.
inline std::string DiagnosticText(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.line > 0) text += ":" + std::to_string(diagnostic.line);
  return text + ": " + diagnostic.message;
}

}  // namespace tapps

#endif  // TAPPS_TESTS_SUPPORT_DIAGNOSTIC_TEXT_H_
