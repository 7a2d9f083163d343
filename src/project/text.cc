#include "project/text.h"

#include <algorithm>

namespace tapps {
namespace {

constexpr size_t kExcerptBytes = 60;

}  // namespace

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view NextLine(std::string_view* rest) {
  const size_t end = std::min(rest->find_first_of("\r\n"), rest->size());
  const std::string_view line = rest->substr(0, end);
  const size_t length = rest->substr(end, 2) == "\r\n" ? 2 : 1;
  rest->remove_prefix(std::min(end + length, rest->size()));
  return line;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) lines.push_back(NextLine(&text));
  return lines;
}

std::string WithoutSecrets(std::string_view url) {
  std::string out(url);
  const size_t scheme = out.find("://");
  if (scheme == std::string::npos) return out;
  const size_t host = scheme + 3;
  // A slash in a password is not legal, yet written: user info ends at the last @ before the path
  // has begun, and where a colon comes first, at the last @ of all before a fragment.
  const size_t stop = std::min(out.find_first_of("?#", host), out.size());
  size_t path = std::min(out.find('/', host), stop);
  size_t at = out.rfind('@', path);
  if (at == std::string::npos || at < host) {
    const size_t last = out.rfind('@', stop);
    const size_t colon = out.find(':', host);
    const bool port = colon != std::string::npos && colon + 1 < path && IsDigit(out[colon + 1]);
    if (last != std::string::npos && last > host && colon < path && !port) at = last;
  }
  if (at != std::string::npos && at >= host && at < stop) out.erase(host, at + 1 - host);
  if (const size_t query = out.find('?', host); query != std::string::npos) {
    out.erase(query, std::min(out.find('#', query), out.size()) - query);
  }
  return out;
}

std::string Excerpt(std::string_view text) {
  std::string clean = WithoutSecrets(Trim(text.substr(0, 4096)));
  const bool cut = clean.size() > kExcerptBytes;
  if (cut) clean.resize(kExcerptBytes);
  for (char& c : clean) {
    if (c < ' ' || c > '~') c = '?';
  }
  return "'" + clean + (cut ? "...'" : "'");
}

std::string Scheme(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2) return "";
  for (size_t i = 0; i < colon; ++i) {
    const char c = text[i];
    const bool legal = IsAlnum(c) || (i > 0 && (c == '+' || c == '-' || c == '.'));
    if (!legal || (i == 0 && IsDigit(c))) return "";
  }
  return Lower(text.substr(0, colon));
}

std::string JoinInsideRoot(std::string_view directory, std::string_view relative) {
  if (!relative.empty() && (relative[0] == '/' || relative[0] == '\\')) return "";
  std::vector<std::string_view> parts;
  for (std::string_view piece : {directory, relative}) {
    while (!piece.empty()) {
      const size_t slash = std::min(piece.find_first_of("/\\"), piece.size());
      const std::string_view part = piece.substr(0, slash);
      piece.remove_prefix(std::min(slash + 1, piece.size()));
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.push_back(part);
      } else if (parts.empty()) {
        return "";
      } else {
        parts.pop_back();
      }
    }
  }
  std::string out;
  for (const std::string_view part : parts) {
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

std::string DirectoryOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

std::string FileNameOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

}  // namespace tapps
