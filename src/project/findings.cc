#include "project/findings.h"

namespace tapps {
namespace {

constexpr size_t kMaxDependencies = 200'000;
constexpr size_t kMaxDiagnostics = 10'000;

}  // namespace

void Findings::Add(Dependency dependency) {
  if (dependencies.size() < kMaxDependencies) {
    dependencies.push_back(std::move(dependency));
    return;
  }
  if (full) return;
  full = true;
  diagnostics.push_back({dependency.manifest, dependency.line,
                         "more than 200,000 entries in all: this and the rest are left out"});
}

void Findings::Complain(const std::string& file, int line, std::string message) {
  if (diagnostics.size() > kMaxDiagnostics) return;
  if (diagnostics.size() == kMaxDiagnostics)
    message = "more than 10,000 faults: the rest are left out";
  diagnostics.push_back({file, line, std::move(message)});
}

}  // namespace tapps
