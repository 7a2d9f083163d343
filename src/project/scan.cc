#include "project/scan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "project/dependency_set.h"
#include "project/findings.h"
#include "project/folders.h"
#include "project/installed.h"
#include "project/manifest_file.h"
#include "project/package_json.h"
#include "project/package_lock.h"
#include "project/pyproject.h"
#include "project/requirements_file.h"
#include "project/text.h"

namespace tapps {
namespace {

std::string Below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

class Scanner {
 public:
  explicit Scanner(ProjectTree tree) : tree_(std::move(tree)) {}

  ProjectScan Run() {
    folders_ = ProjectFolders(tree_, &findings_);
    seen_.insert(folders_.begin(), folders_.end());
    // Workspaces may lie deeper than the walk goes: folders_ grows while packages are read.
    for (size_t i = 0; i < folders_.size(); ++i) ReadFolder(std::string(folders_[i]));
    ReadRequirementFiles();
    NameLocalPackages();
    for (Dependency& dependency : findings_.dependencies) Complete(&dependency);
    DependencySet set;
    for (Dependency& dependency : findings_.dependencies) {
      if (!dependency.name.empty()) set.Add(std::move(dependency));
    }
    for (const auto& [folder, lock] : locks_) AddTransitive(lock, &set);
    return {tree_.root(), std::move(set).Take(findings_.local), Diagnostics()};
  }

 private:
  void ReadFolder(const std::string& folder) {
    const std::string package = Below(folder, "package.json");
    const bool has_package = tree_.Exists(package);
    if (has_package) ReadPackage(folder, package);
    ReadLock(folder, has_package);
    const std::string pyproject = Below(folder, "pyproject.toml");
    if (tree_.Exists(pyproject)) {
      if (const auto text = Read(pyproject)) ReadPyproject(pyproject, *text, &findings_);
    }
    for (const ProjectTree::Entry& entry : tree_.List(folder)) {
      const std::string path = Below(folder, entry.name);
      if (entry.directory || !IsRequirementsFile(path)) continue;
      Include file;
      file.path = path;
      file.kind = KindOfRequirementsFile(path, DependencyKind::kRuntime);
      file.pins_only = Lower(entry.name).find("constraint") != std::string::npos;
      findings_.includes.push_back(std::move(file));
    }
  }

  std::optional<std::string> Read(const std::string& path) {
    Result<std::string> text = tree_.Read(path);
    if (text.ok()) return *std::move(text);
    findings_.Complain(path, 0, std::string(text.status().message()));
    return std::nullopt;
  }

  void ReadPackage(const std::string& folder, const std::string& path) {
    const auto text = Read(path);
    if (!text) return;
    PackageJson package = ReadPackageJson(path, *text, &findings_);
    for (const std::string& member : WorkspaceFolders(tree_, folder, package.workspaces)) {
      members_.insert(member);
      if (seen_.insert(member).second) folders_.push_back(member);
    }
    package_names_.emplace(folder, std::move(package.name));
  }

  void ReadLock(const std::string& folder, bool has_package) {
    for (const char* name : {"npm-shrinkwrap.json", "package-lock.json"}) {
      const std::string path = Below(folder, name);
      if (!tree_.Exists(path)) continue;
      const auto text = Read(path);
      if (!text) continue;
      PackageLock lock = ReadPackageLock(path, *text, &findings_);
      if (!has_package) {
        for (Dependency& d : lock.root.dependencies) findings_.Add(std::move(d));
      }
      locks_.emplace(folder, std::move(lock));
      return;
    }
  }

  // Files named by manifests and by each other; each is read once for every way it is named, so
  // that files which include each other come to an end.
  void ReadRequirementFiles() {
    std::set<std::tuple<std::string, DependencyKind, bool>> read;
    for (size_t i = 0; i < findings_.includes.size(); ++i) {
      const Include file = findings_.includes[i];
      if (!read.emplace(file.path, file.kind, file.pins_only).second) continue;
      const Result<std::string> text = tree_.Read(file.path);
      if (text.ok()) {
        ReadRequirements(file, *text, &findings_);
      } else if (file.from.empty()) {
        findings_.Complain(file.path, 0, std::string(text.status().message()));
      } else {
        findings_.Complain(file.from, file.line,
                           Excerpt(file.path) + ": " + std::string(text.status().message()));
      }
    }
    for (const Pin& pin : findings_.pins) pins_.emplace(pin.normalized, pin.version);
  }

