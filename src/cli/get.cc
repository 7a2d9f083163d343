#include <memory>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/options.h"

namespace tapps::cli {
namespace {

struct GetArguments {
  std::string key;
  std::string output;
  bool allow_stale = false;
};

int Get(const Context& context, const GetArguments& arguments, cxx::Cache& cache) {
  auto options = cxx::Options<tapps_get_options>();
  if (arguments.allow_stale) options.flags |= TAPPS_GET_ALLOW_STALE;
  auto value = cache.Get(arguments.key, context.space_or_null(), &options);
  if (!value) {
    if (value.code() == TAPPS_E_NOT_FOUND) {
      return Fail(context, kNotFound, "NOT_FOUND", "no entry '" + arguments.key + "'");
    }
    return Fail(context, value.error());
  }
  if (!arguments.output.empty()) {
    if (const auto failure = WriteFile(arguments.output, value->bytes())) {
      return Fail(context, kCacheError, "IO", *failure);
    }
  }
  if (context.json) {
    Json json;
    AddBytes(json, "key", arguments.key);
    json["namespace"] = context.space.empty() ? "default" : context.space;
    AddValue(json, *value);
    if (arguments.output.empty()) AddBytes(json, "value", value->bytes());
    PrintJson(json);
  } else if (arguments.output.empty()) {
    PrintContent(value->bytes());
  }
  return kOk;
}

}  // namespace

void AddGet(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<GetArguments>();
  auto* command = app.add_subcommand("get", "Print the value of a key");
  command->add_option("KEY", arguments->key, "The key")->required();
  command->add_option("-o,--output", arguments->output, "Write the value into this file")
      ->type_name("FILE");
  command->add_flag("--allow-stale", arguments->allow_stale,
                    "Also answer with an entry inside its stale window");
  command->callback([arguments, &context] {
    context.run = [arguments, &context] {
      return WithCache(context, [&](cxx::Cache& cache) { return Get(context, *arguments, cache); });
    };
  });
}

}  // namespace tapps::cli
