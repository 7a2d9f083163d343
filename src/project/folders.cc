#include "project/folders.h"

#include <algorithm>
#include <set>

#include "project/text.h"

namespace tapps {
namespace {

constexpr int kMaxDepth = 4;
constexpr size_t kMaxFolders = 5'000;
constexpr size_t kMaxGlobs = 256;
constexpr size_t kMaxGlobParts = 32;

constexpr std::string_view kSkipped[] = {
    "node_modules",  "bower_components",
    "jspm_packages", "site-packages",
    "__pycache__",   "venv",
    "env",           "virtualenv",
    "build",         "dist",
    "out",           "target",
    "_build",        "coverage",
    "htmlcov",       "fixtures",
    "__fixtures__",  "testdata",
    "test-fixtures", "test_fixtures",
    "__tests__",     "__mocks__",
    "tmp",           "temp",
    "third_party",   "third-party",
};

bool IsSkipped(std::string_view name) {
  const auto ends = [name](std::string_view end) {
    return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
  };
  return name[0] == '.' || ends(".egg-info") || ends(".dist-info") ||
         std::find(std::begin(kSkipped), std::end(kSkipped), name) != std::end(kSkipped);
}

std::string Below(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

std::vector<std::string> Parts(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

// One part of a path against one of a glob with * and ?, in linear space and without recursion.
bool PartMatches(std::string_view glob, std::string_view part) {
  size_t g = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t mark = 0;
  while (p < part.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      mark = p;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == part[p])) {
      ++g;
      ++p;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      p = ++mark;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

// "a/{b,c}" -> "a/b", "a/c", up to a limit.
void ExpandBraces(const std::string& glob, std::vector<std::string>* out) {
  std::vector<std::string> pending{glob};
  while (!pending.empty() && out->size() + pending.size() <= kMaxGlobs) {
    const std::string current = std::move(pending.back());
    pending.pop_back();
    const size_t close = current.find('}');
    const size_t open = close == std::string::npos ? close : current.rfind('{', close);
    if (open == std::string::npos) {
      out->push_back(current);
      continue;
    }
    std::string_view choices = std::string_view(current).substr(open + 1, close - open - 1);
    while (true) {
      const size_t comma = std::min(choices.find(','), choices.size());
      pending.push_back(current.substr(0, open) + std::string(choices.substr(0, comma)) +
                        current.substr(close + 1));
      if (comma == choices.size()) break;
      choices.remove_prefix(comma + 1);
    }
  }
}

// Walks the tree along a glob.
class GlobWalk {
 public:
  GlobWalk(const ProjectTree& tree, std::set<std::string>* found) : tree_(tree), found_(found) {}

  void Run(const std::string& base, std::string_view glob) {
    parts_ = Parts(glob);
    if (parts_.size() <= kMaxGlobParts) Visit(base, 0, 0);
  }

 private:
  void Visit(const std::string& folder, size_t part, int depth) {
    if (depth > kMaxWalkDepth || visits_++ > kMaxFolders) return;
    if (part == parts_.size()) {
      if (!folder.empty() && tree_.IsFile(Below(folder, "package.json"))) found_->insert(folder);
      return;
    }
    const std::string& glob = parts_[part];
    if (glob == "..") return;  // a workspace does not leave its root
    if (glob.find_first_of("*?") == std::string::npos) {
      const std::string below = Below(folder, glob);
      if (tree_.IsDirectory(below)) Visit(below, part + 1, depth + 1);
      return;
    }
    const bool any_depth = glob == "**";
    if (any_depth) Visit(folder, part + 1, depth);
    for (const ProjectTree::Entry& entry : tree_.List(folder)) {
      if (!entry.directory || entry.name[0] == '.' || entry.name == "node_modules") continue;
      if (any_depth && !entry.link) {
        Visit(Below(folder, entry.name), part, depth + 1);
      } else if (!any_depth && PartMatches(glob, entry.name)) {
        Visit(Below(folder, entry.name), part + 1, depth + 1);
      }
    }
  }

  static constexpr int kMaxWalkDepth = 10;

  const ProjectTree& tree_;
  std::set<std::string>* found_;
  std::vector<std::string> parts_;
  size_t visits_ = 0;
};

}  // namespace

std::vector<std::string> ProjectFolders(const ProjectTree& tree, Findings* findings) {
  std::vector<std::string> folders{""};
  size_t level = 0;
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const size_t end = folders.size();
    for (; level < end; ++level) {
      const std::string folder = folders[level];
      for (const ProjectTree::Entry& entry : tree.List(folder)) {
        if (!entry.directory || entry.link || IsSkipped(entry.name)) continue;
        const std::string below = Below(folder, entry.name);
        // A virtual environment under any name.
        if (tree.IsFile(below + "/pyvenv.cfg")) continue;
        if (folders.size() == kMaxFolders) {
          findings->Complain(".", 0, "more than 5,000 folders: manifests in the rest are not read");
          return folders;
        }
        folders.push_back(below);
      }
    }
  }
  return folders;
}

bool GlobMatches(std::string_view glob, std::string_view path) {
  const std::vector<std::string> globs = Parts(glob);
  const std::vector<std::string> parts = Parts(path);
  // matches[i]: the globs so far match the first i parts.
  std::vector<bool> matches(parts.size() + 1, false);
  matches[0] = true;
  for (const std::string& part : globs) {
    std::vector<bool> next(parts.size() + 1, false);
    for (size_t i = 0; i <= parts.size(); ++i) {
      if (part == "**") {
        next[i] = matches[i] || (i > 0 && next[i - 1]);
      } else {
        next[i] = i > 0 && matches[i - 1] && PartMatches(part, parts[i - 1]);
      }
    }
    matches = std::move(next);
  }
  return matches[parts.size()];
}

std::vector<std::string> WorkspaceFolders(const ProjectTree& tree, const std::string& base,
                                          const std::vector<std::string>& globs) {
  std::set<std::string> found;
  for (const std::string& glob : globs) {
    const bool exclude = !glob.empty() && glob[0] == '!';
    std::vector<std::string> plain;
    ExpandBraces(exclude ? glob.substr(1) : glob, &plain);
    for (const std::string& one : plain) {
      if (!exclude) {
        GlobWalk(tree, &found).Run(base, one);
        continue;
      }
      for (auto it = found.begin(); it != found.end();) {
        const std::string relative = base.empty() ? *it : it->substr(base.size() + 1);
        it = GlobMatches(one, relative) ? found.erase(it) : std::next(it);
      }
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace tapps
