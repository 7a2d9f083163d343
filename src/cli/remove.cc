#include <memory>

#include "cli/commands.h"
#include "cli/options.h"

namespace tapps::cli {
namespace {

struct RemoveArguments {
  std::string key;
  std::string prefix;
  std::string tag;
  bool all = false;
};

// Whether there is an entry that a get may return.
bool Exists(const Context& context, const std::string& key, cxx::Cache& cache) {
  auto options = cxx::Options<tapps_get_options>();
  options.flags = TAPPS_GET_PEEK | TAPPS_GET_ALLOW_STALE;
  return cache.Get(key, context.space_or_null(), &options).ok();
}

int RemoveKey(const Context& context, const std::string& key, cxx::Cache& cache) {
  const bool exists = context.json && Exists(context, key, cache);
  auto done = cache.Delete(key, context.space_or_null(), TAPPS_DURABILITY_SYNC);
  if (!done) return Fail(context, done.error());
  if (context.json) PrintJson({{"removed", exists ? 1 : 0}});
  return kOk;
}

int RemoveMatching(const Context& context, const RemoveArguments& arguments, cxx::Cache& cache) {
  cxx::Filter filter;
  filter.space = context.space_or_null();
  filter.prefix = arguments.prefix;
  filter.tag = OrNull(arguments.tag);
  const bool everything = arguments.all && filter.space == nullptr;
  auto removed = everything ? cache.DeleteEverything() : cache.DeleteAll(filter);
  if (!removed) return Fail(context, removed.error());
  if (context.json) {
    PrintJson({{"removed", *removed}});
  } else {
    Note(context, std::to_string(*removed) + (*removed == 1 ? " entry" : " entries") + " removed");
  }
  return kOk;
}

}  // namespace

void AddRemove(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<RemoveArguments>();
  auto* command = app.add_subcommand("rm", "Remove entries; returns when committed");
  auto* key = command->add_option("KEY", arguments->key, "A key; that it is not there is no error");
  auto* prefix =
      NotEmpty(command->add_option("--prefix", arguments->prefix, "Keys that begin with this"));
  auto* tag = NotEmpty(command->add_option("--tag", arguments->tag, "Entries with this tag"));
  auto* all = command->add_flag(
      "--all", arguments->all,
      "Every entry, responses and documents too, or all of the namespace given by -n");
  key->excludes(prefix)->excludes(tag)->excludes(all);
  all->excludes(prefix)->excludes(tag);
  command->callback([arguments, key, &context] {
    const bool matching = arguments->all || !arguments->prefix.empty() || !arguments->tag.empty();
    if (!matching && key->count() == 0) {
      throw CLI::RequiredError("KEY, --prefix, --tag or --all");
    }
    context.run = [arguments, matching, &context] {
      return WithCache(context, [&](cxx::Cache& cache) {
        return matching ? RemoveMatching(context, *arguments, cache)
                        : RemoveKey(context, arguments->key, cache);
      });
    };
  });
}

}  // namespace tapps::cli
