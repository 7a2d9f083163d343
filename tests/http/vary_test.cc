#include "http/vary.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/memory_store.h"

namespace tapps::http {
namespace {

Headers Fields(const std::vector<std::string>& lines) {
  Headers headers;
  for (const std::string& line : lines) headers.AddLine(line);
  return headers;
}

TEST(VaryTest, SelectsByWhatTheRequestSent) {
  const struct {
    const char* why;
    std::vector<std::string> response;
    std::vector<std::string> then;
    std::vector<std::string> now;
    bool match;
  } kCases[] = {
      {"no Vary", {}, {"A: 1"}, {"A: 2"}, true},
      {"same", {"Vary: A"}, {"A: 1"}, {"a: 1"}, true},
      {"other", {"Vary: A"}, {"A: 1"}, {"A: 2"}, false},
      {"omitted now", {"Vary: A"}, {"A: 1"}, {}, false},
      {"omitted then", {"Vary: A"}, {}, {"A: 1"}, false},
      {"omitted both times", {"Vary: A"}, {"B: 1"}, {"B: 2"}, true},
      {"empty is not omitted", {"Vary: A"}, {"A:"}, {}, false},
      {"all of several", {"Vary: A, B"}, {"A: 1", "B: 1"}, {"A: 1", "B: 2"}, false},
      {"several lines", {"Vary: A", "Vary: B"}, {"A: 1", "B: 1"}, {"A: 1", "B: 2"}, false},
      {"repeats combine", {"Vary: A"}, {"A: 1", "A: 2"}, {"A: 1, 2"}, true},
      {"white space", {"Vary: A"}, {"A: 1,2"}, {"A:  1 ,  2"}, true},
      {"order matters", {"Vary: A"}, {"A: 1, 2"}, {"A: 2, 1"}, false},
      {"case matters", {"Vary: A"}, {"A: x"}, {"A: X"}, false},
      {"star", {"Vary: *"}, {}, {}, false},
      {"star among others", {"Vary: A, *"}, {"A: 1"}, {"A: 1"}, false},
      {"of languages not the order",
       {"Vary: Accept-Language"},
       {"Accept-Language: en, de"},
       {"Accept-Language: DE , EN"},
       true},
      {"but the weight",
       {"Vary: Accept-Language"},
       {"Accept-Language: en, de"},
       {"Accept-Language: de, en;q=0.5"},
       false},
      {"which may be written in several ways",
       {"Vary: Accept-Encoding"},
       {"Accept-Encoding: br;q=0.50, gzip"},
       {"Accept-Encoding: gzip;q=1, br; Q=0.5"},
       true},
      {"the preferred language is the one stored",
       {"Vary: Accept-Language", "Content-Language: de"},
       {"Accept-Language: en, de"},
       {"Accept-Language: fr;q=0.5, de"},
       true},
      {"another language is preferred",
       {"Vary: Accept-Language", "Content-Language: de"},
       {"Accept-Language: en, de"},
       {"Accept-Language: fr, de;q=0.9"},
       false},
      {"none is preferred above the others",
       {"Vary: Accept-Language", "Content-Language: de"},
       {"Accept-Language: de"},
       {"Accept-Language: fr, de"},
       false},
      {"a language of the answer does not stand in for other fields",
       {"Vary: Accept-Language, A", "Content-Language: de"},
       {"Accept-Language: en, de", "A: 1"},
       {"Accept-Language: de", "A: 2"},
       false},
  };
  for (const auto& one : kCases) {
    StoredResponse stored;
    stored.status = 200;
    stored.headers = Fields(one.response);
    stored.selecting = SelectingFields(Fields(one.then), stored.headers);
    EXPECT_EQ(Selects(Fields(one.now), stored), one.match) << one.why;
  }
}

TEST(VaryTest, PreferredLanguages) {
  const auto preferred = [](const std::string& value) {
    return PreferredLanguage(Fields({"Accept-Language: " + value})).value_or("none");
  };
  EXPECT_EQ(preferred("de"), "de");
  EXPECT_EQ(preferred("en;q=0.8, De-AT"), "de-at");
  EXPECT_EQ(preferred("en;q=0.8, de;q=0.801"), "de");
  EXPECT_EQ(preferred("en, de"), "none");
  EXPECT_EQ(preferred("*"), "none");
  EXPECT_EQ(preferred("en;q=0"), "none");
  EXPECT_EQ(preferred(""), "none");
}

TEST(VaryTest, OnlyANegotiatedSingleLanguageCounts) {
  EXPECT_EQ(NegotiatedLanguage(Fields({"Vary: accept-language", "Content-Language: DE"})), "de");
  EXPECT_FALSE(NegotiatedLanguage(Fields({"Content-Language: de"})));
  EXPECT_FALSE(NegotiatedLanguage(Fields({"Vary: Accept-Language", "Content-Language: de, en"})));
  EXPECT_FALSE(NegotiatedLanguage(Fields({"Vary: Accept-Language"})));
}

}  // namespace
}  // namespace tapps::http
