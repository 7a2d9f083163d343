#include "docs/sections.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

std::vector<std::string> Titles(std::string_view text, Markup markup = Markup::kMarkdown) {
  std::vector<std::string> titles;
  for (const Section& section : SplitSections(text, markup)) {
    titles.push_back(std::to_string(section.level) + " " + section.title);
  }
  return titles;
}

using Strings = std::vector<std::string>;

TEST(SectionsTest, SplitsAtAtxAndSetextHeadings) {
  EXPECT_EQ(Titles("intro\n\n# A #\ntext\n## B\n\nC\n---\n\nD\n===\n"),
            (Strings{"0 ", "1 A", "2 B", "2 C", "1 D"}));
}

TEST(SectionsTest, JoinedTextsAreTheDocument) {
  const std::string text = "intro\n# A\nx\n```\n# no\n```\n## B\ny";
  std::string joined;
  for (const Section& section : SplitSections(text, Markup::kMarkdown)) joined += section.text;
  EXPECT_EQ(joined, text);
}

TEST(SectionsTest, CodeIsNotLookedIntoForHeadings) {
  EXPECT_EQ(Titles("# A\n```sh\n# comment\n```\n~~~\n# c\n```\n# c\n~~~\n    # indented\n# B\n"),
            (Strings{"1 A", "1 B"}));
  EXPECT_EQ(Titles("# A\n1. step\n   ```\n# c\n   ```\n# B"), (Strings{"1 A", "1 B"}));
  EXPECT_EQ(Titles("# A\n````\n```\n# c\n````\n# B"), (Strings{"1 A", "1 B"}));
  EXPECT_EQ(Titles("# A\n```\n# open to the end"), Strings{"1 A"});
}

TEST(SectionsTest, TablesListsFrontMatterAndCommentsAreNoHeadings) {
  EXPECT_EQ(Titles("---\ntitle: x\n---\n# A\n\n| a |\n| - |\n\n- item\n---\ntwo\nlines\n---\n"
                   "<!--\n# hidden\n-->\n#hashtag\n"),
            (Strings{"0 ", "1 A"}));
}

TEST(SectionsTest, HtmlHeadingsOnOneLineCount) {
  EXPECT_EQ(Titles("<h1 align=\"center\">My <b>lib</b></h1>\n<h2><img src=x></h2>\n"),
            Strings{"1 My lib"});
}

TEST(SectionsTest, TitlesLoseTheirMarkup) {
  EXPECT_EQ(Titles("## `fetch(url, [options])` **now** [docs](http://x) ![b](y) <a name=z></a>\n"),
            Strings{"2 fetch(url, options) now docs"});
}

TEST(SectionsTest, AParentIsTheNextHigherHeading) {
  const auto sections = SplitSections("# A\n### B\n## C\n### D\n# E\n", Markup::kMarkdown);
  ASSERT_EQ(sections.size(), 5u);
  EXPECT_EQ(sections[1].parent, 0);
  EXPECT_EQ(sections[2].parent, 0);
  EXPECT_EQ(sections[3].parent, 2);
  EXPECT_EQ(sections[4].parent, -1);
}

TEST(SectionsTest, RstTitlesTakeTheirLevelFromTheOrderOfStyles) {
  EXPECT_EQ(Titles("=====\nTitle\n=====\n\nIntro\n\nUse\n===\n\ntext::\n\n    Code\n    ====\n\n"
                   "Deep\n----\n\nMore\n====\n\n====  ====\na     b\n====  ====\n",
                   Markup::kRst),
            (Strings{"1 Title", "2 Use", "3 Deep", "2 More"}));
}

TEST(SectionsTest, PlainTextIsOneSection) {
  EXPECT_EQ(SplitSections("# not\n\nA\n=\n", Markup::kPlain).size(), 1u);
  EXPECT_TRUE(SplitSections("", Markup::kMarkdown).empty());
}

TEST(SectionsTest, OddInputSplitsWithoutHarm) {
  for (const char* text : {"#", "######", "####### x", "=", "---", "```", "<h", "<h1></h1>", "# \\",
                           "![", "# [x](", "\n\n\n", "<!--"}) {
    for (const Markup markup : {Markup::kMarkdown, Markup::kRst}) {
      std::string joined;
      for (const Section& section : SplitSections(text, markup)) joined += section.text;
      EXPECT_EQ(joined, text);
    }
  }
}

TEST(SectionsTest, AnUnclosedFenceIsTold) {
  EXPECT_EQ(UnclosedFence("a\n````js\nx"), "````");
  EXPECT_EQ(UnclosedFence("```\nx\n```\n"), "");
}

}  // namespace
}  // namespace tapps
