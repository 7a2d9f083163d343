#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/format.h"

namespace tapps::cli {
namespace {

const char* StateName(int32_t state) {
  static constexpr const char* kNames[] = {"ok",   "read-only", "memory only", "locked",
                                           "full", "failed",    "WAL pinned",  "closed"};
  return state >= 0 && state < 8 ? kNames[state] : "unknown";
}

// A number in the unit its name says.
std::string Humanise(std::string_view name, const Json& value) {
  if (value.is_string()) return Printable(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_number()) return value.dump();
  const double number = value.get<double>();
  if (name.find("rate") != std::string_view::npos ||
      name.find("fraction") != std::string_view::npos) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f %%", number * 100);
    return text;
  }
  if (name.find("bytes") != std::string_view::npos) return HumanBytes(static_cast<int64_t>(number));
  if (name.ends_with("_us")) return HumanDuration(static_cast<int64_t>(number));
  return value.dump();
}

// Rows "name  value" of all that is not zero; objects below are named "outer inner".
void AddRows(const std::string& prefix, const Json& object, Table& table) {
  for (const auto& [name, value] : object.items()) {
    std::string label = prefix.empty() ? name : prefix + " " + name;
    if (value.is_object()) {
      AddRows(label, value, table);
      continue;
    }
    if (value.is_array() || value.is_null() || value == 0) continue;
    std::string shown = label.ends_with("_us") ? label.substr(0, label.size() - 3) : label;
    std::replace(shown.begin(), shown.end(), '_', ' ');
    table.Add({shown, Humanise(name, value)});
  }
}

std::string DescribeLatencies(const Json& latencies) {
  Table table({"", "count", "p50", "p90", "p99", "p99.9", "max"}, {1, 2, 3, 4, 5, 6});
  for (const auto& [op, latency] : latencies.items()) {
    if (!latency.is_object() || latency.value("count", int64_t{0}) == 0) continue;
    std::vector<std::string> row = {op, latency["count"].dump()};
    for (const char* name : {"p50", "p90", "p99", "p999", "max"}) {
      const auto member = latency.find(name);
      const bool known = member != latency.end() && member->is_number();
      row.push_back(known ? HumanDuration(static_cast<int64_t>(member->get<double>())) : "-");
    }
    table.Add(std::move(row));
  }
  return table.empty() ? "" : "latency of this process\n" + table.Render("  ");
}

// Objects with the same members, as one table.
void PrintBreakers(const Json& breakers) {
  std::vector<std::string> names;
  for (const Json& breaker : breakers) {
    for (const auto& [name, value] : breaker.items()) {
      const bool shown = !value.is_structured();
      if (shown && std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    }
  }
  std::vector<std::string> header;
  for (std::string name : names) {
    if (name.ends_with("_us")) name.resize(name.size() - 3);
    std::replace(name.begin(), name.end(), '_', ' ');
    header.push_back(name);
  }
  Table table(header);
  for (const Json& breaker : breakers) {
    std::vector<std::string> row;
    for (const std::string& name : names) {
      const auto member = breaker.find(name);
      row.push_back(member == breaker.end() ? "-" : Humanise(name, *member));
    }
    table.Add(std::move(row));
  }
  Print(table.Render());
}

cxx::Result<Json> ReadStats(cxx::Cache& cache) {
  auto value = cache.Stats();
  if (!value) return std::move(value).error();
  return Json::parse(value->bytes(), nullptr, false);
}

int Stats(const Context& context, cxx::Cache& cache) {
  auto stats = ReadStats(cache);
  if (!stats) return Fail(context, stats.error());
  if (context.json) {
    Json json = {{"path", cache.path()}};
    json.update(*stats);
    json["state"] = StateName(cache.state());
    PrintJson(json);
    return kOk;
  }
  Print(DescribeStats(cache));
  return kOk;
}

int ListBreakers(const Context& context, const std::string& name, cxx::Cache& cache) {
  auto stats = ReadStats(cache);
  if (!stats) return Fail(context, stats.error());
  Json breakers = Json::array();
  for (const Json& breaker : stats->value("breakers", Json::array())) {
    if (name.empty() || breaker.value("name", "") == name) breakers.push_back(breaker);
  }
  if (!name.empty() && breakers.empty()) {
    return Fail(context, kNotFound, "NOT_FOUND", "no breaker '" + name + "' is remembered");
  }
  if (context.json) {
    PrintJson({{"breakers", std::move(breakers)}});
  } else if (breakers.empty()) {
    Note(context, "no outage is remembered");
  } else {
    PrintBreakers(breakers);
  }
  return kOk;
}

}  // namespace

std::string DescribeStats(cxx::Cache& cache) {
  auto stats = ReadStats(cache);
  if (!stats) return "";
  Table table({});
  table.Add({"file", Printable(cache.path())});
  table.Add({"state", StateName(cache.state())});
  Json rows = *stats;
  for (const char* name : {"path", "state", "latency_us", "breakers"}) rows.erase(name);  // shown apart
  AddRows("", rows, table);
  return table.Render() + DescribeLatencies(stats->value("latency_us", Json::object()));
}

void AddStats(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("stats", "Print what the cache holds and how it fares");
  command->callback([&context] {
    context.run = [&context] {
      return WithCache(context, [&](cxx::Cache& cache) { return Stats(context, cache); });
    };
  });
}

void AddBreaker(CLI::App& app, Context& context) {
  auto name = std::make_shared<std::string>();
  auto* command = app.add_subcommand(
      "breaker", "List the circuit breakers whose state the cache file remembers");
  command->add_option("--name", *name, "Only this one, such as https://example.org:443");
  command->callback([name, &context] {
    context.run = [name, &context] {
      return WithCache(context,
                       [&](cxx::Cache& cache) { return ListBreakers(context, *name, cache); });
    };
  });
}

}  // namespace tapps::cli
