#include "project/installed.h"

#include "project/json_tree.h"
#include "project/names.h"
#include "project/text.h"

namespace tapps {
namespace {

std::string Below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

// "Foo_Bar-1.2.dist-info" -> foo-bar, 1.2; ".egg-info" likewise.
void AddDistribution(std::string_view entry, std::map<std::string, std::string>* versions) {
  const size_t dot = entry.rfind('.');
  if (dot == std::string_view::npos) return;
  const std::string_view extension = entry.substr(dot);
  if (extension != ".dist-info" && extension != ".egg-info") return;
  const std::string_view stem = entry.substr(0, dot);
  const size_t dash = stem.find('-');
  if (dash == std::string_view::npos || !IsPypiName(stem.substr(0, dash))) return;
  std::string_view version = stem.substr(dash + 1);
  version = version.substr(0, version.find('-'));  // "-py3.11" of an .egg-info
  versions->emplace(NormalizePypiName(stem.substr(0, dash)), version);
}

}  // namespace

InstalledPackage FindInNodeModules(const ProjectTree& tree, std::string folder,
                                   const std::string& name) {
  while (true) {
    const std::string path = Below(folder, "node_modules/" + name);
    const std::string real = tree.Resolve(path);
    if (!real.empty()) {
      InstalledPackage out;
      out.found = true;
      out.local = ("/" + real).find("/node_modules/") == std::string::npos;
      const Result<std::string> text = tree.Read(path + "/package.json");
      if (!text.ok()) return out;
      Findings ignored;
      out.version = std::string(ParseJsonTree(*text, path, &ignored).Text("version"));
      return out;
    }
    if (folder.empty()) return {};
    folder = DirectoryOf(folder);
  }
}

std::map<std::string, std::string> ReadVirtualEnvironment(const ProjectTree& tree,
                                                          const std::string& folder) {
  std::map<std::string, std::string> versions;
  for (const char* name : {".venv", "venv"}) {
    const std::string environment = Below(folder, name);
    std::vector<std::string> packages{environment + "/Lib/site-packages"};  // Windows
    for (const ProjectTree::Entry& python : tree.List(environment + "/lib")) {
      packages.push_back(environment + "/lib/" + python.name + "/site-packages");
    }
    for (const std::string& path : packages) {
      for (const ProjectTree::Entry& entry : tree.List(path))
        AddDistribution(entry.name, &versions);
    }
    if (!versions.empty()) break;
  }
  return versions;
}

}  // namespace tapps
