#include "project/package_lock.h"

#include "project/json_tree.h"
#include "project/names.h"
#include "project/npm_spec.h"
#include "project/package_json.h"
#include "project/text.h"

namespace tapps {
namespace {

constexpr std::string_view kModules = "node_modules/";

DependencyKind KindOf(const JsonNode& package) {
  const auto flag = [&package](std::string_view name) {
    const JsonNode* node = package.Find(name);
    return node && node->IsTrue();
  };
  if (flag("dev")) return DependencyKind::kDev;
  if (flag("optional") || flag("devOptional") || flag("peer")) return DependencyKind::kOptional;
  return DependencyKind::kRuntime;
}

// A plain version; addresses of git or tarballs are none.
std::string PlainVersion(std::string_view text) { return ParseNpmSpec(text).exact; }

class Reader {
 public:
  Reader(PackageLock* lock, Findings* findings) : lock_(lock), findings_(findings) {}

  void Read(const JsonNode& root) {
    const JsonNode* packages = root.Find("packages");
    const JsonNode* dependencies = root.Find("dependencies");
    if (packages && packages->IsObject()) {
      for (const JsonNode& package : packages->items) Package(package);
    } else if (dependencies && dependencies->IsObject()) {
      Tree("", *dependencies);
    } else if (const JsonNode* wrong = packages ? packages : dependencies) {
      Complain(*wrong, "expected an object");
    }
  }

 private:
  // Version 2 and 3: a flat object by place.
  void Package(const JsonNode& package) {
    if (!package.IsObject()) {
      return Complain(package, "expected an object for " + Excerpt(package.key));
    }
    if (package.key.empty()) {
      lock_->root = {};
      ReadPackageObject(lock_->file, package, &lock_->root);
      return;
    }
    const size_t modules = package.key.rfind(kModules);
    if (modules == std::string::npos) return;  // a folder of the workspace
    LockedPackage out;
    out.name = std::string(package.Text("name"));
    if (out.name.empty()) out.name = package.key.substr(modules + kModules.size());
    const JsonNode* link = package.Find("link");
    out.local = link && link->IsTrue();
    out.version = PlainVersion(package.Text("version"));
    Add(package, package.key, std::move(out));
  }

  // Version 1: every package holds those below it.
  void Tree(const std::string& above, const JsonNode& dependencies) {
    for (const JsonNode& package : dependencies.items) {
      if (!package.IsObject()) {
        Complain(package, "expected an object for " + Excerpt(package.key));
        continue;
      }
      const std::string place = above + std::string(kModules) + package.key;
      const NpmSpec spec = ParseNpmSpec(package.Text("version"));
      LockedPackage out;
      out.name = spec.package.empty() ? package.key : spec.package;
      out.version = spec.exact;
      out.local = spec.source == NpmSpec::Source::kLocal;
      Add(package, place, std::move(out));
      const JsonNode* below = package.Find("dependencies");
      if (below && below->IsObject()) Tree(place + "/", *below);
    }
  }

  void Add(const JsonNode& package, const std::string& place, LockedPackage out) {
    if (!IsNpmName(out.name)) {
      return Complain(package, Excerpt(out.name) + " is not a legal package name");
    }
    out.kind = KindOf(package);
    out.line = package.line;
    lock_->packages.insert_or_assign(place, std::move(out));
  }

  void Complain(const JsonNode& node, std::string message) {
    findings_->Complain(lock_->file, node.line, std::move(message));
  }

  PackageLock* lock_;
  Findings* findings_;
};

}  // namespace

const LockedPackage* PackageLock::Find(std::string_view importer, const std::string& name) const {
  std::string folder(importer);
  while (true) {
    const std::string above = folder.empty() ? "" : folder + "/";
    const auto it = packages.find(above + std::string(kModules) + name);
    if (it != packages.end()) return &it->second;
    if (folder.empty()) return nullptr;
    folder = DirectoryOf(folder);
  }
}

PackageLock ReadPackageLock(const std::string& file, std::string_view text, Findings* findings) {
  PackageLock lock;
  lock.file = file;
  lock.directory = DirectoryOf(file);
  const size_t before = findings->diagnostics.size();
  const JsonNode root = ParseJsonTree(std::string(text), file, findings);
  if (root.IsObject()) {
    Reader(&lock, findings).Read(root);
  } else if (findings->diagnostics.size() == before) {
    findings->Complain(file, root.line, "expected an object");
  }
  return lock;
}

}  // namespace tapps
