#include <algorithm>
#include <optional>

#include "base/text.h"
#include "docs/installed.h"
#include "docs/metadata.h"
#include "docs/names.h"
#include "docs/text.h"
#include "project/names.h"
#include "project/text.h"

namespace tapps {
namespace {

// A site-packages folder: `folder` is what may not be left, `below` is in it, "" or ending in '/'.
struct Site {
  const Folder* folder;
  std::string below;
  bool in_project;
};

// <environment>/lib/python*/site-packages.
void AddEnvironment(const Folder& project, const std::string& environment,
                    std::vector<Site>* sites) {
  const Result<std::vector<std::string>> names = project.List(environment + "/lib");
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (!name.starts_with("python") && !name.starts_with("pypy")) continue;
    sites->push_back({&project, environment + "/lib/" + name + "/site-packages/", true});
  }
}

std::vector<Site> Sites(const SourceQuery& query) {
  std::vector<Site> sites;
  for (const Folder& project : *query.projects) {
    const std::string name = FileNameOf(project.real());
    if (name == "site-packages" || name == "dist-packages") sites.push_back({&project, "", true});
    AddEnvironment(project, ".venv", &sites);
    AddEnvironment(project, "venv", &sites);
  }
  for (const Folder& path : *query.paths) sites.push_back({&path, "", false});
  return sites;
}

// An entry of a site-packages folder that describes a distribution.
struct Entry {
  std::string name;  // normalised
  std::string file;  // METADATA or PKG-INFO, relative to the folder
};

// "Foo_Bar-1.2.dist-info" and "Foo_Bar-1.2-py3.11.egg-info", which is a folder or a file.
std::vector<Entry> Entries(const Site& site) {
  std::vector<Entry> entries;
  const Result<std::vector<std::string>> names = site.folder->List(site.below);
  if (!names.ok()) return entries;
  for (const std::string& name : *names) {
    const bool dist = name.ends_with(".dist-info");
    if (!dist && !name.ends_with(".egg-info")) continue;
    std::string_view stem = std::string_view(name).substr(0, name.size() - 10);
    // A dash is no part of a name in a dist-info by its specification; some old tools left it in.
    const size_t dash = dist ? stem.rfind('-') : stem.find('-');
    stem = stem.substr(0, dash);
    if (!IsPypiName(stem)) continue;
    const std::string normalized = NormalizePypiName(stem);
    entries.push_back({normalized, name + (dist ? "/METADATA" : "/PKG-INFO")});
    if (!dist) entries.push_back({normalized, name});
  }
  return entries;
}

std::string Compose(const PythonMetadata& metadata, std::string_view library, bool title) {
  std::string text;
  if (title) text += "# " + metadata.name + "\n\n";
  if (!metadata.summary.empty()) text += metadata.summary + "\n\n";
  text += "Python distribution " + std::string(library);
  if (!metadata.version.empty()) text += " " + metadata.version;
  if (!metadata.requires_python.empty()) text += ", for Python " + metadata.requires_python;
  if (!metadata.home_page.empty()) text += ", " + metadata.home_page;
  text += "\n\n";
  for (const auto& [label, url] : metadata.urls) text += "- " + label + ": " + url + "\n";
  if (!metadata.urls.empty()) text += "\n";
  return text + metadata.description;
}

// By what it says, else by what it looks like: a title underlined or a directive is RST.
Markup MarkupOfDescription(const PythonMetadata& metadata) {
  Markup markup = Markup::kMarkdown;
  if (MarkupOf(metadata.content_type, &markup)) return markup;
  return metadata.description.find("\n.. ") != std::string::npos ||
                 metadata.description.find("::\n") != std::string::npos ||
                 metadata.description.find("`_") != std::string::npos
             ? Markup::kRst
             : Markup::kMarkdown;
}

class Search {
 public:
  explicit Search(const SourceQuery& query) : query_(query) {}

  Result<Document> Run() {
    for (const Site& site : Sites(query_)) {
      Witness folder = Witness::Of(site.folder->Path(site.below + "."));
      for (const Entry& entry : Entries(site)) {
        if (entry.name != query_.library) continue;
        if (std::optional<Document> found = Try(site, entry)) return *std::move(found);
      }
      // Whatever is installed there later, in place of what is found elsewhere, changes the folder.
      witnesses_.push_back(std::move(folder));
    }
    if (!denied_.ok()) return denied_;
    std::string message = "Python distribution '" + std::string(query_.library) + "'";
    if (!others_.empty()) {
      message += " is not installed as " + Printable(query_.version) + ", but as " + others_;
    } else if (!reason_.empty()) {
      message += ": " + reason_;
    } else {
      message += " is not installed";
    }
    return Status(TAPPS_E_NOT_FOUND, message);
  }

 private:
  std::optional<Document> Try(const Site& site, const Entry& entry) {
    const std::string path = site.below + entry.file;
    const Witness witness = Witness::Of(site.folder->Path(path));
    bool cut = false;
    const Result<std::string> bytes = site.folder->Read(path, kMaxDocumentBytes, &cut);
    if (!bytes.ok()) {
      if (bytes.code() == TAPPS_E_DENIED && denied_.ok()) denied_ = bytes.status();
      return std::nullopt;
    }
    PythonMetadata metadata = ParsePythonMetadata(*bytes);
    if (NormalizePypiName(metadata.name) != query_.library) {
      reason_ = path + (metadata.name.empty() ? " has no name in it" : " names another one");
      return std::nullopt;
    }
    if (!IsVersionText(metadata.version)) metadata.version.clear();
    if (!query_.version.empty() && !SameVersion(kPypi, metadata.version, query_.version)) {
      others_ += (others_.empty() ? "" : ", ") + metadata.version;
      return std::nullopt;
    }
    const bool bare = Trim(metadata.description).empty();
    Document document;
    document.ecosystem = kPypi;
    document.library = query_.library;
    document.version = metadata.version;
    document.source = "installed: " + (site.in_project ? path : site.folder->Path(path));
    document.markup = bare ? Markup::kMarkdown : MarkupOfDescription(metadata);
    document.text = Compose(metadata, query_.library, bare);
    if (bare) document.warning = "the package has no description";
    if (cut) document.warning = "METADATA is longer than 8 MiB; the rest is left out";
    document.place = "installed\n" + site.folder->real() + "/" + site.below + entry.name;
    document.stamp = entry.file + "\n" + witness.stamp;
    witnesses_.push_back(witness);
    document.witnesses = witnesses_;
    document.served_from = TAPPS_FROM_INSTALLED;
    return document;
  }

  const SourceQuery& query_;
  std::vector<Witness> witnesses_;
  std::string others_;
  std::string reason_;
  Status denied_;
};

}  // namespace

Result<Document> InstalledPython::Lookup(const SourceQuery& query) { return Search(query).Run(); }

std::vector<std::string> InstalledPython::Names(const SourceQuery& query) {
  std::vector<std::string> names;
  for (const Site& site : Sites(query)) {
    for (const Entry& entry : Entries(site)) names.push_back(entry.name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace tapps
