#include "project/npm_spec.h"

#include <algorithm>

#include "project/text.h"

namespace tapps {
namespace {

bool IsLocal(std::string_view spec, std::string_view scheme) {
  if (scheme == "file" || scheme == "link" || scheme == "portal" || scheme == "workspace")
    return true;
  if (spec.empty()) return false;
  // "~1.2" is a range, "~/x" a path.
  if (spec[0] == '/' || spec[0] == '\\' || spec.substr(0, 2) == "~/") return true;
  if (spec == "." || spec == ".." || spec.substr(0, 2) == "./" || spec.substr(0, 3) == "../") {
    return true;
  }
  if (spec.substr(0, 2) == ".\\" || spec.substr(0, 3) == "..\\") return true;
  return spec.size() > 2 && spec[1] == ':' && (spec[2] == '\\' || spec[2] == '/');
}

bool IsRemote(std::string_view spec, std::string_view scheme) {
  if (spec.find("://") != std::string_view::npos) return true;
  for (const std::string_view known : {"git", "github", "gitlab", "bitbucket", "gist", "http",
                                       "https", "ssh", "git+ssh", "git+https", "git+http"}) {
    if (scheme == known) return true;
  }
  // "git@host:user/repository" and "user/repository".
  if (spec.substr(0, 4) == "git@") return true;
  const size_t slash = spec.find('/');
  return slash != std::string_view::npos && slash > 0 && spec[0] != '@' &&
         spec.find_first_of(" \t<>=^~|") == std::string_view::npos;
}

// "1.2.3", "v1.2.3", "=1.2.3-rc.1": three numbers, nothing that makes it a range.
std::string Exact(std::string_view range) {
  while (!range.empty() && (range[0] == '=' || range[0] == 'v' || range[0] == ' ')) {
    range.remove_prefix(1);
  }
  std::string_view rest = range;
  for (int part = 0; part < 3; ++part) {
    const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == 0) return "";
    rest.remove_prefix(digits);
    if (part == 2) break;
    if (rest.empty() || rest[0] != '.') return "";
    rest.remove_prefix(1);
  }
  if (rest.empty()) return std::string(range);
  const bool tail = rest[0] == '-' || rest[0] == '+';
  const bool clean = std::all_of(rest.begin(), rest.end(), [](char c) {
    return IsAlnum(c) || c == '-' || c == '+' || c == '.';
  });
  return tail && clean ? std::string(range) : "";
}

NpmSpec Alias(std::string_view target) {
  NpmSpec out;
  const size_t at = target.find('@', 1);
  out.package = std::string(Trim(target.substr(0, at)));
  if (at != std::string_view::npos) out.constraint = std::string(Trim(target.substr(at + 1)));
  out.exact = Exact(out.constraint);
  return out;
}

std::string Decoded(std::string_view text) {
  std::string out(text);
  for (size_t at = out.find("%3A"); at != std::string::npos; at = out.find("%3A")) {
    out.replace(at, 3, 1, ':');
  }
  return out;
}

}  // namespace

NpmSpec ParseNpmSpec(std::string_view spec) {
  spec = Trim(spec);
  NpmSpec out;
  const std::string scheme = Scheme(spec);
  if (scheme == "npm") {
    const std::string_view target = Trim(spec.substr(4));
    // Yarn also writes "npm:^1.2" for a plain range.
    const bool range = target.empty() || IsDigit(target[0]) ||
                       std::string_view("^~<>=*").find(target[0]) != std::string_view::npos;
    if (!range) return Alias(target);
    out.constraint = std::string(target);
    out.exact = Exact(target);
  } else if (scheme == "patch") {
    // Yarn: "patch:name@npm%3A1.2.3#path", the package with local changes.
    const std::string target =
        Decoded(spec.substr(6, spec.find('#') - std::min<size_t>(6, spec.find('#'))));
    out = Alias(target);
    out.package.clear();
    if (out.constraint.compare(0, 4, "npm:") == 0) out.constraint.erase(0, 4);
    out.exact = Exact(out.constraint);
  } else if (IsLocal(spec, scheme)) {
    out.source = NpmSpec::Source::kLocal;
    out.constraint = std::string(spec);
  } else if (IsRemote(spec, scheme)) {
    out.source = NpmSpec::Source::kRemote;
    out.constraint = WithoutSecrets(spec);
  } else {
    out.constraint = std::string(spec);
    out.exact = Exact(spec);
  }
  return out;
}

}  // namespace tapps
