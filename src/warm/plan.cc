#include "warm/plan.h"

#include <utility>

#include "base/clock.h"

namespace tapps {
namespace {

constexpr int64_t kDefaultConcurrency = 3;
constexpr int64_t kMaxConcurrency = 16;
constexpr int64_t kDefaultTimeout = 10 * kSecond;

Status FillIn(WarmOptions* options) {
  if (options->concurrency == 0) options->concurrency = kDefaultConcurrency;
  if (options->concurrency < 1 || options->concurrency > kMaxConcurrency) {
    return Status(TAPPS_E_INVALID, "concurrency: not within 1..16");
  }
  if (options->timeout_us == 0) options->timeout_us = kDefaultTimeout;
  if (options->timeout_us < 0) return Status(TAPPS_E_INVALID, "timeout_us: below 0");
  if (options->max_requests == 0) options->max_requests = TAPPS_UNLIMITED;
  if (options->max_requests == TAPPS_NONE) options->offline = true;
  if (options->max_requests < TAPPS_UNLIMITED) {
    return Status(TAPPS_E_INVALID, "max_requests: below 0");
  }
  if (!options->url_template.empty()) {
    const Result<std::string> url = ExpandTemplate(options->url_template, "", "x", "");
    if (!url.ok()) return url.status();
  }
  return Status();
}

}  // namespace

DocsQuery Plan::QueryFor(const PlanItem& item) const {
  DocsQuery query;
  query.library = item.library;
  query.ecosystem = item.ecosystem;
  query.project_root = root;
  query.paths = options.paths;
  query.url_template = options.url_template;
  query.refresh = options.refresh;
  query.offline = options.offline;
  query.timeout_us = options.timeout_us;
  query.wait = true;
  return query;
}

Result<std::shared_ptr<const Plan>> MakePlan(DocsLookup& docs, const std::string& root,
                                             const WarmOptions& options) {
  auto plan = std::make_shared<Plan>();
  plan->root = root;
  plan->options = options;
  TAPPS_RETURN_IF_ERROR(FillIn(&plan->options));
  const Result<std::shared_ptr<const ProjectFacts>> facts = docs.Facts(root);
  if (!facts.ok()) return facts.status();
  plan->diagnostics = (*facts)->scan.diagnostics;
  const bool network = !plan->options.offline && !plan->options.url_template.empty();
  for (const Dependency& dependency : (*facts)->scan.dependencies) {
    PlanItem item;
    item.library = dependency.normalized;
    item.ecosystem = EcosystemName(dependency.ecosystem);
    item.version = dependency.version();
    item.constraint = dependency.constraint;
    item.kind = KindName(dependency.kind);
    item.direct = dependency.direct;
    item.priority = dependency.priority;
    item.manifest = dependency.manifest;
    item.line = dependency.line;
    const DocsQuery query = plan->QueryFor(item);
    item.fresh = !plan->options.refresh && docs.IsFresh(query);
    if (network && !item.fresh && !docs.IsInstalled(query)) item.requests = 1;
    plan->requests += item.requests;
    plan->items.push_back(std::move(item));
  }
  return std::shared_ptr<const Plan>(std::move(plan));
}

Json DescribePlan(const Plan& plan) {
  Json items = Json::array();
  for (const PlanItem& item : plan.items) {
    items.push_back({{"library", item.library},
                     {"ecosystem", item.ecosystem},
                     {"version", item.version},
                     {"constraint", item.constraint},
                     {"kind", item.kind},
                     {"direct", item.direct},
                     {"priority", item.priority},
                     {"manifest", item.manifest},
                     {"line", item.line},
                     {"fresh", item.fresh},
                     {"requests", item.requests}});
  }
  Json diagnostics = Json::array();
  for (const Diagnostic& diagnostic : plan.diagnostics) {
    diagnostics.push_back(
        {{"file", diagnostic.file}, {"line", diagnostic.line}, {"message", diagnostic.message}});
  }
  return {{"root", plan.root},
          {"items", std::move(items)},
          {"requests", plan.requests},
          {"diagnostics", std::move(diagnostics)}};
}

}  // namespace tapps
