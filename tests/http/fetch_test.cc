#include "http/fetch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "http/await.h"
#include "http/fetch_fixture.h"
#include "support/process_state.h"

namespace tapps::http {
namespace {

class FetchTest : public FetchFixture {};

TEST_F(FetchTest, AFreshAnswerIsServedFromTheCacheWithItsAge) {
  ServeText("/", "max-age=60", "hello");
  const auto serving = Start();
  FetchResult result = MustFetch("/");
  EXPECT_EQ(result.status(), 200);
  EXPECT_EQ(result.body(), "hello");
  EXPECT_EQ(result.served_from, TAPPS_FROM_NETWORK);
  EXPECT_EQ(result.cache_status, "tapps; fwd=miss; fwd-status=200; stored");
  EXPECT_EQ(result.final_url, origin_.Url("/"));
  clock_.Advance(59 * kSecond);
  result = MustFetch("/");
  EXPECT_EQ(result.body(), "hello");
  EXPECT_EQ(result.served_from, TAPPS_FROM_MEMORY);
  EXPECT_EQ(result.age_us, 59 * kSecond);
  EXPECT_FALSE(result.stale);
  EXPECT_EQ(result.cache_status, "tapps; hit; ttl=1");
  EXPECT_EQ(result.HeadersWithAge().Get("Age"), "59");
  EXPECT_EQ(requests_, 1);
  clock_.Advance(kSecond);
  EXPECT_EQ(MustFetch("/").served_from, TAPPS_FROM_NETWORK);
  EXPECT_EQ(requests_, 2);
}

TEST_F(FetchTest, AHitNeedsNeitherThreadNorLibcurl) {
  const bool mapped_by_others = test::IsMapped("libcurl");
  auto stored = std::make_shared<StoredResponse>();
  stored->status = 200;
  stored->headers.AddLine("Cache-Control: max-age=60");
  stored->response_time_us = stored->request_time_us = clock_.WallNow();
  store_.Put("http://example.com/", stored, Storage::kAnywhere);
  bool done = false;
  engine_->Fetch(Get("http://example.com"), [&](Result<FetchResult> result) {
    done = result.ok() && result->served_from == TAPPS_FROM_MEMORY;
  });
  EXPECT_TRUE(done) << "before Fetch returned";
  EXPECT_FALSE(engine_->network_started());
  EXPECT_EQ(test::CountThreads("tapps-net"), 0);
  EXPECT_EQ(test::IsMapped("libcurl"), mapped_by_others);
}

TEST_F(FetchTest, OnlyAFreshAnswerInMemoryIsKnownWithoutAFileOrAnOrigin) {
  ServeText("/", "max-age=60");
  const auto serving = Start();
  FetchRequest request = Get("/");
  EXPECT_FALSE(engine_->FromMemory(request));
  request.policy = TAPPS_FETCH_ONLY_IF_CACHED;
  EXPECT_FALSE(engine_->FromMemory(request)) << "the file may have it";
  EXPECT_FALSE(engine_->FromMemory(Get("/", {"Cache-Control: only-if-cached"})));
  (void)MustFetch("/");
  const auto known = engine_->FromMemory(Get("/"));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->body(), "text");
  EXPECT_EQ(known->final_url, origin_.Url("/"));
  EXPECT_FALSE(engine_->FromMemory(Get("/", {"Cookie: a=1"}))) << "the file may have its own";
  clock_.Advance(61 * kSecond);
  EXPECT_FALSE(engine_->FromMemory(Get("/")));
  EXPECT_EQ(requests_, 1);
}

TEST_F(FetchTest, AStaleAnswerIsRevalidatedByETag) {
  Serve("/", [](const Request& request, Response& response) {
    response.set_header("ETag", "\"v1\"");
    response.set_header("Cache-Control", "max-age=60");
    if (request.get_header_value("If-None-Match") == "\"v1\"") {
      response.set_header("X-Seen", "304");
      response.status = 304;
    } else {
      response.set_content("hello", "text/plain");
    }
  });
  const auto serving = Start();
  MustFetch("/");
  clock_.Advance(61 * kSecond);
  FetchResult result = MustFetch("/");
  EXPECT_EQ(result.status(), 200);
  EXPECT_EQ(result.body(), "hello");
  EXPECT_EQ(result.served_from, TAPPS_FROM_REVALIDATED);
  EXPECT_EQ(result.cache_status, "tapps; hit; fwd=stale; fwd-status=304");
  EXPECT_EQ(result.response->headers.Get("X-Seen"), "304");
  EXPECT_EQ(requests_, 2);
  clock_.Advance(59 * kSecond);
  EXPECT_EQ(MustFetch("/").served_from, TAPPS_FROM_MEMORY) << "fresh again";
  EXPECT_EQ(requests_, 2);
}

TEST_F(FetchTest, PoliciesOverrideTheCache) {
  int version = 0;
  Serve("/", [&](const Request&, Response& response) {
    response.set_header("Cache-Control", "max-age=60");
    response.set_content(std::to_string(++version), "text/plain");
  });
  const auto serving = Start();
  const auto with = [&](int32_t policy, std::optional<int64_t> ttl = std::nullopt) {
    FetchRequest request = Get("/");
    request.policy = policy;
    request.ttl_us = ttl;
    const Result<FetchResult> result = Fetch(request);
    return result.ok() ? std::string(result->body()) : std::string(CodeName(result.code()));
  };
  EXPECT_EQ(with(TAPPS_FETCH_ONLY_IF_CACHED), "NOT_FOUND");
  EXPECT_EQ(with(TAPPS_FETCH_NO_STORE), "1");
  EXPECT_EQ(with(TAPPS_FETCH_ONLY_IF_CACHED), "NOT_FOUND");
  EXPECT_EQ(with(TAPPS_FETCH_FORCE_CACHE), "2");
  EXPECT_EQ(with(TAPPS_FETCH_DEFAULT), "2");
  EXPECT_EQ(with(TAPPS_FETCH_NO_STORE), "3");
  EXPECT_EQ(with(TAPPS_FETCH_RELOAD), "4");
  EXPECT_EQ(with(TAPPS_FETCH_DEFAULT), "4");
  EXPECT_EQ(with(TAPPS_FETCH_NO_CACHE), "5");
  clock_.Advance(kHour);
  EXPECT_EQ(with(TAPPS_FETCH_FORCE_CACHE), "5");
  EXPECT_EQ(with(TAPPS_FETCH_ONLY_IF_CACHED), "5");
  EXPECT_EQ(with(TAPPS_FETCH_DEFAULT, 2 * kHour), "5");
  EXPECT_EQ(with(TAPPS_FETCH_DEFAULT), "6");
  EXPECT_EQ(with(99), "INVALID");
}

TEST_F(FetchTest, OfflineServesWhatIsStoredAndAsksNobody) {
  ServeText("/", "max-age=60");
  ServeText("/strict", "max-age=60, must-revalidate");
  const auto serving = Start();
  MustFetch("/");
  MustFetch("/strict");
  clock_.Advance(2 * kDay);
  engine_->SetOffline(true);
  EXPECT_TRUE(MustFetch("/").stale);
  EXPECT_EQ(Fetch("/strict").code(), TAPPS_E_OFFLINE);
  EXPECT_EQ(Fetch("/other").code(), TAPPS_E_OFFLINE);
  EXPECT_EQ(requests_, 2);
  engine_->SetOffline(false);
  EXPECT_FALSE(MustFetch("/").stale);
}

TEST_F(FetchTest, OnlyIfCachedInTheRequestIsAnsweredWith504) {
  const auto serving = Start();
  EXPECT_EQ(MustFetch("/", {"Cache-Control: only-if-cached"}).status(), 504);
  EXPECT_FALSE(engine_->network_started());
}

TEST_F(FetchTest, AFailingOriginMeansStaleContentWithAWarning) {
  std::atomic<bool> broken = false;
  const auto serve = [&](const std::string& path, const std::string& cache_control) {
    Serve(path, [&broken, cache_control](const Request&, Response& response) {
      if (broken) {
        response.status = 503;
        return;
      }
      response.set_header("Cache-Control", cache_control);
      response.set_content("good", "text/plain");
    });
  };
  serve("/", "max-age=60");
  serve("/strict", "max-age=60, must-revalidate");
  serve("/short", "max-age=60, stale-if-error=1");
  const auto serving = Start();
  BreakerSettings patient;
  patient.failure_threshold = 100;
  Renew(FetchOptions(), patient);
  for (const char* path : {"/", "/strict", "/short"}) MustFetch(path);
  clock_.Advance(kHour);
  broken = true;
  FetchResult result = MustFetch("/");
  EXPECT_EQ(result.body(), "good");
  EXPECT_TRUE(result.stale);
  EXPECT_NE(result.warning.find("answered 503"), std::string::npos) << result.warning;
  EXPECT_EQ(MustFetch("/strict").status(), 503);
  EXPECT_EQ(MustFetch("/short").status(), 503);

  origin_.Stop();
  result = MustFetch("/");
  EXPECT_EQ(result.body(), "good");
  EXPECT_NE(result.warning.find("cannot connect"), std::string::npos) << result.warning;
  EXPECT_EQ(MustFetch("/strict").status(), 504) << "generated";
  EXPECT_EQ(Fetch("/short").code(), TAPPS_E_NETWORK);
  EXPECT_EQ(Fetch("/unknown").code(), TAPPS_E_NETWORK);
}

TEST_F(FetchTest, StaleWhileRevalidateRefreshesBehindOnce) {
  Serve("/", [&](const Request&, Response& response) {
    if (requests_ > 1) door_.Pass();
    response.set_header("Cache-Control", "max-age=60, stale-while-revalidate=60");
    response.set_content(std::to_string(requests_), "text/plain");
  });
  const auto serving = Start();
  MustFetch("/");
  clock_.Advance(61 * kSecond);
  for (int i = 0; i < 5; ++i) {
    const FetchResult result = MustFetch("/");
    EXPECT_EQ(result.body(), "1");
    EXPECT_TRUE(result.stale);
  }
  EXPECT_EQ(engine_->waiting(), 1u) << "a hit leaves nothing behind when a refresh is under way";
  door_.Open();
  EXPECT_TRUE(test::Eventually([&] { return MustFetch("/").body() == "2"; }));
  EXPECT_EQ(requests_, 2);
}

TEST_F(FetchTest, VariantsAreKeptApart) {
  Serve("/", [](const Request& request, Response& response) {
    response.set_header("Cache-Control", "max-age=60");
    response.set_header("Vary", "Accept-Language");
    response.set_content(request.get_header_value("Accept-Language"), "text/plain");
  });
  const auto serving = Start();
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(MustFetch("/", {"Accept-Language: de"}).body(), "de");
    EXPECT_EQ(MustFetch("/", {"Accept-Language: en"}).body(), "en");
    EXPECT_EQ(MustFetch("/").body(), "");
  }
  EXPECT_EQ(requests_, 3);
}

