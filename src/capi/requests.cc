#include "capi/requests.h"

#include "capi/arguments.h"

namespace tapps::capi {
namespace {

constexpr int64_t kMaxDuration = 365 * kDay;
constexpr int64_t kRetries = TAPPS_NONE;  // nothing is sent again unasked

Status ReadHeaders(std::string_view lines, http::Headers* headers) {
  int number = 0;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      return Status(TAPPS_E_INVALID, "line " + std::to_string(number) + " of headers has no colon");
    }
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    TAPPS_RETURN_IF_ERROR(headers->Add(line.substr(0, colon), value));
  }
  return {};
}

}  // namespace

Result<http::FetchRequest> ReadFetchRequest(const char* url, const tapps_fetch_options* given) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("url", url));
  TAPPS_ASSIGN_OR_RETURN(const tapps_fetch_options options, ReadOptions(given));
  TAPPS_RETURN_IF_ERROR(
      CheckFlags("flags", options.flags, TAPPS_FETCH_DENY_PRIVATE | TAPPS_FETCH_IN_ORDER));
  if (options.policy < TAPPS_FETCH_DEFAULT || options.policy > TAPPS_FETCH_NO_CACHE) {
    return Status(TAPPS_E_INVALID,
                  "policy is " + std::to_string(options.policy) + ", it must be 0 to 5");
  }
  http::FetchRequest request;
  TAPPS_ASSIGN_OR_RETURN(request.url, Text("url", url));
  TAPPS_ASSIGN_OR_RETURN(const std::string_view method, Text("method", options.method));
  if (!method.empty()) request.method = method;
  TAPPS_ASSIGN_OR_RETURN(const std::string_view headers, Text("headers", options.headers));
  TAPPS_RETURN_IF_ERROR(ReadHeaders(headers, &request.headers));
  if (options.body_size > 0) TAPPS_RETURN_IF_ERROR(CheckNotNull("body", options.body));
  if (options.body) {
    TAPPS_ASSIGN_OR_RETURN(const std::string_view body,
                           CheckValue(options.body, options.body_size));
    request.body = Value::Make(body, {});
  }
  request.policy = options.policy;
  request.deny_private_addresses = (options.flags & TAPPS_FETCH_DENY_PRIVATE) != 0;
  http::TransferLimits& limits = request.limits;
  TAPPS_ASSIGN_OR_RETURN(limits.total_timeout_us, Number("timeout_us", options.timeout_us,
                                                         limits.total_timeout_us, 1, kMaxDuration));
  TAPPS_ASSIGN_OR_RETURN(limits.connect_timeout_us,
                         Number("connect_timeout_us", options.connect_timeout_us,
                                limits.connect_timeout_us, 1, kMaxDuration));
  TAPPS_ASSIGN_OR_RETURN(const int64_t max_body, Number("max_body_bytes", options.max_body_bytes,
                                                        static_cast<int64_t>(limits.max_body_bytes),
                                                        1, static_cast<int64_t>(kMaxValueBytes)));
  limits.max_body_bytes = static_cast<size_t>(max_body);
  TAPPS_ASSIGN_OR_RETURN(const int64_t redirects, Number("max_redirects", options.max_redirects,
                                                         request.max_redirects, 1, 1000, kNone));
  request.max_redirects = static_cast<int32_t>(redirects);
  TAPPS_ASSIGN_OR_RETURN(const int64_t retries,
                         Number("retries", options.retries, kRetries, 1, 10, kNone));
  request.retries = static_cast<int32_t>(retries);
  TAPPS_ASSIGN_OR_RETURN(const int64_t ttl, Number("ttl_us", options.ttl_us, 0, 1, kMaxDuration));
  if (ttl > 0) request.ttl_us = ttl;
  TAPPS_ASSIGN_OR_RETURN(limits.first_byte_timeout_us,
                         Number("first_byte_us", options.first_byte_us, 0, 1, kMaxDuration));
  TAPPS_ASSIGN_OR_RETURN(limits.low_speed_time_us,
                         Number("low_speed_us", options.low_speed_us, 0, 1, kMaxDuration));
  TAPPS_ASSIGN_OR_RETURN(limits.low_speed_bytes, Number("low_speed_bytes", options.low_speed_bytes,
                                                        1, 1, int64_t{1} << 40));
  TAPPS_ASSIGN_OR_RETURN(
      const int64_t header_bytes,
      Number("max_header_bytes", options.max_header_bytes,
             static_cast<int64_t>(limits.max_header_bytes), 256, int64_t{16} << 20));
  limits.max_header_bytes = static_cast<size_t>(header_bytes);
  return request;
}

ValueRef ToValue(const http::FetchResult& result) {
  ValueInfo info;
  info.created_us = result.response->response_time_us - result.age_us;
  if (info.created_us < 0) info.created_us = 0;
  info.age_us = result.age_us;
  info.served_from = result.served_from;
  info.flags = result.stale ? TAPPS_VALUE_STALE : 0;
  info.http_status = result.status();
  const std::string headers = result.HeaderText();
  const std::vector<ValueText> texts = {
      {TAPPS_TEXT_CONTENT_TYPE, result.response->headers.Get("content-type").value_or("")},
      {TAPPS_TEXT_URL, result.final_url},
      {TAPPS_TEXT_HEADERS, headers},
      {TAPPS_TEXT_CACHE_STATUS, result.cache_status},
      {TAPPS_TEXT_WARNING, result.warning}};
  return result.response->body ? Value::Wrap(result.response->body, info, texts)
                               : Value::Make("", info, texts);
}

Result<OwnedDocsQuery> ReadDocsQuery(const char* library, const tapps_docs_options* given) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("library", library));
  TAPPS_ASSIGN_OR_RETURN(const tapps_docs_options options, ReadOptions(given));
  TAPPS_RETURN_IF_ERROR(
      CheckFlags("flags", options.flags, TAPPS_DOCS_REFRESH | TAPPS_DOCS_OFFLINE));
  OwnedDocsQuery query;
  TAPPS_ASSIGN_OR_RETURN(query.library, Text("library", library));
  TAPPS_ASSIGN_OR_RETURN(query.topic, Text("topic", options.topic));
  TAPPS_ASSIGN_OR_RETURN(query.version, Text("version", options.version));
  TAPPS_ASSIGN_OR_RETURN(query.ecosystem, Text("ecosystem", options.ecosystem));
  TAPPS_ASSIGN_OR_RETURN(query.project_root, Text("project_root", options.project_root));
  TAPPS_ASSIGN_OR_RETURN(query.paths, Text("paths", options.paths));
  TAPPS_ASSIGN_OR_RETURN(query.url_template, Text("url_template", options.url_template));
  TAPPS_ASSIGN_OR_RETURN(query.numbers.timeout_us,
                         Number("timeout_us", options.timeout_us, 0, 1, kMaxDuration));
  TAPPS_ASSIGN_OR_RETURN(query.numbers.max_tokens, Number("max_tokens", options.max_tokens, 0, 1,
                                                          INT64_MAX / 64, kUnlimited));
  query.numbers.refresh = (options.flags & TAPPS_DOCS_REFRESH) != 0;
  query.numbers.offline = (options.flags & TAPPS_DOCS_OFFLINE) != 0;
  return query;
}

DocsQuery OwnedDocsQuery::Borrow() const {
  DocsQuery query = numbers;
  query.library = library;
  query.topic = topic;
  query.version = version;
  query.ecosystem = ecosystem;
  query.project_root = project_root;
  query.paths = paths;
  query.url_template = url_template;
  return query;
}

}  // namespace tapps::capi
