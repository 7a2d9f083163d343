#include "docs/project_facts.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/clock.h"
#include "docs/names.h"
#include "project/names.h"
#include "project/text.h"

namespace tapps {
namespace {

// Files in a project's root that decide which version of a library it uses.
constexpr std::array<std::string_view, 5> kRootFiles = {"package.json", "package-lock.json",
                                                        "npm-shrinkwrap.json", "pyproject.toml",
                                                        "requirements.txt"};

std::vector<Witness> WitnessesOf(const std::string& root, const ProjectScan& scan) {
  std::set<std::string> paths{root + "/."};
  const auto add = [&](const std::string& file) {
    if (file.empty()) return;
    paths.insert(root + "/" + file);
    paths.insert(root + "/" + DirectoryOf(file) + "/.");
  };
  for (const Dependency& dependency : scan.dependencies) add(dependency.manifest);
  for (const Diagnostic& diagnostic : scan.diagnostics) add(diagnostic.file);
  std::vector<Witness> witnesses;
  for (const std::string& path : paths) witnesses.push_back(Witness::Of(path));
  return witnesses;
}

bool AllHold(const std::vector<Witness>& witnesses) {
  return std::all_of(witnesses.begin(), witnesses.end(),
                     [](const Witness& witness) { return witness.Holds(); });
}

}  // namespace

std::vector<const Dependency*> ProjectFacts::Find(std::string_view ecosystem,
                                                  std::string_view library) const {
  std::vector<const Dependency*> found;
  const std::string pypi_name = NormalizePypiName(library);
  for (const Dependency& dependency : scan.dependencies) {
    if (!ecosystem.empty() && EcosystemName(dependency.ecosystem) != ecosystem) continue;
    const bool match = dependency.ecosystem == Ecosystem::kPypi
                           ? dependency.normalized == pypi_name
                           : dependency.normalized == library || dependency.alias == library;
    if (match) found.push_back(&dependency);
  }
  return found;
}

Result<std::shared_ptr<const ProjectFacts>> ProjectFactsCache::Get(const std::string& root) {
  std::shared_ptr<const ProjectFacts> known;
  {
    MutexLock lock(mu_);
    const auto at = std::find_if(facts_.begin(), facts_.end(),
                                 [&](const auto& entry) { return entry.first == root; });
    if (at != facts_.end()) {
      facts_.splice(facts_.begin(), facts_, at);
      known = at->second;
    }
  }
  if (known && AllHold(known->witnesses)) return known;
  const int64_t start_us = Clock::Real().WallNow();
  auto facts = std::make_shared<ProjectFacts>();
  facts->root.push_back(Witness::Of(root + "/."));
  for (const std::string_view file : kRootFiles) {
    Witness witness = Witness::Of(root + "/" + std::string(file));
    // A file that appears changes its folder.
    if (witness.stamp != "-") facts->root.push_back(std::move(witness));
  }
  Result<ProjectScan> scan = ScanProject(root);
  if (!scan.ok()) return std::move(scan).status();
  facts->scan = *std::move(scan);
  facts->witnesses = WitnessesOf(root, facts->scan);
  facts->witnesses.insert(facts->witnesses.end(), facts->root.begin(), facts->root.end());
  const bool moving =
      std::any_of(facts->witnesses.begin(), facts->witnesses.end(),
                  [&](const Witness& witness) { return witness.ModifiedSince(start_us); });
  if (!moving) {
    MutexLock lock(mu_);
    facts_.remove_if([&](const auto& entry) { return entry.first == root; });
    facts_.emplace_front(root, facts);
    if (facts_.size() > kMaxProjects) facts_.pop_back();
  }
  return std::shared_ptr<const ProjectFacts>(std::move(facts));
}

}  // namespace tapps
