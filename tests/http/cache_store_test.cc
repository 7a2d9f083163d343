#include "http/cache_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "http/await.h"
#include "http/fetch.h"
#include "http/vary.h"
#include "support/raw_server.h"
#include "support/temp_dir.h"

namespace tapps::http {
namespace {

class CacheStoreTest : public testing::Test {
 protected:
  std::shared_ptr<Cache> Open() {
    Result<std::shared_ptr<Cache>> cache = Cache::Open(dir_.File("cache-1.db"), CacheOptions());
    EXPECT_TRUE(cache.ok()) << cache.status().message();
    return cache.ok() ? *cache : nullptr;
  }
  // As another process would: nothing in memory, all from the file.
  void Restart() {
    store_.reset();
    EXPECT_TRUE(cache_->Close(10 * kSecond).ok());
    cache_.reset();
    cache_ = Open();
    store_ = std::make_unique<CacheStore>(cache_);
  }
  static Headers Fields(const std::vector<std::string>& lines) {
    Headers headers;
    for (const std::string& line : lines) headers.AddLine(line);
    return headers;
  }
  void Put(const std::string& key, const std::string& body, const std::vector<std::string>& headers,
           const std::vector<std::string>& request = {}, Storage where = Storage::kAnywhere) {
    auto response = std::make_shared<StoredResponse>();
    response->status = 203;
    response->headers = Fields(headers);
    response->selecting = SelectingFields(Fields(request), response->headers);
    response->request_time_us = 11;
    response->response_time_us = 22;
    response->body = Value::Make(body, ValueInfo());
    store_->Put(key, std::move(response), where);
  }
  std::string Find(const std::string& key, const std::vector<std::string>& request = {}) {
    const auto found = store_->Find(key, Fields(request), ResponseStore::Look::kFirst);
    return found.response ? std::string(found.response->body->bytes()) : "none";
  }

  // What the file and its companions hold.
  std::string Files() {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(dir_.path())) {
      all += test::ReadFile(file.path());
    }
    return all;
  }