TEST_F(FetchTest, UnsafeMethodsPassThroughAndInvalidate) {
  ServeText("/", "max-age=60");
  ServeText("/list", "max-age=60");
  origin_.handlers().Post("/", [](const Request& request, Response& response) {
    response.status = request.body == "bad" ? 500 : 200;
    response.set_header("Content-Location", "/list");
    response.set_content(request.body, "text/plain");
  });
  const auto serving = Start();
  MustFetch("/");
  MustFetch("/list");
  FetchRequest post = Get("/");
  post.method = "POST";
  post.body = Value::Make("bad", ValueInfo());
  EXPECT_EQ(MustFetch(post).status(), 500);
  EXPECT_EQ(MustFetch("/").served_from, TAPPS_FROM_MEMORY) << "a failed one changes nothing";
  post.body = Value::Make("good", ValueInfo());
  const FetchResult result = MustFetch(post);
  EXPECT_EQ(result.body(), "good");
  EXPECT_EQ(result.cache_status, "tapps; fwd=method; fwd-status=200");
  EXPECT_EQ(MustFetch("/").served_from, TAPPS_FROM_NETWORK);
  EXPECT_EQ(MustFetch("/list").served_from, TAPPS_FROM_NETWORK);
}

TEST_F(FetchTest, AChangeIsOneForWhatWasStoredUnderOtherCredentials) {
  ServeText("/", "max-age=60");
  origin_.handlers().Post("/", [](const Request&, Response&) {});
  const auto serving = Start();
  MustFetch("/", {"Authorization: a"});
  EXPECT_EQ(MustFetch("/", {"Authorization: a"}).served_from, TAPPS_FROM_MEMORY);
  clock_.Advance(kSecond);
  FetchRequest post = Get("/", {"Authorization: a", "Idempotency-Key: 1"});
  post.method = "POST";
  EXPECT_EQ(MustFetch(post).status(), 200);
  EXPECT_EQ(MustFetch("/", {"Authorization: a"}).served_from, TAPPS_FROM_NETWORK);
  EXPECT_EQ(MustFetch("/", {"Authorization: a"}).served_from, TAPPS_FROM_MEMORY);
}

