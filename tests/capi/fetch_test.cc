// Fetches through the ABI from origins that behave.
#include <atomic>

#include "capi/records.h"
#include "support/http_server.h"

namespace tapps::capi {
namespace {

Answer Fetch(tapps_cache* cache, const std::string& url, tapps_fetch_options options = {}) {
  options.struct_size = sizeof options;
  return Ask([&](auto value, auto data, auto size, tapps_error** err) {
    return tapps_cache_fetch(cache, url.c_str(), &options, value, data, size, err);
  });
}

class FetchTest : public CacheTest {
 protected:
  FetchTest() {
    origin_.handlers().Get("/(.*)", [this](const httplib::Request& request,
                                           httplib::Response& response) {
      ++requests_;
      response.set_header("Cache-Control", cache_control_);
      response.set_header("ETag", "\"v" + std::to_string(version_) + "\"");
      response.set_header("X-Custom", "Kept As It Is");
      if (request.get_header_value("If-None-Match") == "\"v" + std::to_string(version_) + "\"") {
        response.status = 304;
        return;
      }
      response.status = status_;
      response.set_content("body " + std::to_string(version_), "text/plain");
    });
    serving_ = origin_.Start();
  }

  Answer Fetch(const std::string& path, tapps_fetch_options options = {}) {
    return capi::Fetch(cache(), origin_.Url(path), options);
  }
  Answer FetchBy(int32_t policy) {
    tapps_fetch_options options{};
    options.policy = policy;
    return Fetch("/page", options);
  }

  test::HttpServer origin_;
  std::atomic<int> requests_ = 0;
  std::atomic<int> version_ = 1;
  std::atomic<int> status_ = 200;
  std::string cache_control_ = "max-age=600";
  test::HttpServer::Serving serving_;
};

TEST_F(FetchTest, WhatIsFreshIsNotAskedForAgain) {
  const Answer first = Fetch("/page");
  EXPECT_EQ(first.str(), "body 1");
  EXPECT_EQ(first.info.served_from, TAPPS_FROM_NETWORK);
  EXPECT_EQ(first.info.http_status, 200);
  const Answer second = Fetch("/page");
  EXPECT_EQ(second.str(), "body 1");
  EXPECT_TRUE(second.info.served_from == TAPPS_FROM_MEMORY ||
              second.info.served_from == TAPPS_FROM_DISK)
      << second.info.served_from;
  EXPECT_FALSE(second.stale());
  EXPECT_EQ(requests_, 1);
}

TEST_F(FetchTest, TextsTellAboutTheResponse) {
  const Answer answer = Fetch("/page");
  EXPECT_EQ(answer.text(TAPPS_TEXT_CONTENT_TYPE), "text/plain");
  EXPECT_EQ(answer.text(TAPPS_TEXT_URL), origin_.Url("/page"));
  EXPECT_HAS(answer.text(TAPPS_TEXT_HEADERS), "X-Custom: Kept As It Is\r\n");
  EXPECT_TRUE(answer.text(TAPPS_TEXT_HEADERS).ends_with("\r\n"));
  EXPECT_EQ(answer.text(TAPPS_TEXT_HEADERS).find("\r\n\r\n"), std::string::npos);
  EXPECT_HAS(answer.text(TAPPS_TEXT_CACHE_STATUS), "fwd=");
  EXPECT_HAS(Fetch("/page").text(TAPPS_TEXT_CACHE_STATUS), "hit");
}

TEST_F(FetchTest, AFreshAnswerInMemoryIsInTheQueueAtOnce) {
  EXPECT_EQ(Fetch("/page").str(), "body 1");
  const QueueHandle queue = OpenQueue();
  const int before = requests_;
  ASSERT_EQ(
      tapps_queue_fetch(queue.get(), origin_.Url("/page").c_str(), nullptr, 7, nullptr, nullptr),
      TAPPS_OK);
  const std::vector<Record> records = Drain(queue.get());
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].user_data, 7u);
  EXPECT_EQ(records[0].bytes, "body 1");
  EXPECT_EQ(requests_, before);
}

TEST_F(FetchTest, WhatIsNoLongerFreshIsRevalidated) {
  cache_control_ = "max-age=0";
  EXPECT_EQ(Fetch("/page").info.served_from, TAPPS_FROM_NETWORK);
  const Answer same = Fetch("/page");
  EXPECT_EQ(same.str(), "body 1");
  EXPECT_EQ(same.info.served_from, TAPPS_FROM_REVALIDATED);
  EXPECT_EQ(same.info.http_status, 200);
  version_ = 2;
  const Answer changed = Fetch("/page");
  EXPECT_EQ(changed.str(), "body 2");
  EXPECT_EQ(changed.info.served_from, TAPPS_FROM_NETWORK);
  EXPECT_EQ(requests_, 3);
}

