#include "docs/document.h"

#include "project/text.h"

namespace tapps {

const char* ContentTypeOf(Markup markup) {
  switch (markup) {
    case Markup::kMarkdown:
      return "text/markdown";
    case Markup::kRst:
      return "text/x-rst";
    case Markup::kPlain:
      break;
  }
  return "text/plain";
}

bool MarkupOf(std::string_view content_type, Markup* markup) {
  const std::string type = Lower(Trim(content_type.substr(0, content_type.find(';'))));
  if (type == "text/markdown" || type == "text/x-markdown") {
    *markup = Markup::kMarkdown;
  } else if (type == "text/x-rst" || type == "text/prs.fallenstein.rst") {
    *markup = Markup::kRst;
  } else if (type == "text/plain") {
    *markup = Markup::kPlain;
  } else {
    return false;
  }
  return true;
}

}  // namespace tapps
