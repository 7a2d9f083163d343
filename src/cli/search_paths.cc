#include "cli/search_paths.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

namespace tapps::cli {
namespace fs = std::filesystem;
namespace {

using Env = std::function<std::string(const char*)>;

// Folders in the order they are to be searched; what does not exist or came before is left out.
class Folders {
 public:
  void Add(const fs::path& path) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error || !fs::is_directory(real, error)) return;
    if (std::find(paths_.begin(), paths_.end(), real.string()) == paths_.end()) {
      paths_.push_back(real.string());
    }
  }
  std::vector<std::string> Take() { return std::move(paths_); }

 private:
  std::vector<std::string> paths_;
};

// "python3.10" comes before "python3.9": digits compare as numbers, higher first.
bool NewerFirst(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      size_t m = i;
      size_t n = j;
      while (m < a.size() && digit(a[m])) ++m;
      while (n < b.size() && digit(b[n])) ++n;
      if (m - i != n - j) return m - i > n - j;
      const int order = a.compare(i, m - i, b, j, n - j);
      if (order != 0) return order > 0;
      i = m;
      j = n;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  return a.size() > b.size();
}

// Names below `folder` that begin with `prefix`, newest version first.
std::vector<std::string> Versions(const fs::path& folder, std::string_view prefix) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(prefix)) names.push_back(name);
  }
  std::sort(names.begin(), names.end(), NewerFirst);
  return names;
}

std::optional<fs::path> OnPath(const Env& env, const char* program) {
  std::istringstream folders(env("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.empty() || folder[0] != '/') continue;
    fs::path path = fs::path(folder) / program;
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

// lib/python3.x/{site,dist}-packages below an installation or virtual environment.
void AddPythonPrefix(const fs::path& prefix, Folders& folders) {
  for (const std::string& name : Versions(prefix / "lib", "python")) {
    folders.Add(prefix / "lib" / name / "site-packages");
    folders.Add(prefix / "lib" / name / "dist-packages");
  }
}

// PYENV_VERSION and the `version` file name the versions in use; the others follow.
void AddPyenv(const Env& env, const fs::path& root, Folders& folders) {
  std::string chosen = env("PYENV_VERSION");
  std::replace(chosen.begin(), chosen.end(), ':', '\n');
  if (std::ifstream file(root / "version"); file) {
    chosen += '\n';
    chosen.append(std::istreambuf_iterator<char>(file), {});
  }
  std::istringstream names(chosen);
  for (std::string name; names >> name;) {
    if (name.find('/') == std::string::npos) AddPythonPrefix(root / "versions" / name, folders);
  }
  for (const std::string& name : Versions(root / "versions", "")) {
    AddPythonPrefix(root / "versions" / name, folders);
  }
}

void AddPython(const Env& env, Folders& folders) {
  if (const std::string venv = env("VIRTUAL_ENV"); !venv.empty()) AddPythonPrefix(venv, folders);
  const std::string home = env("HOME");
  if (const auto python = OnPath(env, "python3")) {
    const fs::path bin = python->parent_path();
    if (bin.filename() == "shims") {  // pyenv's: a script that picks a version when run
      AddPyenv(env, bin.parent_path(), folders);
    } else {
      AddPythonPrefix(bin.parent_path(), folders);  // as called: virtual environments, /usr
      std::error_code error;
      const fs::path real = fs::canonical(*python, error);
      if (!error) AddPythonPrefix(real.parent_path().parent_path(), folders);
    }
  }
  if (!home.empty()) AddPythonPrefix(fs::path(home) / ".local", folders);
  AddPythonPrefix("/usr/local", folders);
  folders.Add("/usr/lib/python3/dist-packages");
}

void AddNode(const Env& env, Folders& folders) {
  if (const std::string prefix = env("NPM_CONFIG_PREFIX"); !prefix.empty()) {
    folders.Add(fs::path(prefix) / "lib" / "node_modules");
  }
  for (const char* program : {"npm", "node"}) {
    const auto path = OnPath(env, program);
    if (!path) continue;
    folders.Add(path->parent_path().parent_path() / "lib" / "node_modules");
    std::error_code error;  // npm is a link into the folder it is installed in
    fs::path real = fs::canonical(*path, error);
    if (error) continue;
    folders.Add(real.parent_path().parent_path() / "lib" / "node_modules");
    for (; real.has_relative_path(); real = real.parent_path()) {
      if (real.filename() == "node_modules") folders.Add(real);
    }
  }
  folders.Add("/usr/local/lib/node_modules");
  folders.Add("/usr/lib/node_modules");
  folders.Add("/usr/share/nodejs");  // Debian's packages
}

}  // namespace

std::optional<std::string> FindProject(const std::string& start, const std::string& home) {
  static constexpr const char* kManifests[] = {"package.json", "pyproject.toml", "requirements.txt",
                                               "Pipfile",      "setup.cfg",      "setup.py",
                                               "Cargo.toml",   "go.mod",         "CMakeLists.txt",
                                               "vcpkg.json",   "conanfile.txt"};
  std::error_code error;
  for (fs::path folder = fs::absolute(start, error); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (folder == home) break;
    for (const char* manifest : kManifests) {
      if (fs::exists(folder / manifest, error)) return folder.string();
    }
    if (fs::exists(folder / ".git", error)) break;
  }
  return std::nullopt;
}

std::string CurrentProject() {
  std::error_code error;
  const std::string folder = fs::current_path(error).string();
  return FindProject(folder, ProcessEnvironment("HOME")).value_or("");
}

std::vector<std::string> InstalledPaths(const Env& env) {
  Folders folders;
  AddNode(env, folders);
  AddPython(env, folders);
  return folders.Take();
}

std::string ProcessEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace tapps::cli
