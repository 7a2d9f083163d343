#include <chrono>
#include <memory>

#include "cli/commands.h"
#include "cli/format.h"
#include "cli/options.h"

namespace tapps::cli {
namespace {

struct ListArguments {
  std::string prefix;
  bool all = false;
  bool details = false;
  int64_t limit = 0;
};

int64_t NowMicros() {
  return cxx::Microseconds(std::chrono::system_clock::now().time_since_epoch());
}

std::string Age(int64_t instant_us, int64_t now_us) {
  return HumanDuration(std::max<int64_t>(0, now_us - instant_us));
}

Json EntryJson(const tapps_entry& entry) {
  Json json;
  AddBytes(json, "key", {static_cast<const char*>(entry.key), entry.key_size});
  json["namespace"] = entry.space;
  json["size"] = entry.size;
  if (entry.content_type != nullptr) json["content_type"] = entry.content_type;
  json["created_us"] = entry.created_us;
  if (entry.expires_us != 0) json["expires_us"] = entry.expires_us;
  json["last_used_us"] = entry.last_used_us;
  json["hits"] = entry.hits;
  json["stale"] = (entry.flags & TAPPS_VALUE_STALE) != 0;
  json["negative"] = (entry.flags & TAPPS_VALUE_NEGATIVE) != 0;
  return json;
}

std::vector<std::string> EntryRow(const tapps_entry& entry, int64_t now_us) {
  const std::string_view key(static_cast<const char*>(entry.key), entry.key_size);
  const bool negative = (entry.flags & TAPPS_VALUE_NEGATIVE) != 0;
  std::string expires = "-";
  if (entry.expires_us > now_us) expires = "in " + HumanDuration(entry.expires_us - now_us);
  if (entry.expires_us != 0 && entry.expires_us <= now_us) expires = "stale";
  return {entry.space,
          negative ? "negative" : HumanBytes(entry.size),
          Age(entry.created_us, now_us),
          expires,
          entry.last_used_us == 0 ? "-" : Age(entry.last_used_us, now_us),
          std::to_string(entry.hits),
          Printable(key)};
}

int List(const Context& context, const ListArguments& arguments, cxx::Cache& cache) {
  const char* space = context.space.empty() ? "default" : context.space.c_str();
  auto cursor = cache.List(arguments.prefix, arguments.all ? nullptr : space);
  if (!cursor) return Fail(context, cursor.error());
  const bool table = arguments.details || arguments.all;
  const int64_t now_us = NowMicros();
  Json entries = Json::array();
  Table rows({"NAMESPACE", "SIZE", "AGE", "EXPIRES", "USED", "HITS", "KEY"}, {1, 2, 3, 4, 5});
  for (int64_t count = 0; arguments.limit == 0 || count < arguments.limit; ++count) {
    auto entry = cursor->Next();
    if (!entry) {
      if (entry.code() == TAPPS_E_NOT_FOUND) break;
      return Fail(context, entry.error());
    }
    if (context.json) {
      entries.push_back(EntryJson(*entry));
    } else if (table) {
      rows.Add(EntryRow(*entry, now_us));
    } else {
      Print(Printable({static_cast<const char*>(entry->key), entry->key_size}) + "\n");
    }
  }
  if (context.json) {
    PrintJson({{"entries", std::move(entries)}});
  } else if (table && !rows.empty()) {
    Print(rows.Render());
  }
  return kOk;
}

}  // namespace

void AddList(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<ListArguments>();
  auto* command = app.add_subcommand("ls", "List keys, in the order of their bytes");
  command->add_option("PREFIX", arguments->prefix, "Only keys that begin with this");
  command->add_flag("-l,--long", arguments->details, "A table with sizes, ages and hits");
  command->add_flag("-A,--all-namespaces", arguments->all,
                    "Every namespace, the library's own (tapps.*) too; implies --long");
  command->add_option("--limit", arguments->limit, "At most this many [default: all]")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->callback([arguments, &context] {
    context.run = [arguments, &context] {
      return WithCache(context,
                       [&](cxx::Cache& cache) { return List(context, *arguments, cache); });
    };
  });
}

}  // namespace tapps::cli
