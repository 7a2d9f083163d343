#include "docs/template_source.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

Result<Document> Ask(Page page) {
  static FakeClock clock;
  TemplateSource source([&](const PageRequest&) { return Result<Page>(page); }, &clock);
  SourceQuery query;
  query.ecosystem = "npm";
  query.library = "lib";
  query.url_template = "https://example.org/{library}.md";
  return source.Lookup(query);
}

TEST(TemplateSourceTest, FieldsArePercentEncoded) {
  EXPECT_EQ(*ExpandTemplate("https://x/{ecosystem}/{library}@{version}?q={library}", "npm", "@a/b",
                            "1.0+x y"),
            "https://x/npm/%40a%2Fb@1.0%2Bx%20y?q=%40a%2Fb");
  EXPECT_EQ(*ExpandTemplate("HTTP://x/{library}/{version}/{other}", "npm", "{version}", ""),
            "HTTP://x/%7Bversion%7D/latest/{other}");
}

TEST(TemplateSourceTest, WebPagesAreNoDocumentation) {
  EXPECT_EQ(Ask({200, "<!DOCTYPE html><title>Log in</title>", "text/html", false, 0}).code(),
            TAPPS_E_PROTOCOL);
  EXPECT_EQ(Ask({200, "  <html>", "text/plain", false, 0}).code(), TAPPS_E_PROTOCOL);
  EXPECT_EQ(Ask({200, "<HTML>", "", false, 0}).code(), TAPPS_E_PROTOCOL);
  EXPECT_EQ(Ask({200, "{}", "application/json", false, 0}).code(), TAPPS_E_PROTOCOL);
  EXPECT_EQ(Ask({200, " \n", "text/markdown", false, 0}).code(), TAPPS_E_PROTOCOL);
  EXPECT_TRUE(Ask({200, "# lib", "Text/Markdown; charset=utf-8", false, 0}).ok());
  EXPECT_TRUE(Ask({200, "# lib", "text/plain", false, 0}).ok());
}

TEST(TemplateSourceTest, StatusesBecomeCodes) {
  const std::pair<int32_t, int32_t> kCases[] = {{404, TAPPS_E_NOT_FOUND}, {410, TAPPS_E_NOT_FOUND},
                                                {429, TAPPS_E_QUOTA},     {503, TAPPS_E_NETWORK},
                                                {403, TAPPS_E_PROTOCOL},  {302, TAPPS_E_PROTOCOL},
                                                {202, TAPPS_E_PROTOCOL}};
  for (const auto& [status, code] : kCases) {
    const auto document = Ask({status, "# lib", "text/markdown", false, 0});
    EXPECT_EQ(document.code(), code) << status;
    EXPECT_EQ(document.status().detail().http_status, status);
  }
}

TEST(TemplateSourceTest, WithoutAFetcherItIsOffline) {
  FakeClock clock;
  TemplateSource source(nullptr, &clock);
  SourceQuery query;
  query.library = "lib";
  query.url_template = "https://example.org/{library}";
  EXPECT_EQ(source.Lookup(query).code(), TAPPS_E_OFFLINE);
}

}  // namespace
}  // namespace tapps
