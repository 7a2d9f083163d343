// Redirects, each hop of which is a fetch of its own.
#include <gtest/gtest.h>

#include <string>

#include "http/fetch_fixture.h"

namespace tapps::http {
namespace {

class FetchRedirectTest : public FetchFixture {};

TEST_F(FetchRedirectTest, RedirectsAreFollowedHopByHopThroughTheCache) {
  Serve("/a", [](const Request&, Response& response) {
    response.set_header("Cache-Control", "max-age=60");
    response.set_redirect("/b?x=1", 301);
  });
  Serve("/b", [](const Request&, Response& response) { response.set_redirect("c", 302); });
  ServeText("/c", "max-age=60", "end");
  const auto serving = Start();
  FetchResult result = MustFetch("/a");
  EXPECT_EQ(result.body(), "end");
  EXPECT_EQ(result.final_url, origin_.Url("/c"));
  EXPECT_EQ(requests_, 3);
  EXPECT_EQ(MustFetch("/a").body(), "end");
  EXPECT_EQ(requests_, 4) << "only /b was not stored";
  FetchRequest plain = Get("/a");
  plain.max_redirects = TAPPS_NONE;
  EXPECT_EQ(MustFetch(plain).status(), 301);
}

TEST_F(FetchRedirectTest, RedirectsAreBoundedAndTheirSchemeIsChecked) {
  Serve("/loop", [](const Request&, Response& response) { response.set_redirect("/loop", 302); });
  Serve("/file", [](const Request&, Response& response) {
    response.set_redirect("file:///etc/passwd", 302);
  });
  const auto serving = Start();
  const Result<FetchResult> loop = Fetch("/loop");
  EXPECT_EQ(loop.code(), TAPPS_E_PROTOCOL);
  EXPECT_NE(loop.status().message().find("more than 10 redirects"), std::string::npos);
  EXPECT_EQ(requests_, 11);
  const Result<FetchResult> file = Fetch("/file");
  EXPECT_EQ(file.code(), TAPPS_E_PROTOCOL);
  EXPECT_NE(file.status().message().find("'file'"), std::string::npos) << file.status().message();
}

}  // namespace
}  // namespace tapps::http