  test::TempDir dir_;
  std::shared_ptr<Cache> cache_ = Open();
  std::unique_ptr<CacheStore> store_ = std::make_unique<CacheStore>(cache_);
};

TEST_F(CacheStoreTest, ErasingDoesNotWaitForRoomInTheQueueAndIsNotForgotten) {
  store_.reset();
  ASSERT_TRUE(cache_->Close(10 * kSecond).ok());
  cache_.reset();
  CacheOptions options;
  options.queue_bytes = 16 * 1024;
  options.put_timeout_us = 10 * kSecond;
  cache_ = *Cache::Open(dir_.File("cache-1.db"), options);
  store_ = std::make_unique<CacheStore>(cache_);
  Put("http://h/", "old", {"A: 1"});
  Put("http://h/other", "old", {"A: 1"});
  ASSERT_TRUE(cache_->Flush(10 * kSecond).ok());

  test::Door door;  // the writer stands at it
  PutOptions sync;
  sync.durability = TAPPS_DURABILITY_SYNC;
  std::atomic<bool> stopped = false;
  cache_->PutAsync({"", "stop"}, "x", sync, [&](const Status&) {
    stopped = true;
    door.Pass();
  });
  ASSERT_TRUE(test::Eventually([&] { return stopped.load(); }));
  PutOptions now;
  now.timeout_us = TAPPS_NONE;
  int64_t filler = 0;
  for (size_t size : {8192, 1024, 16}) {
    while (cache_->Put({"", std::to_string(++filler)}, std::string(size, 'x'), now).ok()) {
    }
  }
  int32_t taken = TAPPS_OK;
  for (char key = 'a'; taken == TAPPS_OK; ++key) {
    cache_->DeleteAsync({"d", {&key, 1}}, TAPPS_DURABILITY_ASYNC,
                        [&](const Status& status) { taken = status.code(); });
  }
  ASSERT_EQ(taken, TAPPS_E_BUSY);
  const int64_t before = Clock::Real().MonotonicNow();
  store_->Erase("http://h/");
  EXPECT_LT(Clock::Real().MonotonicNow() - before, 5 * kSecond);
  EXPECT_EQ(Find("http://h/"), "none");
  Put("http://h/", "newer", {"A: 1"});
  EXPECT_EQ(Find("http://h/"), "none") << "no room for this either";
  EXPECT_EQ(Find("http://h/other"), "old");
  door.Open();
  ASSERT_TRUE(cache_->Flush(10 * kSecond).ok());
  EXPECT_EQ(Find("http://h/"), "none");
  ASSERT_TRUE(cache_->Flush(10 * kSecond).ok());
  EXPECT_EQ(cache_->Contains({"tapps.http", "http://h/"}).code(), TAPPS_E_NOT_FOUND);
  Put("http://h/", "new", {"A: 1"});
  EXPECT_EQ(Find("http://h/"), "new");
  store_.reset();
  ASSERT_TRUE(cache_->Close(10 * kSecond).ok());
}

TEST_F(CacheStoreTest, AResponseComesBackAsItWas) {
  const std::string body("\0\xff body", 7);
  const std::vector<std::string> headers = {"ETag: \"a\"", "X: 1", "x: \xe9\xff\x80",
                                            "Content-Type: a/b"};
  Put("http://h/", body, headers);
  const auto found = store_->Find("http://h/", Headers(), ResponseStore::Look::kFirst);
  ASSERT_NE(found.response, nullptr);
  EXPECT_EQ(found.served_from, TAPPS_FROM_MEMORY);
  EXPECT_EQ(found.response->status, 203);
  EXPECT_EQ(found.response->headers.text(), Fields(headers).text());
  EXPECT_EQ(found.response->body->bytes(), body);
  EXPECT_EQ(found.response->request_time_us, 11);
  EXPECT_EQ(found.response->response_time_us, 22);
  EXPECT_EQ(store_->Find("http://h/", Headers(), ResponseStore::Look::kFirst).response,
            found.response)
      << "decoded once";
  Restart();
  const auto again = store_->Find("http://h/", Headers(), ResponseStore::Look::kFirst);
  ASSERT_NE(again.response, nullptr);
  EXPECT_EQ(again.served_from, TAPPS_FROM_DISK);
  EXPECT_EQ(again.response->headers.text(), found.response->headers.text());
  EXPECT_EQ(again.response->body->bytes(), body);
  EXPECT_EQ(store_->Find("http://h/", Headers(), ResponseStore::Look::kFirst).served_from,
            TAPPS_FROM_MEMORY);
}

TEST_F(CacheStoreTest, AReplacedResponseIsNotServedAgain) {
  Put("k", "one", {});
  EXPECT_EQ(Find("k"), "one");
  Put("k", "two", {});
  EXPECT_EQ(Find("k"), "two");
  store_->Erase("k");
  EXPECT_EQ(Find("k"), "none");
}

TEST_F(CacheStoreTest, VariantsAreKeptApartAndErasedTogether) {
  Put("k", "de", {"Vary: Accept-Language"}, {"Accept-Language: de"});
  Put("k", "en", {"Vary: Accept-Language"}, {"Accept-Language: en"});
  EXPECT_EQ(Find("k", {"Accept-Language: de"}), "de");
  EXPECT_EQ(Find("k", {"Accept-Language: en"}), "en");
  EXPECT_EQ(Find("k", {"Accept-Language: fr"}), "none");
  EXPECT_EQ(Find("k"), "none");
  store_->Erase("k");
  Put("k", "fr", {"Vary: Accept-Language"}, {"Accept-Language: fr"});
  EXPECT_EQ(Find("k", {"Accept-Language: fr"}), "fr");
  EXPECT_EQ(Find("k", {"Accept-Language: de"}), "none") << "erased with the resource";
}

TEST_F(CacheStoreTest, AnotherVaryStartsAnew) {
  Put("k", "de", {"Vary: Accept-Language"}, {"Accept-Language: de"});
  Put("k", "plain", {});
  EXPECT_EQ(Find("k", {"Accept-Language: de"}), "plain");
  Put("k", "text", {"Vary: Accept"}, {"Accept: text"});
  EXPECT_EQ(Find("k", {"Accept: text", "Accept-Language: de"}), "text");
  EXPECT_EQ(Find("k", {"Accept-Language: de"}), "none");
}

TEST_F(CacheStoreTest, ResponsesToCredentialsAreNotWrittenToTheFile) {
  Put("k", "hush", {"Vary: A"}, {"A: hush"}, Storage::kMemory);
  Put("open", "plain", {});
  EXPECT_EQ(Find("k", {"A: hush"}), "hush");
  Restart();
  EXPECT_EQ(Find("k", {"A: hush"}), "none");
  EXPECT_EQ(Find("open"), "plain");
  EXPECT_EQ(Files().find("hush"), std::string::npos);
}

// A response to credentials is kept in memory alone, which has no room for one of this size.
TEST_F(CacheStoreTest, WhatTheCacheRefusesIsNotCalledStoredAndEndsWhatWasThere) {
  std::atomic<bool> large = false;
  test::RawServer origin([&large](test::RawServer::Connection& peer) {
    while (!peer.ReadRequest().empty()) {
      const std::string body(large ? 9 << 20 : 5, 'x');
      peer.Write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  });
  BreakerRegistry breakers(BreakerSettings(), Clock::Real(), 1);
  FetchEngine engine(*store_, breakers, FetchOptions());
  const auto fetch = [&](int32_t policy) {
    FetchRequest request;
    request.url = origin.Url("/");
    request.headers.AddLine("Authorization: hush");
    request.policy = policy;
    const Result<FetchResult> result = engine.FetchAndWait(std::move(request));
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? result->cache_status : "";
  };
  EXPECT_EQ(fetch(TAPPS_FETCH_DEFAULT), "tapps; fwd=miss; fwd-status=200; stored");
  EXPECT_EQ(fetch(TAPPS_FETCH_DEFAULT).substr(0, 10), "tapps; hit");
  large = true;
  EXPECT_EQ(fetch(TAPPS_FETCH_RELOAD), "tapps; fwd=request; fwd-status=200");
  EXPECT_EQ(fetch(TAPPS_FETCH_DEFAULT), "tapps; fwd=miss; fwd-status=200");
}

TEST_F(CacheStoreTest, LongKeysAreCutToWhatACacheTakes) {
  const std::string a = "http://h/" + std::string(60'000, 'a');
  Put(a + "1", "one", {"Vary: A"});
  Put(a + "2", "two", {"Vary: A"});
  EXPECT_EQ(Find(a + "1"), "one");
  EXPECT_EQ(Find(a + "2"), "two");
  EXPECT_EQ(Find(a + "3"), "none");
  Restart();
  EXPECT_EQ(Find(a + "2"), "two");
}

TEST_F(CacheStoreTest, ForeignEntriesAreMisses) {
  for (const char* json :
       {"", "[]", "{}", "{\"status\":200}", "nonsense", "{\"vary\":1,\"generation\":2}",
        "{\"status\":200,\"headers\":\"x\",\"selecting\":\"\",\"request_us\":1,"
        "\"response_us\":1}"}) {
    PutOptions options;
    options.json = json;
    ASSERT_TRUE(cache_->Put({"tapps.http", "k"}, "body", options).ok());
    EXPECT_EQ(Find("k"), "none") << json;
  }
}

TEST_F(CacheStoreTest, WhatOneProcessFetchedTheNextServesWithoutTheNetwork) {
  test::RawServer origin([](test::RawServer::Connection& peer) {
    while (!peer.ReadRequest().empty()) {
      peer.Write(
          "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nSet-Cookie: hush\r\n"
          "Vary: X-Kind\r\nContent-Length: 5\r\n\r\nhello");
    }
  });
  BreakerRegistry breakers(BreakerSettings(), Clock::Real(), 1);
  const auto fetch = [&](FetchEngine& engine, const std::string& url, const char* header) {
    FetchRequest request;
    request.url = url;
    request.headers.AddLine(header);
    const Result<FetchResult> result = engine.FetchAndWait(std::move(request));
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? result->served_from : 0;
  };
  {
    FetchEngine engine(*store_, breakers, FetchOptions());
    EXPECT_EQ(fetch(engine, origin.Url("/a"), "X-Kind: 1"), TAPPS_FROM_NETWORK);
    EXPECT_EQ(fetch(engine, origin.Url("/a"), "X-Kind: 1"), TAPPS_FROM_MEMORY);
    EXPECT_EQ(fetch(engine, origin.Url("/b?token=hush"), "X-Kind: 1"), TAPPS_FROM_NETWORK);
    EXPECT_EQ(fetch(engine, origin.Url("/b?token=hush"), "X-Kind: 1"), TAPPS_FROM_MEMORY);
    EXPECT_EQ(fetch(engine, origin.Url("/c"), "Authorization: hush"), TAPPS_FROM_NETWORK);
    EXPECT_EQ(fetch(engine, origin.Url("/c"), "Authorization: hush"), TAPPS_FROM_MEMORY);
  }
  Restart();
  EXPECT_EQ(Files().find("hush"), std::string::npos);
  EXPECT_NE(Files().find("hello"), std::string::npos);
  FetchEngine engine(*store_, breakers, FetchOptions());
  EXPECT_EQ(fetch(engine, origin.Url("/a"), "X-Kind: 1"), TAPPS_FROM_DISK);
  EXPECT_FALSE(engine.network_started());
  EXPECT_EQ(fetch(engine, origin.Url("/a"), "X-Kind: 2"), TAPPS_FROM_NETWORK);
}

}  // namespace
}  // namespace tapps::http
