// Content codings: what libcurl was built to decode is decoded within the limit; the rest is handed
// on as it came, and not asked for.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "http/curl_api.h"
#include "http/fetch_fixture.h"
#include "support/raw_server.h"

namespace tapps::http {
namespace {

using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace)

// A million times "x" in each coding.
constexpr size_t kDecoded = 1'000'000;
constexpr std::string_view kBrotli = "\x5b\x3f\x42\x8f\x5f\x02\x2f\x1e\x0b\x04\xf2\x73\x1e\x00"sv;
constexpr std::string_view kZstd =
    "\x28\xb5\x2f\xfd\x04\x58\x54\x00\x00\x10\x78\x78\x01\x00\xfb\xff\x39\xc0\x02\x02\x00\x10\x78"
    "\x02\x00\x10\x78\x02\x00\x10\x78\x02\x00\x10\x78\x02\x00\x10\x78\x02\x00\x10\x78\x03\x12\x0a"
    "\x78\x14\xdc\x9a\x6b"sv;

struct Coding {
  const char* name;
  std::string_view encoded;
};

class CodingsTest : public FetchFixture, public testing::WithParamInterface<Coding> {
 protected:
  bool Decodes() const { return (*LoadCurl())->Decodes(GetParam().name); }

  test::Collector<std::string> seen_;
  test::RawServer server_{[this](test::RawServer::Connection& peer) {
    const std::string_view body = GetParam().encoded;
    for (std::string request = peer.ReadRequest(); !request.empty(); request = peer.ReadRequest()) {
      seen_.Add(request);
      peer.Write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Encoding: " +
                 std::string(GetParam().name) +
                 "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
      peer.Write(body);
    }
  }};
};

TEST_P(CodingsTest, IsDecodedOrHandedOnAsItCame) {
  const FetchResult result = MustFetch(server_.Url("/"));
  ASSERT_TRUE(seen_.Await(1));
  const bool asked = seen_[0].find(GetParam().name) != std::string::npos;
  EXPECT_EQ(asked, Decodes()) << "asked for what can be decoded, and nothing else: " << seen_[0];
  const bool right =
      result.body() == (Decodes() ? std::string(kDecoded, 'x') : std::string(GetParam().encoded));
  EXPECT_TRUE(right) << result.body().size() << " bytes";
  const FetchResult again = MustFetch(server_.Url("/"));
  EXPECT_EQ(again.served_from, TAPPS_FROM_MEMORY);
  EXPECT_EQ(again.body().size(), result.body().size()) << "decoded once";
}

TEST_P(CodingsTest, TheLimitIsOfTheDecodedBody) {
  if (!Decodes()) GTEST_SKIP() << "SKIP: libcurl without " << GetParam().name;
  for (const size_t limit : {GetParam().encoded.size(), size_t{100'000}, kDecoded - 1}) {
    FetchRequest request = Get(server_.Url("/"));
    request.limits.max_body_bytes = limit;
    const Result<FetchResult> result = Fetch(std::move(request));
    EXPECT_EQ(result.code(), TAPPS_E_TOO_LARGE) << limit;
  }
  FetchRequest request = Get(server_.Url("/"));
  request.limits.max_body_bytes = kDecoded;
  EXPECT_TRUE(Fetch(std::move(request)).ok());
}

INSTANTIATE_TEST_SUITE_P(All, CodingsTest,
                         testing::Values(Coding{"br", kBrotli}, Coding{"zstd", kZstd}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace tapps::http
