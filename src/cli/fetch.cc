#include <chrono>
#include <map>
#include <memory>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/format.h"
#include "cli/options.h"

namespace tapps::cli {
namespace {

struct FetchArguments {
  std::string url;
  std::string method;
  std::vector<std::string> headers;
  std::string data;
  std::string output;
  int32_t policy = TAPPS_FETCH_DEFAULT;
  int64_t ttl_us = 0;
  int64_t timeout_us = 0;
  int64_t max_redirects = 10;
  int64_t max_bytes = 0;
  bool deny_private = false;
  bool include = false;
  bool fail = false;
};

std::string Provenance(const cxx::Value& value, int64_t elapsed_us) {
  const tapps_info info = value.info();
  std::string line = std::to_string(info.http_status) + " from " + OriginName(info.served_from);
  if (info.age_us > 0) line += ", age " + HumanDuration(info.age_us);
  if ((info.flags & TAPPS_VALUE_STALE) != 0) line += ", stale";
  line += ", " + HumanBytes(info.size) + ", " + HumanDuration(elapsed_us);
  if (const auto warning = value.text(TAPPS_TEXT_WARNING))
    line += " (" + std::string(*warning) + ")";
  return line;
}

Json Document(const cxx::Value& value, int64_t elapsed_us) {
  Json json;
  AddValue(json, value);
  json["elapsed_us"] = elapsed_us;
  Json headers = Json::array();  // pairs: names repeat
  const std::string_view lines = value.text(TAPPS_TEXT_HEADERS).value_or("");
  for (size_t start = 0; start < lines.size();) {
    const size_t end = std::min(lines.find("\r\n", start), lines.size());
    const std::string_view line = lines.substr(start, end - start);
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      const size_t text = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
      headers.push_back({line.substr(0, colon), line.substr(text)});
    }
    start = end + 2;
  }
  json["headers"] = std::move(headers);
  return json;
}

int Answer(const Context& context, const FetchArguments& arguments, const cxx::Value& value,
           int64_t elapsed_us) {
  if (!arguments.output.empty()) {
    if (const auto failure = WriteFile(arguments.output, value.bytes())) {
      return Fail(context, kCacheError, "IO", *failure);
    }
  }
  if (context.json) {
    Json json = Document(value, elapsed_us);
    if (arguments.output.empty()) AddBytes(json, "body", value.bytes());
    PrintJson(json);
  } else {
    if (arguments.include) {
      PrintContent("HTTP " + std::to_string(value.info().http_status) + "\r\n" +
                   std::string(value.text(TAPPS_TEXT_HEADERS).value_or("")) + "\r\n");
    }
    if (arguments.output.empty()) PrintContent(value.bytes());
  }
  Note(context, Provenance(value, elapsed_us));
  const int32_t status = value.info().http_status;
  if (!arguments.fail || status < 400) return kOk;
  return status == 404 || status == 410 ? kNotFound : kNetworkError;
}

int Fetch(const Context& context, const FetchArguments& arguments, const std::string* body,
          cxx::Cache& cache) {
  std::string headers;
  for (const std::string& header : arguments.headers) headers += header + "\n";
  auto options = cxx::Options<tapps_fetch_options>();
  if (arguments.deny_private) options.flags |= TAPPS_FETCH_DENY_PRIVATE;
  options.policy = arguments.policy;
  options.method = OrNull(arguments.method);
  if (body != nullptr) {
    if (options.method == nullptr) options.method = "POST";
    options.body = body->data();
    options.body_size = body->size();
  }
  options.headers = OrNull(headers);
  options.timeout_us = arguments.timeout_us;
  options.max_body_bytes = arguments.max_bytes;
  options.max_redirects =
      arguments.max_redirects == 0 ? int64_t{TAPPS_NONE} : arguments.max_redirects;
  options.ttl_us = arguments.ttl_us;
  const auto start = std::chrono::steady_clock::now();
  auto value = cache.Fetch(arguments.url.c_str(), &options);
  const int64_t elapsed_us = cxx::Microseconds(std::chrono::steady_clock::now() - start);
  if (!value) return Fail(context, value.error(), Blame::kNetwork);
  return Answer(context, arguments, *value, elapsed_us);
}

int ReadAndFetch(const Context& context, const FetchArguments& arguments, bool has_body) {
  std::string body = arguments.data;
  if (has_body && !body.empty() && body[0] == '@') {
    if (const auto failure = ReadFile(arguments.data.substr(1), kMaxValueBytes, &body)) {
      return Fail(context, kCacheError, "IO", *failure);
    }
  }
  return WithCache(context, [&](cxx::Cache& cache) {
    return Fetch(context, arguments, has_body ? &body : nullptr, cache);
  });
}

void AddPolicy(CLI::App& command, FetchArguments& arguments) {
  static const std::map<std::string, int32_t> kPolicies = {
      {"default", TAPPS_FETCH_DEFAULT},   {"reload", TAPPS_FETCH_RELOAD},
      {"no-store", TAPPS_FETCH_NO_STORE}, {"force-cache", TAPPS_FETCH_FORCE_CACHE},
      {"no-cache", TAPPS_FETCH_NO_CACHE}, {"only-if-cached", TAPPS_FETCH_ONLY_IF_CACHED},
  };
  command
      .add_option_function<std::string>(
          "--policy",
          [&arguments](const std::string& text) {
            static const std::vector<std::string> kWords = {
                "default", "reload", "no-store", "no-cache", "force-cache", "only-if-cached"};
            arguments.policy = kPolicies.at(OneOf("--policy", kWords, text));
          },
          "How the cache is used: default, reload, no-store, no-cache, force-cache, "
          "only-if-cached")
      ->type_name("POLICY");
}

}  // namespace

