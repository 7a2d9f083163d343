#include "docs/pick.h"

#include <gtest/gtest.h>

#include "docs/text.h"
#include "tapps.h"

namespace tapps {
namespace {

using Strings = std::vector<std::string>;

std::string Filler(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "filler words in a line\n";
  return text;
}

const std::string kReadme = "# lib\n\nDoes things.\n\n## Install\n\nnpm i lib\n\n## API\n\n" +
                            Filler(4000) +
                            "\n### parse(text)\n\nReads a token stream.\n\n## Usage\n\nuse it\n\n"
                            "## Error handling\n\nThrows ParseError.\n";

Passage Overview(std::string_view text, int64_t tokens) {
  return PickOverview(SplitSections(text, Markup::kMarkdown), tokens);
}
Passage Topic(std::string_view text, std::string_view topic, int64_t tokens = 8000) {
  return PickTopic(SplitSections(text, Markup::kMarkdown), topic, tokens);
}

TEST(PickTest, TheOverviewIsTheWholeOfAShortDocument) {
  EXPECT_EQ(Overview(kReadme, TAPPS_UNLIMITED).text, kReadme);
  EXPECT_EQ(Overview(kReadme, 8000).text, kReadme);
}

TEST(PickTest, ABoundedOverviewIsTheBeginningAndHowToUseIt) {
  const Passage passage = Overview("# lib\n\n" + Filler(300) + kReadme, 200);
  EXPECT_EQ(passage.headings, (Strings{"lib", "lib", "Install", "Usage"}));
  EXPECT_FALSE(passage.cut);
  EXPECT_LE(EstimateTokens(passage.text.size()), 200);
}

TEST(PickTest, ASectionLongerThanTheBoundIsCutAtALineAndItsCodeClosed) {
  const Passage passage = Overview("# lib\n\n```js\n" + Filler(4000), 100);
  EXPECT_TRUE(passage.cut);
  EXPECT_TRUE(passage.text.ends_with("in a line\n```\n")) << passage.text;
  EXPECT_LE(EstimateTokens(passage.text.size()), 100);
}

TEST(PickTest, ATopicPicksByWholeWordsOfHeadings) {
  EXPECT_EQ(Topic(kReadme, "error handling").headings, Strings{"Error handling"});
  EXPECT_EQ(Topic(kReadme, "How to use errors?").headings.at(0), "Error handling");
  EXPECT_EQ(Topic(kReadme, "parse").headings, Strings{"parse(text)"});
  EXPECT_EQ(Topic("# lib\n## Throttle\nx\n## Rot\ny\n", "rot").headings, Strings{"Rot"});
}

TEST(PickTest, AHeadingBringsTheSectionsBelowIt) {
  EXPECT_EQ(Topic("# lib\n## Options\na\n### color\nb\n## Other\nc\n", "options").headings,
            (Strings{"Options", "color"}));
}

TEST(PickTest, TextCountsWhereHeadingsDoNot) {
  EXPECT_EQ(Topic(kReadme, "token stream").headings, Strings{"parse(text)"});
}

TEST(PickTest, NothingOnATopicIsNothing) {
  EXPECT_EQ(Topic(kReadme, "kubernetes").text, "");
  EXPECT_EQ(Topic(kReadme, "?!").text, "");
}

TEST(PickTest, AnswersToATopicStayInTheirBound) {
  for (const int64_t tokens : {1, 10, 50, 500}) {
    const Passage passage = Topic(kReadme, "api parse usage", tokens);
    EXPECT_LE(EstimateTokens(passage.text.size()), tokens) << tokens;
    EXPECT_FALSE(passage.text.empty());
  }
}

TEST(PickTest, AnEqualQuestionHasAnEqualAnswer) {
  EXPECT_EQ(Topic(kReadme, "install usage").text, Topic(kReadme, "install usage").text);
}

}  // namespace
}  // namespace tapps
