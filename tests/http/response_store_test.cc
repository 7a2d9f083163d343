#include "http/response_store.h"

#include <gtest/gtest.h>

#include <string>

namespace tapps::http {
namespace {

StoredRef Response(const std::string& language, const std::string& body) {
  auto response = std::make_shared<StoredResponse>();
  response->status = 200;
  if (!language.empty()) {
    response->headers.AddLine("Vary: Accept-Language");
    response->selecting.AddLine("Accept-Language: " + language);
  }
  response->body = Value::Make(body, ValueInfo());
  return response;
}

std::string Find(MemoryStore& store, const char* key, const std::string& language = "") {
  Headers request;
  if (!language.empty()) request.AddLine("Accept-Language: " + language);
  const ResponseStore::Found found = store.Find(key, request, ResponseStore::Look::kFirst);
  return found.response ? std::string(found.response->body->bytes()) : "none";
}

TEST(ResponseStoreTest, VariantsOfOneResourceLiveSideBySide) {
  MemoryStore store;
  store.Put("u", Response("de", "hallo"), Storage::kAnywhere);
  store.Put("u", Response("en", "hello"), Storage::kAnywhere);
  EXPECT_EQ(Find(store, "u", "de"), "hallo");
  EXPECT_EQ(Find(store, "u", "en"), "hello");
  EXPECT_EQ(Find(store, "u", "fr"), "none");
  store.Put("u", Response("de", "guten Tag"), Storage::kAnywhere);
  EXPECT_EQ(Find(store, "u", "de"), "guten Tag");
  store.Erase("u");
  EXPECT_EQ(Find(store, "u", "de"), "none");
  EXPECT_EQ(Find(store, "u", "en"), "none");
}

TEST(ResponseStoreTest, VariantsOfOneResourceAreBounded) {
  MemoryStore store;
  for (int i = 0; i < 100; ++i) {
    store.Put("u", Response("l" + std::to_string(i), "x"), Storage::kAnywhere);
  }
  EXPECT_EQ(Find(store, "u", "l99"), "x");
  EXPECT_EQ(Find(store, "u", "l84"), "x");
  EXPECT_EQ(Find(store, "u", "l83"), "none");
}

TEST(ResponseStoreTest, TheLeastRecentlyUsedGoesFirst) {
  MemoryStore store(64 * 1024 * 1024, 2);
  store.Put("a", Response("", "1"), Storage::kAnywhere);
  store.Put("b", Response("", "2"), Storage::kAnywhere);
  EXPECT_EQ(Find(store, "a"), "1");
  store.Put("c", Response("", "3"), Storage::kAnywhere);
  EXPECT_EQ(Find(store, "a"), "1");
  EXPECT_EQ(Find(store, "b"), "none");
  EXPECT_EQ(Find(store, "c"), "3");
}

TEST(ResponseStoreTest, BytesAreBounded) {
  MemoryStore store(10'000);
  store.Put("a", Response("", std::string(6'000, 'a')), Storage::kAnywhere);
  store.Put("b", Response("", std::string(6'000, 'b')), Storage::kAnywhere);
  EXPECT_EQ(Find(store, "a"), "none");
  EXPECT_EQ(Find(store, "b"), std::string(6'000, 'b'));
  store.Put("c", Response("", std::string(20'000, 'c')), Storage::kAnywhere);
  EXPECT_EQ(Find(store, "c"), "none");
}

}  // namespace
}  // namespace tapps::http
