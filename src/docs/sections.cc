#include "docs/sections.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "docs/text.h"
#include "project/text.h"

namespace tapps {
namespace {

struct Heading {
  size_t begin;  // offset of its first line
  int level;
  std::string title;
};

struct Line {
  size_t begin;
  std::string_view text;
};

std::vector<Line> SplitLines(std::string_view text) {
  std::vector<Line> lines;
  ForEachLine(text, [&](std::string_view line) {
    lines.push_back({static_cast<size_t>(line.data() - text.data()), line});
  });
  return lines;
}

bool IsBlankLine(std::string_view line) { return Trim(line).empty(); }

size_t Indent(std::string_view line) {
  const size_t indent = line.find_first_not_of(' ');
  return indent == std::string_view::npos ? line.size() : indent;
}

// What is longer is no title; and each mark is looked for to the end of it.
constexpr size_t kMaxTitleBytes = 512;

// The text of inline Markdown or HTML: tags, images and emphasis marks go, link texts stay.
std::string PlainTitle(std::string_view source) {
  source = source.substr(0, kMaxTitleBytes);
  std::string out;
  for (size_t i = 0; i < source.size(); ++i) {
    const char c = source[i];
    if (c == '\\' && i + 1 < source.size()) {
      out += source[++i];
    } else if (c == '<' && source.find('>', i) != std::string_view::npos) {
      i = source.find('>', i);
    } else if (c == '!' && i + 1 < source.size() && source[i + 1] == '[') {
      const size_t close = source.find(')', i);
      if (close == std::string_view::npos) continue;
      i = close;
    } else if (c == ']' && i + 1 < source.size() && source[i + 1] == '(') {
      const size_t close = source.find(')', i);
      if (close != std::string_view::npos) i = close;
    } else if (c != '`' && c != '*' && c != '[' && c != ']') {
      out += c;
    }
  }
  return std::string(Trim(out));
}

// ---- Markdown ----

// "## Title ##" with up to three spaces before it.
std::optional<Heading> AtxHeading(const Line& line) {
  const size_t indent = Indent(line.text);
  if (indent > 3) return std::nullopt;
  std::string_view rest = line.text.substr(indent);
  const size_t level = std::min(rest.find_first_not_of('#'), rest.size());
  if (level < 1 || level > 6) return std::nullopt;
  rest.remove_prefix(level);
  if (!rest.empty() && rest[0] != ' ' && rest[0] != '\t') return std::nullopt;
  rest = Trim(rest);
  const size_t last = rest.find_last_not_of('#');
  if (last == std::string_view::npos) {
    rest = {};
  } else if (last + 1 < rest.size() && rest[last] == ' ') {
    rest = Trim(rest.substr(0, last));
  }
  return Heading{line.begin, static_cast<int>(level), PlainTitle(rest)};
}

// "<h2 align=center>Title</h2>" on one line.
std::optional<Heading> HtmlHeading(const Line& line) {
  const std::string_view text = Trim(line.text);
  if (Indent(line.text) > 3 || text.size() < 9 || text[0] != '<' || (text[1] | 32) != 'h' ||
      text[2] < '1' || text[2] > '6' || (text[3] != '>' && text[3] != ' ')) {
    return std::nullopt;
  }
  const size_t close = Lower(text).rfind("</h");
  if (close == std::string::npos || close == 0) return std::nullopt;
  std::string title = PlainTitle(text.substr(0, close));
  if (title.empty()) return std::nullopt;
  return Heading{line.begin, text[2] - '0', std::move(title)};
}

// 1 for a line of '=', 2 for one of '-', else 0.
int SetextLevel(std::string_view line) {
  if (Indent(line) > 3) return 0;
  const std::string_view mark = Trim(line);
  if (mark.empty() || (mark[0] != '=' && mark[0] != '-')) return 0;
  if (mark.find_first_not_of(mark[0]) != std::string_view::npos) return 0;
  return mark[0] == '=' ? 1 : 2;
}

// Whether a line can be the title above a setext underline: a paragraph of one line.
bool IsSetextTitle(std::string_view line) {
  const std::string_view text = Trim(line);
  return !text.empty() && Indent(line) <= 3 &&
         std::string_view("#>|-*+<").find(text[0]) == std::string_view::npos;
}

// A run of at least three '`' or '~' that opens or closes a code block; at any indent, as in lists.
struct Fence {
  char mark = 0;
  size_t size = 0;
  bool bare = false;  // nothing follows it: only such a one closes
};

Fence FenceOf(std::string_view line) {
  const std::string_view text = Trim(line);
  if (text.size() < 3 || (text[0] != '`' && text[0] != '~')) return {};
  const size_t size = std::min(text.find_first_not_of(text[0]), text.size());
  if (size < 3) return {};
  const std::string_view info = text.substr(size);
  if (text[0] == '`' && info.find('`') != std::string_view::npos) return {};
  return {text[0], size, info.empty()};
}

// The first line after a "---" block at the very start.
size_t SkipFrontMatter(const std::vector<Line>& lines) {
  if (lines.empty() || lines[0].text != "---") return 0;
  for (size_t i = 1; i < lines.size() && i < 200; ++i) {
    if (lines[i].text == "---") return i + 1;
  }
  return 0;
}

std::vector<Heading> MarkdownHeadings(const std::vector<Line>& lines) {
  std::vector<Heading> headings;
  Fence open;
  bool comment = false;
  bool paragraph_before = false;  // the line above belongs to a paragraph of several lines
  const size_t first = SkipFrontMatter(lines);
  for (size_t i = first; i < lines.size(); ++i) {
    const std::string_view text = lines[i].text;
    if (open.mark != 0) {
      const Fence fence = FenceOf(text);
      if (fence.bare && fence.mark == open.mark && fence.size >= open.size) open = {};
      continue;
    }
    if (comment) {
      comment = text.find("-->") == std::string_view::npos;
      continue;
    }
    if (const Fence fence = FenceOf(text); fence.mark != 0) {
      open = fence;
      paragraph_before = false;
      continue;
    }
    if (Trim(text).starts_with("<!--") && text.find("-->") == std::string_view::npos) {
      comment = true;
      continue;
    }
    std::optional<Heading> heading = AtxHeading(lines[i]);
    if (!heading) heading = HtmlHeading(lines[i]);
    if (heading) {
      headings.push_back(*std::move(heading));
      paragraph_before = false;
      continue;
    }
    const bool single = !paragraph_before && IsSetextTitle(text);
    if (single && i + 1 < lines.size()) {
      if (const int level = SetextLevel(lines[i + 1].text); level != 0) {
        headings.push_back({lines[i].begin, level, PlainTitle(text)});
        ++i;
        continue;
      }
    }
    paragraph_before = !IsBlankLine(text);
  }
  return headings;
}

// ---- reStructuredText ----

// The character of a line that is nothing but one punctuation character, else 0.
char Adornment(std::string_view line) {
  while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
  if (line.size() < 2) return 0;
  constexpr std::string_view kMarks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  if (kMarks.find(line[0]) == std::string_view::npos) return 0;
  return line.find_first_not_of(line[0]) == std::string_view::npos ? line[0] : '\0';
}

// Characters, not bytes: an underline is as long as its title in characters.
size_t Length(std::string_view line) {
  line = Trim(line);
  return static_cast<size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::vector<Heading> RstHeadings(const std::vector<Line>& lines) {
  std::vector<Heading> headings;
  std::vector<std::pair<char, bool>> styles;  // in the order they were met, which gives the level
  const auto add = [&](size_t begin, std::string_view title, char mark, bool overline) {
    const std::pair<char, bool> style(mark, overline);
    auto at = std::find(styles.begin(), styles.end(), style);
    if (at == styles.end()) at = styles.insert(at, style);
    headings.push_back({begin, static_cast<int>(at - styles.begin()) + 1, PlainTitle(title)});
  };
  const auto text = [&](size_t i) { return i < lines.size() ? lines[i].text : std::string_view(); };
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0 && !IsBlankLine(lines[i - 1].text) && Adornment(lines[i - 1].text) == 0) continue;
    const char over = Adornment(text(i));
    const bool title_below = !IsBlankLine(text(i + 1)) && Adornment(text(i + 1)) == 0;
    if (over != 0 && title_below && Adornment(text(i + 2)) == over &&
        Length(text(i)) >= Length(text(i + 1))) {
      add(lines[i].begin, text(i + 1), over, true);
      i += 2;
      continue;
    }
    const char under = Adornment(text(i + 1));
    if (over == 0 && under != 0 && !IsBlankLine(text(i)) && Indent(text(i)) == 0 &&
        Length(text(i + 1)) >= std::min<size_t>(Length(text(i)), 4)) {
      add(lines[i].begin, text(i), under, false);
      ++i;
    }
  }
  return headings;
}

}  // namespace

