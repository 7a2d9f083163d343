#include <atomic>
#include <csignal>
#include <memory>

#include "cli/commands.h"
#include "cli/format.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/search_paths.h"

namespace tapps::cli {
namespace {

struct WarmArguments {
  std::string folder;
  std::string url_template;
  std::vector<std::string> paths;
  bool project_only = false;
  int64_t concurrency = 0;
  int64_t timeout_us = 0;
  int64_t max_requests = 0;
  bool dry_run = false;
  bool refresh = false;
};

// Ctrl-C ends the run in order: what is done stays done, and the next run goes on from there.
std::atomic<bool> interrupted = false;

class Interrupt {
 public:
  Interrupt() {
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = true; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second one kills
    sigaction(SIGINT, &action, &before_);
  }
  ~Interrupt() { sigaction(SIGINT, &before_, nullptr); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  struct sigaction before_ {};
};

std::string Text(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

int64_t Number(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_number() ? member->get<int64_t>() : 0;
}

Json Array(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_array() ? *member : Json::array();
}

void PrintPlan(const Json& plan) {
  Table table({"LIBRARY", "ECOSYSTEM", "VERSION", "KIND", "FRESH", "MANIFEST"});
  for (const Json& item : Array(plan, "items")) {
    std::string version = Text(item, "version");
    if (version.empty()) version = Text(item, "constraint");
    table.Add({Printable(Text(item, "library")), Text(item, "ecosystem"), Printable(version),
               Text(item, "kind"), item.value("fresh", false) ? "yes" : "no",
               Printable(Text(item, "manifest")) + ":" + std::to_string(Number(item, "line"))});
  }
  if (!table.empty()) Print(table.Render());
}

void NoteDiagnostics(const Context& context, const Json& plan) {
  for (const Json& diagnostic : Array(plan, "diagnostics")) {
    const std::string line = std::to_string(Number(diagnostic, "line"));
    Note(context, Text(diagnostic, "file") + ":" + line + ": " + Text(diagnostic, "message"));
  }
}

void PrintResult(const Context& context, const Json& result) {
  const int64_t total = Number(result, "total");
  std::string line = std::to_string(total) + (total == 1 ? " library: " : " libraries: ");
  line += std::to_string(Number(result, "fetched")) + " fetched, " +
          std::to_string(Number(result, "skipped")) + " already fresh, " +
          std::to_string(Number(result, "failed")) + " failed; " +
          HumanBytes(Number(result, "bytes")) + " in " +
          HumanDuration(Number(result, "duration_us"));
  Print(line + "\n");
  for (const Json& failure : Array(result, "failures")) {
    Note(context, Text(failure, "library") + ": " + Text(failure, "message"));
  }
}

// Runs the plan to its record; progress goes to the bar.
cxx::Result<cxx::Record> RunPlan(const Context& context, const cxx::Plan& plan, cxx::Cache& cache) {
  auto queue = cache.OpenQueue();
  if (!queue) return std::move(queue).error();
  const Interrupt interrupt;
  auto op = queue->Warm(plan);
  if (!op) return std::move(op).error();
  ProgressBar bar(!context.quiet);
  for (;;) {
    constexpr int64_t kLook = 100'000;  // how soon Ctrl-C is seen
    auto records = queue->Wait(kLook);
    if (!records && records.code() != TAPPS_E_TIMEOUT) return std::move(records).error();
    if (interrupted) queue->Cancel(*op);
    if (!records) continue;
    for (cxx::Record& record : *records) {
      if (record.kind == TAPPS_RECORD_WARM) return std::move(record);
      if (record.kind == TAPPS_EVENT_PROGRESS) bar.Show(record.value.bytes());
    }
  }
}

int Warm(const Context& context, const WarmArguments& arguments, cxx::Cache& cache) {
  std::string folder = arguments.folder.empty() ? CurrentProject() : arguments.folder;
  if (folder.empty()) folder = ".";
  std::vector<std::string> paths = arguments.paths;
  if (!arguments.project_only) {
    for (std::string& path : InstalledPaths(ProcessEnvironment)) paths.push_back(std::move(path));
  }
  const std::string lines = Lines(paths);
  auto options = cxx::Options<tapps_warm_options>();
  if (arguments.refresh) options.flags |= TAPPS_DOCS_REFRESH;
  if (context.offline) options.flags |= TAPPS_DOCS_OFFLINE;
  options.paths = OrNull(lines);
  options.url_template = OrNull(arguments.url_template);
  options.concurrency = arguments.concurrency;
  options.timeout_us = arguments.timeout_us;
  options.max_requests = arguments.max_requests;
  auto plan = cache.OpenPlan(folder.c_str(), &options);
  if (!plan) return Fail(context, plan.error());
  auto described = plan->Describe();
  if (!described) return Fail(context, described.error());
  const Json description = Json::parse(described->bytes(), nullptr, false);
  NoteDiagnostics(context, description);
  if (Array(description, "items").empty() && Array(description, "diagnostics").empty()) {
    Note(context, "no dependencies in " + Printable(folder) +
                      ": no package.json, pyproject.toml or requirements.txt names any");
  }
  if (arguments.dry_run) {
    if (context.json) {
      PrintJson(description);
    } else {
      PrintPlan(description);
    }
    return kOk;
  }
  auto record = RunPlan(context, *plan, cache);
  if (!record) return Fail(context, record.error());
  const Json result = Json::parse(record->value.bytes(), nullptr, false);
  if (!result.is_object()) return Fail(context, record->error, Blame::kNetwork);
  if (context.json) {
    PrintJson(result);
  } else {
    PrintResult(context, result);
  }
  if (record->code == TAPPS_E_CANCELLED) return kInterrupted;
  if (record->code != TAPPS_OK) return Fail(context, record->error, Blame::kNetwork);
  return Number(result, "failed") > 0 ? kPartialFailure : kOk;
}

}  // namespace

void AddWarm(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<WarmArguments>();
  auto* command = app.add_subcommand(
      "warm",
      "Look up the documentation of every library a project uses (uses the network only "
      "with --url-template)");
  command->add_option("DIR", arguments->folder,
                      "The project's root folder [default: the project around the current folder]");
  command
      ->add_option("--url-template", arguments->url_template,
                   "Network source: {ecosystem}, {library} and {version} are filled in")
      ->type_name("URL");
  command->add_flag("--project-only", arguments->project_only,
                    "Search the project and --path, not what is installed on this machine");
  AddRepeated(*command, "--path", arguments->paths,
              "A further node_modules or site-packages folder; may be repeated")
      ->type_name("DIR");
  command->add_option("--concurrency", arguments->concurrency, "Lookups at once [default: 3]")
      ->check(CLI::Range(1, 16))
      ->type_name("N");
  AddDuration(*command, "--timeout", arguments->timeout_us, "Of each library [default: 10s]");
  command
      ->add_option("--max-requests", arguments->max_requests,
                   "Network requests allowed in the run [default: no limit]")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command->add_flag("--refresh", arguments->refresh, "Look up what is fresh, too");
  command->add_flag("--dry-run", arguments->dry_run, "Print the plan and look nothing up");
  command->callback([arguments, &context] {
    context.run = [arguments, &context] {
      return WithCache(context,
                       [&](cxx::Cache& cache) { return Warm(context, *arguments, cache); });
    };
  });
}

}  // namespace tapps::cli
