#include "cli/context.h"

#include <unistd.h>

#include <cstdio>

#include "cli/format.h"

namespace tapps::cli {
namespace {

int ExitCodeOf(int32_t code, Blame blame) {
  switch (code) {
    case TAPPS_E_NOT_FOUND:
      return kNotFound;
    case TAPPS_E_INVALID:
      return kUsage;
    case TAPPS_E_CANCELLED:
      return kInterrupted;
    case TAPPS_E_NETWORK:
    case TAPPS_E_OPEN_CIRCUIT:
    case TAPPS_E_QUOTA:
    case TAPPS_E_OFFLINE:
    case TAPPS_E_PROTOCOL:
      return kNetworkError;
    case TAPPS_E_TIMEOUT:
    case TAPPS_E_BUSY:
    case TAPPS_E_TOO_LARGE:
    case TAPPS_E_UNSUPPORTED:
      return blame == Blame::kNetwork ? kNetworkError : kCacheError;
    default:
      return kCacheError;
  }
}

constexpr std::string_view kOtherFile = "name another file with --cache or TAPPS_CACHE";

bool printed_json = false;  // stdout has its one document

void PrintFailure(const Context& context, const Json& error) {
  std::string message = error["message"].get<std::string>();
  std::fprintf(stderr, "tapps: %s\n", Printable(message).c_str());
  if (context.json && !printed_json) PrintJson({{"error", error}});
}

}  // namespace

int Fail(const Context& context, const cxx::Error& error, Blame blame, std::string_view hint) {
  if (hint.empty() && error.code() == TAPPS_E_READ_ONLY) hint = kOtherFile;
  std::string message(error.message());
  if (!hint.empty()) message.append("; ").append(hint);
  Json json = {{"code", error.name()}, {"message", message}};
  if (error.http_status() != 0) json["http_status"] = error.http_status();
  if (error.sys_errno() != 0) json["errno"] = error.sys_errno();
  if (error.retry_after().count() > 0) json["retry_after_us"] = error.retry_after().count();
  PrintFailure(context, json);
  return ExitCodeOf(error.code(), blame);
}

int Fail(const Context& context, int exit_code, std::string_view name, std::string_view message) {
  PrintFailure(context, {{"code", name}, {"message", message}});
  return exit_code;
}

int WithCache(const Context& context, const std::function<int(cxx::Cache&)>& use) {
  auto options = cxx::Options<tapps_open_options>();
  if (context.offline) options.flags |= TAPPS_OPEN_OFFLINE;
  auto cache = cxx::Cache::Open(context.path_or_null(), &options);
  if (!cache) {
    Fail(context, cache.error(), Blame::kCache, kOtherFile);
    return kCacheError;  // a path that is no cache is not a usage error, whatever the code
  }
  const int exit_code = use(*cache);
  if (context.stats) std::fputs(DescribeStats(*cache).c_str(), stderr);
  auto closed = cache->Close();
  if (!closed && exit_code == kOk) return Fail(context, closed.error());
  return exit_code;
}

void PrintJson(const Json& json) {
  printed_json = true;
  Print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void PrintContent(std::string_view content) {
  if (isatty(STDOUT_FILENO) == 0) return Print(content);
  const std::string safe = WithoutControls(content);
  Print(safe);
  if (!safe.empty() && safe.back() != '\n') Print("\n");
}

void Note(const Context& context, std::string_view line) {
  if (context.quiet || context.json) return;
  std::fprintf(stderr, "%s\n", Printable(line).c_str());
}

void AddBytes(Json& object, const std::string& name, std::string_view bytes) {
  if (IsUtf8(bytes)) {
    object[name] = bytes;
  } else {
    object[name + "_base64"] = Base64(bytes);
  }
}

void AddValue(Json& object, const cxx::Value& value) {
  const tapps_info info = value.info();
  object["served_from"] = OriginName(info.served_from);
  object["stale"] = (info.flags & TAPPS_VALUE_STALE) != 0;
  object["size"] = info.size;
  object["age_us"] = info.age_us;
  object["created_us"] = info.created_us;
  if (info.expires_us != 0) object["expires_us"] = info.expires_us;
  if (info.stale_until_us != 0) object["stale_until_us"] = info.stale_until_us;
  if (info.version != 0) object["version"] = info.version;
  if (info.tokens != 0) object["tokens"] = info.tokens;
  if (info.http_status != 0) object["http_status"] = info.http_status;
  struct Name {
    int32_t text;
    const char* member;
  };
  static constexpr Name kTexts[] = {{TAPPS_TEXT_CONTENT_TYPE, "content_type"},
                                    {TAPPS_TEXT_SOURCE, "source"},
                                    {TAPPS_TEXT_TAGS, "tags"},
                                    {TAPPS_TEXT_JSON, "json"},
                                    {TAPPS_TEXT_URL, "url"},
                                    {TAPPS_TEXT_CACHE_STATUS, "cache_status"},
                                    {TAPPS_TEXT_WARNING, "warning"},
                                    {TAPPS_TEXT_LIBRARY, "library"},
                                    {TAPPS_TEXT_LIBRARY_VERSION, "library_version"},
                                    {TAPPS_TEXT_ECOSYSTEM, "ecosystem"},
                                    {TAPPS_TEXT_TOPIC, "topic"}};
  for (const Name& name : kTexts) {
    const auto text = value.text(name.text);
    if (!text) continue;
    if (name.text == TAPPS_TEXT_TAGS || name.text == TAPPS_TEXT_TOPIC) {
      Json lines = Json::array();
      for (size_t start = 0; start < text->size();) {
        const size_t end = std::min(text->find('\n', start), text->size());
        lines.push_back(text->substr(start, end - start));
        start = end + 1;
      }
      object[name.member] = std::move(lines);
    } else if (name.text == TAPPS_TEXT_JSON) {
      Json parsed = Json::parse(*text, nullptr, false);
      object[name.member] = parsed.is_discarded() ? Json(*text) : std::move(parsed);
    } else {
      object[name.member] = *text;
    }
  }
}

const char* OriginName(int32_t served_from) {
  switch (served_from) {
    case TAPPS_FROM_MEMORY:
      return "memory";
    case TAPPS_FROM_DISK:
      return "disk";
    case TAPPS_FROM_NETWORK:
      return "network";
    case TAPPS_FROM_REVALIDATED:
      return "revalidated";
    case TAPPS_FROM_INSTALLED:
      return "installed";
    default:
      return "unknown";
  }
}

}  // namespace tapps::cli
