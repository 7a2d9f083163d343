#include <memory>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/options.h"

namespace tapps::cli {
namespace {

struct PutArguments {
  std::string key;
  std::optional<std::string> value;
  std::string file;
  int64_t ttl_us = 0;
  int64_t stale_us = 0;
  std::string content_type;
  std::string source;
  std::string json;
  std::vector<std::string> tags;
  bool negative = false;
  bool sliding = false;
  bool full = false;
};

int Put(const Context& context, const PutArguments& arguments, std::string_view value,
        cxx::Cache& cache) {
  const std::string tags = Lines(arguments.tags);
  auto options = cxx::Options<tapps_put_options>();
  options.durability = arguments.full ? TAPPS_DURABILITY_FULL : TAPPS_DURABILITY_SYNC;
  if (arguments.negative) options.flags |= TAPPS_PUT_NEGATIVE;
  if (arguments.sliding) options.flags |= TAPPS_PUT_SLIDING;
  options.ttl_us = arguments.ttl_us;
  options.stale_us = arguments.stale_us;
  options.content_type = OrNull(arguments.content_type);
  options.source = OrNull(arguments.source);
  options.tags = OrNull(tags);
  options.json = OrNull(arguments.json);
  auto put = cache.Put(arguments.key, value, context.space_or_null(), &options);
  if (!put) return Fail(context, put.error());
  if (context.json) {
    Json json;
    AddBytes(json, "key", arguments.key);
    json["namespace"] = context.space.empty() ? "default" : context.space;
    json["size"] = value.size();
    PrintJson(json);
  }
  return kOk;
}

// The value comes from the command line, a file, or stdin when neither is given.
int ReadAndPut(const Context& context, const PutArguments& arguments) {
  if (arguments.value && *arguments.value != "-") {
    return WithCache(context, [&](cxx::Cache& cache) {
      return Put(context, arguments, *arguments.value, cache);
    });
  }
  std::string value;
  const std::string path = arguments.file.empty() ? "-" : arguments.file;
  if (!arguments.negative || !arguments.file.empty()) {
    if (const auto failure = ReadFile(path, kMaxValueBytes, &value)) {
      return Fail(context, kCacheError, "IO", *failure);
    }
  }
  return WithCache(context,
                   [&](cxx::Cache& cache) { return Put(context, arguments, value, cache); });
}

}  // namespace

void AddPut(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<PutArguments>();
  auto* command = app.add_subcommand("put", "Store a value under a key; returns when committed");
  command->add_option("KEY", arguments->key, "The key, 1 to 4,096 bytes")->required();
  auto* value = command->add_option("VALUE", arguments->value,
                                    "The value; - or nothing: what comes on stdin");
  command->add_option("-f,--file", arguments->file, "Take the value from this file")
      ->type_name("FILE")
      ->excludes(value);
  AddDuration(*command, "--ttl", arguments->ttl_us, "Lifetime, such as 90s, 15m, 7d, none");
  AddDuration(*command, "--stale", arguments->stale_us,
              "Window after the lifetime in which --allow-stale still answers");
  AddRepeated(*command, "-t,--tag", arguments->tags, "A tag; may be repeated")->type_name("TAG");
  command->add_option("--content-type", arguments->content_type, "Media type")->type_name("TYPE");
  command->add_option("--source", arguments->source, "Free text")->type_name("TEXT");
  command->add_option("--meta", arguments->json, "A JSON object kept beside the value")
      ->type_name("JSON");
  command->add_flag("--negative", arguments->negative, "Remember the key as not found");
  command->add_flag("--sliding", arguments->sliding, "Every use prolongs the lifetime");
  command->add_flag("--full", arguments->full, "Survive a power loss: return when fsynced");
  command->callback([arguments, &context] {
    context.run = [arguments, &context] { return ReadAndPut(context, *arguments); };
  });
}

}  // namespace tapps::cli