TEST_F(FetchTest, NoStoreKeepsTheAnswerToAPostFromBeingStored) {
  origin_.handlers().Post("/", [](const Request&, Response& response) {
    response.set_header("Cache-Control", "max-age=60");
    response.set_header("Content-Location", "/");
    response.set_content("posted", "text/plain");
  });
  ServeText("/", "", "got");
  const auto serving = Start();
  FetchRequest post = Get("/");
  post.method = "POST";
  post.body = Value::Make("x", ValueInfo());
  post.policy = TAPPS_FETCH_NO_STORE;
  EXPECT_EQ(MustFetch(post).cache_status, "tapps; fwd=method; fwd-status=200");
  EXPECT_EQ(MustFetch("/").body(), "got");
  post.policy = TAPPS_FETCH_DEFAULT;
  EXPECT_EQ(MustFetch(post).cache_status, "tapps; fwd=method; fwd-status=200; stored");
  EXPECT_EQ(MustFetch("/").body(), "posted");
}

TEST_F(FetchTest, A304ForAnotherAnswerThanTheStoredOneIsNotTheLastWord) {
  // A variant for those with a cookie, of which no Vary tells.
  Serve("/", [](const Request& request, Response& response) {
    const bool known = request.has_header("Cookie");
    response.set_header("Cache-Control", "max-age=60");
    response.set_header("ETag", known ? "\"theirs\"" : "\"everybody's\"");
    if (known && request.has_header("If-None-Match")) {
      response.status = 304;
    } else {
      response.set_content(known ? "theirs" : "everybody's", "text/plain");
    }
  });
  const auto serving = Start();
  EXPECT_EQ(MustFetch("/").body(), "everybody's");
  clock_.Advance(61 * kSecond);
  EXPECT_EQ(MustFetch("/", {"Cookie: a=b"}).body(), "theirs");
  EXPECT_EQ(requests_, 3);
  EXPECT_EQ(MustFetch("/", {"Cookie: a=b"}).served_from, TAPPS_FROM_MEMORY);
  EXPECT_EQ(requests_, 3);
}

TEST_F(FetchTest, HeadIsAnsweredFromAStoredGet) {
  ServeText("/", "max-age=60", "body");
  const auto serving = Start();
  FetchRequest head = Get("/");
  head.method = "HEAD";
  FetchResult result = MustFetch(head);
  EXPECT_EQ(result.served_from, TAPPS_FROM_NETWORK);
  EXPECT_EQ(result.body(), "");
  MustFetch("/");
  result = MustFetch(head);
  EXPECT_EQ(result.served_from, TAPPS_FROM_MEMORY);
  EXPECT_EQ(result.status(), 200);
  EXPECT_EQ(result.response->headers.Get("Content-Type"), "text/plain");
  EXPECT_EQ(result.body(), "");
}

}  // namespace
}  // namespace tapps::http
