#include "project/package_json.h"

#include "project/json_tree.h"
#include "project/names.h"
#include "project/npm_spec.h"
#include "project/text.h"

namespace tapps {
namespace {

struct Section {
  std::string_view key;
  DependencyKind kind;
};

constexpr Section kSections[] = {
    {"dependencies", DependencyKind::kRuntime},
    {"optionalDependencies", DependencyKind::kOptional},
    {"peerDependencies", DependencyKind::kOptional},
    {"devDependencies", DependencyKind::kDev},
};

class Reader {
 public:
  Reader(const std::string& file, Findings* findings) : file_(file), findings_(findings) {}

  PackageJson Read(const JsonNode& package) {
    PackageJson out;
    out.name = std::string(package.Text("name"));
    own_name_ = out.name;
    Workspaces(package.Find("workspaces"), &out);
    for (const Section& section : kSections) {
      const JsonNode* entries = package.Find(section.key);
      if (!entries || entries->type == JsonNode::Type::kNull) continue;
      if (!entries->IsObject()) {
        // npm takes an empty array for an empty object.
        if (entries->IsArray() && entries->items.empty()) continue;
        Complain(*entries, Excerpt(section.key) + " is not an object");
        continue;
      }
      for (const JsonNode& entry : entries->items) Entry(entry, section.kind);
    }
    return out;
  }

 private:
  void Workspaces(const JsonNode* node, PackageJson* out) {
    if (node && node->IsObject()) node = node->Find("packages");  // as Yarn writes it
    if (!node) return;
    if (!node->IsArray()) return Complain(*node, "'workspaces' is not an array");
    for (const JsonNode& glob : node->items) {
      if (glob.IsString()) {
        out->workspaces.push_back(glob.text);
      } else {
        Complain(glob, "expected a text in 'workspaces'");
      }
    }
  }

  void Entry(const JsonNode& entry, DependencyKind kind) {
    if (entry.key.substr(0, 2) == "//") return;  // the usual comment in JSON
    if (!IsNpmName(entry.key)) {
      return Complain(entry, Excerpt(entry.key) + " is not a legal package name");
    }
    if (!entry.IsString()) {
      return Complain(entry, "expected a version as text for " + Excerpt(entry.key));
    }
    NpmSpec spec = ParseNpmSpec(entry.text);
    if (spec.source == NpmSpec::Source::kLocal) return;
    Dependency out;
    out.name = entry.key;
    if (!spec.package.empty() && spec.package != entry.key) {
      if (!IsNpmName(spec.package)) {
        return Complain(entry, Excerpt(spec.package) + " is not a legal package name");
      }
      out.alias = entry.key;
      out.name = spec.package;
    }
    if (out.name == own_name_) return;
    if (IsNodeModule(out.name)) {
      return Complain(entry, "'" + out.name + "' is a module of Node");
    }
    out.normalized = out.name;
    out.ecosystem = Ecosystem::kNpm;
    out.constraint = std::move(spec.constraint);
    out.locked_version = std::move(spec.exact);
    out.kind = kind;
    out.manifest = file_;
    out.line = entry.line;
    findings_->Add(std::move(out));
  }

  void Complain(const JsonNode& node, std::string message) {
    findings_->Complain(file_, node.line, std::move(message));
  }

  const std::string& file_;
  Findings* findings_;
  std::string own_name_;
};

}  // namespace

PackageJson ReadPackageObject(const std::string& file, const JsonNode& package,
                              Findings* findings) {
  return Reader(file, findings).Read(package);
}

PackageJson ReadPackageJson(const std::string& file, std::string_view text, Findings* findings) {
  const size_t before = findings->diagnostics.size();
  const JsonNode root = ParseJsonTree(std::string(text), file, findings);
  if (!root.IsObject()) {
    if (findings->diagnostics.size() == before) {
      findings->Complain(file, root.line, "expected an object");
    }
    return {};
  }
  return ReadPackageObject(file, root, findings);
}

}  // namespace tapps
