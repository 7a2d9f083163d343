#ifndef TAPPS_CLI_CONTEXT_H_
#define TAPPS_CLI_CONTEXT_H_

#include <functional>
#include <string>
#include <string_view>

#include "cli/exit_codes.h"
#include "cli/json.h"
#include "tapps.hpp"

namespace tapps::cli {

// What every command is given: the global options, and the ways to answer.
struct Context {
  std::string cache_path;  // empty: the user's cache
  std::string space;       // empty: not given
  bool json = false;
  bool offline = false;
  bool quiet = false;
  bool stats = false;  // tell at the end what the command did to the cache
  // Set by the command chosen; returns an ExitCode.
  std::function<int()> run;

  const char* path_or_null() const { return cache_path.empty() ? nullptr : cache_path.c_str(); }
  // NULL: the default namespace for entries, all of them for walks.
  const char* space_or_null() const { return space.empty() ? nullptr : space.c_str(); }
};

// What a failure is blamed on when its code alone does not tell (TIMEOUT, TOO_LARGE, BUSY).
enum class Blame { kCache, kNetwork };

// Says why on stderr, and on stdout with --json unless the answer is there; returns the exit code
// that goes with it.
// `hint`: what the user can do about it, if anything.
int Fail(const Context& context, const cxx::Error& error, Blame blame = Blame::kCache,
         std::string_view hint = "");
// The same for what is no failure of the library.
int Fail(const Context& context, int exit_code, std::string_view name, std::string_view message);

// Runs `use` with the cache open and closes it, so that writes are committed or their failure is
// told. The exit code of `use`, or that of opening or closing.
int WithCache(const Context& context, const std::function<int(cxx::Cache&)>& use);

// What this process has counted, as a table for people; what is zero is left out.
std::string DescribeStats(cxx::Cache& cache);

// Writes a document on stdout; text is written as it is.
void PrintJson(const Json& json);
void Print(std::string_view text);
// Writes content that came from elsewhere: as it is, but without control characters on a terminal.
void PrintContent(std::string_view content);
// One line on stderr, unless --quiet or --json.
void Note(const Context& context, std::string_view line);

// Adds {name: text}, or {name + "_base64": ...} when the bytes are not UTF-8.
void AddBytes(Json& object, const std::string& name, std::string_view bytes);
// Adds the members common to values: sizes, times, origin, texts that are known.
void AddValue(Json& object, const cxx::Value& value);
// "memory", "disk", "network", "revalidated", "installed".
const char* OriginName(int32_t served_from);

}  // namespace tapps::cli

#endif  // TAPPS_CLI_CONTEXT_H_