  // Packages that others in the tree get as a link: members of workspaces, the root itself, and
  // where another tool than npm keeps the list of members, every package of the tree.
  void NameLocalPackages() {
    const bool foreign = tree_.Exists("pnpm-workspace.yaml") || tree_.Exists("lerna.json") ||
                         tree_.Exists("rush.json");
    for (const auto& [folder, name] : package_names_) {
      if (name.empty()) continue;
      if (folder.empty() || foreign || members_.count(folder) > 0) {
        findings_.local.emplace(Ecosystem::kNpm, name);
      }
    }
  }

  // Fills in versions; clears the name of what turns out to be a module of the project.
  void Complete(Dependency* dependency) {
    const std::string folder = DirectoryOf(dependency->manifest);
    if (dependency->ecosystem == Ecosystem::kPypi) {
      const auto pin = pins_.find(dependency->normalized);
      if (dependency->locked_version.empty() && pin != pins_.end()) {
        dependency->locked_version = pin->second;
      }
      dependency->installed_version = InVirtualEnvironment(folder, dependency->normalized);
      return;
    }
    const std::string& name = dependency->alias.empty() ? dependency->name : dependency->alias;
    if (const LockedPackage* locked = Locked(folder, name)) {
      if (locked->local) dependency->name.clear();
      if (!locked->version.empty()) dependency->locked_version = locked->version;
    }
    const InstalledPackage installed = FindInNodeModules(tree_, folder, name);
    if (installed.local) dependency->name.clear();
    dependency->installed_version = installed.version;
  }

  const LockedPackage* Locked(std::string folder, const std::string& name) const {
    const std::string importer = folder;
    while (true) {
      if (const auto it = locks_.find(folder); it != locks_.end()) {
        const size_t skip = folder.empty() ? 0 : std::min(folder.size() + 1, importer.size());
        return it->second.Find(std::string_view(importer).substr(skip), name);
      }
      if (folder.empty()) return nullptr;
      folder = DirectoryOf(folder);
    }
  }

  std::string InVirtualEnvironment(std::string folder, const std::string& normalized) {
    while (true) {
      auto [it, added] = environments_.try_emplace(folder);
      if (added) it->second = ReadVirtualEnvironment(tree_, folder);
      if (const auto found = it->second.find(normalized); found != it->second.end()) {
        return found->second;
      }
      if (folder.empty()) return "";
      folder = DirectoryOf(folder);
    }
  }

  // What a lock file holds; of several versions of a package the one nearest to the root counts.
  static void AddTransitive(const PackageLock& lock, DependencySet* set) {
    std::vector<std::pair<size_t, const std::string*>> order;
    for (const auto& [place, package] : lock.packages) {
      if (!package.local) order.emplace_back(std::count(place.begin(), place.end(), '/'), &place);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [depth, place] : order) {
      const LockedPackage& package = lock.packages.at(*place);
      Dependency out;
      out.name = out.normalized = package.name;
      out.ecosystem = Ecosystem::kNpm;
      out.locked_version = package.version;
      out.kind = package.kind;
      out.direct = false;
      out.manifest = lock.file;
      out.line = package.line;
      set->Add(std::move(out));
    }
  }

  // In the order they were met, each once: a file may have been read in two ways.
  std::vector<Diagnostic> Diagnostics() {
    std::set<std::tuple<std::string, int, std::string>> seen;
    std::vector<Diagnostic> out;
    for (Diagnostic& diagnostic : findings_.diagnostics) {
      if (seen.emplace(diagnostic.file, diagnostic.line, diagnostic.message).second) {
        out.push_back(std::move(diagnostic));
      }
    }
    return out;
  }

  ProjectTree tree_;
  Findings findings_;
  std::vector<std::string> folders_;
  std::set<std::string> seen_;                        // what is in folders_
  std::set<std::string> members_;                     // folders of npm workspaces
  std::map<std::string, std::string> package_names_;  // by folder
  std::map<std::string, PackageLock> locks_;          // by folder
  std::map<std::string, std::string> pins_;           // by normalised name
  std::map<std::string, std::map<std::string, std::string>> environments_;  // by folder
};

}  // namespace

Result<ProjectScan> ScanProject(const std::string& root) {
  Result<ProjectTree> tree = ProjectTree::Open(root);
  if (!tree.ok()) return std::move(tree).status();
  return Scanner(*std::move(tree)).Run();
}

}  // namespace tapps
