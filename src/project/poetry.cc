#include "project/poetry.h"

#include <optional>
#include <string_view>

#include "project/names.h"
#include "project/python_dependency.h"
#include "project/requirement.h"
#include "project/text.h"
#include "project/toml_document.h"

namespace tapps {
namespace {

class Reader {
 public:
  Reader(const std::string& file, Findings* findings) : file_(file), findings_(findings) {}

  void Table(const std::string& where, const toml::node* node, DependencyKind kind) {
    if (!node) return;
    const toml::table* table = node->as_table();
    if (!table) {
      return findings_->Complain(file_, LineOf(*node), where + " is not a table");
    }
    for (const auto& [key, value] : *table) {
      if (key.str() == "python") continue;
      Entry({file_, LineOf(key), kind}, std::string(key.str()), value);
    }
  }

 private:
  void Entry(const Place& place, const std::string& name, const toml::node& value) {
    if (const std::optional<std::string> version = value.value_exact<std::string>()) {
      return Add(place, name, *version, "", "");
    }
    if (const toml::table* table = value.as_table()) return Source(place, name, *table);
    const toml::array* choices = value.as_array();
    if (!choices || choices->empty()) {
      return findings_->Complain(file_, place.line,
                                 "expected a version or a table for " + Excerpt(name));
    }
    // One constraint for each environment.
    for (const toml::node& choice : *choices) {
      if (choice.is_array()) {
        findings_->Complain(file_, LineOf(choice), "expected a table for " + Excerpt(name));
      } else {
        Entry(place, name, choice);
      }
    }
  }

  void Source(Place place, const std::string& name, const toml::table& table) {
    if (table.contains("path")) {
      if (IsPypiName(name)) findings_->local.emplace(Ecosystem::kPypi, NormalizePypiName(name));
      return;
    }
    if (table["optional"].value_or(false) && place.kind == DependencyKind::kRuntime) {
      place.kind = DependencyKind::kOptional;
    }
    std::string url = table["url"].value_or(std::string());
    if (const auto git = table["git"].value<std::string>()) url = "git+" + *git;
    Add(place, name, table["version"].value_or(std::string()), url,
        table["markers"].value_or(std::string()));
  }

  void Add(const Place& place, const std::string& name, const std::string& version, std::string url,
           std::string marker) {
    Requirement requirement;
    requirement.name = name;
    requirement.specifier = std::string(Trim(version));
    requirement.url = std::move(url);
    requirement.marker = std::move(marker);
    const size_t before = findings_->dependencies.size();
    AddPython(place, requirement, findings_);
    // Poetry takes a bare version as an exact one.
    if (findings_->dependencies.size() > before && IsDigit(requirement.specifier.c_str()[0]) &&
        requirement.specifier.find_first_of("*,| <>=!") == std::string::npos) {
      findings_->dependencies.back().locked_version = requirement.specifier;
    }
  }

  const std::string& file_;
  Findings* findings_;
};

}  // namespace

void ReadPoetry(const std::string& file, const toml::table& poetry, Findings* findings) {
  Reader reader(file, findings);
  reader.Table("tool.poetry.dependencies", poetry.get("dependencies"), DependencyKind::kRuntime);
  reader.Table("tool.poetry.dev-dependencies", poetry.get("dev-dependencies"),
               DependencyKind::kDev);
  const toml::table* groups = poetry["group"].as_table();
  if (!groups) return;
  for (const auto& [name, group] : *groups) {
    const toml::table* table = group.as_table();
    if (!table) continue;
    const bool main = name.str() == "main";
    reader.Table("tool.poetry.group." + std::string(name.str()) + ".dependencies",
                 table->get("dependencies"),
                 main ? DependencyKind::kRuntime : DependencyKind::kDev);
  }
}

}  // namespace tapps
