#include <algorithm>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "docs/installed.h"
#include "docs/names.h"
#include "docs/text.h"
#include "project/text.h"

namespace tapps {
namespace {

constexpr size_t kMaxManifest = size_t{4} << 20;
constexpr size_t kMaxTypes = size_t{16} << 10;  // the head of type definitions
constexpr int kMaxDepth = 4;                    // packages nested in packages
constexpr int kMaxWalked = 4096;                // packages looked into for nested ones

// A folder that holds packages: `folder` is what may not be left, `below` is in it, "" or ending
// in '/'.
struct Place {
  const Folder* folder;
  std::string below;
  bool in_project;
};

std::vector<Place> Places(const SourceQuery& query) {
  std::vector<Place> places;
  for (const Folder& project : *query.projects) {
    if (FileNameOf(project.real()) == "node_modules") places.push_back({&project, "", true});
    places.push_back({&project, "node_modules/", true});
  }
  for (const Folder& path : *query.paths) places.push_back({&path, "", false});
  return places;
}

// A package that was found, with its manifest.
struct Package {
  Folder folder;
  std::string shown;  // its path for people: relative within a project
  Json manifest;
  std::string version;
};

// The search for one library through all places.
class Search {
 public:
  explicit Search(const SourceQuery& query) : query_(query) {}

  std::optional<Package> Run() {
    const std::vector<Place> places = Places(query_);
    for (const Place& place : places) {
      for (const std::string_view name : {query_.library, query_.alias}) {
        if (name.empty()) continue;
        if (std::optional<Package> found = Try(place, std::string(name), true)) return found;
      }
    }
    for (const Place& place : places) {
      if (std::optional<Package> found = Pnpm(place)) return found;
      if (std::optional<Package> found = Nested(place, 0)) return found;
    }
    return std::nullopt;
  }

  std::vector<Witness>& witnesses() { return witnesses_; }

