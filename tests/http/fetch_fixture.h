#ifndef TAPPS_TESTS_HTTP_FETCH_FIXTURE_H_
#define TAPPS_TESTS_HTTP_FETCH_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/await.h"
#include "http/fetch.h"
#include "http/memory_store.h"
#include "support/http_server.h"

namespace tapps::http {

// An engine over an empty store, with a clock that stands still, and an origin that counts.
class FetchFixture : public testing::Test {
 protected:
  using Request = httplib::Request;
  using Response = httplib::Response;

  ~FetchFixture() override {
    engine_.reset();
  }  // its connections first, or the servers wait for them

  // The origin answers GET `path` so; the number of requests is requests_.
  void Serve(const std::string& path, std::function<void(const Request&, Response&)> handler) {
    origin_.handlers().Get(path, [this, handler](const Request& request, Response& response) {
      ++requests_;
      handler(request, response);
    });
  }
  void ServeText(const std::string& path, const std::string& cache_control,
                 const std::string& body = "text") {
    Serve(path, [=](const Request&, Response& response) {
      if (!cache_control.empty()) response.set_header("Cache-Control", cache_control);
      response.set_content(body, "text/plain");
    });
  }
  test::HttpServer::Serving Start() { return origin_.Start(); }

  FetchRequest Get(const std::string& path, std::vector<std::string> headers = {}) {
    FetchRequest request;
    request.url = path.starts_with("http") ? path : origin_.Url(path);
    for (const std::string& line : headers) request.headers.AddLine(line);
    return request;
  }
  Result<FetchResult> Fetch(FetchRequest request) {
    return engine_->FetchAndWait(std::move(request));
  }
  Result<FetchResult> Fetch(const std::string& path, std::vector<std::string> headers = {}) {
    return Fetch(Get(path, std::move(headers)));
  }
  FetchResult MustFetch(FetchRequest request) {
    Result<FetchResult> result = Fetch(std::move(request));
    EXPECT_TRUE(result.ok()) << result.status().message();
    if (result.ok()) return *std::move(result);
    FetchResult none;
    none.response = std::make_shared<StoredResponse>();
    return none;
  }
  FetchResult MustFetch(const std::string& path, std::vector<std::string> headers = {}) {
    return MustFetch(Get(path, std::move(headers)));
  }
  void Renew(FetchOptions options, BreakerSettings settings = {}) {
    engine_.reset();
    breakers_ = std::make_unique<BreakerRegistry>(settings, clock_, 1);
    engine_ = std::make_unique<FetchEngine>(store_, *breakers_, std::move(options), clock_);
  }

  FakeClock clock_;
  MemoryStore store_;
  test::Door door_;  // the origin's handlers may stand at it until the origin stops
  test::HttpServer origin_;
  std::atomic<int> requests_ = 0;
  std::unique_ptr<BreakerRegistry> breakers_ =
      std::make_unique<BreakerRegistry>(BreakerSettings(), clock_, 1);
  std::unique_ptr<FetchEngine> engine_ =
      std::make_unique<FetchEngine>(store_, *breakers_, FetchOptions(), clock_);
};

}  // namespace tapps::http

#endif  // TAPPS_TESTS_HTTP_FETCH_FIXTURE_H_
