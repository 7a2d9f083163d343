#include "project/dependency_set.h"

#include <algorithm>
#include <tuple>

namespace tapps {
namespace {

struct Expert {
  Ecosystem ecosystem;
  std::string_view name;
  int priority;
};

constexpr Expert kExperts[] = {
#include "project/expert_libraries.inc"
};

constexpr int kLowestPriority = 5;

}  // namespace

int ExpertPriority(Ecosystem ecosystem, std::string_view normalized) {
  const auto it = std::find_if(std::begin(kExperts), std::end(kExperts), [&](const Expert& expert) {
    return expert.ecosystem == ecosystem && expert.name == normalized;
  });
  return it == std::end(kExperts) ? kLowestPriority : it->priority;
}

void DependencySet::Add(Dependency dependency) {
  auto [it, added] = by_name_.try_emplace({dependency.ecosystem, dependency.normalized});
  Dependency& kept = it->second;
  if (added) {
    kept = std::move(dependency);
    return;
  }
  // A direct mention takes the place of a transitive one; otherwise the first stays.
  if (dependency.direct && !kept.direct) std::swap(kept, dependency);
  // What merely comes along says nothing about what the project wants a library for.
  const bool same = kept.direct == dependency.direct;
  if (same && KindRank(dependency.kind) < KindRank(kept.kind)) kept.kind = dependency.kind;
  if (kept.constraint.empty()) kept.constraint = std::move(dependency.constraint);
  if (kept.locked_version.empty()) kept.locked_version = std::move(dependency.locked_version);
  if (kept.installed_version.empty()) {
    kept.installed_version = std::move(dependency.installed_version);
  }
  // A marker limits a library only if every mention has the same.
  if (same && kept.marker != dependency.marker) kept.marker.clear();
}

std::vector<Dependency> DependencySet::Take(
    const std::set<std::pair<Ecosystem, std::string>>& local) && {
  std::vector<Dependency> out;
  out.reserve(by_name_.size());
  for (auto& [name, dependency] : by_name_) {
    if (local.count(name) > 0) continue;
    dependency.priority = ExpertPriority(dependency.ecosystem, dependency.normalized);
    out.push_back(std::move(dependency));
  }
  by_name_.clear();
  const auto order = [](const Dependency& d) {
    return std::make_tuple(d.priority, !d.direct, KindRank(d.kind), std::string_view(d.normalized),
                           d.ecosystem);
  };
  std::sort(out.begin(), out.end(),
            [&order](const Dependency& a, const Dependency& b) { return order(a) < order(b); });
  return out;
}

}  // namespace tapps