  // Why nothing was found.
  Status Failure() const {
    if (!denied_.ok()) return denied_;
    std::string message = "npm package '" + std::string(query_.library) + "'";
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
  // The package in a folder of the place when it is the library, in the version asked for.
  std::optional<Package> Try(const Place& place, const std::string& name, bool witness) {
    const std::string path = place.below + name;
    if (witness) witnesses_.push_back(Witness::Of(place.folder->Path(path + "/package.json")));
    Result<Folder> folder = place.folder->Enter(path);
    if (!folder.ok()) {
      if (folder.code() == TAPPS_E_DENIED && denied_.ok()) denied_ = folder.status();
      return std::nullopt;
    }
    bool cut = false;
    const Result<std::string> text = folder->Read("package.json", kMaxManifest, &cut);
    if (!text.ok()) {
      if (text.code() != TAPPS_E_NOT_FOUND) Note(text.status().message());
      return std::nullopt;
    }
    Result<Json> manifest = ParseJson(*text);
    if (!manifest.ok()) {
      Note(path + "/package.json: " + std::string(manifest.status().message()));
      return std::nullopt;
    }
    if (JsonString(*manifest, "name").value_or("") != query_.library) {
      Note(path + " holds another package");
      return std::nullopt;
    }
    std::string version = JsonString(*manifest, "version").value_or("");
    if (!IsVersionText(version)) version.clear();
    if (!query_.version.empty() && !SameVersion(kNpm, version, query_.version)) {
      if (others_.find(version) == std::string::npos) {
        others_ += (others_.empty() ? "" : ", ") + version;
      }
      return std::nullopt;
    }
    if (!witness) witnesses_.push_back(Witness::Of(folder->Path("package.json")));
    std::string shown = place.in_project ? path : place.folder->Path(path);
    return Package{*std::move(folder), std::move(shown), *std::move(manifest), std::move(version)};
  }

  // What pnpm keeps: links to all packages, and a folder for each version.
  std::optional<Package> Pnpm(const Place& place) {
    const std::string store = place.below + ".pnpm/";
    const Result<std::vector<std::string>> names = place.folder->List(store);
    if (!names.ok()) return std::nullopt;
    const std::string name(query_.library);
    if (auto found = Try({place.folder, store + "node_modules/", place.in_project}, name, false))
      return found;
    std::string prefix = name + "@";
    std::replace(prefix.begin(), prefix.end(), '/', '+');
    for (auto at = std::lower_bound(names->begin(), names->end(), prefix);
         at != names->end() && at->starts_with(prefix); ++at) {
      const Place version{place.folder, store + *at + "/node_modules/", place.in_project};
      if (auto found = Try(version, name, false)) return found;
    }
    return std::nullopt;
  }

  // <package>/node_modules/<library>, in the packages of a place and in theirs.
  std::optional<Package> Nested(const Place& place, int depth) {
    for (const std::string& name : PackageNames(place)) {
      if (++walked_ > kMaxWalked) return std::nullopt;
      const Place inner{place.folder, place.below + name + "/node_modules/", place.in_project};
      if (!place.folder->List(inner.below).ok()) continue;
      if (auto found = Try(inner, std::string(query_.library), false)) return found;
      if (depth + 1 == kMaxDepth) continue;
      if (auto found = Nested(inner, depth + 1)) return found;
    }
    return std::nullopt;
  }

  void Note(std::string_view reason) {
    if (reason_.empty()) reason_ = reason;
  }

 public:
  static std::vector<std::string> PackageNames(const Place& place) {
    std::vector<std::string> packages;
    const Result<std::vector<std::string>> names = place.folder->List(place.below);
    if (!names.ok()) return packages;
    for (const std::string& name : *names) {
      if (name.starts_with('.')) continue;
      if (!name.starts_with('@')) {
        packages.push_back(name);
        continue;
      }
      const Result<std::vector<std::string>> scoped = place.folder->List(place.below + name);
      if (!scoped.ok()) continue;
      for (const std::string& part : *scoped) packages.push_back(name + "/" + part);
    }
    return packages;
  }

 private:
  const SourceQuery& query_;
  std::vector<Witness> witnesses_;
  std::string others_;  // versions that are there in place of the one asked for
  std::string reason_;  // why a folder of that name was no answer
  Status denied_;
  int walked_ = 0;
};

struct Readme {
  std::string file;
  Markup markup = Markup::kMarkdown;
};

// The README of a package; the file's name in any case.
std::optional<Readme> FindReadme(const Folder& package) {
  static constexpr std::pair<std::string_view, Markup> kKinds[] = {
      {"readme.md", Markup::kMarkdown}, {"readme.markdown", Markup::kMarkdown},
      {"readme", Markup::kMarkdown},    {"readme.rst", Markup::kRst},
      {"readme.txt", Markup::kPlain},
  };
  const Result<std::vector<std::string>> names = package.List("");
  if (!names.ok()) return std::nullopt;
  for (const auto& [kind, markup] : kKinds) {
    for (const std::string& name : *names) {
      if (Lower(name) == kind) return Readme{name, markup};
    }
  }
  return std::nullopt;
}

// A JSON text as one clean line.
std::string Line(const Json& object, std::string_view member) {
  std::string line = CleanText(JsonString(object, member).value_or(""));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return std::string(Trim(line));
}

// What the manifest says about a package, before its README.
std::string Preamble(const Package& package, std::string_view library, bool title) {
  std::string text;
  if (title) text += "# " + std::string(library) + "\n\n";
  const std::string description = Line(package.manifest, "description");
  if (!description.empty()) text += description + "\n\n";
  std::string facts = "npm package " + std::string(library);
  if (!package.version.empty()) facts += " " + package.version;
  if (const std::string homepage = Line(package.manifest, "homepage"); !homepage.empty()) {
    facts += ", " + homepage;
  }
  return text + facts + "\n\n";
}

// The head of the type definitions as a section; empty when there are none.
std::string TypeSection(const Package& package) {
  std::string file = Line(package.manifest, "types");
  if (file.empty()) file = Line(package.manifest, "typings");
  if (file.empty()) file = "index.d.ts";
  bool cut = false;
  const Result<std::string> bytes = package.folder.Read(file, kMaxTypes, &cut);
  if (!bytes.ok() || !file.ends_with(".d.ts")) return "";
  const std::string clean = CleanText(*bytes);
  const std::string_view head = cut ? CutAtLine(clean, kMaxTypes) : std::string_view(clean);
  if (Trim(head).empty()) return "";
  std::string fence = "```";
  while (head.find(fence) != std::string_view::npos) fence += '`';
  return "\n\n## Type definitions: " + file + (cut ? " (beginning)" : "") + "\n\n" + fence +
         "ts\n" + std::string(Trim(head)) + "\n" + fence + "\n";
}

void Compose(const Package& package, Document* document) {
  const std::optional<Readme> readme = FindReadme(package.folder);
  std::string body;
  document->source = "installed: " + package.shown + "/";
  if (readme) {
    bool cut = false;
    document->witnesses.push_back(Witness::Of(package.folder.Path(readme->file)));
    Result<std::string> bytes = package.folder.Read(readme->file, kMaxDocumentBytes, &cut);
    if (bytes.ok()) body = CleanText(*bytes);
    if (cut) {
      body = std::string(CutAtLine(body, kMaxDocumentBytes));
      document->warning = readme->file + " is longer than 8 MiB; the rest is left out";
    }
    document->markup = readme->markup;
  }
  if (Trim(body).empty()) {
    body = CleanText(JsonString(package.manifest, "readme").value_or(""));
    if (body.starts_with("ERROR: No README")) body.clear();
    document->markup = Markup::kMarkdown;
  }
  const bool bare = Trim(body).empty();
  document->source += bare || !readme ? "package.json" : readme->file;
  if (bare) document->warning = "the package has no README";
  document->text = Preamble(package, document->library, bare) + body;
  if (document->markup == Markup::kMarkdown) document->text += TypeSection(package);
}

}  // namespace

Result<Document> InstalledNpm::Lookup(const SourceQuery& query) {
  Search search(query);
  const std::optional<Package> package = search.Run();
  if (!package) return search.Failure();
  Document document;
  document.ecosystem = kNpm;
  document.library = query.library;
  document.version = package->version;
  document.witnesses = std::move(search.witnesses());
  Compose(*package, &document);
  document.served_from = TAPPS_FROM_INSTALLED;
  document.place = "installed\n" + package->folder.real();
  for (const Witness& witness : document.witnesses) {
    if (witness.path.starts_with(package->folder.given())) document.stamp += witness.stamp + "\n";
  }
  return document;
}

std::vector<std::string> InstalledNpm::Names(const SourceQuery& query) {
  std::vector<std::string> names;
  for (const Place& place : Places(query)) {
    for (std::string& name : Search::PackageNames(place)) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace tapps
