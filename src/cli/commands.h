#ifndef TAPPS_CLI_COMMANDS_H_
#define TAPPS_CLI_COMMANDS_H_

#include "cli/context.h"

namespace CLI {
class App;
}

namespace tapps::cli {

// Each adds its commands to `app`; parsing one of them sets context.run. `context` outlives `app`.
void AddGet(CLI::App& app, Context& context);
void AddPut(CLI::App& app, Context& context);
void AddRemove(CLI::App& app, Context& context);
void AddList(CLI::App& app, Context& context);
void AddStats(CLI::App& app, Context& context);
void AddBreaker(CLI::App& app, Context& context);
void AddFetch(CLI::App& app, Context& context);
void AddDocs(CLI::App& app, Context& context);
void AddWarm(CLI::App& app, Context& context);
void AddVersion(CLI::App& app, Context& context);

}  // namespace tapps::cli

#endif  // TAPPS_CLI_COMMANDS_H_
