#include "http/fetch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/await.h"
#include "support/http_server.h"
#include "support/process_state.h"
#include "support/raw_server.h"

namespace tapps::http {
namespace {

using httplib::Request;
using httplib::Response;
using test::Collector;
using test::RawServer;

// An engine over an empty store, with a clock that stands still, and an origin that counts.
class FetchTest : public testing::Test {
 protected:
  ~FetchTest() override { engine_.reset(); }  // its connections first, or the servers wait for them

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

TEST_F(FetchTest, ConcurrentFetchesMakeOneRequest) {
  Serve("/", [&](const Request&, Response& response) {
    door_.Pass();
    response.set_content("one", "text/plain");
  });
  const auto serving = Start();
  Collector<Result<FetchResult>> results;
  for (int i = 0; i < 50; ++i) engine_->Fetch(Get("/"), results.Callback());
  door_.Open();
  ASSERT_TRUE(results.Await(50));
  for (size_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(results[i].ok()) << results[i].status().message();
    EXPECT_EQ(results[i]->body(), "one");
  }
  EXPECT_NE(results[49]->cache_status.find("; collapsed"), std::string::npos);
  EXPECT_EQ(requests_, 1);
}

TEST_F(FetchTest, OtherHeadersOrCredentialsAreOtherRequests) {
  Serve("/", [&](const Request& request, Response& response) {
    door_.Pass();
    response.set_content(request.get_header_value("Authorization"), "text/plain");
  });
  const auto serving = Start();
  Collector<Result<FetchResult>> results;
  engine_->Fetch(Get("/", {"Authorization: a"}), results.Callback());
  engine_->Fetch(Get("/", {"Authorization: b"}), results.Callback());
  engine_->Fetch(Get("/", {"X: y"}), results.Callback());
  door_.Open();
  ASSERT_TRUE(results.Await(3));
  EXPECT_EQ(requests_, 3);
}

TEST_F(FetchTest, AFollowerThatLeavesLeavesTheOthers) {
  Serve("/", [&](const Request&, Response& response) {
    door_.Pass();
    response.set_content("one", "text/plain");
  });
  const auto serving = Start();
  Collector<Result<FetchResult>> kept;
  Collector<Result<FetchResult>> left;
  const auto first = engine_->Fetch(Get("/"), left.Callback());
  engine_->Fetch(Get("/"), kept.Callback());
  FetchRequest hasty = Get("/");
  hasty.limits.total_timeout_us = 50 * kMillisecond;
  engine_->Fetch(hasty, left.Callback());
  engine_->Cancel(first);
  ASSERT_EQ(left.count(), 1u);
  EXPECT_EQ(left[0].code(), TAPPS_E_CANCELLED);
  ASSERT_TRUE(left.Await(2));
  EXPECT_EQ(left[1].code(), TAPPS_E_TIMEOUT);
  EXPECT_EQ(kept.count(), 0u);
  door_.Open();
  ASSERT_TRUE(kept.Await(1));
  ASSERT_TRUE(kept[0].ok()) << kept[0].status().message();
  EXPECT_EQ(kept[0]->body(), "one");
  EXPECT_EQ(requests_, 1);
}

TEST_F(FetchTest, TheLastToLeaveEndsTheTransfer) {
  std::atomic<int> closed = 0;
  RawServer server([&](RawServer::Connection& peer) {
    peer.WaitForClose();
    ++closed;
  });
  Collector<Result<FetchResult>> results;
  const auto a = engine_->Fetch(Get(server.Url()), results.Callback());
  const auto b = engine_->Fetch(Get(server.Url()), results.Callback());
  ASSERT_TRUE(server.AwaitConnections(1));
  engine_->Cancel(a);
  EXPECT_EQ(closed, 0);
  engine_->Cancel(b);
  EXPECT_TRUE(test::Eventually([&] { return closed == 1; }));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(results.count(), 2u);
}

TEST_F(FetchTest, ADeadlineServesStaleContentWhereThatIsAllowed) {
  Serve("/", [&](const Request&, Response& response) {
    if (requests_ > 1) door_.Pass();
    response.set_header("Cache-Control", "max-age=60");
    response.set_content("old", "text/plain");
  });
  const auto serving = Start();
  MustFetch("/");
  clock_.Advance(61 * kSecond);
  FetchRequest request = Get("/");
  request.limits.total_timeout_us = 50 * kMillisecond;
  const FetchResult result = MustFetch(request);
  EXPECT_EQ(result.body(), "old");
  EXPECT_NE(result.warning.find("within 50 ms"), std::string::npos) << result.warning;
  door_.Open();
}

TEST_F(FetchTest, RedirectsAreFollowedHopByHopThroughTheCache) {
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

TEST_F(FetchTest, RedirectsAreBoundedAndTheirSchemeIsChecked) {
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

TEST_F(FetchTest, SecretsStayWithTheirOrigin) {
  Collector<std::string> seen;
  RawServer other([&](RawServer::Connection& peer) {
    seen.Add(peer.ReadRequest());
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  Serve("/same", [](const Request&, Response& response) { response.set_redirect("/there", 302); });
  Serve("/there", [&](const Request& request, Response& response) {
    EXPECT_EQ(request.get_header_value("Cookie"), "c=hush");
    EXPECT_EQ(request.get_header_value("Authorization"), "Basic bWU6aHVzaA==");
    response.set_redirect(other.Url("/x"), 307);
  });
  const auto serving = Start();
  FetchRequest request = Get("/same", {"Cookie: c=hush", "X-Api-Key: hush", "X-Plain: ok"});
  request.url = "http://me:hush@127.0.0.1:" + std::to_string(origin_.port()) + "/same";
  const FetchResult result = MustFetch(request);
  EXPECT_EQ(result.final_url, other.Url("/x"));
  ASSERT_TRUE(seen.Await(1));
  EXPECT_EQ(seen[0].find("hush"), std::string::npos) << seen[0];
  EXPECT_EQ(seen[0].find("Authorization"), std::string::npos) << seen[0];
  EXPECT_NE(seen[0].find("X-Plain: ok"), std::string::npos) << seen[0];
}

// Tells what would reach a disk.
class SpyStore : public MemoryStore {
 public:
  void Put(std::string_view key, StoredRef response, Storage where) override {
    (where == Storage::kMemory ? in_memory : on_disk) +=
        std::string(key) + "\n" + response->headers.text() + response->selecting.text();
    MemoryStore::Put(key, response, where);
  }
  std::string on_disk;
  std::string in_memory;
};

TEST_F(FetchTest, AnswersToCredentialsStayInMemoryAndApart) {
  SpyStore spy;
  FetchEngine engine(spy, *breakers_, FetchOptions(), clock_);
  Serve("/", [](const Request& request, Response& response) {
    response.set_header("Cache-Control", "max-age=60");
    response.set_header("Set-Cookie", "session=crumb");
    response.set_header("Vary", "Accept");
    response.set_content(request.get_header_value("Authorization"), "text/plain");
  });
  const auto serving = Start();
  const auto body = [&](FetchRequest request) {
    const auto result = engine.FetchAndWait(std::move(request));
    return result.ok() ? std::string(result->body()) : std::string(result.status().message());
  };
  EXPECT_EQ(body(Get("/")), "");
  EXPECT_EQ(body(Get("/", {"Authorization: hush1"})), "hush1");
  EXPECT_EQ(body(Get("/", {"Authorization: hush2"})), "hush2");
  EXPECT_EQ(body(Get("/", {"Authorization: hush1"})), "hush1");
  EXPECT_EQ(requests_, 3);
  body(Get("/?api_key=hush"));
  body(Get("/", {"Cookie: hush"}));
  EXPECT_EQ(spy.on_disk.find("hush"), std::string::npos) << spy.on_disk;
  EXPECT_EQ(spy.in_memory.find("hush"), std::string::npos) << spy.in_memory;
  EXPECT_NE(spy.on_disk, "");
  engine.Close();
}

TEST_F(FetchTest, ErrorsNameTheHostButNoSecret) {
  int port = 0;
  {
    RawServer gone([](RawServer::Connection&) {});
    port = gone.port();
  }
  const std::string host = "127.0.0.1:" + std::to_string(port);
  const auto result = Fetch("http://me:hush@" + host + "/hush?token=hush", {"Cookie: hush"});
  ASSERT_EQ(result.code(), TAPPS_E_NETWORK);
  EXPECT_NE(result.status().message().find(host), std::string::npos);
  EXPECT_EQ(result.status().message().find("hush"), std::string::npos) << result.status().message();
  EXPECT_EQ(Fetch("ftp://me:hush@h/").code(), TAPPS_E_INVALID);
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

TEST_F(FetchTest, ABreakerOpensOnFailuresAndSaysWhenToTryAgain) {
  std::atomic<int> status = 500;
  Serve("/", [&](const Request&, Response& response) {
    response.status = status;
    response.set_content("x", "text/plain");
  });
  ServeText("/kept", "max-age=60", "kept");
  const auto serving = Start();
  MustFetch("/kept");
  for (const int harmless : {404, 401, 402, 403, 429}) {
    status = harmless;
    for (int i = 0; i < 6; ++i) EXPECT_EQ(MustFetch("/").status(), harmless);
  }
  // A 429 is neither here nor there: four failures before it and one after make five in a row.
  for (const int failing : {500, 502, 503, 504, 429, 500}) {
    status = failing;
    EXPECT_EQ(MustFetch("/").status(), failing);
  }
  const int asked = requests_;
  Result<FetchResult> refused = Fetch("/");
  EXPECT_EQ(refused.code(), TAPPS_E_OPEN_CIRCUIT);
  EXPECT_GT(refused.status().detail().retry_after_us, 0);
  clock_.Advance(kSecond);
  EXPECT_EQ(MustFetch(Get("/kept")).body(), "kept") << "fresh";
  FetchRequest picky = Get("/kept", {"Cache-Control: max-age=0"});
  const FetchResult stale = MustFetch(picky);
  EXPECT_EQ(stale.body(), "kept");
  EXPECT_TRUE(stale.stale);
  EXPECT_NE(stale.warning.find("circuit breaker"), std::string::npos) << stale.warning;
  EXPECT_EQ(requests_, asked);
  clock_.Advance(refused.status().detail().retry_after_us);
  status = 200;
  EXPECT_EQ(MustFetch("/").status(), 200) << "a probe";
}

TEST_F(FetchTest, ManyFetchesOfOneOriginQueueForItsPlaces) {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  Serve("/.*", [&](const Request&, Response& response) {
    const int now = ++inside;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --inside;
    response.set_content("x", "text/plain");
  });
  const auto serving = Start();
  Collector<Result<FetchResult>> results;
  for (int i = 0; i < 100; ++i) engine_->Fetch(Get("/" + std::to_string(i)), results.Callback());
  ASSERT_TRUE(results.Await(100));
  for (size_t i = 0; i < 100; ++i) EXPECT_TRUE(results[i].ok()) << results[i].status().message();
  EXPECT_LE(most, 5);
  EXPECT_EQ(requests_, 100);
}

TEST_F(FetchTest, AQueueThatIsFullIsBusyAndOneThatWaitsMeetsItsDeadline) {
  RawServer server([](RawServer::Connection& peer) { peer.WaitForClose(); });
  FetchOptions options;
  options.max_waiting = 1;
  BreakerSettings settings;
  settings.max_concurrency = 1;
  Renew(options, settings);
  Collector<Result<FetchResult>> first, second, third;
  engine_->Fetch(Get(server.Url("/1")), first.Callback());
  FetchRequest waiting = Get(server.Url("/2"));
  waiting.limits.total_timeout_us = 50 * kMillisecond;
  engine_->Fetch(waiting, second.Callback());
  engine_->Fetch(Get(server.Url("/3")), third.Callback());
  ASSERT_TRUE(third.Await(1));
  EXPECT_EQ(third[0].code(), TAPPS_E_BUSY);
  ASSERT_TRUE(second.Await(1));
  EXPECT_EQ(second[0].code(), TAPPS_E_TIMEOUT);
  EXPECT_EQ(first.count(), 0u);
  engine_->Close();
  EXPECT_EQ(first[0].code(), TAPPS_E_CANCELLED);
}

TEST_F(FetchTest, PlacesTakenByOthersAreWaitedForToo) {
  ServeText("/", "");
  const auto serving = Start();
  BreakerSettings settings;
  settings.max_concurrency = 1;
  Renew(FetchOptions(), settings);
  const auto breaker = breakers_->Get("http://127.0.0.1:" + std::to_string(origin_.port()));
  const Admission held = breaker->Acquire();
  ASSERT_TRUE(held.ok());
  Collector<Result<FetchResult>> results;
  engine_->Fetch(Get("/"), results.Callback());
  EXPECT_EQ(results.count(), 0u);
  breaker->Report(held.permit, CallResult::kSuccess);
  ASSERT_TRUE(results.Await(1));
  EXPECT_TRUE(results[0].ok()) << results[0].status().message();
}

TEST_F(FetchTest, CloseEndsAllAndLeavesNoThread) {
  RawServer server([](RawServer::Connection& peer) { peer.WaitForClose(); });
  Collector<Result<FetchResult>> results;
  for (int i = 0; i < 20; ++i) {
    engine_->Fetch(Get(server.Url("/" + std::to_string(i))), results.Callback());
  }
  ASSERT_TRUE(server.AwaitConnections(5));
  engine_->Close();
  EXPECT_EQ(results.count(), 20u);
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(results[i].code(), TAPPS_E_CANCELLED);
  EXPECT_EQ(Fetch(server.Url()).code(), TAPPS_E_CLOSED);
  EXPECT_EQ(test::CountThreads("tapps-net"), 0);
}

TEST_F(FetchTest, ACallbackMayFetchAndCancel) {
  ServeText("/", "");
  const auto serving = Start();
  Collector<Result<FetchResult>> results;
  engine_->Fetch(Get("/"), [&](Result<FetchResult> first) {
    EXPECT_TRUE(first.ok());
    const auto id = engine_->Fetch(Get("/x"), results.Callback());
    engine_->Cancel(id);
    engine_->Fetch(Get("/"), results.Callback());
  });
  ASSERT_TRUE(results.Await(2));
  EXPECT_EQ(results[0].code(), TAPPS_E_CANCELLED);
  EXPECT_TRUE(results[1].ok());
}

}  // namespace
}  // namespace tapps::http
