#ifndef TAPPS_CLI_SEARCH_PATHS_H_
#define TAPPS_CLI_SEARCH_PATHS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tapps::cli {

// The nearest folder from `start` upwards that holds a manifest (package.json, pyproject.toml,
// ...), but not above the root of a git repository, nor the home folder or /. Nothing when there is
// none.
std::optional<std::string> FindProject(const std::string& start, const std::string& home);

// The project around the current folder; "" when there is none.
std::string CurrentProject();

// Where packages are installed on this machine outside any project: node_modules folders of the
// node and npm on PATH, site-packages of the active virtual environment and of the python3 on PATH
// (with pyenv: of all its versions, the chosen one first). Existing folders only, each once,
// nearest first. Nothing is run. `env` looks a variable up, "" when it is not set.
std::vector<std::string> InstalledPaths(const std::function<std::string(const char*)>& env);

// A variable of this process's environment, "" when it is not set.
std::string ProcessEnvironment(const char* name);

}  // namespace tapps::cli

#endif  // TAPPS_CLI_SEARCH_PATHS_H_
