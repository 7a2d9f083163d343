// The program `tapps`: what people and scripts do with the cache from a shell. It stands on tapps.h
// alone. Documents go to stdout, everything about them to stderr; with --json stdout carries one
// JSON document. Only fetch, and docs and warm with --url-template, use the network.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "cli/commands.h"
#include "cli/format.h"
#include "cli/options.h"

namespace tapps::cli {
namespace {

void AddGlobals(CLI::App& app, Context& context) {
  NotEmpty(app.add_option("--cache", context.cache_path,
                          "The cache file [default: $XDG_CACHE_HOME/tapps/cache-1.db or "
                          "~/.cache/tapps/cache-1.db]"))
      ->envname("TAPPS_CACHE")
      ->type_name("PATH");
  NotEmpty(app.add_option("-n,--namespace", context.space,
                          "The namespace of entries [default: default]"))
      ->type_name("NAME");
  app.add_flag("--json", context.json, "Print one JSON document on stdout");
  app.add_flag("--offline", context.offline, "Never use the network");
  app.add_flag("-q,--quiet", context.quiet, "Leave out notes and the progress bar on stderr");
  app.add_flag("--stats", context.stats, "Tell on stderr, at the end, what the command counted");
}

// CLI11 reports bad usage before --json is known to the context.
bool WantsJson(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--") == 0) return false;
    if (std::strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

// What CLI11 says of words that nobody takes, in few words.
std::string WhatIsWrong(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> left = app.remaining(true);
  const auto option = std::find_if(left.begin(), left.end(), [](const std::string& word) {
    return word.size() > 1 && word[0] == '-';
  });
  if (app.get_subcommands().empty() && !left.empty() && option != left.begin()) {
    std::string known;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
      known += (known.empty() ? "" : ", ") + command->get_name();
    }
    return "unknown command '" + left[0] + "'; known: " + known;
  }
  if (option != left.end()) return "unknown option '" + *option + "'";
  if (!left.empty()) return "unexpected argument '" + left[0] + "'";
  return error.what();
}

int Run(int argc, char** argv) {
  Context context;
  CLI::App app("An embedded cache for editors, coding agents and developer tools.", "tapps");
  app.footer(kExitCodesHelp);
  app.set_version_flag("--version", std::string("tapps ") + tapps_version());
  app.require_subcommand(1);
  app.fallthrough();  // global options are understood after the command, too
  AddGlobals(app, context);
  AddDocs(app, context);
  AddWarm(app, context);
  AddFetch(app, context);
  AddGet(app, context);
  AddPut(app, context);
  AddRemove(app, context);
  AddList(app, context);
  AddStats(app, context);
  AddBreaker(app, context);
  AddVersion(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    context.json = WantsJson(argc, argv);
    return Fail(context, kUsage, "INVALID", WhatIsWrong(app, error) + " (see tapps --help)");
  }
  return context.run();
}

}  // namespace
}  // namespace tapps::cli

int main(int argc, char** argv) {
  int exit_code = tapps::cli::kCacheError;
  try {
    exit_code = tapps::cli::Run(argc, argv);
  } catch (const std::exception& error) {  // out of memory, in practice
    std::fprintf(stderr, "tapps: %s\n", error.what());
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "tapps: cannot write the output: %s\n", std::strerror(errno));
    if (exit_code == tapps::cli::kOk) exit_code = tapps::cli::kCacheError;
  }
  return exit_code;
}
