#include "docs/names.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "base/text.h"
#include "project/names.h"
#include "project/text.h"

namespace tapps {
namespace {

bool AllOf(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return IsAlnum(c) || also.find(c) != std::string_view::npos; });
}

// Names of ecosystems that are only asked for on the network: paths such as Go's are allowed.
bool IsOtherName(std::string_view name) {
  if (name.empty() || !AllOf(name, "-._~+@:/")) return false;
  size_t begin = 0;
  while (begin <= name.size()) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

Result<std::string> LibraryName(std::string_view ecosystem, std::string_view library) {
  bool valid = library.size() <= 255;
  if (ecosystem == kNpm) {
    valid = valid && IsNpmName(library);
  } else if (ecosystem == kPypi) {
    valid = valid && IsPypiName(library);
  } else {
    valid = valid && IsOtherName(library);
  }
  if (!valid) {
    return Status(
        TAPPS_E_INVALID,
        "'" + Printable(library) + "' cannot be the name of a library of " + Printable(ecosystem));
  }
  return ecosystem == kPypi ? NormalizePypiName(library) : std::string(library);
}

bool IsVersionText(std::string_view version) {
  return !version.empty() && version.size() <= 128 &&
         std::all_of(version.begin(), version.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool SameVersion(std::string_view ecosystem, std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (ecosystem != kPypi) return false;
  const auto plain = [](std::string_view version) {
    std::string text = Lower(version.starts_with('v') ? version.substr(1) : version);
    while (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
  };
  return plain(a) == plain(b);
}

bool IsEcosystemText(std::string_view ecosystem) {
  return !ecosystem.empty() && ecosystem.size() <= 32 &&
         std::all_of(ecosystem.begin(), ecosystem.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
                  c == '.';
         });
}

std::vector<std::string> NearNames(std::string_view name,
                                   const std::vector<std::string>& candidates, size_t limit) {
  const size_t bound = name.size() < 5 ? 1 : 2;
  std::set<std::pair<size_t, std::string>> near;
  const std::string wanted = Lower(name);
  for (const std::string& candidate : candidates) {
    if (candidate == name) continue;
    const std::string lower = Lower(candidate);
    size_t distance = EditDistance(wanted, lower, bound);
    if (distance > bound) {
      const bool part = (wanted.size() >= 4 && lower.find(wanted) != std::string::npos) ||
                        (lower.size() >= 4 && wanted.find(lower) != std::string::npos);
      if (!part) continue;
      distance += std::max(lower.size(), wanted.size()) - std::min(lower.size(), wanted.size());
    }
    near.emplace(distance, candidate);
  }
  std::vector<std::string> names;
  for (const auto& [distance, candidate] : near) {
    if (names.size() == limit) break;
    if (std::find(names.begin(), names.end(), candidate) == names.end()) names.push_back(candidate);
  }
  return names;
}

size_t EditDistance(std::string_view a, std::string_view b, size_t bound) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > bound) return bound + 1;
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return std::min(row.back(), bound + 1);
}

}  // namespace tapps