std::string UnclosedFence(std::string_view text) {
  Fence open;
  ForEachLine(text, [&](std::string_view line) {
    const Fence fence = FenceOf(line);
    if (open.mark == 0) {
      open = fence;
    } else if (fence.bare && fence.mark == open.mark && fence.size >= open.size) {
      open = {};
    }
  });
  return std::string(open.size, open.mark);
}

std::vector<Section> SplitSections(std::string_view text, Markup markup) {
  std::vector<Heading> headings;
  if (markup == Markup::kMarkdown) headings = MarkdownHeadings(SplitLines(text));
  if (markup == Markup::kRst) headings = RstHeadings(SplitLines(text));
  std::vector<Section> sections;
  const size_t first = headings.empty() ? text.size() : headings[0].begin;
  if (first > 0) sections.push_back({"", 0, -1, text.substr(0, first)});
  std::vector<int> open;  // the sections that may become parents, from the top down
  for (size_t i = 0; i < headings.size(); ++i) {
    const size_t end = i + 1 < headings.size() ? headings[i + 1].begin : text.size();
    const int level = headings[i].level;
    while (!open.empty() && sections[static_cast<size_t>(open.back())].level >= level) {
      open.pop_back();
    }
    const int parent = open.empty() ? -1 : open.back();
    open.push_back(static_cast<int>(sections.size()));
    sections.push_back({std::move(headings[i].title), level, parent,
                        text.substr(headings[i].begin, end - headings[i].begin)});
  }
  return sections;
}

}  // namespace tapps
