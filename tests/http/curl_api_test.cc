#include "http/curl_api.h"

#include <gtest/gtest.h>

namespace tapps::http {
namespace {

TEST(CurlApiTest, AMissingLibraryIsUnsupportedAndSaysWhatWasTried) {
  const char* const names[] = {"libcurl-of-nowhere.so.4", "libcurl-of-nobody.so.4"};
  const Result<CurlApi> api = OpenCurl(names);
  ASSERT_EQ(api.code(), TAPPS_E_UNSUPPORTED);
  for (const char* name : names) {
    EXPECT_NE(api.status().message().find(name), std::string::npos) << api.status().message();
  }
}

TEST(CurlApiTest, ALibraryWithoutTheFunctionsIsTooOld) {
  const char* const names[] = {"libm.so.6"};
  const Result<CurlApi> api = OpenCurl(names);
  ASSERT_EQ(api.code(), TAPPS_E_UNSUPPORTED);
  EXPECT_NE(api.status().message().find("libm.so.6: too old, it has no curl_"), std::string::npos)
      << api.status().message();
}

TEST(CurlApiTest, TheLibraryIsLoadedOnce) {
  const Result<const CurlApi*> api = LoadCurl();
  ASSERT_TRUE(api.ok()) << api.status().message();
  EXPECT_GE((*api)->version_info(CURLVERSION_NOW)->version_num, 0x074400u);  // 7.68
  EXPECT_EQ(*LoadCurl(), *api);
}

}  // namespace
}  // namespace tapps::http
