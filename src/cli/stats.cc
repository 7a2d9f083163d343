#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/format.h"

namespace tapps::cli {
namespace {

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

std::string Label(std::string name) {
  if (name.ends_with("_us")) name.resize(name.size() - 3);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

bool IsZero(const Json& value) { return value.is_number() && value.get<double>() == 0; }

// Rows "name  value" of the numbers of an object, those of objects below as "outer inner"; what is
// 0 only with `all`.
void AddRows(const std::string& prefix, const Json& object, bool all, Table& table) {
  for (const auto& [name, value] : object.items()) {
    const std::string label = prefix.empty() ? Label(name) : prefix + " " + Label(name);
    if (value.is_object()) {
      AddRows(label, value, all, table);
    } else if (!value.is_array() && !value.is_null() && (all || !IsZero(value))) {
      table.Add({label, Humanise(name, value)});
    }
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

// "3 min" since an instant.
std::string Ago(int64_t instant_us) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return HumanDuration(std::max<int64_t>(0, cxx::Microseconds(now) - instant_us));
}

// How many of the window's calls were so; "-" when rates are not watched.
std::string Rate(const Json& breaker, const char* member) {
  const int64_t calls = breaker.value("calls", int64_t{0});
  if (calls == 0) return "-";
  return std::to_string(breaker.value(member, int64_t{0}) * 100 / calls) + " %";
}

void PrintBreakers(const Json& breakers) {
  Table table({"NAME", "STATE", "FORCED", "TOLD", "QUOTA", "FAILED", "SLOW", "SINCE"});
  for (const Json& breaker : breakers) {
    const int64_t at_us = breaker.value("at_us", int64_t{0});
    const int64_t quota_us = breaker.value("quota_us", int64_t{0});
    table.Add({Printable(breaker.value("name", "")), Printable(breaker.value("state", "")),
               breaker.value("forced", false) ? "yes" : "no",
               breaker.value("local", false) ? "no" : "yes",
               quota_us == 0 ? "-" : HumanDuration(quota_us), Rate(breaker, "failed"),
               Rate(breaker, "slow"), at_us == 0 ? "-" : Ago(at_us)});
  }
  Print(table.Render());
}

cxx::Result<Json> ReadStats(cxx::Cache& cache) {
  auto value = cache.Stats();
  if (!value) return std::move(value).error();
  return Json::parse(value->bytes(), nullptr, false);
}

std::string Describe(Json stats, bool all) {
  Table table({});
  for (const auto& [member, label] : {std::pair{"path", "file"}, std::pair{"state", "state"}}) {
    table.Add({label, Printable(stats.value(member, ""))});
    stats.erase(member);
  }
  const Json latencies = stats.value("latency_us", Json::object());
  stats.erase("latency_us");
  AddRows("", stats, all, table);
  return table.Render() + DescribeLatencies(latencies);
}

int Stats(const Context& context, bool all, cxx::Cache& cache) {
  auto stats = ReadStats(cache);
  if (!stats) return Fail(context, stats.error());
  if (context.json) {
    PrintJson(*stats);
  } else {
    Print(Describe(*stats, all));
  }
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
    Note(context, "no breaker has opened of late");
  } else {
    PrintBreakers(breakers);
  }
  return kOk;
}

}  // namespace

std::string DescribeStats(cxx::Cache& cache) {
  auto stats = ReadStats(cache);
  return stats ? Describe(*std::move(stats), false) : "";
}

void AddStats(CLI::App& app, Context& context) {
  auto all = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("stats", "Print what the cache holds and how it fares");
  command->add_flag("-a,--all", *all, "Print what is 0, too");
  command->callback([all, &context] {
    context.run = [all, &context] {
      return WithCache(context, [&](cxx::Cache& cache) { return Stats(context, *all, cache); });
    };
  });
}

void AddBreaker(CLI::App& app, Context& context) {
  auto name = std::make_shared<std::string>();
  auto* command = app.add_subcommand("breaker",
                                     "List the circuit breakers whose last change, of a day or "
                                     "less ago, the cache file remembers");
  command->add_option("--name", *name, "Only this one, such as https://example.org:443");
  command->callback([name, &context] {
    context.run = [name, &context] {
      return WithCache(context,
                       [&](cxx::Cache& cache) { return ListBreakers(context, *name, cache); });
    };
  });
}

}  // namespace tapps::cli
