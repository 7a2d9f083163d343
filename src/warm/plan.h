#ifndef TAPPS_WARM_PLAN_H_
#define TAPPS_WARM_PLAN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "docs/lookup.h"
#include "project/dependency.h"
#include "tapps.h"

namespace tapps {

// As tapps_warm_options in tapps.h, 0 meaning the default.
struct WarmOptions {
  std::string paths;
  std::string url_template;
  bool refresh = false;
  bool offline = false;
  int64_t concurrency = 0;   // 1..16; = 3
  int64_t timeout_us = 0;    // of each library; = 10 s
  int64_t max_requests = 0;  // = unlimited; TAPPS_NONE: not one
};

// One library that a project uses, and what looking it up would take.
struct PlanItem {
  std::string library;
  std::string ecosystem;
  std::string version;  // locked, else installed, else empty
  std::string constraint;
  std::string kind;
  bool direct = false;
  int priority = 0;
  std::string manifest;
  int line = 0;
  bool fresh = false;    // in the cache already
  int64_t requests = 0;  // on the network, at most
};

// What warming a project would look up, the most wanted first. Immutable.
struct Plan {
  std::string root;
  WarmOptions options;  // defaults filled in
  std::vector<PlanItem> items;
  int64_t requests = 0;  // of all items
  std::vector<Diagnostic> diagnostics;

  // The lookup for an item. Borrows from the plan.
  DocsQuery QueryFor(const PlanItem& item) const;
};

// Reads the manifests below `root` and looks at the cache and at what is installed; asks nothing of
// the network and writes nothing. Order: ScanProject's. Returns INVALID (options, not a folder),
// DENIED, IO.
Result<std::shared_ptr<const Plan>> MakePlan(DocsLookup& docs, const std::string& root,
                                             const WarmOptions& options);

// As tapps_plan_describe in tapps.h says.
Json DescribePlan(const Plan& plan);

}  // namespace tapps

#endif  // TAPPS_WARM_PLAN_H_