void AddFetch(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<FetchArguments>();
  auto* command = app.add_subcommand(
      "fetch", "Print what a URL answers, from the cache or its origin (uses the network)");
  command->add_option("URL", arguments->url, "An http or https URL")->required();
  command->add_option("-X,--method", arguments->method, "Request method [default: GET]");
  AddRepeated(*command, "-H,--header", arguments->headers, "A request header; may be repeated")
      ->type_name("'NAME: VALUE'");
  auto* data = command->add_option("-d,--data", arguments->data,
                                   "Request body; @FILE reads a file, @- stdin");
  command->add_option("-o,--output", arguments->output, "Write the body into this file")
      ->type_name("FILE");
  AddPolicy(*command, *arguments);
  AddDuration(*command, "--ttl", arguments->ttl_us, "Lifetime given to the answer");
  AddDuration(*command, "--timeout", arguments->timeout_us, "Of the whole call [default: 30s]");
  AddSize(*command, "--max-size", arguments->max_bytes, "Largest body [default: 64M]");
  command->add_option("--max-redirects", arguments->max_redirects,
                      "Redirects followed, 0: none [default: 10]");
  command->add_flag("--deny-private", arguments->deny_private,
                    "Refuse private, loopback and link-local addresses");
  command->add_flag("-i,--include", arguments->include, "Print the response headers, too");
  command->add_flag("--fail", arguments->fail,
                    "A status of 400 or more fails: exit code 1 for 404 and 410, else 4");
  command->callback([arguments, data, &context] {
    for (const std::string& header :
         arguments->headers) {  // a line each: more would be smuggled in
      if (header.find_first_of("\r\n") != std::string::npos || header.find(':') == header.npos) {
        throw CLI::ValidationError("--header", "expected one line 'Name: value'");
      }
    }
    const bool has_body = data->count() > 0;
    context.run = [arguments, has_body, &context] {
      return ReadAndFetch(context, *arguments, has_body);
    };
  });
}

}  // namespace tapps::cli
