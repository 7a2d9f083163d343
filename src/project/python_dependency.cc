#include "project/python_dependency.h"

#include <algorithm>
#include <vector>

#include "project/names.h"
#include "project/text.h"

namespace tapps {
namespace {

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

constexpr std::string_view kArchives[] = {".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".zip", ".whl"};

bool IsArchive(std::string_view lower) {
  return std::any_of(std::begin(kArchives), std::end(kArchives),
                     [lower](std::string_view end) { return EndsWith(lower, end); });
}

// "requests-2.31.0-py3-none-any.whl", "requests-2.31.0.tar.gz" -> name and version; empty for names
// that do not say it ("main.zip").
Requirement FromFileName(std::string_view file) {
  Requirement out;
  for (const std::string_view end : kArchives) {
    if (!EndsWith(Lower(file), end)) continue;
    const bool wheel = end == ".whl";
    file.remove_suffix(end.size());
    size_t dash = wheel ? file.find('-') : file.rfind('-');
    if (dash == std::string_view::npos || dash + 1 >= file.size()) return out;
    const std::string_view rest = file.substr(dash + 1);
    const std::string_view version = wheel ? rest.substr(0, rest.find('-')) : rest;
    if (version.empty() || !IsDigit(version[0])) return out;
    out.name = std::string(file.substr(0, dash));
    out.specifier = "==" + std::string(version);
    return out;
  }
  return out;
}

std::string_view LastSegment(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  return url.substr(std::min(url.rfind('/') + 1, url.size()));
}

void MarkLocal(std::string_view name, Findings* findings) {
  if (IsPypiName(name)) findings->local.emplace(Ecosystem::kPypi, NormalizePypiName(name));
}

}  // namespace

std::string EggName(std::string_view url) {
  const size_t hash = url.find('#');
  if (hash == std::string_view::npos) return "";
  std::string_view fragment = url.substr(hash + 1);
  while (!fragment.empty()) {
    const size_t end = std::min(fragment.find('&'), fragment.size());
    const std::string_view part = fragment.substr(0, end);
    if (part.substr(0, 4) == "egg=") {
      const std::string_view name = part.substr(4);
      return std::string(Trim(name.substr(0, name.find_first_of("[=<>!~;"))));
    }
    fragment.remove_prefix(std::min(end + 1, fragment.size()));
  }
  return "";
}

bool IsLocalPythonSource(std::string_view text) {
  text = Trim(text);
  const std::string scheme = Scheme(text);
  if (scheme == "file" || EndsWith(scheme, "+file")) return true;
  if (text.find("://") != std::string_view::npos) return false;
  if (scheme.find('+') != std::string::npos) return false;  // "git+ssh:..." and its like
  if (text.empty() || text[0] == '.' || text[0] == '/' || text[0] == '~') return true;
  const bool drive = text.size() > 2 && text[1] == ':' && (text[2] == '\\' || text[2] == '/');
  const std::string_view first = text.substr(0, text.find_first_of(" \t;@[<>=!~("));
  return drive || first.find_first_of("/\\") != std::string_view::npos || IsArchive(Lower(first));
}

void AddPython(const Place& place, const Requirement& requirement, Findings* findings) {
  if (!requirement.url.empty() && IsLocalPythonSource(requirement.url)) {
    MarkLocal(requirement.name, findings);
    return;
  }
  if (!IsPypiName(requirement.name)) {
    findings->Complain(place.file, place.line,
                       Excerpt(requirement.name) + " is not a legal package name");
    return;
  }
  Dependency out;
  out.name = requirement.name;
  out.normalized = NormalizePypiName(requirement.name);
  if (IsPythonModule(out.normalized)) {
    findings->Complain(place.file, place.line,
                       "'" + out.name + "' is a module of the standard library");
    return;
  }
  if (IsPypiNonPackage(out.normalized)) {
    findings->Complain(place.file, place.line, "'" + out.name + "' is not a library");
    return;
  }
  out.ecosystem = Ecosystem::kPypi;
  out.constraint =
      requirement.url.empty() ? requirement.specifier : WithoutSecrets(requirement.url);
  out.marker = requirement.marker;
  out.locked_version = ExactVersion(requirement.specifier);
  out.kind = place.kind;
  out.manifest = place.file;
  out.line = place.line;
  findings->Add(std::move(out));
}

void AddPythonText(const Place& place, std::string_view text, Findings* findings) {
  Result<Requirement> requirement = ParseRequirement(text);
  if (!requirement.ok()) {
    findings->Complain(place.file, place.line, std::string(requirement.status().message()));
    return;
  }
  AddPython(place, *requirement, findings);
}

void AddPythonUrl(const Place& place, std::string_view url, Findings* findings) {
  std::string marker;
  // "https://host/x.whl ; marker": the semicolon needs a blank before it to be none of the URL.
  if (const size_t at = url.find(" ;"); at != std::string_view::npos) {
    marker = std::string(Trim(url.substr(at + 2)));
    url = Trim(url.substr(0, at));
  }
  Requirement requirement;
  if (IsLocalPythonSource(url)) {
    MarkLocal(EggName(url), findings);
    return;
  }
  if (Scheme(url).find('+') == std::string::npos) requirement = FromFileName(LastSegment(url));
  if (const std::string egg = EggName(url); !egg.empty()) requirement.name = egg;
  if (requirement.name.empty()) {
    findings->Complain(place.file, place.line,
                       "the URL does not say its package's name: expected '#egg=name' at its end");
    return;
  }
  requirement.url = std::string(url);
  requirement.marker = std::move(marker);
  AddPython(place, requirement, findings);
}

}  // namespace tapps
