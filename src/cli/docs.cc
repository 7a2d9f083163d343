#include <chrono>
#include <memory>

#include "cli/commands.h"
#include "cli/format.h"
#include "cli/options.h"
#include "cli/search_paths.h"

namespace tapps::cli {
namespace {

struct DocsArguments {
  std::string library;
  std::vector<std::string> topic;
  std::string version;
  std::string ecosystem;
  std::string project;
  std::string url_template;
  std::vector<std::string> paths;
  bool project_only = false;
  int64_t timeout_us = 0;
  int64_t max_tokens = 0;
  bool whole = false;
  bool refresh = false;
};

constexpr std::string_view kWhatToDo =
    "install it, or name its folder with --path or a source with --url-template";

std::string Provenance(const cxx::Value& value, int64_t elapsed_us) {
  const tapps_info info = value.info();
  std::string line(value.text(TAPPS_TEXT_LIBRARY).value_or("?"));
  if (const auto version = value.text(TAPPS_TEXT_LIBRARY_VERSION)) {
    line += " " + std::string(*version);
  }
  if (const auto ecosystem = value.text(TAPPS_TEXT_ECOSYSTEM)) {
    line += " (" + std::string(*ecosystem) + ")";
  }
  if (const auto source = value.text(TAPPS_TEXT_SOURCE)) line += ", " + std::string(*source);
  line += ", age " + HumanDuration(info.age_us);
  if ((info.flags & TAPPS_VALUE_STALE) != 0) line += ", stale";
  const bool hit = info.served_from == TAPPS_FROM_MEMORY || info.served_from == TAPPS_FROM_DISK;
  line += std::string(hit ? ", " : ", from the ") + OriginName(info.served_from);
  if (hit) line += " hit";
  if (info.served_from == TAPPS_FROM_INSTALLED) line += " package";
  line += ", " + std::to_string(elapsed_us) + " us";
  if (const auto warning = value.text(TAPPS_TEXT_WARNING))
    line += " (" + std::string(*warning) + ")";
  return line;
}

int Docs(const Context& context, const DocsArguments& arguments, cxx::Cache& cache) {
  std::string topic;
  for (const std::string& word : arguments.topic) topic += (topic.empty() ? "" : " ") + word;
  std::string project = arguments.project;
  if (project.empty()) project = CurrentProject();
  std::vector<std::string> paths = arguments.paths;  // the project comes first, these after it
  if (!arguments.project_only) {
    for (std::string& path : InstalledPaths(ProcessEnvironment)) paths.push_back(std::move(path));
  }
  const std::string lines = Lines(paths);

  auto options = cxx::Options<tapps_docs_options>();
  if (arguments.refresh) options.flags |= TAPPS_DOCS_REFRESH;
  if (context.offline) options.flags |= TAPPS_DOCS_OFFLINE;
  options.topic = OrNull(topic);
  options.version = OrNull(arguments.version);
  options.ecosystem = OrNull(arguments.ecosystem);
  options.project_root = OrNull(project);
  options.paths = OrNull(lines);
  options.url_template = OrNull(arguments.url_template);
  options.timeout_us = arguments.timeout_us;
  options.max_tokens = arguments.max_tokens;
  if (arguments.whole) options.max_tokens = TAPPS_UNLIMITED;
  const auto start = std::chrono::steady_clock::now();
  auto value = cache.Docs(arguments.library.c_str(), &options);
  const int64_t elapsed_us = cxx::Microseconds(std::chrono::steady_clock::now() - start);
  if (!value) {
    const bool unknown = value.code() == TAPPS_E_NOT_FOUND;
    return Fail(context, value.error(), Blame::kNetwork, unknown ? kWhatToDo : "");
  }
  if (context.json) {
    Json json;
    AddValue(json, *value);
    json["elapsed_us"] = elapsed_us;
    AddBytes(json, "document", value->bytes());
    PrintJson(json);
  } else {
    PrintContent(value->bytes());
  }
  Note(context, Provenance(*value, elapsed_us));
  return kOk;
}

}  // namespace

void AddDocs(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<DocsArguments>();
  auto* command = app.add_subcommand(
      "docs",
      "Print what the documentation of a library says (uses the network only with "
      "--url-template)");
  command->add_option("LIBRARY", arguments->library, "The library's name in its ecosystem")
      ->required();
  command->add_option("TOPIC", arguments->topic,
                      "Words that pick sections [default: the overview]");
  command
      ->add_option("--project", arguments->project,
                   "Where to look first [default: the project around the current folder]")
      ->type_name("DIR");
  command->add_option("--version", arguments->version,
                      "Exact version [default: locked, installed, or newest known]");
  command
      ->add_option_function<std::string>(
          "--ecosystem",
          [arguments](const std::string& text) {
            if (text != "npm" && text != "pypi") {
              throw CLI::ParseError("ecosystem '" + text + "': expected npm or pypi", kUsage);
            }
            arguments->ecosystem = text;
          },
          "npm or pypi [default: who knows it]")
      ->type_name("TEXT");
  command
      ->add_option("--url-template", arguments->url_template,
                   "Network source: {ecosystem}, {library} and {version} are filled in")
      ->type_name("URL");
  command->add_flag("--project-only", arguments->project_only,
                    "Search the project and --path, not what is installed on this machine");
  AddRepeated(*command, "--path", arguments->paths,
              "A node_modules or site-packages folder to search after the project, before those "
              "of this machine; may be repeated")
      ->type_name("DIR");
  AddDuration(*command, "--timeout", arguments->timeout_us, "Of the whole call [default: 10s]");
  auto* tokens =
      command
          ->add_option("--max-tokens", arguments->max_tokens, "Bound of the answer [default: 8000]")
          ->check(CLI::PositiveNumber)
          ->type_name("N");
  command->add_flag("--whole", arguments->whole, "The whole document")->excludes(tokens);
  command->add_flag("--refresh", arguments->refresh, "Ask the sources even when it is cached");
  command->callback([arguments, &context] {
    context.run = [arguments, &context] {
      return WithCache(context,
                       [&](cxx::Cache& cache) { return Docs(context, *arguments, cache); });
    };
  });
}

}  // namespace tapps::cli