TEST_F(FetchTest, PoliciesDecideHowTheCacheIsUsed) {
  EXPECT_EQ(FetchBy(TAPPS_FETCH_ONLY_IF_CACHED).code, TAPPS_E_NOT_FOUND);
  EXPECT_EQ(FetchBy(TAPPS_FETCH_NO_STORE).str(), "body 1");
  EXPECT_EQ(FetchBy(TAPPS_FETCH_ONLY_IF_CACHED).code, TAPPS_E_NOT_FOUND);
  EXPECT_EQ(FetchBy(TAPPS_FETCH_DEFAULT).str(), "body 1");
  version_ = 2;
  EXPECT_EQ(FetchBy(TAPPS_FETCH_FORCE_CACHE).str(), "body 1");
  EXPECT_EQ(FetchBy(TAPPS_FETCH_NO_STORE).str(), "body 2");
  EXPECT_EQ(FetchBy(TAPPS_FETCH_DEFAULT).str(), "body 1");
  EXPECT_EQ(FetchBy(TAPPS_FETCH_NO_CACHE).str(), "body 2");
  version_ = 3;
  EXPECT_EQ(FetchBy(TAPPS_FETCH_RELOAD).str(), "body 3");
  EXPECT_EQ(FetchBy(TAPPS_FETCH_ONLY_IF_CACHED).str(), "body 3");
}

TEST_F(FetchTest, AnyStatusIsAnAnswer) {
  cache_control_ = "no-store";
  for (const int status : {201, 401, 403, 404, 418, 500, 599}) {
    status_ = status;
    const Answer answer = Fetch("/page");
    EXPECT_EQ(answer.code, TAPPS_OK) << answer.error;
    EXPECT_EQ(answer.info.http_status, status);
    EXPECT_EQ(answer.bytes, "body 1");
  }
}

TEST_F(FetchTest, OtherProgramsAndLaterRunsFindIt) {
  EXPECT_EQ(Fetch("/page").str(), "body 1");
  ASSERT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);
  tapps_open_options options = OpenOptions();
  options.flags = TAPPS_OPEN_OFFLINE;
  cache_ = Open(path_, &options);
  EXPECT_EQ(Fetch("/page").str(), "body 1");
  EXPECT_EQ(Fetch("/other").code, TAPPS_E_OFFLINE);
  EXPECT_EQ(requests_, 1);
}

TEST_F(FetchTest, FetchesOfOneUrlAtTheSameTimeAreOneRequest) {
  const QueueHandle queue = OpenQueue();
  for (int i = 0; i < 20; ++i) SubmitFetch(queue.get(), origin_.Url("/same"));
  for (const Record& record : Await(queue.get(), 20)) EXPECT_EQ(record.bytes, "body 1");
  EXPECT_EQ(requests_, 1);
}

TEST_F(FetchTest, AddressesOfThisMachineCanBeDenied) {
  tapps_fetch_options options{};
  options.flags = TAPPS_FETCH_DENY_PRIVATE;
  const Answer answer = Fetch("/page", options);
  EXPECT_NE(answer.code, TAPPS_OK);
  EXPECT_EQ(requests_, 0);
}

TEST_F(FetchTest, UrlsThatCannotBeFetchedAreInvalid) {
  for (const char* url : {"ftp://127.0.0.1/", "file:///etc/passwd", "gopher://a/", "", "relative",
                          "http://", "http:///path", "http://a:99999/", "http://a b/",
                          "javascript:alert(1)", "http://127.0.0.1/\r\nX: y"}) {
    const Answer answer = capi::Fetch(cache(), url);
    EXPECT_EQ(answer.code, TAPPS_E_INVALID) << url << ": " << answer.str();
    EXPECT_EQ(answer.error.find('\n'), std::string::npos) << answer.error;
  }
}

TEST_F(FetchTest, HeadersThatWouldInjectAreInvalid) {
  for (const char* headers : {"no colon", "A: b\r\rC: d", ": empty", "A b: c", "Host\x01: x"}) {
    tapps_fetch_options options{};
    options.headers = headers;
    EXPECT_EQ(Fetch("/page", options).code, TAPPS_E_INVALID) << headers;
  }
  for (const char* method : {"GET /", "G\nT", "", " "}) {
    tapps_fetch_options options{};
    options.method = method;
    const int32_t code = Fetch("/page", options).code;
    EXPECT_EQ(code, *method == '\0' ? TAPPS_OK : TAPPS_E_INVALID) << method;
  }
}

TEST_F(FetchTest, CredentialsStayOutOfErrorsAndTheFile) {
  tapps_fetch_options options{};
  options.headers = "Authorization: Bearer s3cr3t-header\nCookie: id=s3cr3t-cookie";
  EXPECT_EQ(Fetch("/private", options).code, TAPPS_OK);
  std::string url = origin_.Url("/x?token=s3cr3t-query");
  url.insert(url.find("//") + 2, "user:s3cr3t-password@");
  (void)capi::Fetch(cache(), url);
  origin_.Stop();
  const Answer failed = capi::Fetch(cache(), url + "&again");
  EXPECT_NE(failed.code, TAPPS_OK);
  EXPECT_EQ(failed.error.find("s3cr3t"), std::string::npos) << failed.error;
  ASSERT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);
  for (const char* suffix : {"", "-wal"}) {
    const std::string bytes = test::ReadFile(path_ + suffix);
    EXPECT_EQ(bytes.find("s3cr3t"), std::string::npos) << "in " << path_ << suffix;
  }
}

}  // namespace
}  // namespace tapps::capi
