// Contains, count, swap and the defaults of namespaces, through tapps.h.
#include "capi/records.h"
#include "support/raw_server.h"

namespace tapps::capi {
namespace {

class EntriesTest : public CacheTest {
 protected:
  int32_t Swap(std::string_view key, int64_t expected, std::string_view bytes, int64_t* version,
               tapps_error** err = nullptr) {
    return tapps_cache_swap(cache(), nullptr, key.data(), key.size(), expected, bytes.data(),
                            bytes.size(), nullptr, version, err);
  }
  int32_t Contains(std::string_view key, int64_t* version = nullptr) {
    return tapps_cache_contains(cache(), nullptr, key.data(), key.size(), version, nullptr);
  }
  int64_t Count(const tapps_filter* filter, int64_t* bytes = nullptr) {
    int64_t entries = -1;
    EXPECT_EQ(tapps_cache_count(cache(), filter, &entries, bytes, nullptr), TAPPS_OK);
    return entries;
  }
};

TEST_F(EntriesTest, OfTwoSwapsThatExpectOneVersionOneSucceeds) {
  int64_t first = -1;
  ASSERT_EQ(Swap("key", 0, "1", &first), TAPPS_OK);
  EXPECT_GT(first, 0);
  EXPECT_EQ(Get(cache(), "key").info.version, first);
  int64_t present = -1;
  Err err;
  EXPECT_EQ(Swap("key", 0, "2", &present, err), TAPPS_E_EXISTS);
  EXPECT_EQ(present, first);
  EXPECT_HAS(err.message(), "version");
  int64_t second = -1;
  ASSERT_EQ(Swap("key", first, "2", &second), TAPPS_OK);
  EXPECT_GT(second, first);
  EXPECT_EQ(Swap("key", first, "3", &present), TAPPS_E_EXISTS);
  EXPECT_EQ(present, second);
  EXPECT_EQ(Get(cache(), "key").bytes, "2");
}

TEST_F(EntriesTest, ASwapSeesWhatWasPutBeforeAndIsSeenAtOnce) {
  ASSERT_EQ(Put(cache(), "key", "1"), TAPPS_OK);
  int64_t version = 0;
  ASSERT_EQ(Contains("key", &version), TAPPS_OK);
  ASSERT_EQ(Swap("key", version, "2", nullptr), TAPPS_OK);
  EXPECT_EQ(Get(cache(), "key").bytes, "2");
  ASSERT_EQ(tapps_cache_delete(cache(), nullptr, "key", 3, 0, nullptr), TAPPS_OK);
  EXPECT_EQ(Swap("key", version, "3", &version), TAPPS_E_EXISTS);
  EXPECT_EQ(version, 0);
  EXPECT_EQ(Swap("key", 0, "3", nullptr), TAPPS_OK);
  EXPECT_EQ(Get(cache(), "key").bytes, "3");
  EXPECT_EQ(Swap("key", -1, "4", nullptr), TAPPS_E_INVALID);
}

TEST_F(EntriesTest, ContainsSaysWhatAGetWouldFind) {
  EXPECT_EQ(Contains("key"), TAPPS_E_NOT_FOUND);
  ASSERT_EQ(Put(cache(), "key", "value"), TAPPS_OK);
  int64_t version = 0;
  EXPECT_EQ(Contains("key", &version), TAPPS_OK);
  EXPECT_EQ(version, Get(cache(), "key").info.version);
  tapps_put_options negative{};
  negative.struct_size = sizeof negative;
  negative.flags = TAPPS_PUT_NEGATIVE;
  ASSERT_EQ(tapps_cache_put(cache(), nullptr, "key", 3, "", 0, &negative, nullptr), TAPPS_OK);
  EXPECT_EQ(Contains("key", &version), TAPPS_E_NOT_FOUND);
  EXPECT_EQ(version, 0);
  // From the file too.
  ASSERT_EQ(Put(cache(), "key", "value"), TAPPS_OK);
  ASSERT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);
  cache_ = Open(path_);
  EXPECT_EQ(Contains("key", &version), TAPPS_OK);
  EXPECT_GT(version, 0);
  EXPECT_EQ(Contains("other"), TAPPS_E_NOT_FOUND);
}

TEST_F(EntriesTest, CountAppliesTheFilterOfARemoval) {
  tapps_put_options tagged{};
  tagged.struct_size = sizeof tagged;
  tagged.tags = "red\nblue";
  ASSERT_EQ(tapps_cache_put(cache(), "a", "key1", 4, "12345", 5, &tagged, nullptr), TAPPS_OK);
  ASSERT_EQ(tapps_cache_put(cache(), "a", "key2", 4, "12345", 5, nullptr, nullptr), TAPPS_OK);
  ASSERT_EQ(tapps_cache_put(cache(), "b", "key1", 4, "12345", 5, nullptr, nullptr), TAPPS_OK);
  int64_t bytes = 0;
  EXPECT_EQ(Count(nullptr, &bytes), 3);
  EXPECT_EQ(bytes, 3 * 9);
  tapps_filter filter{};
  filter.struct_size = sizeof filter;
  filter.space = "a";
  EXPECT_EQ(Count(&filter), 2);
  filter.prefix = "key2";
  filter.prefix_size = 4;
  EXPECT_EQ(Count(&filter), 1);
  filter = {sizeof filter, 0, nullptr, nullptr, 0, "blue"};
  EXPECT_EQ(Count(&filter), 1);
  ASSERT_EQ(tapps_cache_delete_all(cache(), nullptr, nullptr, nullptr), TAPPS_OK);
  EXPECT_EQ(Count(nullptr, &bytes), 0);
  EXPECT_EQ(bytes, 0);
}

TEST_F(EntriesTest, ANamespaceHasDefaultsOfItsOwn) {
  tapps_space_options options{};
  options.struct_size = sizeof options;
  options.ttl_us = 1'000'000;
  options.stale_us = TAPPS_UNLIMITED;
  ASSERT_EQ(tapps_cache_set_space(cache(), "a", &options, nullptr), TAPPS_OK);
  ASSERT_EQ(tapps_cache_put(cache(), "a", "key", 3, "v", 1, nullptr, nullptr), TAPPS_OK);
  Answer answer = Get(cache(), "key", "a");
  EXPECT_EQ(answer.info.expires_us - answer.info.created_us, 1'000'000);
  EXPECT_GT(answer.info.stale_until_us, answer.info.expires_us);
  ASSERT_EQ(Put(cache(), "key", "v"), TAPPS_OK);
  EXPECT_EQ(Get(cache(), "key").info.expires_us, 0);
  ASSERT_EQ(tapps_cache_set_space(cache(), "a", nullptr, nullptr), TAPPS_OK);
  ASSERT_EQ(tapps_cache_put(cache(), "a", "key", 3, "v", 1, nullptr, nullptr), TAPPS_OK);
  EXPECT_EQ(Get(cache(), "key", "a").info.expires_us, 0);
  EXPECT_EQ(tapps_cache_set_space(cache(), "tapps.http", &options, nullptr), TAPPS_E_INVALID);
}

// Clearing the cache clears what was fetched, too, but not what processes know of a sick service.
TEST_F(EntriesTest, EverythingIsRemovedButWhatBreakersShare) {
  test::RawServer origin([](test::RawServer::Connection& connection) {
    const std::string request = connection.ReadRequest();
    connection.Write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/markdown\r\nContent-Length: 5\r\n"
        "Cache-Control: max-age=600\r\nConnection: close\r\n\r\n# doc");
  });
  const auto count = [&](const char* space) {
    tapps_filter filter{};
    filter.struct_size = sizeof filter;
    filter.space = space;
    int64_t entries = 0;
    EXPECT_EQ(tapps_cache_flush(cache(), 0, nullptr), TAPPS_OK);
    EXPECT_EQ(tapps_cache_count(cache(), &filter, &entries, nullptr, nullptr), TAPPS_OK);
    return entries;
  };
  const auto fill = [&] {
    ASSERT_EQ(Put(cache(), "k", "v"), TAPPS_OK);
    const std::string url = origin.Url("/{library}");
    tapps_docs_options options{};
    options.struct_size = sizeof options;
    options.url_template = url.c_str();
    options.ecosystem = "npm";
    const Answer doc = Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_docs_lookup(cache(), "lib", &options, value, data, size, err);
    });
    ASSERT_EQ(doc.code, TAPPS_OK) << doc.str();
    ASSERT_GT(count("tapps.http"), 0);
    ASSERT_GT(count("tapps.docs"), 0);
  };
  tapps_breaker_options options{};
  options.struct_size = sizeof options;
  options.failures = 1;
  tapps_breaker* opened = nullptr;
  ASSERT_EQ(tapps_breaker_open(cache(), "sick", &options, &opened, nullptr), TAPPS_OK);
  const BreakerHandle breaker(opened);
  int64_t permit = 0;
  ASSERT_EQ(tapps_breaker_acquire(opened, &permit, nullptr), TAPPS_OK);
  tapps_breaker_report(opened, permit, TAPPS_OUTCOME_FAILURE);
  ASSERT_TRUE(Eventually([&] { return count("tapps.breakers") > 0; }));

  fill();
  int64_t removed = 0;
  ASSERT_EQ(tapps_cache_delete_all(cache(), nullptr, &removed, nullptr), TAPPS_OK);
  EXPECT_GE(removed, 3);
  for (const char* space : {"default", "tapps.http", "tapps.docs"}) EXPECT_EQ(count(space), 0);
  EXPECT_GT(count("tapps.breakers"), 0);

  fill();
  const QueueHandle queue = OpenQueue();
  ASSERT_EQ(tapps_queue_delete_all(queue.get(), nullptr, 0, nullptr, nullptr), TAPPS_OK);
  EXPECT_EQ(Await(queue.get(), 1)[0].number, removed);
  EXPECT_EQ(count("tapps.docs"), 0);

  fill();
  tapps_filter filter{};
  filter.struct_size = sizeof filter;
  ASSERT_EQ(tapps_cache_delete_all(cache(), &filter, &removed, nullptr), TAPPS_OK);
  EXPECT_EQ(removed, 1) << "a filter without a namespace is for the host's own";
  filter.space = "tapps.http";
  ASSERT_EQ(tapps_cache_delete_all(cache(), &filter, nullptr, nullptr), TAPPS_OK);
  EXPECT_EQ(count("tapps.http"), 0);
  EXPECT_GT(count("tapps.docs"), 0);
  filter.space = "tapps.breakers";
  EXPECT_EQ(tapps_cache_delete_all(cache(), &filter, nullptr, nullptr), TAPPS_E_INVALID);
}

}  // namespace
}  // namespace tapps::capi
