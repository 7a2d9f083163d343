#include "http/url.h"

#include <algorithm>
#include <utility>

#include "http/text.h"

namespace tapps::http {
namespace {

constexpr size_t kMaxUrl = 64 * 1024;

Status Invalid(std::string_view why) {
  return Status(TAPPS_E_INVALID, "invalid URL: " + std::string(why));
}

bool IsUnreserved(char c) {
  return IsAlpha(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int HexValue(char c) { return IsDigit(c) ? c - '0' : Lower(c) - 'a' + 10; }

bool IsEscape(std::string_view text, size_t i) {
  return text[i] == '%' && i + 2 < text.size() && IsHexDigit(text[i + 1]) &&
         IsHexDigit(text[i + 2]);
}

// Decodes escapes of unreserved characters, writes the others in upper case (RFC
// 3986 6.2.2.1, 6.2.2.2).
std::string NormaliseEscapes(std::string_view text) {
  if (text.find('%') == std::string_view::npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsEscape(text, i)) {
      out += text[i];
      continue;
    }
    const char c = static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
    if (IsUnreserved(c)) {
      out += c;
    } else {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      out += '%';
      out += kDigits[static_cast<size_t>(HexValue(text[i + 1]))];
      out += kDigits[static_cast<size_t>(HexValue(text[i + 2]))];
    }
    i += 2;
  }
  return out;
}

// RFC 3986 5.2.4, for a path that starts with '/'.
std::string RemoveDotSegments(std::string path_text) {
  if (path_text.find("/.") == std::string::npos) return path_text;
  std::string_view path = path_text;
  std::string out;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    const bool last = end == path.size();
    if (segment == "/." || segment == "/..") {
      if (segment == "/..") out.resize(std::min(out.rfind('/'), out.size()));
      if (last) out += '/';
    } else {
      out += segment;
    }
    path.remove_prefix(end);
  }
  return out;
}

// The path and query of `rest`, which starts at the path, the query or the end.
std::string NormaliseTarget(std::string_view rest) {
  rest = rest.substr(0, rest.find('#'));
  const size_t query = std::min(rest.find('?'), rest.size());
  std::string target = RemoveDotSegments(NormaliseEscapes(rest.substr(0, query)));
  if (target.empty()) target = "/";
  return target + NormaliseEscapes(rest.substr(query));
}

Status CheckCharacters(std::string_view text) {
  if (text.size() > kMaxUrl) return Invalid("longer than 64 KiB");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return Invalid("a control character in it");
    if (byte == ' ') return Invalid("a space in it");
    if (byte > 0x7f) return Invalid("a byte that is not ASCII; percent-encode it");
    if (byte == '\\') return Invalid("a backslash in it");
  }
  return Status();
}

bool IsHostCharacter(char c) {
  constexpr std::string_view kOthers = "!$&'()*+,;=%";
  return IsUnreserved(c) || kOthers.find(c) != std::string_view::npos;
}

Status ParseHost(std::string_view text, Url* url) {
  if (text.empty()) return Invalid("no host");
  url->host = LowerCase(NormaliseEscapes(text));
  if (text.front() == '[') {
    const std::string_view address = text.substr(1, text.size() - 2);
    const bool plain = std::all_of(address.begin(), address.end(),
                                   [](char c) { return IsHexDigit(c) || c == ':' || c == '.'; });
    if (text.back() != ']' || address.empty() || !plain) return Invalid("a malformed IPv6 address");
    return Status();
  }
  if (url->host.find('%') != std::string::npos ||
      !std::all_of(url->host.begin(), url->host.end(), IsHostCharacter)) {
    return Invalid("a malformed host");
  }
  return Status();
}

Status ParsePort(std::string_view text, Url* url) {
  url->port = url->scheme == "https" ? 443 : 80;
  if (text.empty()) return Status();
  const auto port = ParseDigits(text, 65536);
  if (!port || *port == 0 || *port > 65535) return Invalid("a port that is not 1 to 65535");
  url->port = static_cast<uint16_t>(*port);
  return Status();
}

Status ParseAuthority(std::string_view text, Url* url) {
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    url->user_info = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  const size_t bracket = text.find(']');
  const size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  TAPPS_RETURN_IF_ERROR(ParseHost(text.substr(0, colon), url));
  return ParsePort(colon == std::string_view::npos ? "" : text.substr(colon + 1), url);
}

// The length of "scheme" in "scheme:...", 0 when there is none (RFC 3986 3.1).
size_t SchemeLength(std::string_view text) {
  if (text.empty() || !IsAlpha(text.front())) return 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') return i;
    if (!IsAlpha(c) && !IsDigit(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

}  // namespace

std::string Url::HostPort() const {
  return has_default_port() ? host : host + ":" + std::to_string(port);
}

std::string Url::Origin() const { return scheme + "://" + host + ":" + std::to_string(port); }

std::string Url::ToString() const { return scheme + "://" + HostPort() + target; }

Result<Url> ParseUrl(std::string_view text) {
  TAPPS_RETURN_IF_ERROR(CheckCharacters(text));
  const size_t length = SchemeLength(text);
  if (length == 0) return Invalid("no scheme; it must start with http:// or https://");
  Url url;
  url.scheme = LowerCase(text.substr(0, length));
  if (url.scheme != "http" && url.scheme != "https") {
    // Without "//" it may be the name of a user, and a password behind it.
    if (!text.substr(length + 1).starts_with("//")) {
      return Invalid("no scheme; it must start with http:// or https://");
    }
    return Invalid("scheme '" + url.scheme.substr(0, 32) + "' is not http or https");
  }
  text.remove_prefix(length + 1);
  if (!text.starts_with("//")) return Invalid("no '//' after the scheme");
  text.remove_prefix(2);
  const size_t end = std::min(text.find_first_of("/?#"), text.size());
  TAPPS_RETURN_IF_ERROR(ParseAuthority(text.substr(0, end), &url));
  url.target = NormaliseTarget(text.substr(end));
  return url;
}

Result<Url> ResolveUrl(const Url& base, std::string_view reference) {
  TAPPS_RETURN_IF_ERROR(CheckCharacters(reference));
  if (SchemeLength(reference) > 0) return ParseUrl(reference);
  if (reference.starts_with("//")) return ParseUrl(base.scheme + ":" + std::string(reference));
  Url url = base;
  url.user_info.clear();
  const std::string_view path =
      std::string_view(base.target).substr(0, std::min(base.target.find('?'), base.target.size()));
  if (reference.empty() || reference.front() == '#') return url;
  if (reference.front() == '/') {
    url.target = NormaliseTarget(reference);
  } else if (reference.front() == '?') {
    url.target = NormaliseTarget(std::string(path) + std::string(reference));
  } else {
    url.target =
        NormaliseTarget(std::string(path.substr(0, path.rfind('/') + 1)) + std::string(reference));
  }
  return url;
}

SecretParameters::SecretParameters()
    : SecretParameters({"token", "key", "apikey", "sig", "signature", "secret", "password",
                        "passwd", "pwd", "auth", "authorization", "credential", "credentials",
                        "session", "sessionid", "jwt", "hapikey"}) {}

SecretParameters::SecretParameters(std::vector<std::string> names) : names_(std::move(names)) {
  std::erase_if(names_, [](const std::string& name) { return name.empty(); });
  for (std::string& name : names_) name = LowerCase(name);
}

void SecretParameters::Add(std::string_view lines) {
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view name = TrimSpace(lines.substr(0, end));
    if (!name.empty()) names_.push_back(LowerCase(name));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

bool SecretParameters::Matches(std::string_view parameter) const {
  if (parameter.empty()) return false;
  const char last = Lower(parameter.back());
  return std::any_of(names_.begin(), names_.end(), [&](const std::string& secret) {
    if (secret.back() != last || secret.size() > parameter.size()) return false;
    const size_t rest = parameter.size() - secret.size();
    if (!EqualsIgnoreCase(parameter.substr(rest), secret)) return false;
    if (rest == 0) return true;
    const char before = parameter[rest - 1];
    if (before == '-' || before == '_' || before == '.') return true;
    const char first = parameter[rest];  // of "accessToken"
    return IsUpper(first) && (IsLower(before) || IsDigit(before));
  });
}

namespace {

// Calls visit(name, whole) for each "name=value" of the query and the delimiter before it.
template <typename Visit>
void ForEachParameter(std::string_view query, Visit visit) {
  while (!query.empty()) {
    const size_t end = std::min(query.find_first_of("&;", 1), query.size());
    const std::string_view part = query.substr(1, end - 1);
    visit(query.front(), part, part.substr(0, part.find('=')));
    query.remove_prefix(end);
  }
}

std::string_view QueryOf(const Url& url) {
  const size_t query = std::min(url.target.find('?'), url.target.size());
  return std::string_view(url.target).substr(query);
}

}  // namespace

bool SecretParameters::Contains(const Url& url) const {
  bool found = false;
  ForEachParameter(QueryOf(url), [&](char, std::string_view part, std::string_view name) {
    found = found || (name.size() < part.size() && Matches(DecodeUserInfo(name)));
  });
  return found;
}

std::string SecretParameters::Values(const Url& url) const {
  std::string values;
  ForEachParameter(QueryOf(url), [&](char, std::string_view part, std::string_view name) {
    if (name.size() < part.size() && Matches(DecodeUserInfo(name))) values.append(part) += '\n';
  });
  return values;
}

std::string SecretParameters::Redact(const Url& url) const {
  const std::string_view query = QueryOf(url);
  std::string out =
      url.scheme + "://" + url.HostPort() + url.target.substr(0, url.target.size() - query.size());
  ForEachParameter(query, [&](char delimiter, std::string_view part, std::string_view name) {
    out += delimiter;
    if (name.size() < part.size() && Matches(DecodeUserInfo(name))) {
      out.append(name).append("=***");
    } else {
      out.append(part);
    }
  });
  return out;
}

std::string DecodeUserInfo(std::string_view user_info) {
  std::string out;
  for (size_t i = 0; i < user_info.size(); ++i) {
    if (IsEscape(user_info, i)) {
      out += static_cast<char>(HexValue(user_info[i + 1]) * 16 + HexValue(user_info[i + 2]));
      i += 2;
    } else {
      out += user_info[i];
    }
  }
  return out;
}

}  // namespace tapps::http
