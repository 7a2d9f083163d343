#include "project/requirement.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

Requirement Parsed(std::string_view text) {
  Result<Requirement> result = ParseRequirement(text);
  EXPECT_TRUE(result.ok()) << text << ": " << result.status().message();
  return result.ok() ? *std::move(result) : Requirement{};
}

TEST(RequirementTest, TakesASpecifierApart) {
  const Requirement r = Parsed(
      "  uvicorn [standard, http2] >= 0.20 , !=0.21.*,<1 ; python_version >= '3.8' and (os_name == "
      "\"posix\" or 'arm' not in platform_machine) ");
  EXPECT_EQ(r.name, "uvicorn");
  EXPECT_EQ(r.extras, (std::vector<std::string>{"standard", "http2"}));
  EXPECT_EQ(r.specifier, ">= 0.20 , !=0.21.*,<1");
  EXPECT_EQ(r.marker,
            "python_version >= '3.8' and (os_name == \"posix\" or 'arm' not in platform_machine)");
  EXPECT_EQ(r.url, "");
}

TEST(RequirementTest, TakesAUrlWithItsMarker) {
  const Requirement r = Parsed("pip @ https://host/pip-1.zip#sha1=da9 ; os_name=='nt'");
  EXPECT_EQ(r.name, "pip");
  EXPECT_EQ(r.url, "https://host/pip-1.zip#sha1=da9");
  EXPECT_EQ(r.marker, "os_name=='nt'");
}

TEST(RequirementTest, AcceptsWhatPep440AndPep508Allow) {
  for (const char* text : {
           "a",
           "A.B-C_D",
           "a[]",
           "a[ x ]",
           "a==1!2.0.post1.dev3+local.7",
           "a==1.0-1",
           "a~=1.4.5a4",
           "a(>=1,<2)",
           "a ( ==1.* )",
           "a===anything-at.all",
           "a>=1,",
           "a<2rc1",
           "a>1.0.DEV0",
           "a;extra=='x'",
           "a @ file:///x ; 'a' in extras",
           "a==v1.0",
           "a>=1;python_version<'3'",
       }) {
    Parsed(text);
  }
}

TEST(RequirementTest, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "expected a package name, found the end"},
      {">=1", "expected a package name, found '>=1'"},
      {"a >=", "expected a version after '>='"},
      {"a>=1.*", "unexpected '.*' after the version in '>=1'"},
      {"a~=1", "expected a version after '~='"},
      {"a<1+local", "unexpected '+local' after the version in '<1'"},
      {"a 1.0", "unexpected '1.0' after 'a'"},
      {"a[x", "expected ',' or ']' after extra 'x'"},
      {"a[x,]", "expected the name of an extra after ','"},
      {"a(>=1", "expected ')', found the end"},
      {"a @", "expected a URL after '@'"},
      {"a;", "expected a marker variable or a quoted text, found the end"},
      {"a;python>'3'", "expected a marker variable or a quoted text, found 'python>'3''"},
      {"a;os_name=='x", "a text in the marker has no end"},
      {"a;os_name not 'x'", "expected 'in' after 'not' in the marker"},
      {"a;(os_name=='x'", "expected ')' in the marker, found the end"},
      {"a;os_name=='x' xor os_name=='y'", "unexpected 'xor os_name=='y'' in the marker"},
      {"Install the following", "unexpected 'the following' after 'Install'"},
      {"caf\xC3\xA9", "expected ASCII text, found 'caf?\?'"},
  };
  for (const auto& [text, message] : cases) {
    const Result<Requirement> result = ParseRequirement(text);
    ASSERT_EQ(result.code(), TAPPS_E_INVALID) << text;
    EXPECT_EQ(result.status().message(), message) << text;
  }
}

TEST(RequirementTest, DeepMarkersAreRefused) {
  EXPECT_FALSE(ParseRequirement("a;" + std::string(100'000, '(')).ok());
}

TEST(RequirementTest, MessagesDoNotRepeatCredentials) {
  const Result<Requirement> result = ParseRequirement("a https://user:s3cret@host/x?token=s3cret");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().message().find("s3cret"), std::string_view::npos);
}

TEST(RequirementTest, OnlyAnExactPinFixesTheVersion) {
  EXPECT_EQ(ExactVersion("==1.2"), "1.2");
  EXPECT_EQ(ExactVersion("=== 1.2"), "1.2");
  EXPECT_EQ(ExactVersion("==1.*"), "");
  EXPECT_EQ(ExactVersion("==1.2,!=1.3"), "");
  EXPECT_EQ(ExactVersion(">=1.2"), "");
}

}  // namespace
}  // namespace tapps
