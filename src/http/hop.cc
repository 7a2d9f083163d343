#include "http/hop.h"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "base/hash.h"
#include "base/sha256.h"
#include "http/conditional.h"
#include "http/text.h"

namespace tapps::http {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string Base64(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : kBase64[group >> (18 - 6 * k) & 63];
    }
  }
  return out;
}

// Fields about a body that is not sent on.
constexpr std::array<std::string_view, 5> kBodyFields = {
    "Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Location"};

}  // namespace

HopMaker::HopMaker(const SecretParameters& secrets, std::string_view salt)
    : secrets_(secrets), given_salt_(salt) {
  std::random_device random;
  for (uint64_t& one : salt_) one = uint64_t{random()} << 32 | random();
}

// Fields that carry credentials: the standard ones, and those named like a secret parameter
// ("X-Api-Key").
bool HopMaker::IsSecretField(std::string_view name) const {
  return EqualsIgnoreCase(name, "Authorization") || EqualsIgnoreCase(name, "Cookie") ||
         EqualsIgnoreCase(name, "Proxy-Authorization") || secrets_.Matches(name);
}

// The URL; for requests with secrets, one without them and a salted hash of all that is secret.
std::string HopMaker::StoreKey(const Hop& hop, const Url& url, bool credentials) const {
  if (!credentials) return url.ToString();
  std::string secret = url.ToString();
  for (size_t i = 0; i < hop.headers.size(); ++i) {
    const auto [name, value] = hop.headers[i];
    if (IsSecretField(name)) secret += "\n" + LowerCase(name) + ": " + std::string(value);
  }
  if (!given_salt_.empty()) {
    return secrets_.Redact(url) + "\n" + Sha256Text(given_salt_ + secret);
  }
  return secrets_.Redact(url) + "\n" + HexText(Hash64(secret, salt_[0])) +
         HexText(Hash64(secret, salt_[1]));
}

uint64_t HopMaker::AskerOf(const Hop& hop) const {
  if (!hop.credentials) return 0;
  std::string secret = hop.url.Origin() + "\n" + secrets_.Values(hop.url);
  for (size_t i = 0; i < hop.headers.size(); ++i) {
    const auto [name, value] = hop.headers[i];
    if (IsSecretField(name)) secret += LowerCase(name) + ": " + std::string(value) + "\n";
  }
  return (Hash64(secret) & 0xffff) | 0x10000;
}

bool HopMaker::LeadsToSecrets(const Url& base, const Headers& response) const {
  bool secret = false;
  for (const std::string_view field : {"Location", "Content-Location"}) {
    response.ForEach(field, [&](std::string_view reference) {
      const Result<Url> url = ResolveUrl(base, reference);
      // What cannot be read is not written.
      secret = secret || !url.ok() || !url->user_info.empty() || secrets_.Contains(*url);
    });
  }
  return secret;
}

void HopMaker::Finish(const FetchRequest& request, Hop* hop) const {
  bool cookie = false;
  hop->credentials = secrets_.Contains(hop->url);
  for (size_t i = 0; i < hop->headers.size(); ++i) {
    const std::string_view name = hop->headers[i].name;
    if (EqualsIgnoreCase(name, "Cookie")) {
      cookie = true;
    } else if (IsSecretField(name)) {
      hop->credentials = true;
    }
  }
  hop->cookieless_key = cookie && !hop->credentials ? hop->url.ToString() : "";
  hop->credentials = hop->credentials || cookie;
  hop->persistent = !given_salt_.empty();
  hop->asker = AskerOf(*hop);
  hop->store_key = StoreKey(*hop, hop->url, hop->credentials);
  hop->directives = CacheControl::OfRequest(hop->headers);
  if (request.policy == TAPPS_FETCH_NO_STORE) hop->directives.no_store = true;
  if (request.policy == TAPPS_FETCH_NO_CACHE) {
    // A reload, for which nothing is young enough but what is fresh and immutable (RFC 8246).
    hop->directives.max_age = -1;
    hop->directives.stale_if_error = 0;
  }
  const auto range = hop->headers.Get("Range");
  hop->range = range && hop->method == "GET" ? ParseByteRange(*range) : std::nullopt;
  const bool cacheable = (hop->method == "GET" || hop->method == "HEAD") && !hop->body &&
                         !hop->directives.no_store && !IsForOriginAlone(hop->headers) &&
                         !hop->headers.Has("Host") &&  // answers are known by their URL
                         (!range || hop->range);
  hop->may_read = cacheable && request.policy != TAPPS_FETCH_RELOAD;
  hop->may_write = cacheable;
}

Result<Hop> HopMaker::First(const FetchRequest& request) const {
  Result<Url> url = ParseUrl(request.url);
  if (!url.ok()) return url.status();
  if (!IsToken(request.method)) return {TAPPS_E_INVALID, "the method is not a token"};
  if (request.method == "HEAD" && request.body) {
    return {TAPPS_E_INVALID, "a HEAD request has no body"};
  }
  if (request.policy < TAPPS_FETCH_DEFAULT || request.policy > TAPPS_FETCH_NO_CACHE) {
    return {TAPPS_E_INVALID, "policy " + std::to_string(request.policy) + " does not exist"};
  }
  Hop hop;
  hop.method = request.method;
  hop.url = *std::move(url);
  hop.headers = StoredFields(request.headers);  // the rest is about somebody's connection
  hop.headers.Remove("Content-Length");         // of the body as it is sent
  if (const auto host = hop.headers.Get("Host");
      host && EqualsIgnoreCase(*host, hop.url.HostPort())) {
    hop.headers.Remove("Host");
  }
  hop.body = request.body;
  const std::string user_info = std::exchange(hop.url.user_info, "");
  if (!user_info.empty() && !hop.headers.Has("Authorization")) {
    std::string basic = DecodeUserInfo(user_info);
    if (user_info.find(':') == std::string::npos) basic += ':';
    TAPPS_RETURN_IF_ERROR(hop.headers.Add("Authorization", "Basic " + Base64(basic)));
  }
  Finish(request, &hop);
  return hop;
}

Result<Hop> HopMaker::Next(const FetchRequest& request, const Hop& from,
                           const StoredResponse& redirect) const {
  const std::string host = from.url.HostPort();
  Result<Url> to = ResolveUrl(from.url, redirect.headers.Get("Location").value_or(""));
  if (!to.ok()) {
    return {TAPPS_E_PROTOCOL, host + ": a redirect to an " + std::string(to.status().message())};
  }
  if (from.url.scheme == "https" && to->scheme != "https") {
    return {TAPPS_E_PROTOCOL, host + ": a redirect from https to http is not followed"};
  }
  Hop hop = from;
  hop.url = *std::move(to);
  hop.url.user_info.clear();  // an origin does not choose the user's credentials
  const int32_t status = redirect.status;
  if ((status == 303 && hop.method != "HEAD") ||
      ((status == 301 || status == 302) && hop.method == "POST")) {
    hop.method = "GET";
    hop.body = ValueRef();
    for (const std::string_view field : kBodyFields) hop.headers.Remove(field);
  }
  hop.headers.Remove("Host");
  if (hop.url.Origin() != from.url.Origin()) {
    Headers kept;
    for (size_t i = 0; i < hop.headers.size(); ++i) {
      const auto [name, value] = hop.headers[i];
      if (!IsSecretField(name)) TAPPS_RETURN_IF_ERROR(kept.Add(name, value));
    }
    hop.headers = std::move(kept);
  }
  Finish(request, &hop);
  return hop;
}

}  // namespace tapps::http
