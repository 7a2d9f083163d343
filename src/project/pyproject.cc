#include "project/pyproject.h"

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "project/names.h"
#include "project/poetry.h"
#include "project/python_dependency.h"
#include "project/text.h"
#include "project/toml_document.h"

namespace tapps {
namespace {

class Reader {
 public:
  Reader(const std::string& file, Findings* findings) : file_(file), findings_(findings) {}

  void Read(const toml::table& document) {
    const toml::table* project = Table(document["project"]);
    const toml::table* poetry = Table(document["tool"]["poetry"]);
    if (project) OwnName(*project);
    if (poetry) OwnName(*poetry);
    Sources(document["tool"]["uv"]["sources"].as_table());
    if (project) {
      Specifiers("project.dependencies", project->get("dependencies"), DependencyKind::kRuntime);
      Groups("project.optional-dependencies", project->get("optional-dependencies"),
             DependencyKind::kOptional);
    }
    DependencyGroups(document["dependency-groups"].node());
    if (poetry) ReadPoetry(file_, *poetry, findings_);
    Specifiers("tool.uv.dev-dependencies", document["tool"]["uv"]["dev-dependencies"].node(),
               DependencyKind::kDev);
    Groups("tool.pdm.dev-dependencies", document["tool"]["pdm"]["dev-dependencies"].node(),
           DependencyKind::kDev);
    Dynamic(document["tool"]["setuptools"]["dynamic"]);
    if (const toml::table* build = Table(document["build-system"])) {
      Specifiers("build-system.requires", build->get("requires"), DependencyKind::kBuild);
    }
  }

 private:
  // The table at a key; a diagnostic if something else stands there.
  const toml::table* Table(toml::node_view<const toml::node> view) {
    if (view && !view.is_table()) Complain(*view.node(), "expected a table");
    return view.as_table();
  }

  void OwnName(const toml::table& table) {
    const auto name = table["name"].value<std::string>();
    if (name && IsPypiName(*name)) {
      findings_->local.emplace(Ecosystem::kPypi, NormalizePypiName(*name));
    }
  }

  // uv: names whose source is a path or a member of the workspace.
  void Sources(const toml::table* sources) {
    if (!sources) return;
    for (const auto& [key, value] : *sources) {
      const toml::table* source = value.as_table();
      if (!source || !IsPypiName(key.str())) continue;
      if (source->contains("path") || (*source)["workspace"].value_or(false)) {
        findings_->local.emplace(Ecosystem::kPypi, NormalizePypiName(key.str()));
      }
    }
  }

  void Specifiers(const std::string& where, const toml::node* node, DependencyKind kind) {
    if (!node) return;
    const toml::array* list = node->as_array();
    if (!list) return Complain(*node, where + " is not an array");
    for (const toml::node& item : *list) Specifier(where, item, kind);
  }

  void Specifier(const std::string& where, const toml::node& item, DependencyKind kind) {
    const std::optional<std::string> text = item.value_exact<std::string>();
    if (!text) return Complain(item, "expected a text in " + where);
    const Place place{file_, LineOf(item), kind};
    // PDM writes modules of the workspace as pip's editable lines.
    if (text->compare(0, 3, "-e ") == 0) {
      return AddPythonUrl(place, Trim(std::string_view(*text).substr(3)), findings_);
    }
    AddPythonText(place, *text, findings_);
  }

  void Groups(const std::string& where, const toml::node* node, DependencyKind kind) {
    if (!node) return;
    const toml::table* groups = node->as_table();
    if (!groups) return Complain(*node, where + " is not a table");
    for (const auto& [name, list] : *groups) {
      Specifiers(where + "." + std::string(name.str()), &list, kind);
    }
  }

  void DependencyGroups(const toml::node* node) {
    if (!node) return;
    const toml::table* groups = node->as_table();
    if (!groups) return Complain(*node, "dependency-groups is not a table");
    // Every group is read for itself: an included one adds nothing, but it must be there.
    for (const auto& [name, value] : *groups) {
      const std::string where = "dependency-groups." + std::string(name.str());
      const toml::array* list = value.as_array();
      if (!list) {
        Complain(value, where + " is not an array");
        continue;
      }
      std::vector<std::string>& edges = includes_[NormalizePypiName(name.str())];
      for (const toml::node& item : *list) {
        const toml::table* table = item.as_table();
        if (!table) {
          Specifier(where, item, DependencyKind::kDev);
        } else if (const auto included = (*table)["include-group"].value<std::string>()) {
          edges.push_back(NormalizePypiName(*included));
          lines_[edges.back()] = LineOf(item);
        } else {
          Complain(item, "expected a text or { include-group = ... } in " + where);
        }
      }
    }
    for (const auto& [name, edges] : includes_) CheckGroup(name, 0);
  }

  // Reports unknown groups and cycles, each once.
  void CheckGroup(const std::string& name, size_t depth) {
    enum { kNew, kOpen, kDone };
    int& state = group_state_[name];
    if (state == kDone) return;
    const auto it = includes_.find(name);
    if (state == kOpen || it == includes_.end() || depth > kMaxGroupDepth) {
      const std::string why = state == kOpen          ? " includes itself"
                              : it == includes_.end() ? " does not exist"
                                                      : " is included too deep";
      findings_->Complain(file_, lines_[name], "dependency group " + Excerpt(name) + why);
      if (state == kNew) state = kDone;
      return;
    }
    state = kOpen;
    for (const std::string& included : it->second) CheckGroup(included, depth + 1);
    group_state_[name] = kDone;
  }

  // setuptools: dependencies = { file = ["requirements.txt"] }.
  void Dynamic(toml::node_view<const toml::node> dynamic) {
    Files(dynamic["dependencies"]["file"], DependencyKind::kRuntime);
    if (const toml::table* groups = dynamic["optional-dependencies"].as_table()) {
      for (const auto& [name, group] : *groups) {
        if (const toml::table* table = group.as_table()) {
          Files((*table)["file"], DependencyKind::kOptional);
        }
      }
    }
  }

  void Files(toml::node_view<const toml::node> view, DependencyKind kind) {
    if (const auto one = view.value<std::string>()) File(*view.node(), *one, kind);
    if (const toml::array* list = view.as_array()) {
      for (const toml::node& item : *list) {
        if (const auto path = item.value<std::string>()) File(item, *path, kind);
      }
    }
  }

  void File(const toml::node& node, const std::string& path, DependencyKind kind) {
    std::string inside = JoinInsideRoot(DirectoryOf(file_), path);
    if (inside.empty()) {
      return Complain(node,
                      "the file " + Excerpt(path) + " is outside the project and is not read");
    }
    findings_->includes.push_back({std::move(inside), LineOf(node), kind, false, file_});
  }

  void Complain(const toml::node& node, std::string message) {
    findings_->Complain(file_, LineOf(node), std::move(message));
  }

  static constexpr size_t kMaxGroupDepth = 200;

  const std::string& file_;
  Findings* findings_;
  std::map<std::string, std::vector<std::string>> includes_;  // by normalised group
  std::map<std::string, int> lines_;                          // where a group is included
  std::map<std::string, int> group_state_;
};

}  // namespace

void ReadPyproject(const std::string& file, std::string_view text, Findings* findings) {
  const toml::table document = ParseToml(text, file, findings);
  Reader(file, findings).Read(document);
}

}  // namespace tapps
