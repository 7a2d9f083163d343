#include "docs/metadata.h"

#include <algorithm>

#include "docs/text.h"
#include "project/text.h"

namespace tapps {
namespace {

struct Header {
  std::string name;   // lower case
  std::string value;  // with its folded lines, joined by newlines
};

// Takes the headers off the front of `text`, the empty line after them too.
std::vector<Header> TakeHeaders(std::string_view* text) {
  std::vector<Header> headers;
  while (!text->empty()) {
    const size_t end = text->find('\n');
    const std::string_view line = text->substr(0, end);
    text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
    if (line.empty()) break;
    if (line[0] == ' ' || line[0] == '\t') {
      if (!headers.empty()) headers.back().value.append("\n").append(line);
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    headers.push_back(
        {Lower(Trim(line.substr(0, colon))), std::string(Trim(line.substr(colon + 1)))});
  }
  return headers;
}

// A Description header holds lines indented by eight spaces, or by seven and a '|' (setuptools and
// distutils wrote both).
std::string UnfoldDescription(std::string_view value) {
  std::string out;
  ForEachLine(value, [&](std::string_view line) {
    for (const std::string_view fold : {"        |", "       |", "        "}) {
      if (line.starts_with(fold)) {
        line.remove_prefix(fold.size());
        break;
      }
    }
    out.append(line).append("\n");
  });
  return out;
}

// A folded header as one line.
std::string OneLine(std::string_view value) {
  std::string out;
  ForEachLine(value, [&](std::string_view line) {
    if (!out.empty()) out += ' ';
    out += Trim(line);
  });
  return out;
}

}  // namespace

PythonMetadata ParsePythonMetadata(std::string_view bytes) {
  const std::string clean = CleanText(bytes);
  std::string_view rest = clean;
  PythonMetadata metadata;
  for (const Header& header : TakeHeaders(&rest)) {
    const std::string value = OneLine(header.value);
    if (header.name == "name") metadata.name = value;
    if (header.name == "version") metadata.version = value;
    if (header.name == "summary" && value != "UNKNOWN") metadata.summary = value;
    if (header.name == "home-page" && value != "UNKNOWN") metadata.home_page = value;
    if (header.name == "requires-python") metadata.requires_python = value;
    if (header.name == "description-content-type") metadata.content_type = value;
    if (header.name == "description") metadata.description = UnfoldDescription(header.value);
    if (header.name == "project-url") {
      const size_t comma = value.find(',');
      if (comma == std::string::npos) continue;
      metadata.urls.emplace_back(Trim(std::string_view(value).substr(0, comma)),
                                 Trim(std::string_view(value).substr(comma + 1)));
    }
  }
  if (!Trim(rest).empty()) metadata.description = std::string(rest);
  if (Trim(metadata.description) == "UNKNOWN") metadata.description.clear();
  return metadata;
}

}  // namespace tapps
