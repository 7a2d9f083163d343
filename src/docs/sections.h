#ifndef TAPPS_DOCS_SECTIONS_H_
#define TAPPS_DOCS_SECTIONS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tapps {

// How a document marks its headings.
enum class Markup { kMarkdown, kRst, kPlain };

// A stretch of a document from its heading up to the next heading of any level. The sections of a
// document follow each other without gaps, so their texts joined are the document.
struct Section {
  std::string title;      // without markup; empty for text before the first heading
  int level = 0;          // 1 is the highest; 0 without a heading
  int parent = -1;        // index of the section one level up, or -1
  std::string_view text;  // heading included; borrowed from the document
};

// Splits a document at its headings: in Markdown (CommonMark) ATX and setext headings and one-line
// HTML headings, none of them inside fenced or indented code, HTML comments or front matter; in
// reStructuredText titles with an underline, or an overline and an underline. Plain text is one
// section. `text` is CleanText and outlives the result. Any text can be split; it takes linear
// time.
std::vector<Section> SplitSections(std::string_view text, Markup markup);

// The mark that would close the code block which is open at the end of Markdown text; empty when
// none is.
std::string UnclosedFence(std::string_view text);

}  // namespace tapps

#endif  // TAPPS_DOCS_SECTIONS_H_
