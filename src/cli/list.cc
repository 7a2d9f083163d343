#include <algorithm>
#include <chrono>
#include <memory>
#include <tuple>

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

// An entry that outlives the cursor's next step.
struct Entry {
  std::string key;
  std::string space;
  std::string content_type;
  tapps_entry numbers;
};

bool Before(const Entry& a, const Entry& b) {
  return std::tie(a.space, a.key) < std::tie(b.space, b.key);
}

Json EntryJson(const Entry& entry) {
  const tapps_entry& numbers = entry.numbers;
  Json json;
  AddBytes(json, "key", entry.key);
  json["namespace"] = entry.space;
  json["size"] = numbers.size;
  if (!entry.content_type.empty()) json["content_type"] = entry.content_type;
  json["created_us"] = numbers.created_us;
  if (numbers.expires_us != 0) json["expires_us"] = numbers.expires_us;
  json["last_used_us"] = numbers.last_used_us;
  json["hits"] = numbers.hits;
  json["stale"] = (numbers.flags & TAPPS_VALUE_STALE) != 0;
  json["negative"] = (numbers.flags & TAPPS_VALUE_NEGATIVE) != 0;
  return json;
}

std::vector<std::string> EntryRow(const Entry& entry, int64_t now_us) {
  const tapps_entry& numbers = entry.numbers;
  const bool negative = (numbers.flags & TAPPS_VALUE_NEGATIVE) != 0;
  std::string expires = "-";
  if (numbers.expires_us > now_us) expires = "in " + HumanDuration(numbers.expires_us - now_us);
  if (numbers.expires_us != 0 && numbers.expires_us <= now_us) expires = "stale";
  return {Printable(entry.space),
          negative ? "negative" : HumanBytes(numbers.size),
          Age(numbers.created_us, now_us),
          expires,
          numbers.last_used_us == 0 ? "-" : Age(numbers.last_used_us, now_us),
          std::to_string(numbers.hits),
          Printable(entry.key)};
}

// The entries in the order of namespace and key: the library's own order means nothing to a reader.
cxx::Result<std::vector<Entry>> ReadEntries(cxx::Cursor& cursor) {
  std::vector<Entry> entries;
  for (;;) {
    auto next = cursor.Next();
    if (!next) {
      if (next.code() != TAPPS_E_NOT_FOUND) return std::move(next).error();
      break;
    }
    entries.push_back({{static_cast<const char*>(next->key), next->key_size},
                       next->space,
                       next->content_type == nullptr ? "" : next->content_type,
                       *next});
  }
  std::sort(entries.begin(), entries.end(), Before);
  return entries;
}

int List(const Context& context, const ListArguments& arguments, cxx::Cache& cache) {
  auto cursor = arguments.all ? cache.ListEverywhere(arguments.prefix)
                              : cache.List(arguments.prefix, context.space_or_null());
  if (!cursor) return Fail(context, cursor.error());
  auto entries = ReadEntries(*cursor);
  if (!entries) return Fail(context, entries.error());
  if (arguments.limit > 0 && static_cast<size_t>(arguments.limit) < entries->size()) {
    entries->resize(static_cast<size_t>(arguments.limit));
  }
  if (context.json) {
    Json list = Json::array();
    for (const Entry& entry : *entries) list.push_back(EntryJson(entry));
    PrintJson({{"entries", std::move(list)}});
  } else if (arguments.details || arguments.all) {
    const int64_t now_us = NowMicros();
    Table table({"NAMESPACE", "SIZE", "AGE", "EXPIRES", "USED", "HITS", "KEY"}, {1, 2, 3, 4, 5});
    for (const Entry& entry : *entries) table.Add(EntryRow(entry, now_us));
    if (!table.empty()) Print(table.Render());
  } else {
    for (const Entry& entry : *entries) Print(Printable(entry.key) + "\n");
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
