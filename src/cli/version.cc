#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace tapps::cli {

void AddVersion(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("version", "Print the versions of the library and its ABI");
  command->callback([&context] {
    context.run = [&context] {
      if (context.json) {
        PrintJson({{"version", tapps_version()}, {"abi", tapps_abi()}});
      } else {
        Print(std::string("tapps ") + tapps_version() + " (ABI " + std::to_string(tapps_abi()) +
              ")\n");
      }
      return static_cast<int>(kOk);
    };
  });
}

}  // namespace tapps::cli
